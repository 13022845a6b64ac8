//! How many calls get through at this node: its own buckets, or its share of those in the database.
//!
//! With SQLite there is one node, and its buckets are in memory; a restart fills them. With PostgreSQL there may be others, and
//! buckets are rows (`storage/src/rate_limit.rs`), from which each node takes calls by the handful. When the database cannot be
//! asked, nothing gets through.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use enforcement::limit::{Bucket, Charge, Exceeded, Measure, Next, Share, Table, Usage};
use storage::{
    Outcome, StorageError, Store,
    rate_limit::{self, Taking},
};
use tokio::sync::Mutex as AsyncMutex;

/// How many buckets are kept in memory; each takes some 100 bytes.
const MOST: usize = 1 << 18;

type SharedShare = Arc<AsyncMutex<Share>>;

/// What a node knows of the buckets of all realms.
pub struct Limits {
    own: Mutex<Table>,
    shares: Mutex<HashMap<[u8; 32], SharedShare>>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            own: Mutex::new(Table::new(MOST)),
            shares: Mutex::default(),
        }
    }
}

impl Limits {
    /// Takes one call from each bucket, or none from any. `now`: unix seconds.
    pub async fn take(
        &self,
        store: &Store,
        issuer: &str,
        charges: &[Charge],
        now: i64,
    ) -> Result<Result<Vec<Usage>, Exceeded>, StorageError> {
        if charges.is_empty() {
            return Ok(Ok(Vec::new()));
        }
        if store.engine_name() != "postgres" {
            return Ok(lock(&self.own).take(charges, now));
        }
        let mut usages = Vec::with_capacity(charges.len());
        let mut taken: Vec<SharedShare> = Vec::with_capacity(charges.len());
        for charge in charges {
            let share = self.share(charge.bucket, now);
            // Two limits that say the same have one bucket: its lock is not held when calls are given back.
            let taking = take_one(store, issuer, charge, &mut *share.lock().await, now).await?;
            match taking {
                Ok(usage) => usages.push(usage),
                Err(exceeded) => {
                    for share in taken {
                        share.lock().await.give_back();
                    }
                    return Ok(Err(exceeded));
                }
            }
            taken.push(share);
        }
        Ok(Ok(usages))
    }

    /// This node's share of a bucket. Idle ones are forgotten when there are too many: the bucket itself is in the database.
    fn share(&self, bucket: [u8; 32], now: i64) -> SharedShare {
        let mut shares = lock(&self.shares);
        if shares.len() >= MOST && !shares.contains_key(&bucket) {
            shares.retain(|_, share| share.try_lock().map_or(true, |share| !share.is_idle(now)));
            if shares.len() >= MOST {
                shares.clear();
            }
        }
        Arc::clone(shares.entry(bucket).or_default())
    }
}

/// Takes one call from a bucket. Whoever else at this node wants one of the same bucket waits meanwhile, so that the node asks
/// once for all of them.
async fn take_one(
    store: &Store,
    issuer: &str,
    charge: &Charge,
    share: &mut Share,
    now: i64,
) -> Result<Result<Usage, Exceeded>, StorageError> {
    let measure = charge.rule.measure;
    let wait = match share.next(measure, now) {
        Next::Pass => None,
        Next::Wait(seconds) => Some(seconds),
        Next::Take(handful) => refill(store, issuer, (charge, handful), share, now).await?,
    };
    let usage = Usage {
        rule: Arc::clone(&charge.rule),
        left: if wait.is_some() { 0 } else { share.left(measure, now) },
        reset: wait.unwrap_or_else(|| share.full_in(measure, now)),
    };
    Ok(match wait {
        None => Ok(usage),
        Some(_) => Err(Exceeded { usage }),
    })
}

/// Takes a handful, or one call if there are fewer. Answers how long it takes until there is one, if there is none.
async fn refill(
    store: &Store,
    issuer: &str,
    (charge, handful): (&Charge, i64),
    share: &mut Share,
    now: i64,
) -> Result<Option<i64>, StorageError> {
    let measure = charge.rule.measure;
    let mut calls = handful;
    loop {
        let taking = rate_limit::take(issuer, charge.bucket, taking(measure, now, calls));
        let is_taken = store.commit(taking).await? == Outcome::Applied;
        if is_taken || calls == 1 {
            let full_at = store.bucket_full_at(issuer, charge.bucket).await?;
            let bucket = full_at.map_or_else(Bucket::default, Bucket::full_at);
            if is_taken {
                share.took(measure, now, calls, bucket);
                return Ok(None);
            }
            return Ok(Some(share.found_empty(measure, now, bucket)));
        }
        calls = 1;
    }
}

const fn taking(measure: Measure, now: i64, calls: i64) -> Taking {
    Taking {
        now: measure.parts(now),
        cost: measure.cost(calls),
        capacity: measure.capacity(),
        per_second: measure.per_second(),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
