//! All or nothing, or what is to happen otherwise.

use tokio::task::JoinSet;

use super::{Database, LOGGED, REPLAYS, for_both_engines, insert, number, redeem};
use crate::{Change, Outcome, Statement, StorageError};

for_both_engines![
    a_change_whose_guards_hold_is_applied_and_nothing_else,
    a_change_whose_guard_misses_leaves_nothing_but_otherwise,
    a_guard_that_touches_too_much_misses,
    a_guard_after_other_writes_takes_them_back,
    a_guarded_insert_misses_on_conflict,
    an_empty_change_is_applied,
    of_sixty_four_redeemers_one_wins,
    of_redeemers_at_two_nodes_one_wins,
    a_wrong_statement_fails_alone,
    a_wrong_number_of_values_writes_nothing,
    what_was_acknowledged_is_read_everywhere,
];

async fn a_change_whose_guards_hold_is_applied_and_nothing_else(db: Database) {
    assert_eq!(db.store.commit(redeem("one")).await.unwrap(), Outcome::Applied);
    assert_eq!(db.number("SELECT used FROM code WHERE id = 'a'").await, 1);
    assert_eq!(db.number("SELECT count(*) FROM log WHERE id = 'one'").await, 1);
    assert_eq!(db.number(REPLAYS).await, 0);
}

async fn a_change_whose_guard_misses_leaves_nothing_but_otherwise(db: Database) {
    let _ = db.store.commit(redeem("one")).await.unwrap();
    assert_eq!(db.store.commit(redeem("two")).await.unwrap(), Outcome::Missed);
    assert_eq!(db.number("SELECT count(*) FROM log WHERE id = 'two'").await, 0);
    assert_eq!(db.number(REPLAYS).await, 1);
}

async fn a_guard_that_touches_too_much_misses(db: Database) {
    let both = Change::new().then(Statement::guard("UPDATE code SET used = 1", vec![]));
    assert_eq!(db.store.commit(both).await.unwrap(), Outcome::Missed);
    assert_eq!(db.number("SELECT count(*) FROM code WHERE used = 1").await, 0);
}

async fn a_guard_after_other_writes_takes_them_back(db: Database) {
    let late = Change::new()
        .then(insert("early", 1))
        .then(Statement::guard("UPDATE code SET used = 1 WHERE id = 'nobody'", vec![]))
        .then(insert("late", 1));
    assert_eq!(db.store.commit(late).await.unwrap(), Outcome::Missed);
    assert_eq!(db.number(LOGGED).await, 0);
}

async fn a_guarded_insert_misses_on_conflict(db: Database) {
    let once = || {
        Change::new().then(Statement::guard(
            "INSERT INTO log (id, n) VALUES ($2, $1) ON CONFLICT (id) DO NOTHING",
            vec![7.into(), "once".into()],
        ))
    };
    assert_eq!(db.store.commit(once()).await.unwrap(), Outcome::Applied);
    assert_eq!(db.store.commit(once()).await.unwrap(), Outcome::Missed);
    assert_eq!(db.number("SELECT n FROM log WHERE id = 'once'").await, 7);
}

async fn an_empty_change_is_applied(db: Database) {
    assert_eq!(db.store.commit(Change::new()).await.unwrap(), Outcome::Applied);
}

async fn of_sixty_four_redeemers_one_wins(db: Database) {
    let mut redeemers = JoinSet::new();
    for number in 0..64 {
        let store = db.store.clone();
        redeemers.spawn(async move { store.commit(redeem(&format!("r{number}"))).await.unwrap() });
    }
    let outcomes = redeemers.join_all().await;
    assert_eq!(
        outcomes.iter().filter(|outcome| **outcome == Outcome::Applied).count(),
        1
    );
    assert_eq!(db.number("SELECT n FROM log WHERE id = 'replay'").await, 63);
    assert_eq!(db.number(LOGGED).await, 2);
}

async fn of_redeemers_at_two_nodes_one_wins(db: Database) {
    let nodes = [db.store.clone(), db.another_node().await];
    let mut redeemers = JoinSet::new();
    for number in 0..32 {
        let store = nodes[number % 2].clone();
        redeemers.spawn(async move { store.commit(redeem(&format!("r{number}"))).await.unwrap() });
    }
    let outcomes = redeemers.join_all().await;
    assert_eq!(
        outcomes.iter().filter(|outcome| **outcome == Outcome::Applied).count(),
        1
    );
    assert_eq!(db.number("SELECT n FROM log WHERE id = 'replay'").await, 31);
}

async fn a_wrong_statement_fails_alone(db: Database) {
    let wrong = [
        Change::new().then(insert("x", 1)).then(insert("x", 2)),
        Change::new()
            .then(insert("x", 1))
            .then(Statement::new("INSERT INTO nowhere VALUES (1)", vec![])),
        Change::new()
            .then(insert("x", 1))
            .then(Statement::new("INSERT INTO log (id) VALUES (NULL, 2)", vec![])),
    ];
    let mut commits = JoinSet::new();
    for (number, change) in wrong.into_iter().enumerate() {
        let (one, two) = (db.store.clone(), db.store.clone());
        commits.spawn(async move {
            one.commit(change)
                .await
                .is_err_and(|error| matches!(error, StorageError::Corrupt(_)))
        });
        let right = Change::new().then(insert(&format!("right{number}"), 1));
        commits.spawn(async move { two.commit(right).await.unwrap() == Outcome::Applied });
    }
    assert_eq!(commits.join_all().await, [true; 6]);
    assert_eq!(db.number(LOGGED).await, 3);
}

async fn a_wrong_number_of_values_writes_nothing(db: Database) {
    let change = Change::new().then(insert("x", 1)).then(Statement::new(
        "INSERT INTO log (id, n) VALUES ($1, $2)",
        vec!["y".into()],
    ));
    assert!(matches!(db.store.commit(change).await, Err(StorageError::Corrupt(_))));
    assert_eq!(db.number(LOGGED).await, 0);
}

async fn what_was_acknowledged_is_read_everywhere(db: Database) {
    let other = db.another_node().await;
    let mut writers = JoinSet::new();
    for writer in 0..4 {
        let (store, other) = (db.store.clone(), other.clone());
        writers.spawn(async move {
            for turn in 0..25 {
                let id = format!("{writer}/{turn}");
                let _ = store.commit(Change::new().then(insert(&id, turn))).await.unwrap();
                for node in [&store, &other] {
                    let read = node
                        .query_one("SELECT n FROM log WHERE id = $1", &[id.as_str().into()])
                        .await
                        .unwrap();
                    assert_eq!(read.unwrap().int().unwrap(), turn);
                }
            }
        });
    }
    writers.join_all().await;
    assert_eq!(number(&other, LOGGED).await, 100);
}
