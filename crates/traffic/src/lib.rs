//! What calls to the protected APIs are like: how many, how many refused and why, how fast.
//!
//! Whoever decides about a call (the gateway, forward-auth, Envoy's protocol) says at its end what became of it:
//! [`Traffic::note`]. From that come the metrics, the picture of the last minutes ([`Traffic::picture`]) and the access
//! log. Nothing here holds a token, and nothing grows with what callers send: what is counted by name is counted for a
//! bounded number of names, each of which the operator has given.
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

mod access_log;
mod call;
mod counted;
mod decided;
mod picture;
mod ring;
mod series;
mod table;
mod trace_context;

pub use access_log::{AccessLog, Format};
pub use call::{Call, Outcome, Through};
pub use counted::Counted;
pub use decided::{Decided, Ending};
pub use picture::{ApiPicture, Latency, Picture, Row};
pub use ring::{BOUNDS, SLOT, SLOTS, Slot};
pub use series::LATENCY;
pub use table::{RecentRefusal, Traffic};
pub use trace_context::TraceContext;
