//! Writes down the refusals of clients that had proved who they are, some moments later and together.
//!
//! What cannot be written is lost, and counted: an explanation is a courtesy, and no request waits for it.

use std::{sync::Arc, time::Duration};

use explanation::Refusal;
use realm::Realms;
use storage::refusal::{NewRefusal, insert};
use tokio::{sync::watch, task::JoinHandle};

/// For how long they are kept, in seconds.
const KEPT: i64 = 7 * 24 * 3600;
/// How often they are written at most.
const PAUSE: Duration = Duration::from_secs(1);
/// How many at once.
const BATCH: usize = 200;

/// Starts writing; when the server stops, what is left is written, and the task ends.
pub fn start(realms: &Arc<Realms>, stopped: &watch::Receiver<bool>) -> JoinHandle<()> {
    let (realms, mut stopped) = (Arc::clone(realms), stopped.clone());
    tokio::spawn(async move {
        loop {
            let is_last = tokio::select! {
                () = realms.refusals.news() => false,
                _ = stopped.wait_for(|stopped| *stopped) => true,
            };
            write(&realms).await;
            if is_last {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                _ = stopped.wait_for(|stopped| *stopped) => {}
            }
        }
    })
}

async fn write(realms: &Realms) {
    let (refusals, mut lost) = realms.refusals.take_unwritten();
    let rows: Vec<NewRefusal> = refusals.iter().filter_map(|refusal| row(refusal)).collect();
    for batch in rows.chunks(BATCH) {
        if let Err(error) = realms.store.commit(insert(batch)).await {
            tracing::warn!(%error, "refusals cannot be written down");
            lost += batch.len() as u64;
        }
    }
    if lost > 0 {
        metrics::counter!("sekisho_refusals_not_written_total").increment(lost);
    }
}

fn row(refusal: &Refusal) -> Option<NewRefusal> {
    Some(NewRefusal {
        id: refusal.id.clone(),
        realm: refusal.issuer.clone()?,
        client_id: refusal.client_id.clone()?,
        refused_at: refusal.at,
        content: serde_json::to_string(refusal).ok()?,
        expires_at: refusal.at + KEPT,
    })
}
