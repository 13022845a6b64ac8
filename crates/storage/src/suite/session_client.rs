//! Clients that a user is signed in to are owed a call when the session ends, once, however it ends.

use std::sync::Arc;

use model::{Client, Session, Source};
use protocol::{Method, Proof, client_metadata::ClientMetadata};

use super::{Database, for_both_engines};
use crate::{
    Change, Outcome, Statement, client,
    outbox::OutboxEntry,
    session,
    session_client::{self, SessionClient},
};

for_both_engines![
    the_end_of_a_session_owes_a_call_to_each_client_that_wants_one,
    the_end_of_all_sessions_of_a_user_owes_the_calls_of_each,
    a_session_that_is_over_owes_nothing_more,
    a_session_that_lives_longer_keeps_its_clients,
];

const REALM: &str = "https://id.example";
const NOW: i64 = 1_000_000;

async fn apply(db: &Database, statements: impl IntoIterator<Item = Statement>) -> Outcome {
    db.store.commit(Change::new().then_all(statements)).await.unwrap()
}

fn app(id: &str, uri: Option<&str>, enabled: bool) -> Statement {
    let metadata = ClientMetadata {
        client_id: id.into(),
        backchannel_logout_uri: uri.map(str::to_owned),
        ..ClientMetadata::default()
    };
    let client = Client {
        metadata: Arc::new(metadata),
        secret_hash: None,
        wrapped_secret: None,
        registration_token_hash: None,
        enabled,
        source: Source::Api,
        created_at: NOW,
    };
    client::put(REALM, &client, NOW).unwrap()
}

fn of(user_id: &str, id: &str) -> Session {
    Session {
        id: id.into(),
        user_id: user_id.into(),
        secret_hash: vec![1; 32],
        flow_id: "flow".into(),
        auth_time: NOW,
        proofs: vec![Proof::of(Method::Password, NOW)],
        user_agent: String::new(),
        address: String::new(),
        created_at: NOW,
        seen_at: 0,
        is_remembered: false,
        expires_at: NOW + 100,
        ended_at: None,
    }
}

fn signed_in_to(session_id: &str, client_id: &str, call_id: &str) -> Statement {
    let new = SessionClient {
        session_id: session_id.into(),
        client_id: client_id.into(),
        call_id: call_id.into(),
        notice: format!("{session_id} at {client_id}"),
        expires_at: NOW + 100,
    };
    session_client::put(REALM, new)
}

/// Alice has two sessions and bob one; each is signed in to all apps.
async fn everybody_everywhere(db: &Database) {
    let mut made = vec![
        app("told", Some("https://told.example/logout"), true),
        app("silent", None, true),
        app("disabled", Some("https://disabled.example/logout"), false),
    ];
    for (user_id, id) in [("alice", "a1"), ("alice", "a2"), ("bob", "b1")] {
        made.push(session::insert(REALM, &of(user_id, id)).unwrap());
        for client_id in ["told", "silent", "disabled"] {
            made.push(signed_in_to(id, client_id, &format!("{id}-{client_id}")));
        }
    }
    assert_eq!(apply(db, made).await, Outcome::Applied);
}

async fn owed(db: &Database) -> Vec<OutboxEntry> {
    let mut entries = db.store.outbox_of_realm(REALM, None, 100).await.unwrap();
    entries.sort_by(|one, other| one.id.cmp(&other.id));
    entries
}

async fn owed_ids(db: &Database) -> Vec<String> {
    owed(db).await.into_iter().map(|entry| entry.id).collect()
}

async fn the_end_of_a_session_owes_a_call_to_each_client_that_wants_one(db: Database) {
    everybody_everywhere(&db).await;
    // Again, as another request does: the call is the same.
    let _ = apply(&db, [signed_in_to("a1", "told", "another")]).await;
    assert_eq!(
        apply(&db, session::end(REALM, "alice", "a1", NOW)).await,
        Outcome::Applied
    );
    let entries = owed(&db).await;
    assert_eq!(entries.len(), 1);
    let entry = &entries[0];
    assert_eq!((entry.id.as_str(), entry.kind.as_str()), ("a1-told", "logout"));
    assert_eq!(entry.destination, "https://told.example/logout");
    assert_eq!((entry.state.as_str(), entry.next_attempt_at), ("pending", NOW));
    let leased = db.store.lease_due(NOW, 60, 10).await.unwrap();
    assert_eq!(leased[0].payload, "a1 at told");

    // The registration is asked when the session ends, not when the user signed in.
    let moved = app("told", Some("https://moved.example/logout"), true);
    assert_eq!(apply(&db, [moved]).await, Outcome::Applied);
    let _ = apply(&db, session::end(REALM, "bob", "b1", NOW)).await;
    assert_eq!(owed(&db).await[1].destination, "https://moved.example/logout");
}

async fn the_end_of_all_sessions_of_a_user_owes_the_calls_of_each(db: Database) {
    everybody_everywhere(&db).await;
    let end = || session::end_all_of_user(REALM, "alice", NOW);
    assert_eq!(apply(&db, end()).await, Outcome::Applied);
    assert_eq!(owed_ids(&db).await, ["a1-told", "a2-told"]);
    assert_eq!(apply(&db, end()).await, Outcome::Applied, "nothing left to end");
    assert_eq!(owed(&db).await.len(), 2);
}

async fn a_session_that_is_over_owes_nothing_more(db: Database) {
    everybody_everywhere(&db).await;
    let end = |user| session::end(REALM, user, "a1", NOW);
    assert_eq!(apply(&db, end("bob")).await, Outcome::Missed, "not bob's");
    assert!(owed(&db).await.is_empty());
    assert_eq!(apply(&db, end("alice")).await, Outcome::Applied);
    assert_eq!(apply(&db, end("alice")).await, Outcome::Missed);
    let _ = apply(&db, session::end_all_of_user(REALM, "alice", NOW)).await;
    assert_eq!(owed_ids(&db).await, ["a1-told", "a2-told"]);
}

async fn a_session_that_lives_longer_keeps_its_clients(db: Database) {
    everybody_everywhere(&db).await;
    let renewed = Session {
        seen_at: 0,
        is_remembered: false,
        expires_at: NOW + 1000,
        ..of("alice", "a1")
    };
    assert_eq!(
        apply(&db, session::renew(REALM, &renewed).unwrap()).await,
        Outcome::Applied
    );
    assert!(db.store.purge(NOW + 500, 100).await.unwrap() > 0);
    let clients = |id| db.store.clients_of_session(REALM, id, 10);
    let ids = |found: Vec<Client>| found.iter().map(|client| client.id().to_owned()).collect::<Vec<_>>();
    assert_eq!(ids(clients("a1").await.unwrap()), ["silent", "told"]);
    assert!(clients("a2").await.unwrap().is_empty());
    assert_eq!(db.store.clients_of_session(REALM, "a1", 1).await.unwrap().len(), 1);
}
