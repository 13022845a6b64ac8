#![doc = include_str!("../README.md")]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        reason = "tests fail loudly"
    )
)]

mod answer;
mod builder;
mod clock;
mod discovery;
mod error;
mod http_client;
mod introspection;
mod key_cache;
mod layer;
mod metadata;
mod refreshing;
mod require_scope;
mod resource_server;
mod verified_token;

#[cfg(test)]
mod tests;

pub use builder::{BuildError, Builder};
pub use enforcement::{Permit, Refusal};
pub use error::{CheckError, Unavailable};
pub use layer::{Protected, ProtectedLayer};
pub use protocol::Scope;
pub use require_scope::{RequireScope, RequireScopeLayer, require_scope};
pub use resource_server::ResourceServer;
pub use verified_token::{NotProtected, VerifiedToken};
