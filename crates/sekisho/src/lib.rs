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

pub mod administration;
pub mod cli;
pub mod config;
pub mod control;
pub mod demo;
pub mod serving;
pub mod wiring;
