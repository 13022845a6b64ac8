//! The only crate that knows axum and HTML: endpoints, pages, and the way from one to the other.
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

mod account;
mod again;
mod app;
mod asset;
pub mod assets;
mod browser_state;
pub mod extract;
mod flow;
mod flows;
mod forward_auth;
pub mod locale;
pub mod mail;
mod oauth;
pub mod pages;
mod respond;
mod router;
mod views;

pub use app::App;
pub use oauth::{is_protected_resource, protected_resource};
pub use router::{CLAIMED, Front, is_claimed};
