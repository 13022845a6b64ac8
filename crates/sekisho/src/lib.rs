//! The binary's library: administration, commands, and the server put together.
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
pub mod control;
pub mod demo;
mod policy_verdict;
pub mod serving;
pub mod wiring;

pub use configuration as config;
