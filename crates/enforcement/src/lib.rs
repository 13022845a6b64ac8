//! The check that an API makes of an access token, free of transport.
//!
//! A request's headers give the token ([`bearer_token`]); the token, with the issuer's keys or the issuer's
//! answer about it, gives a [`Permit`] ([`TokenCheck`]); the permit is asked for scope. Everything that can go
//! wrong is a [`Refusal`], which knows its status, its error code and its challenge. How keys and answers are
//! fetched is the business of whoever calls.
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

mod credentials;
mod introspected;
mod jwt;
mod permit;
mod refusal;
mod token_check;

pub use credentials::bearer_token;
pub use permit::Permit;
pub use refusal::Refusal;
pub use token_check::{DEFAULT_LEEWAY, TokenCheck};
