//! A caller who goes away leaves no half change behind.

use futures_util::FutureExt;
use tokio::task::JoinSet;

use super::{Database, becomes, for_both_engines, insert, raw_postgres};
use crate::{Change, Outcome};

for_both_engines![
    a_commit_that_nobody_waits_for_is_still_made,
    aborted_requests_leave_whole_changes_and_a_working_store,
];

async fn a_commit_that_nobody_waits_for_is_still_made(db: Database) {
    assert!(
        db.store
            .commit(Change::new().then(insert("forgotten", 1)))
            .now_or_never()
            .is_none()
    );
    becomes(&db.store, "SELECT count(*) FROM log WHERE id = 'forgotten'", 1).await;
}

async fn aborted_requests_leave_whole_changes_and_a_working_store(db: Database) {
    let mut requests = JoinSet::new();
    for n in 0..200 {
        let store = db.store.clone();
        requests.spawn(async move {
            let pair = Change::new()
                .then(insert(&format!("{n}/first"), n))
                .then(insert(&format!("{n}/second"), n));
            let _ = store.commit(pair).await;
            let _ = store.query("SELECT id, n FROM log", &[]).await;
        });
        if n % 3 == 0 {
            tokio::task::yield_now().await;
        }
    }
    requests.shutdown().await;
    for n in 0..20 {
        let change = Change::new().then(insert(&format!("after{n}"), 1));
        assert_eq!(db.store.commit(change).await.unwrap(), Outcome::Applied);
    }
    let halves = "SELECT count(*) FROM (SELECT n FROM log WHERE id LIKE '%/%' GROUP BY n HAVING count(*) <> 2) AS half";
    assert_eq!(db.number(halves).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_commit_that_waits_for_a_lock_leaves_no_open_transaction() {
    let db = Database::postgres().await;
    let other = raw_postgres(db.url()).await;
    other
        .batch_execute("BEGIN; UPDATE code SET used = 0 WHERE id = 'a'")
        .await
        .unwrap();
    let store = db.store.clone();
    let request = tokio::spawn(async move { store.commit(super::redeem("dropped")).await });
    becomes(&db.store, WAITING, 1).await;
    request.abort();
    assert!(request.await.unwrap_err().is_cancelled());
    other.batch_execute("COMMIT").await.unwrap();
    becomes(&db.store, "SELECT used FROM code WHERE id = 'a'", 1).await;
    becomes(
        &db.store,
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in %'",
        0,
    )
    .await;
}

/// Backends of this database that wait for a lock.
pub(super) const WAITING: &str =
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
