//! The binary's library: configuration, administration, commands, and the server put together.
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

mod bootstrap_apply;
pub mod config;
pub mod serving;
pub mod wiring;
