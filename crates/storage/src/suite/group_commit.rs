//! SQLite: many changes in one durable commit, and a queue with an end.

use std::os::unix::fs::PermissionsExt;

use futures_util::FutureExt;

use super::{Database, LOGGED, insert, raw_sqlite};
use crate::{Change, Outcome, StorageError};

#[tokio::test]
async fn changes_that_wait_together_are_committed_together() {
    let db = Database::sqlite().await;
    let before = db.store.durable_commits().unwrap();
    // While another process holds the lock, the writer cannot get beyond its first batch.
    let other = raw_sqlite(db.path());
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut waiting: Vec<_> = (0..200)
        .map(|n| Box::pin(db.store.commit(Change::new().then(insert(&n.to_string(), n)))))
        .collect();
    for commit in &mut waiting {
        assert!(commit.now_or_never().is_none());
    }
    other.execute_batch("COMMIT").unwrap();
    for commit in waiting {
        assert_eq!(commit.await.unwrap(), Outcome::Applied);
    }
    assert_eq!(db.number(LOGGED).await, 200);
    let commits = db.store.durable_commits().unwrap() - before;
    assert!(commits <= 2, "{commits} commits for 200 changes");
}

#[tokio::test]
async fn a_full_queue_refuses_at_once_and_keeps_what_it_took() {
    let db = Database::sqlite().await;
    let other = raw_sqlite(db.path());
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut taken = Vec::new();
    let mut refused = 0;
    for n in 0..1500 {
        let mut commit = Box::pin(db.store.commit(Change::new().then(insert(&n.to_string(), n))));
        match (&mut commit).now_or_never() {
            None => taken.push(commit),
            Some(Err(StorageError::Unavailable(_))) => refused += 1,
            Some(other) => panic!("{other:?}"),
        }
    }
    other.execute_batch("COMMIT").unwrap();
    assert!(refused >= 1500 - 1024 - 256, "{refused} refused");
    let count = i64::try_from(taken.len()).unwrap();
    for commit in taken {
        assert_eq!(commit.await.unwrap(), Outcome::Applied);
    }
    assert_eq!(db.number(LOGGED).await, count);
}

#[tokio::test]
async fn only_the_owner_can_read_the_files() {
    let db = Database::sqlite().await;
    for file in ["sekisho.db", "sekisho.db-wal", "sekisho.db-shm"] {
        let file = db.path().with_file_name(file);
        assert_eq!(
            file.metadata().unwrap().permissions().mode() & 0o777,
            0o600,
            "{}",
            file.display()
        );
    }
}
