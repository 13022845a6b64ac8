//! Authenticators: what is good once is taken once, and one that does not count is worth nothing.

use futures_util::future::join_all;
use model::{Authenticator, Session, User};
use protocol::{Acr, Method, Proof};

use super::{Database, for_both_engines};
use crate::{Change, Outcome, Statement, authenticator, session, user};

for_both_engines![
    an_authenticator_is_stored_as_it_is_and_is_its_users_alone,
    of_sixty_four_who_use_the_same_code_one_does,
    an_authenticator_that_does_not_count_cannot_be_used,
    a_confirmation_is_found_once,
    a_session_is_proved_more_of_once_and_not_after_its_end,
    proofing_is_kept,
    sessions_of_before_have_proved_a_password,
];

const REALM: &str = "https://id.example";
const NOW: i64 = 1_000_000;

async fn apply(db: &Database, statement: Statement) -> Outcome {
    db.store.commit(Change::new().then(statement)).await.unwrap()
}

fn totp(id: &str) -> Authenticator {
    Authenticator {
        id: id.into(),
        user_id: "alice".into(),
        method: Method::Totp,
        name: "電話".into(),
        wrapped_secret: Some(vec![7; 40]),
        data: serde_json::from_str(r#"{"digits":6}"#).unwrap(),
        lookup: None,
        counter: 10,
        confirmation_hash: None,
        created_at: NOW,
        active_at: Some(NOW),
        last_used_at: None,
    }
}

async fn insert(db: &Database, new: &Authenticator) -> Outcome {
    apply(db, authenticator::insert(REALM, new).unwrap()).await
}

async fn of_alice(db: &Database) -> Vec<Authenticator> {
    db.store.authenticators_of_user(REALM, "alice").await.unwrap()
}

async fn an_authenticator_is_stored_as_it_is_and_is_its_users_alone(db: Database) {
    let key = Authenticator {
        method: Method::Passkey,
        lookup: Some("credential".into()),
        active_at: None,
        created_at: NOW + 1,
        ..totp("two")
    };
    assert_eq!(insert(&db, &totp("one")).await, Outcome::Applied);
    assert_eq!(insert(&db, &key).await, Outcome::Applied);
    assert_eq!(of_alice(&db).await, [totp("one"), key.clone()]);
    let found = |method| db.store.find_authenticator_by_lookup(REALM, method, "credential");
    assert_eq!(found(Method::Passkey).await.unwrap(), Some(key.clone()));
    assert_eq!(found(Method::Totp).await.unwrap(), None);
    let copy = Authenticator {
        id: "three".into(),
        ..key
    };
    assert_eq!(
        insert(&db, &copy).await,
        Outcome::Missed,
        "a credential is one account's"
    );

    for (statement, outcome) in [
        (authenticator::rename(REALM, "bob", "one", "x"), Outcome::Missed),
        (authenticator::rename(REALM, "alice", "one", "x"), Outcome::Applied),
        (authenticator::remove(REALM, "bob", "one"), Outcome::Missed),
        (authenticator::remove(REALM, "alice", "two"), Outcome::Applied),
    ] {
        assert_eq!(apply(&db, statement).await, outcome);
    }
    let left = of_alice(&db).await;
    assert_eq!((left.len(), left[0].name.as_str()), (1, "x"));
}

async fn of_sixty_four_who_use_the_same_code_one_does(db: Database) {
    assert_eq!(insert(&db, &totp("one")).await, Outcome::Applied);
    let uses = (0..64).map(|_| apply(&db, authenticator::advance(REALM, "one", 11, NOW)));
    let outcomes = join_all(uses).await;
    let applied = outcomes.iter().filter(|outcome| **outcome == Outcome::Applied);
    assert_eq!(applied.count(), 1);
    let back = authenticator::advance(REALM, "one", 9, NOW);
    assert_eq!(
        apply(&db, back).await,
        Outcome::Missed,
        "an earlier one is used up with it"
    );

    let known = of_alice(&db).await.remove(0);
    assert_eq!((known.counter, known.last_used_at), (11, Some(NOW)));
    let replaced = || authenticator::replace(REALM, &known, 12, NOW).unwrap();
    assert_eq!(apply(&db, replaced()).await, Outcome::Applied);
    assert_eq!(apply(&db, replaced()).await, Outcome::Missed, "it was used meanwhile");
}

async fn an_authenticator_that_does_not_count_cannot_be_used(db: Database) {
    for (id, active_at) in [("waiting", None), ("later", Some(NOW + 100))] {
        let new = Authenticator { active_at, ..totp(id) };
        assert_eq!(insert(&db, &new).await, Outcome::Applied);
        let early = authenticator::advance(REALM, id, 11, NOW + 99);
        assert_eq!(apply(&db, early).await, Outcome::Missed);
        assert_eq!(
            apply(&db, authenticator::replace(REALM, &new, 11, NOW + 99).unwrap()).await,
            Outcome::Missed
        );
    }
    let use_at = |id, at| authenticator::advance(REALM, id, 11, at);
    assert_eq!(apply(&db, use_at("later", NOW + 100)).await, Outcome::Applied);
    let activate = || authenticator::activate(REALM, "waiting", NOW);
    assert_eq!(apply(&db, activate()).await, Outcome::Applied);
    assert_eq!(apply(&db, activate()).await, Outcome::Missed, "it was said before");
    assert_eq!(apply(&db, use_at("waiting", NOW)).await, Outcome::Applied);
}

async fn a_confirmation_is_found_once(db: Database) {
    let new = Authenticator {
        confirmation_hash: Some(vec![3; 32]),
        active_at: None,
        ..totp("one")
    };
    assert_eq!(insert(&db, &new).await, Outcome::Applied);
    let found = || db.store.find_authenticator_to_confirm(REALM, &[3; 32]);
    assert_eq!(found().await.unwrap(), Some(new));
    assert_eq!(
        apply(&db, authenticator::activate(REALM, "one", NOW + 100)).await,
        Outcome::Applied
    );
    assert_eq!(found().await.unwrap(), None);
}

async fn a_session_is_proved_more_of_once_and_not_after_its_end(db: Database) {
    let proof = Proof::of(Method::Password, NOW);
    let of = |secret: u8, proofs: Vec<Proof>| Session {
        id: "s".into(),
        user_id: "alice".into(),
        secret_hash: vec![secret; 32],
        flow_id: "flow".into(),
        auth_time: NOW,
        proofs,
        user_agent: String::new(),
        address: String::new(),
        created_at: NOW,
        seen_at: 0,
        is_remembered: false,
        expires_at: NOW + 100,
        ended_at: None,
    };
    let more = of(2, vec![proof.clone(), Proof::of(Method::Totp, NOW)]);
    let prove = || session::prove(REALM, &more, &[1; 32]).unwrap();
    let new = session::insert(REALM, &of(1, vec![proof])).unwrap();
    assert_eq!(apply(&db, new).await, Outcome::Applied);
    assert_eq!(apply(&db, prove()).await, Outcome::Applied);
    assert_eq!(db.store.find_session(REALM, "s").await.unwrap().as_ref(), Some(&more));
    assert_eq!(apply(&db, prove()).await, Outcome::Missed);
    let end = Change::new().then_all(session::end(REALM, "alice", "s", NOW));
    assert_eq!(db.store.commit(end).await.unwrap(), Outcome::Applied);
    let again = session::prove(REALM, &more, &[2; 32]).unwrap();
    assert_eq!(apply(&db, again).await, Outcome::Missed);
}

async fn proofing_is_kept(db: Database) {
    let alice = |proofing| User {
        id: "alice".into(),
        username: "alice".into(),
        claims: serde_json::Map::new(),
        groups: vec![],
        password_hash: None,
        proofing,
        enabled: true,
        source: model::Source::Api,
        created_at: NOW,
        updated_at: NOW,
    };
    let new = user::insert(REALM, &alice(Some(Acr::Loa2))).unwrap();
    assert_eq!(apply(&db, new).await, Outcome::Applied);
    let proofing = async || db.store.find_user(REALM, "alice").await.unwrap().unwrap().proofing;
    assert_eq!(proofing().await, Some(Acr::Loa2));
    let change = user::update(REALM, &alice(None), NOW).unwrap();
    assert_eq!(apply(&db, change).await, Outcome::Applied);
    assert_eq!(proofing().await, None);
}

async fn sessions_of_before_have_proved_a_password(db: Database) {
    let is_file = matches!(db.options, crate::Options::Sqlite { .. });
    let no_bytes = if is_file { "x''" } else { "''" };
    db.execute(&format!(
        "INSERT INTO session (realm, id, user_id, secret_hash, flow_id, auth_time, user_agent, address, created_at, \
         expires_at) VALUES ('{REALM}', 'old', 'alice', {no_bytes}, 'flow', 7, '', '', 7, 100)"
    ))
    .await;
    let migration = include_str!("../migrations/0007_factors.sql");
    let start = migration.find("UPDATE session").unwrap();
    db.execute(migration[start..].split_once(";\n").unwrap().0).await;
    let old = db.store.find_session(REALM, "old").await.unwrap().unwrap();
    assert_eq!(old.proofs, [Proof::of(Method::Password, 7)]);
}
