//! What a server does by itself: reads settings again, looks after keys, deletes what expired.

use std::{sync::Arc, time::Duration};

use realm::{Realms, audit::Due};
use tokio::sync::watch;

use super::operations;

/// How often other nodes' changes are looked for.
const REFRESH: Duration = Duration::from_secs(1);
/// How often keys and expired rows are looked after.
const UPKEEP: Duration = Duration::from_mins(1);
/// Rows deleted at once from each table, so that nobody waits for long.
const BATCH: i64 = 500;

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

/// Deletes expired rows, and what is older than its realm keeps, batch by batch, with a pause between, until none are left.
async fn purge(realms: &Realms) -> Result<(), storage::StorageError> {
    loop {
        let (store, now) = (&realms.store, realms.clock.now());
        let mut deleted = store.purge(now, BATCH).await?;
        for realm in store.realms().await? {
            deleted += store
                .purge_audit_events(&realm.issuer, now - realm.audit.retain, BATCH)
                .await?;
        }
        if deleted == 0 {
            return Ok(());
        }
        metrics::counter!("sekisho_purged_rows_total").increment(deleted);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
