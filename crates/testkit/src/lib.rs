//! For tests alone: a private PostgreSQL, the real server as a process, a browser without a screen, ready-made realms.
//!
//! Everything here stops the test with a message when it goes wrong, and cleans up after itself even when the test
//! process is killed ([`process::Watchdog`]).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    clippy::indexing_slicing,
    reason = "what goes wrong here must fail the test loudly"
)]

pub mod authenticator;
pub mod browser;
pub mod page;
pub mod pkce;
pub mod pki;
pub mod postgres;
pub mod process;
pub mod realm;
pub mod server;

pub use authenticator::Authenticator;
pub use browser::{Answer, Browser, Callback};
pub use page::{Form, Page};
pub use pkce::{Pkce, pkce};
pub use process::free_port;
pub use server::{Engine, Serve};
