//! A COMMIT that fails answers so, and takes nothing with it that was acknowledged before.

use super::{Database, LOGGED, for_both_engines, insert};
use crate::{Change, Outcome, Statement, StorageError};

for_both_engines![a_failed_commit_is_unavailable_and_leaves_nothing];

/// Fails at COMMIT, not at the statement: the reference is checked at the end.
fn orphan() -> Statement {
    Statement::new("INSERT INTO strict_child (id, parent) VALUES ('c', 'nobody')", vec![])
}

async fn a_failed_commit_is_unavailable_and_leaves_nothing(db: Database) {
    assert_eq!(
        db.store.commit(Change::new().then(insert("earlier", 1))).await.unwrap(),
        Outcome::Applied
    );
    let failing = Change::new().then(insert("lost", 1)).then(orphan());
    assert!(matches!(
        db.store.commit(failing).await,
        Err(StorageError::Unavailable(_))
    ));
    assert_eq!(db.number("SELECT count(*) FROM strict_child").await, 0);
    assert_eq!(db.number(LOGGED).await, 1);
    assert_eq!(
        db.store.commit(Change::new().then(insert("later", 1))).await.unwrap(),
        Outcome::Applied
    );
    assert_eq!(db.number(LOGGED).await, 2);
}
