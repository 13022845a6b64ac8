//! Expired rows go, a few at a time; the others stay.

use super::{Database, for_both_engines};
use crate::{Change, Statement, purge::TABLES};

for_both_engines![
    expired_rows_are_deleted_in_batches,
    every_time_limited_table_has_its_column,
    a_call_that_is_still_owed_is_not_deleted,
    every_table_has_a_size,
];

fn guess(lane: &str, expires_at: i64) -> Statement {
    Statement::new(
        "INSERT INTO guess (realm, lane, n, expires_at) VALUES ('r', $1, 1, $2)",
        vec![lane.into(), expires_at.into()],
    )
}

async fn expired_rows_are_deleted_in_batches(db: Database) {
    let rows = (0..25)
        .map(|n| guess(&format!("old{n}"), 999))
        .chain((0..5).map(|n| guess(&format!("new{n}"), 1000)));
    let _ = db.store.commit(Change::new().then_all(rows)).await.unwrap();
    for expected in [10, 10, 5, 0] {
        assert_eq!(db.store.purge(1000, 10).await.unwrap(), expected);
    }
    assert_eq!(db.number("SELECT count(*) FROM guess").await, 5);
    assert_eq!(db.store.purge(1001, 10).await.unwrap(), 5);
}

async fn every_time_limited_table_has_its_column(db: Database) {
    for table in TABLES {
        assert_eq!(table.expiry, "expires_at");
    }
    assert_eq!(db.store.purge(1000, 10).await.unwrap(), 0);
    let listed: Vec<&str> = TABLES.iter().map(|table| table.table).collect();
    let limited: Vec<&str> = SCHEMA
        .split("CREATE TABLE ")
        .skip(1)
        .filter(|table| table.lines().any(|line| line.trim_start().starts_with("expires_at")))
        .map(|table| table.split(' ').next().unwrap())
        .collect();
    assert!(limited.iter().all(|table| listed.contains(table)), "{limited:?}");
    assert_eq!(limited.len(), listed.len());
}

async fn a_call_that_is_still_owed_is_not_deleted(db: Database) {
    db.execute(
        "INSERT INTO outbox VALUES ('1', 'r', 'mail', 'x', '', 'pending', 0, 0, 0, NULL, 0, NULL, 10),
            ('2', 'r', 'mail', 'x', '', 'delivered', 1, 0, 0, NULL, 0, 5, 10)",
    )
    .await;
    assert_eq!(db.store.purge(1000, 10).await.unwrap(), 1);
    assert_eq!(
        db.number("SELECT count(*) FROM outbox WHERE state = 'pending'").await,
        1
    );
}

/// All migrations.
const SCHEMA: &str = concat!(
    include_str!("../migrations/0001_ground.sql"),
    include_str!("../migrations/0002_provider.sql"),
    include_str!("../migrations/0003_financial_grade.sql"),
    include_str!("../migrations/0004_refusals_and_audit.sql"),
    include_str!("../migrations/0005_two_party_access.sql"),
    include_str!("../migrations/0006_devices.sql"),
    include_str!("../migrations/0007_factors.sql"),
    include_str!("../migrations/0008_revocations.sql")
);

async fn every_table_has_a_size(db: Database) {
    let _ = db
        .store
        .commit(Change::new().then(guess("a", 1)).then(guess("b", 1)))
        .await
        .unwrap();
    let sizes = db.store.table_sizes().await.unwrap();
    assert!(sizes.contains(&("guess", 2)));
    assert!(sizes.contains(&("users", 0)));
    for table in SCHEMA
        .split("CREATE TABLE ")
        .skip(1)
        .map(|table| table.split(' ').next().unwrap())
    {
        assert!(
            table == "revision" || sizes.iter().any(|(name, _)| *name == table),
            "{table}"
        );
    }
}
