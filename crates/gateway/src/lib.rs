//! The reverse proxy before protected APIs: what reaches an upstream, and how.
//!
//! It is asked when a request was permitted, and knows neither tokens nor realms. One [`Backend`] for each API: its
//! upstreams, which of them are in service, the connections that are kept open to them, and the rules of what is
//! passed on. Bodies stream in both directions, a chunk at a time; nothing of one request is kept for the next.
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

mod backend;
mod body;
mod connection;
mod exchange;
mod failure;
mod forwarded;
mod headers;
mod health;
mod host;
mod progress;
mod settings;
pub mod shape;
mod standing;
#[cfg(test)]
mod tests;
pub mod tls;
mod tunnel;
mod upload;
mod upstreams;
mod wire;

pub use backend::{Arrival, Backend};
pub use body::{Body, Ended};
pub use connection::Stream;
pub use failure::Failure;
pub use settings::{Family, Health, Patience, Settings, Upstream};
pub use upload::Upload;
