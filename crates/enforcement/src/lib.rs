//! The check that an API makes of an access token, free of transport.
//!
//! A request's headers give the token ([`credentials`]); the token, with the issuer's keys or the issuer's answer
//! about it, is checked ([`TokenCheck`]); with the keys that the request proved it gives a [`Permit`]
//! ([`CheckedToken`]), which is asked for scope, details and authentication. Everything that can go wrong is a
//! [`Refusal`], which knows its status, its error code and its challenges. How keys and answers are fetched, and which
//! proofs were seen before, is the business of whoever calls. Which call needs what is for the rules of an API
//! ([`gate`]).
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
mod checked_token;
mod credentials;
mod details;
pub mod gate;
mod introspected;
mod jwt;
pub mod limit;
mod permit;
mod refusal;
mod step_up;
mod token_check;

pub use answer::Answer;
pub use checked_token::CheckedToken;
pub use credentials::{credentials, tried_scheme};
pub use permit::Permit;
pub use refusal::{ClientRefusal, Refusal};
pub use step_up::StepUp;
pub use token_check::{DEFAULT_LEEWAY, TokenCheck};
