//! Opening brings the schema up to date, from several nodes at once and again and again.

use futures_util::future::join_all;

use super::{Database, for_both_engines};
use crate::{Options, StorageError, Store};

for_both_engines![
    opening_again_changes_nothing,
    a_newer_schema_is_refused,
    the_age_of_a_schema_is_told_without_changing_it,
];

async fn opening_again_changes_nothing(db: Database) {
    let version = "SELECT count(*) FROM schema_version";
    let before = db.number(version).await;
    let again = db.another_node().await;
    assert_eq!(super::number(&again, version).await, before);
    assert_eq!(super::number(&again, "SELECT value FROM revision").await, 1);
}

async fn a_newer_schema_is_refused(db: Database) {
    db.execute("INSERT INTO schema_version (version, name) VALUES (999, 'future')")
        .await;
    let refused = Store::open(&db.options).await.map(|_| ()).unwrap_err();
    assert!(matches!(refused, StorageError::TooNew { found: 999, known } if known < 999));
}

async fn the_age_of_a_schema_is_told_without_changing_it(db: Database) {
    let newest = Store::schema_version(&db.options).await.unwrap();
    assert_eq!(newest.found, newest.known);
    db.execute("DELETE FROM schema_version WHERE version > 1").await;
    for _ in 0..2 {
        let older = Store::schema_version(&db.options).await.unwrap();
        assert_eq!((older.found, older.known), (1, newest.known));
    }
    db.execute("DROP TABLE schema_version").await;
    assert_eq!(Store::schema_version(&db.options).await.unwrap().found, 0);
}

async fn eight_nodes_open(options: Options) {
    let nodes = join_all((0..8).map(|_| {
        let options = options.clone();
        tokio::spawn(async move { Store::open(&options).await.unwrap() })
    }))
    .await;
    for node in nodes {
        assert_eq!(super::number(&node.unwrap(), "SELECT count(*) FROM revision").await, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nodes_that_start_at_once_migrate_postgresql_once() {
    let url = testkit::postgres::shared().create_database();
    eight_nodes_open(Options::Postgres { url, connections: 2 }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn processes_that_start_at_once_migrate_a_file_once() {
    let directory = testkit::process::temporary_directory("migrate");
    eight_nodes_open(Options::Sqlite {
        path: directory.join("new.db"),
    })
    .await;
    std::fs::remove_dir_all(directory).unwrap();
}

#[tokio::test]
async fn a_directory_that_is_missing_is_named() {
    let path = "/nowhere/at/all/sekisho.db".into();
    let refused = Store::open(&Options::Sqlite { path }).await.map(|_| ()).unwrap_err();
    assert!(matches!(refused, StorageError::Unavailable(why) if why.contains("/nowhere/at/all")));
}
