//! What happened is written with that which happened, found by time, user, client and kind, and forgotten in time.

use futures_util::future::join_all;
use model::{Actor, AuditEvent, AuditKind, new_id};
use serde_json::{Map, json};

use super::{Database, for_both_engines};
use crate::{
    Change, Outcome, Statement,
    audit_event::{AuditQuery, Provided, insert, insert_provided},
    authorization,
};

for_both_engines![
    what_is_written_is_read_back,
    events_are_found_by_time_user_client_and_kind,
    what_happened_to_a_user_is_counted,
    where_and_on_what_a_user_did_something_is_found_in_a_time,
    pages_follow_one_another_without_a_gap,
    an_event_stands_or_falls_with_its_change,
    an_event_is_written_once,
    of_many_who_end_an_authorization_one_tells,
    what_is_older_than_the_realm_keeps_is_forgotten,
];

fn event(at: i64, kind: AuditKind) -> AuditEvent {
    AuditEvent {
        id: new_id(),
        realm: "r".into(),
        at,
        kind,
        actor: Actor::User,
        user_id: None,
        client_id: None,
        address: None,
        explanation_id: None,
        count: 1,
        details: Map::new(),
    }
}

fn all() -> AuditQuery {
    AuditQuery {
        after: (0, String::new()),
        until: i64::MAX,
        kinds: Vec::new(),
        user_id: None,
        client_id: None,
        limit: 100,
        newest: false,
    }
}

async fn write(db: &Database, events: &[AuditEvent]) {
    let change = Change::new().then_all(events.iter().map(insert));
    assert_eq!(db.store.commit(change).await.unwrap(), Outcome::Applied);
}

async fn what_happened_to_a_user_is_counted(db: Database) {
    let of = |user: &str, at, kind, count| AuditEvent {
        user_id: Some(user.into()),
        count,
        ..event(at, kind)
    };
    let (failed, succeeded) = (AuditKind::SignInFailed, AuditKind::SignInSucceeded);
    let events = [
        of("alice", 9, failed, 1),
        of("alice", 10, failed, 1),
        of("alice", 11, failed, 3),
        of("alice", 11, succeeded, 1),
        of("bob", 11, failed, 5),
    ];
    write(&db, &events).await;
    for (user, since, expected) in [("alice", 10, 4), ("alice", 12, 0), ("bob", 0, 5), ("carol", 0, 0)] {
        let counted = db.store.count_events_of_user("r", user, failed, since).await.unwrap();
        assert_eq!(counted, expected, "{user} since {since}");
    }
}

async fn where_and_on_what_a_user_did_something_is_found_in_a_time(db: Database) {
    let of = |at, kind, address: &str, device: &str| AuditEvent {
        user_id: Some("alice".into()),
        address: Some(address.into()),
        details: [("device".to_owned(), device.into())].into_iter().collect(),
        ..event(at, kind)
    };
    let (given, failed) = (AuditKind::ConsentGiven, AuditKind::SignInFailed);
    let events = [
        of(9, given, "192.0.2.1", "old"),
        of(10, given, "192.0.2.2", "phone"),
        of(11, given, "192.0.2.2", "phone"),
        of(12, failed, "192.0.2.3", "thief"),
        of(20, given, "192.0.2.4", "later"),
    ];
    write(&db, &events).await;
    let (kinds, time) = ([given, AuditKind::ConsentChanged], (10, 20));
    let addresses = db.store.addresses_of_user("r", "alice", &kinds, time).await.unwrap();
    assert_eq!(addresses, ["192.0.2.2"]);
    for (user, device, expected) in [
        ("alice", "phone", true),
        ("alice", "pho", false),
        ("bob", "phone", false),
        ("alice", "old", false),
        ("alice", "thief", false),
        ("alice", "later", false),
    ] {
        let used = db
            .store
            .has_used_device("r", (user, device), &kinds, time)
            .await
            .unwrap();
        assert_eq!(used, expected, "{user} {device}");
    }
    for (kinds, expected) in [(&kinds[..], 2), (&[failed], 1), (&[], 0)] {
        let counted = db.store.count_events_between("r", "alice", kinds, time).await.unwrap();
        assert_eq!(counted, expected, "{kinds:?}");
    }
}

async fn times(db: &Database, query: AuditQuery) -> Vec<i64> {
    let found = db.store.audit_events("r", &query).await.unwrap();
    found.into_iter().map(|event| event.at).collect()
}

const NUMBER: &str = "SELECT count(*) FROM audit_event";

async fn what_is_written_is_read_back(db: Database) {
    let whole = AuditEvent {
        user_id: Some("alice".into()),
        client_id: Some("app".into()),
        address: Some("::1".into()),
        explanation_id: Some("abc".into()),
        count: 7,
        details: Map::from_iter([("scope".into(), json!("a b")), ("n".into(), json!([1]))]),
        ..event(1000, AuditKind::SignInSucceeded)
    };
    let bare = event(1001, AuditKind::KeyCreated);
    write(&db, &[whole.clone(), bare.clone()]).await;
    assert_eq!(db.store.audit_events("r", &all()).await.unwrap(), [whole, bare]);
    assert_eq!(db.store.audit_events("another", &all()).await.unwrap(), []);
}

type Narrow<'a> = &'a dyn Fn(&mut AuditQuery);

async fn events_are_found_by_time_user_client_and_kind(db: Database) {
    let of = |at, kind, user: Option<&str>, client: Option<&str>| AuditEvent {
        user_id: user.map(str::to_owned),
        client_id: client.map(str::to_owned),
        ..event(at, kind)
    };
    write(
        &db,
        &[
            of(1, AuditKind::SignInSucceeded, Some("alice"), Some("app")),
            of(2, AuditKind::SignInFailed, Some("alice"), None),
            of(3, AuditKind::TokenIssued, None, Some("app")),
            of(4, AuditKind::TokenIssued, Some("bob"), Some("app")),
        ],
    )
    .await;
    let of_alice = |query: &mut AuditQuery| query.user_id = Some("alice".to_owned());
    let of_app = |query: &mut AuditQuery| query.client_id = Some("app".to_owned());
    let of_kinds = |query: &mut AuditQuery| query.kinds = vec![AuditKind::SignInFailed, AuditKind::TokenIssued];
    let newest = |limit| {
        move |query: &mut AuditQuery| {
            (query.newest, query.limit) = (true, limit);
        }
    };
    let later = |query: &mut AuditQuery| (query.after, query.until) = ((2, String::new()), 4);
    let oldest = |query: &mut AuditQuery| query.limit = 2;
    let cases: &[(&[Narrow<'_>], &[i64])] = &[
        (&[], &[1, 2, 3, 4]),
        (&[&of_alice], &[1, 2]),
        (&[&of_app], &[1, 3, 4]),
        (&[&of_alice, &of_app], &[1]),
        (&[&of_kinds], &[2, 3, 4]),
        (&[&of_kinds, &of_app], &[3, 4]),
        (&[&later], &[2, 3]),
        (&[&oldest], &[1, 2]),
        (&[&newest(2)], &[3, 4]),
        (&[&newest(1), &of_alice], &[2]),
        (&[&newest(1), &of_app], &[4]),
        (&[&newest(1), &of_alice, &of_app], &[1]),
    ];
    for (narrow, expected) in cases {
        let mut query = all();
        narrow.iter().for_each(|narrow| narrow(&mut query));
        let text = format!("{query:?}");
        assert_eq!(times(&db, query).await, *expected, "{text}");
    }
}

async fn pages_follow_one_another_without_a_gap(db: Database) {
    let events: Vec<AuditEvent> = (0..10).map(|n| event(n / 4, AuditKind::TokenIssued)).collect();
    write(&db, &events).await;
    let mut query = AuditQuery { limit: 3, ..all() };
    let mut found = Vec::new();
    loop {
        let page = db.store.audit_events("r", &query).await.unwrap();
        let Some(last) = page.last() else { break };
        query.after = (last.at, last.id.clone());
        found.extend(page);
    }
    assert_eq!(found, events);
}

async fn an_event_stands_or_falls_with_its_change(db: Database) {
    let by = |id: &str| super::redeem(id).then(insert(&event(1, AuditKind::TokenIssued)));
    let changes = (0..32).map(|n| db.store.commit(by(&format!("change {n}"))));
    let won = join_all(changes).await;
    assert_eq!(
        won.into_iter()
            .filter(|won| *won.as_ref().unwrap() == Outcome::Applied)
            .count(),
        1
    );
    assert_eq!(db.number(NUMBER).await, 1);
}

async fn an_event_is_written_once(db: Database) {
    let one = event(1, AuditKind::RequestRefused);
    write(&db, &[one.clone(), event(1, AuditKind::RequestRefused)]).await;
    write(&db, &[one]).await;
    assert_eq!(db.number(NUMBER).await, 2);
}

async fn of_many_who_end_an_authorization_one_tells(db: Database) {
    db.execute(
        "INSERT INTO authorizations (realm, id, grant_id, user_id, client_id, session_id, scope, audience, details, \
         auth_time, offline, change_id, created_at, expires_at) \
         VALUES ('r', 'a', 'g', 'u', 'c', 's', '', '[]', '{}', 0, 0, 'first', 0, 9999)",
    )
    .await;
    let other = db.another_node().await;
    let replay = |n: usize| {
        let event = event(1, AuditKind::CodeReplayed);
        let end = authorization::end_by("r", "a", &event.id, 1);
        let tell = insert_provided(&event, Provided::HasEnded("a"));
        let never = Statement::guard("UPDATE code SET used = 1 WHERE id = $1", vec!["nobody's".into()]);
        let store = if n.is_multiple_of(2) { &db.store } else { &other };
        store.commit(Change::new().then(never).or_else(end).or_else(tell))
    };
    for outcome in join_all((0..32).map(replay)).await {
        assert_eq!(outcome.unwrap(), Outcome::Missed);
    }
    assert_eq!(db.number(NUMBER).await, 1);
    assert_eq!(
        db.number("SELECT count(*) FROM authorizations WHERE ended_at = 1")
            .await,
        1
    );
    let unknown = event(1, AuditKind::KeyCreated);
    for provided in [Provided::SigningKey("k"), Provided::DecryptionKey("k")] {
        let _ = db
            .store
            .commit(Change::new().then(insert_provided(&unknown, provided)))
            .await
            .unwrap();
    }
    assert_eq!(db.number(NUMBER).await, 1, "of a key that is not there nothing is told");
}

async fn what_is_older_than_the_realm_keeps_is_forgotten(db: Database) {
    let events: Vec<AuditEvent> = (0..25).map(|at| event(at, AuditKind::TokenIssued)).collect();
    write(&db, &events).await;
    let another = AuditEvent {
        realm: "another".into(),
        ..event(0, AuditKind::TokenIssued)
    };
    write(&db, &[another]).await;
    for expected in [10, 10, 0] {
        assert_eq!(db.store.purge_audit_events("r", 20, 10).await.unwrap(), expected);
    }
    assert_eq!(times(&db, all()).await, [20, 21, 22, 23, 24]);
    assert_eq!(db.number(NUMBER).await, 6);
}
