//! How many calls get through: token buckets, and what clients are told of them.
//!
//! Each limit of an API or a route has a bucket for each of those whose calls it counts together. A bucket holds as many calls
//! as may come at once and fills at the limit's rate. A call takes one from each of its buckets, or none from any. Times are
//! whole seconds: a bucket fills once a second, so that in `t` seconds no more get through than `burst + rate · (t + 1)`.
//!
//! Where one process decides, buckets are in memory ([`Table`]). Where several share a database, buckets are there, and each
//! process takes calls from them by the handful ([`Share`]).

mod bucket;
mod charge;
mod header;
mod share;
mod table;

#[cfg(test)]
mod tests;

pub use bucket::{Bucket, Measure};
pub use charge::{Caller, Charge, LimitRule, charges, rules};
pub use header::fields;
pub use share::{Next, Share};
pub use table::Table;

use std::sync::Arc;

/// What a call left in a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// The limit.
    pub rule: Arc<LimitRule>,
    /// How many calls are left.
    pub left: i64,
    /// In how many seconds the bucket is full again; of one that lacks a call, when it has one.
    pub reset: i64,
}

/// A call that gets through no more: one of its buckets is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exceeded {
    /// The limit, with nothing left.
    pub usage: Usage,
}

impl Exceeded {
    /// After how many seconds the next call would get through.
    pub const fn retry_after(&self) -> i64 {
        self.usage.reset
    }
}
