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
mod caller;
mod client_certificate;
mod clock;
mod discovery;
mod error;
mod heard;
mod http_client;
mod interaction;
mod introspection;
mod key_cache;
mod layer;
mod metadata;
mod proofs;
mod refreshing;
mod remembered;
mod require;
mod resource_server;
mod revocations;
mod verified_token;

#[cfg(test)]
mod tests;

pub use builder::{BuildError, Builder};
pub use caller::{Caller, Denied};
pub use enforcement::{Permit, Refusal, StepUp};
pub use error::{CheckError, Unavailable};
pub use layer::{Protected, ProtectedLayer};
pub use protocol::{ClientCertificate, Confirmation, Scope};
pub use require::{Require, RequireLayer, require_authentication, require_scope};
pub use resource_server::ResourceServer;
pub use revocations::{Counts, Revocations};
pub use verified_token::{NotProtected, VerifiedToken};
