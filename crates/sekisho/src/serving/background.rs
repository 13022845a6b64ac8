//! What a server does by itself: reads settings again, looks after keys, deletes what expired.

use std::{
    ops::RangeInclusive,
    sync::Arc,
    time::{Duration, Instant},
};

use realm::{Realms, audit::Due};
use storage::StorageError;
use tokio::sync::watch;

use super::operations;

/// How often other nodes' changes are looked for.
const REFRESH: Duration = Duration::from_secs(1);
/// How often keys and expired rows are looked after.
const UPKEEP: Duration = Duration::from_mins(1);
/// Rows deleted at once from each table, at least and at most.
const BATCH: RangeInclusive<i64> = 50..=500;
/// How long a deletion may take others' time: a change that comes meanwhile waits for it.
const TURN: Duration = Duration::from_millis(10);
/// How long others have theirs, at least: as long as the deletion took, if that was longer.
const PAUSE: Duration = Duration::from_millis(10);

/// Starts the background work; it ends when `stop` says so.
pub fn start(realms: &Arc<Realms>, stop: &watch::Receiver<bool>) {
    let (telling, stopped) = (Arc::clone(realms), stop.clone());
    tokio::spawn(async move { telling.tell_revocations(stopped).await });
    repeat(REFRESH, Arc::clone(realms), stop.clone(), |realms| async move {
        operations::sum_up();
        if let Err(error) = realms.refresh().await {
            tracing::warn!(%error, "settings cannot be read again");
        }
        if let Err(error) = realms.write_audit(Due::Now).await {
            tracing::warn!(%error, "events cannot be written to the audit; they are kept for a while");
        }
    });
    repeat(UPKEEP, Arc::clone(realms), stop.clone(), |realms| async move {
        if let Err(error) = realms.maintain_keys().await {
            tracing::warn!(%error, "keys cannot be looked after");
        }
        if let Err(error) = purge(&realms).await {
            tracing::warn!(%error, "expired rows cannot be deleted");
        }
    });
}

/// Runs `work` at once and then every `period`.
fn repeat<W, F>(period: Duration, realms: Arc<Realms>, mut stop: watch::Receiver<bool>, work: W)
where
    W: Fn(Arc<Realms>) -> F + Send + 'static,
    F: Future<Output = ()> + Send,
{
    tokio::spawn(async move {
        loop {
            work(Arc::clone(&realms)).await;
            tokio::select! {
                () = tokio::time::sleep(period) => {}
                _ = stop.changed() => return,
            }
        }
    });
}

/// Deletes expired rows, and what is older than its realm keeps.
async fn purge(realms: &Realms) -> Result<(), StorageError> {
    let (store, now) = (&realms.store, realms.clock.now());
    in_turns(|batch| store.purge(now, batch)).await?;
    for (issuer, retained) in realms.audit_retained() {
        in_turns(|batch| store.purge_audit_events(&issuer, now - retained, batch)).await?;
        // As in `maintain_keys`.
        tokio::task::yield_now().await;
    }
    Ok(())
}

/// Deletes batch by batch, with pauses, until nothing is left.
async fn in_turns<F>(delete: impl Fn(i64) -> F) -> Result<(), StorageError>
where
    F: Future<Output = Result<u64, StorageError>>,
{
    let mut batch = *BATCH.end();
    loop {
        let begun = Instant::now();
        let deleted = delete(batch).await?;
        if deleted == 0 {
            return Ok(());
        }
        metrics::counter!("sekisho_purged_rows_total").increment(deleted);
        let took = begun.elapsed();
        batch = next_batch(batch, took);
        tokio::time::sleep(PAUSE.max(took)).await;
    }
}

/// As many rows as can be deleted in a turn: how long one takes depends on where in the file it lies, and on the disk.
fn next_batch(batch: i64, took: Duration) -> i64 {
    let next = if took > TURN {
        batch / 2
    } else if took < TURN / 2 {
        batch * 2
    } else {
        batch
    };
    next.clamp(*BATCH.start(), *BATCH.end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_that_takes_long_is_followed_by_a_smaller_one() {
        let ms = Duration::from_millis;
        for (batch, took, next) in [
            (200, 11, 100),
            (60, 50, 50),
            (200, 7, 200),
            (200, 4, 400),
            (400, 1, 500),
        ] {
            assert_eq!(next_batch(batch, ms(took)), next);
        }
    }
}
