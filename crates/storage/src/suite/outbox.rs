//! Calls that are owed are made, by one node at a time, until they arrive or their time is over.

use std::collections::HashSet;

use super::{Database, for_both_engines};
use crate::{
    Change, Statement, Store,
    outbox::{NewCall, OutboxEntry, OutboxItem, delivered, enqueue, failed},
};

for_both_engines![
    two_nodes_never_lease_the_same_call,
    a_lease_that_ran_out_is_given_to_another_node,
    a_failed_call_waits_longer_each_time,
    a_call_is_given_up_after_a_day,
    a_call_whose_time_is_over_is_given_up_and_not_leased,
    a_delivered_call_is_remembered_without_its_payload,
    a_call_is_owed_exactly_when_its_change_was_applied,
];

const NOW: i64 = 1_000_000;
const DAY: i64 = 24 * 3600;

fn call(id: &str, expires_at: i64) -> Statement {
    let new = NewCall {
        id: id.into(),
        realm: "https://id.example".into(),
        kind: "mail".into(),
        destination: "alice@example.org".into(),
        payload: "{\"code\":\"123456\"}".into(),
        expires_at,
    };
    enqueue(new, NOW)
}

async fn write(store: &Store, statement: Statement) {
    let _ = store.commit(Change::new().then(statement)).await.unwrap();
}

async fn lease_one(store: &Store, now: i64) -> OutboxItem {
    let mut leased = store.lease_due(now, 60, 10).await.unwrap();
    assert_eq!(leased.len(), 1);
    leased.remove(0)
}

async fn entry(store: &Store) -> OutboxEntry {
    let mut entries = store.outbox_of_realm("https://id.example", None, 10).await.unwrap();
    assert_eq!(entries.len(), 1);
    entries.remove(0)
}

async fn two_nodes_never_lease_the_same_call(db: Database) {
    let calls = (0..40).map(|n| call(&format!("c{n}"), NOW + DAY));
    let _ = db.store.commit(Change::new().then_all(calls)).await.unwrap();
    let other = db.another_node().await;
    let (one, two) = tokio::join!(db.store.lease_due(NOW, 60, 40), other.lease_due(NOW, 60, 40));
    let ids: Vec<String> = one
        .unwrap()
        .into_iter()
        .chain(two.unwrap())
        .map(|item| item.id)
        .collect();
    assert_eq!(ids.len(), 40);
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 40);
    assert!(other.lease_due(NOW + 59, 60, 40).await.unwrap().is_empty());
}

async fn a_lease_that_ran_out_is_given_to_another_node(db: Database) {
    write(&db.store, call("c", NOW + DAY)).await;
    let lost = lease_one(&db.store, NOW).await;
    let other = db.another_node().await;
    assert!(other.lease_due(NOW + 59, 60, 10).await.unwrap().is_empty());
    let again = lease_one(&other, NOW + 60).await;
    assert_eq!((lost.attempts, again.attempts), (1, 2));
    // The first node comes back and reports a failure of what is no longer its own.
    write(&db.store, failed(&lost, NOW + 61, "late")).await;
    assert_eq!(entry(&db.store).await.last_error, None);
    assert!(db.store.lease_due(NOW + 62, 60, 10).await.unwrap().is_empty());
}

async fn a_failed_call_waits_longer_each_time(db: Database) {
    write(&db.store, call("c", NOW + DAY)).await;
    let mut now = NOW;
    for wait in [10, 20, 40, 80] {
        let item = lease_one(&db.store, now).await;
        write(&db.store, failed(&item, now, &"refused\0 ".repeat(200))).await;
        let entry = entry(&db.store).await;
        assert_eq!((entry.state.as_str(), entry.next_attempt_at), ("pending", now + wait));
        assert_eq!(entry.last_error.unwrap().len(), 500);
        assert!(db.store.lease_due(now + wait - 1, 60, 10).await.unwrap().is_empty());
        now += wait;
    }
    assert_eq!(entry(&db.store).await.attempts, 4);
}

async fn a_call_is_given_up_after_a_day(db: Database) {
    write(&db.store, call("c", NOW + 10 * DAY)).await;
    let mut now = NOW;
    while entry(&db.store).await.state == "pending" {
        assert!(now < NOW + DAY);
        let item = lease_one(&db.store, now).await;
        write(&db.store, failed(&item, now, "refused")).await;
        now = entry(&db.store).await.next_attempt_at;
    }
    let entry = entry(&db.store).await;
    assert_eq!(
        (entry.state.as_str(), entry.last_error.as_deref()),
        ("dead", Some("refused"))
    );
    assert!(entry.attempts > 24 && entry.finished_at.unwrap() > NOW + DAY - 3700);
    assert!(db.store.lease_due(NOW + 2 * DAY, 60, 10).await.unwrap().is_empty());
}

async fn a_call_whose_time_is_over_is_given_up_and_not_leased(db: Database) {
    write(&db.store, call("c", NOW + 600)).await;
    assert!(db.store.lease_due(NOW + 600, 60, 10).await.unwrap().is_empty());
    let entry = entry(&db.store).await;
    assert_eq!(
        (entry.state.as_str(), entry.attempts, entry.finished_at),
        ("dead", 0, Some(NOW + 600))
    );
}

async fn a_delivered_call_is_remembered_without_its_payload(db: Database) {
    write(&db.store, call("c", NOW + DAY)).await;
    let item = lease_one(&db.store, NOW).await;
    assert_eq!(item.payload, "{\"code\":\"123456\"}");
    write(&db.store, delivered(&item.id, NOW + 1)).await;
    let entry = entry(&db.store).await;
    assert_eq!(
        (entry.state.as_str(), entry.attempts, entry.finished_at),
        ("delivered", 1, Some(NOW + 1))
    );
    assert_eq!(db.number("SELECT count(*) FROM outbox WHERE payload = ''").await, 1);
    assert!(db.store.lease_due(NOW + DAY, 60, 10).await.unwrap().is_empty());
    assert_eq!(db.store.purge(NOW + 6 * DAY, 10).await.unwrap(), 0);
    assert_eq!(db.store.purge(NOW + 8 * DAY, 10).await.unwrap(), 1);
}

async fn a_call_is_owed_exactly_when_its_change_was_applied(db: Database) {
    let never = Statement::guard("UPDATE code SET used = 1 WHERE id = 'nobody'", vec![]);
    let _ = db
        .store
        .commit(Change::new().then(call("c", NOW + DAY)).then(never))
        .await
        .unwrap();
    assert!(
        db.store
            .outbox_of_realm("https://id.example", None, 10)
            .await
            .unwrap()
            .is_empty()
    );
    let other_realm = db
        .store
        .outbox_of_realm("https://other.example", None, 10)
        .await
        .unwrap();
    assert!(other_realm.is_empty());
}
