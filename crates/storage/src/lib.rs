//! Queries that answer typed rows, and [`Store::commit`] of a [`Change`]: the only two ways to the database.
//!
//! A request reads what it needs, decides with pure code, and commits one [`Change`]. No transaction stays open
//! across an `await` or a decision. The same SQL texts run on SQLite and on PostgreSQL: `$1` placeholders,
//! `ON CONFLICT`, BIGINT times (unix seconds), TEXT ids and JSON, BYTEA/BLOB hashes.
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

mod asked;
mod change;
mod engine;
mod migrations;
mod parsed;
mod postgres;
mod purge;
mod row;
mod sqlite;
#[cfg(test)]
mod suite;

pub mod api;
pub mod api_key;
pub mod audit_event;
pub mod authenticator;
pub mod authorization;
pub mod backchannel_user_code;
pub mod ciba_request;
pub mod client;
pub mod decryption_key;
pub mod device;
pub mod device_request;
pub mod grant;
pub mod guess;
pub mod initial_access_token;
pub mod key;
pub mod outbox;
pub mod polled_request;
pub mod proof_lease;
pub mod pushed_request;
pub mod rate_limit;
pub mod realm;
pub mod refresh_token;
pub mod refusal;
pub mod revocation;
pub mod revoked_token;
pub mod session;
pub mod session_client;
pub mod stored_flow;
pub mod used_assertion;
pub mod user;

pub use asked::Asked;
pub use change::{Change, Outcome, Statement};
pub use engine::{Options, StorageError, Store};
pub use migrations::SchemaVersion;
pub use polled_request::Polled;
pub use purge::{TABLES, TimeLimited};
pub use row::{Row, Value};
