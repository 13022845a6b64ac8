//! PostgreSQL: what a change becomes when its connection does not last.

use std::time::Duration;

use testkit::postgres::Cluster;

use super::{
    Database, LOGGED, REPLAYS, becomes, insert,
    interrupted::WAITING,
    proxy::{Cut, Proxy},
    raw_postgres, redeem,
};
use crate::{Change, Options, Outcome, StorageError, Store};

async fn behind(proxy: &Proxy) -> Store {
    Store::open(&Options::Postgres {
        url: proxy.url.clone(),
        connections: 4,
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_sent_as_a_whole_before_any_answer_is_awaited() {
    let db = Database::postgres().await;
    let proxy = Proxy::before(db.url()).await;
    let store = Store::open(&Options::Postgres {
        url: proxy.url.clone(),
        connections: 1,
    })
    .await
    .unwrap();
    let change = |id: &str| redeem(id).then(insert(&format!("{id}/more"), 1));
    // The first time, the connection gets to know the statements.
    assert_eq!(store.commit(change("one")).await.unwrap(), Outcome::Applied);
    db.execute("UPDATE code SET used = 0").await;
    proxy.cut_next(Cut::Silence);
    let commit = tokio::time::timeout(Duration::from_secs(5), store.commit(change("two")));
    assert_eq!(commit.await.unwrap().unwrap(), Outcome::Applied);
    assert!(proxy.has_cut());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_whose_answer_was_lost_is_recognised_and_not_taken_for_a_replay() {
    let db = Database::postgres().await;
    let proxy = Proxy::before(db.url()).await;
    let store = behind(&proxy).await;
    proxy.cut_next(Cut::After);
    assert_eq!(store.commit(redeem("one")).await.unwrap(), Outcome::Applied);
    assert!(proxy.has_cut());
    assert_eq!(db.number(LOGGED).await, 1);
    assert_eq!(db.number(REPLAYS).await, 0);
    assert_eq!(store.commit(redeem("two")).await.unwrap(), Outcome::Missed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_was_lost_before_its_commit_is_made_once_more() {
    let db = Database::postgres().await;
    let proxy = Proxy::before(db.url()).await;
    let store = behind(&proxy).await;
    proxy.cut_next(Cut::Before);
    assert_eq!(store.commit(redeem("one")).await.unwrap(), Outcome::Applied);
    assert!(proxy.has_cut());
    assert_eq!(db.number(LOGGED).await, 1);
    assert_eq!(db.number(REPLAYS).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_is_still_at_work_when_it_is_looked_for_is_not_taken_for_a_replay() {
    let db = Database::postgres().await;
    let proxy = Proxy::before(db.url()).await;
    let store = behind(&proxy).await;
    // The first try holds code `a` and waits here for code `b`; the second one waits for code `a`.
    let other = raw_postgres(db.url()).await;
    other
        .batch_execute("BEGIN; UPDATE code SET used = 0 WHERE id = 'b'")
        .await
        .unwrap();
    let change = redeem("one").then(crate::Statement::new("UPDATE code SET used = 2 WHERE id = 'b'", vec![]));
    proxy.cut_next(Cut::At);
    let request = tokio::spawn(async move { store.commit(change).await });
    becomes(&db.store, WAITING, 2).await;
    other.batch_execute("COMMIT").await.unwrap();
    assert_eq!(request.await.unwrap().unwrap(), Outcome::Applied);
    assert_eq!(db.number(LOGGED).await, 1);
    assert_eq!(db.number(REPLAYS).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_way_to_recognise_it_the_end_of_a_change_is_unknown() {
    let db = Database::postgres().await;
    let proxy = Proxy::before(db.url()).await;
    let store = behind(&proxy).await;
    for cut in [Cut::After, Cut::Before] {
        proxy.cut_next(cut);
        let change = Change::new().then(insert(&format!("{}", cut as u8), 1));
        assert!(matches!(store.commit(change).await, Err(StorageError::Unknown(_))));
    }
    assert_eq!(db.number(LOGGED).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_to_otherwise_leaves_the_revocation_durable() {
    let db = Database::postgres().await;
    let proxy = Proxy::before(db.url()).await;
    let store = behind(&proxy).await;
    let revoke = "UPDATE code SET used = 9 WHERE id = 'a'";
    let mut replay = redeem("two");
    replay.otherwise = vec![crate::Statement::new(revoke, vec![])];
    // The guard waits until somebody else has used the code; the COMMIT behind it is on its way and passes.
    let other = raw_postgres(db.url()).await;
    other
        .batch_execute("BEGIN; UPDATE code SET used = 1 WHERE id = 'a'")
        .await
        .unwrap();
    let request = tokio::spawn(async move { store.commit(replay).await });
    becomes(&db.store, WAITING, 1).await;
    proxy.cut_next(Cut::Before);
    other.batch_execute("COMMIT").await.unwrap();
    assert_eq!(request.await.unwrap().unwrap(), Outcome::Missed);
    assert!(proxy.has_cut());
    assert_eq!(db.number("SELECT used FROM code WHERE id = 'a'").await, 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_that_is_ended_in_the_middle_is_replaced_and_the_change_made() {
    let db = Database::postgres().await;
    let other = raw_postgres(db.url()).await;
    other
        .batch_execute("BEGIN; UPDATE code SET used = 0 WHERE id = 'a'")
        .await
        .unwrap();
    let store = db.store.clone();
    let request = tokio::spawn(async move { store.commit(redeem("one")).await });
    becomes(&db.store, WAITING, 1).await;
    let ended = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
         WHERE datname = current_database() AND wait_event_type = 'Lock'";
    assert_eq!(db.number(ended).await, 1);
    other.batch_execute("COMMIT").await.unwrap();
    assert_eq!(request.await.unwrap().unwrap(), Outcome::Applied);
    assert_eq!(db.number(LOGGED).await, 1);
    assert_eq!(db.number(REPLAYS).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_that_deadlock_are_both_made() {
    let db = Database::postgres().await;
    let set = |id: &str| crate::Statement::guard("UPDATE code SET used = used + 1 WHERE id = $1", vec![id.into()]);
    let mut requests = tokio::task::JoinSet::new();
    for n in 0..20 {
        let store = db.store.clone();
        let (one, two) = if n % 2 == 0 { ("a", "b") } else { ("b", "a") };
        let change = Change::new().then(set(one)).then(set(two));
        requests.spawn(async move { store.commit(change).await });
    }
    let made = requests
        .join_all()
        .await
        .into_iter()
        .filter(|outcome| matches!(outcome, Ok(Outcome::Applied)))
        .count();
    let made = i64::try_from(made).unwrap();
    assert_eq!(db.number("SELECT used FROM code WHERE id = 'a'").await, made);
    assert_eq!(db.number("SELECT used FROM code WHERE id = 'b'").await, made);
    assert!(made >= 10, "{made} of 20");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_server_is_unavailable_and_a_restarted_one_is_used_again() {
    let mut cluster = Cluster::start();
    let options = Options::Postgres {
        url: cluster.create_database(),
        connections: 4,
    };
    let db = Database::open(options, None).await;
    assert_eq!(db.store.commit(redeem("one")).await.unwrap(), Outcome::Applied);
    cluster.stop();
    assert!(matches!(
        db.store.commit(redeem("two")).await,
        Err(StorageError::Unavailable(_))
    ));
    assert!(matches!(
        db.store.query(LOGGED, &[]).await,
        Err(StorageError::Unavailable(_))
    ));
    assert!(matches!(
        Store::open(&db.options).await,
        Err(StorageError::Unavailable(_))
    ));
    cluster.restart();
    assert_eq!(db.number(LOGGED).await, 1);
    assert_eq!(db.store.commit(redeem("three")).await.unwrap(), Outcome::Missed);
}

#[tokio::test(flavor = "multi_thread")]
async fn when_all_connections_are_taken_a_request_waits_two_seconds_at_most() {
    let db = Database::postgres().await;
    let store = Store::open(&Options::Postgres {
        url: db.url().to_owned(),
        connections: 1,
    })
    .await
    .unwrap();
    let other = raw_postgres(db.url()).await;
    other
        .batch_execute("BEGIN; UPDATE code SET used = 0 WHERE id = 'a'")
        .await
        .unwrap();
    let holder = store.clone();
    let request = tokio::spawn(async move { holder.commit(redeem("one")).await });
    becomes(&db.store, WAITING, 1).await;
    let refused = tokio::time::timeout(Duration::from_secs(4), store.query(LOGGED, &[]))
        .await
        .unwrap();
    assert!(matches!(refused, Err(StorageError::Unavailable(_))));
    other.batch_execute("COMMIT").await.unwrap();
    assert_eq!(request.await.unwrap().unwrap(), Outcome::Applied);
}

#[tokio::test]
async fn a_session_commits_durably_whatever_the_database_says() {
    let db = Database::postgres().await;
    db.execute(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$",
    )
    .await;
    let store = db.another_node().await;
    let mut row = store
        .query_one("SELECT current_setting('synchronous_commit')", &[])
        .await
        .unwrap()
        .unwrap();
    assert_eq!(row.text().unwrap(), "on");
}
