//! What is used up of limits that several nodes share: a row for each bucket, from which nodes take calls by the handful, so
//! that not every call is a write.

use crate::{Change, Statement, StorageError, Store};

/// Rows are kept for this much longer than they say anything, so that the time of their end seldom changes.
const KEPT: i64 = 3600;

/// What a node takes from a bucket. Times are in the parts of a second in which the limit counts.
#[derive(Debug, Clone, Copy)]
pub struct Taking {
    /// Now.
    pub now: i64,
    /// By how much later the bucket is full again.
    pub cost: i64,
    /// How long an empty bucket takes to be full.
    pub capacity: i64,
    /// How many of these parts are a second.
    pub per_second: i64,
}

impl Store {
    /// When a bucket is full again; none when it is.
    pub async fn bucket_full_at(&self, realm: &str, bucket: [u8; 32]) -> Result<Option<i64>, StorageError> {
        self.query_one(
            "SELECT full_at FROM rate_limit WHERE realm = $1 AND bucket = $2",
            &[realm.into(), bucket.into()],
        )
        .await?
        .map(|mut row| row.int())
        .transpose()
    }
}

/// Takes from a bucket; misses when there is not enough in it.
pub fn take(realm: &str, bucket: [u8; 32], taking: Taking) -> Change {
    let Taking {
        now,
        cost,
        capacity,
        per_second,
    } = taking;
    let ends = (now + capacity) / per_second.max(1) + KEPT;
    Change::new().then(Statement::guard(
        "INSERT INTO rate_limit (realm, bucket, full_at, expires_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (realm, bucket) DO UPDATE SET \
         full_at = CASE WHEN rate_limit.full_at > $5 THEN rate_limit.full_at ELSE $5 END + $6, \
         expires_at = CASE WHEN rate_limit.expires_at > $4 THEN rate_limit.expires_at ELSE $4 END \
         WHERE rate_limit.full_at <= $7",
        vec![
            realm.into(),
            bucket.into(),
            (now + cost).into(),
            (ends - ends % KEPT + KEPT).into(),
            now.into(),
            cost.into(),
            (now + capacity - cost).into(),
        ],
    ))
}
