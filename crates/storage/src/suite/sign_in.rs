//! What sign-in relies on: counted guesses, an unchanged password, sessions that end together.

use model::{Authorization, AuthorizationContext, Grant, Session, Source, User};
use protocol::{Method, Proof, acr::Acr, claims::ClaimNames, scope::Scope};

use super::{Database, for_both_engines};
use crate::{Change, Outcome, Statement, authorization, grant, guess, session, user};

for_both_engines![
    guesses_end_when_their_window_does,
    a_password_that_was_changed_or_a_user_who_was_disabled_misses,
    a_first_password_misses_where_there_is_one,
    a_session_or_a_grant_tells_that_a_user_signed_in_before,
    all_sessions_of_a_user_end_with_what_does_not_outlive_them,
    of_two_users_of_one_name_one_appears_and_is_recognised,
    a_user_is_found_by_a_mail_address_that_was_verified_and_is_theirs_alone,
    mail_addresses_of_before_are_found_after_the_migration,
];

const REALM: &str = "https://id.example";
const NOW: i64 = 1_000_000;

async fn apply(db: &Database, statements: impl IntoIterator<Item = Statement>) -> Outcome {
    db.store.commit(Change::new().then_all(statements)).await.unwrap()
}

fn alice() -> User {
    User {
        id: "alice".into(),
        username: "alice".into(),
        claims: serde_json::Map::new(),
        groups: vec![],
        password_hash: Some("$argon2id$old".into()),
        proofing: None,
        enabled: true,
        source: Source::Api,
        created_at: NOW,
        updated_at: NOW,
    }
}

fn new_session(user_id: &str, id: &str) -> Statement {
    let new = Session {
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
    };
    session::insert(REALM, &new).unwrap()
}

fn new_grant(user_id: &str, id: &str) -> Statement {
    let new = Grant {
        authorization_details: protocol::AuthorizationDetails::default(),
        id: id.into(),
        user_id: user_id.into(),
        client_id: "app".into(),
        scope: Scope::default(),
        claims: ClaimNames::new(),
        managed: false,
        created_at: NOW,
        updated_at: NOW,
        expires_at: NOW + 1000,
        ended_at: None,
    };
    grant::insert(REALM, &new).unwrap()
}

fn new_authorization(user_id: &str, id: &str, offline: bool) -> Statement {
    let new = Authorization {
        id: id.into(),
        grant_id: format!("grant-{user_id}"),
        user_id: user_id.into(),
        client_id: "app".into(),
        session_id: "a session that was deleted".into(),
        scope: Scope::default(),
        audience: vec![],
        details: AuthorizationContext::authenticated(Acr::PASSWORD, vec![]),
        auth_time: NOW,
        code_hash: None,
        code_expires_at: None,
        code_used_at: None,
        offline,
        created_at: NOW,
        expires_at: NOW + 1000,
        ended_at: None,
    };
    authorization::insert(REALM, &new, "change").unwrap()
}

async fn guesses_end_when_their_window_does(db: Database) {
    assert_eq!(db.store.guesses_end_at(REALM, "lane").await.unwrap(), None);
    for at in [NOW, NOW + 10] {
        assert_eq!(
            apply(&db, [guess::reserve(REALM, "lane", 10, 900, at)]).await,
            Outcome::Applied
        );
        assert_eq!(db.store.guesses_end_at(REALM, "lane").await.unwrap(), Some(NOW + 900));
    }
    assert_eq!(db.store.guesses_end_at(REALM, "another").await.unwrap(), None);
    assert_eq!(
        db.store.guesses_end_at("https://other.example", "lane").await.unwrap(),
        None
    );
    assert_eq!(apply(&db, [guess::reset(REALM, "lane")]).await, Outcome::Applied);
    assert_eq!(db.store.guesses_end_at(REALM, "lane").await.unwrap(), None);
}

async fn a_password_that_was_changed_or_a_user_who_was_disabled_misses(db: Database) {
    let still = || [user::still_has_password(REALM, "alice", "$argon2id$old")];
    assert_eq!(apply(&db, still()).await, Outcome::Missed, "no such user");
    assert_eq!(
        apply(&db, [user::insert(REALM, &alice()).unwrap()]).await,
        Outcome::Applied
    );
    assert_eq!(apply(&db, still()).await, Outcome::Applied);

    for (enabled, expected) in [(false, Outcome::Missed), (true, Outcome::Applied)] {
        let _ = apply(&db, [user::set_enabled(REALM, "alice", enabled, NOW)]).await;
        assert_eq!(apply(&db, still()).await, expected);
    }
    let _ = apply(&db, [user::set_password(REALM, "alice", "$argon2id$new", NOW)]).await;
    assert_eq!(apply(&db, still()).await, Outcome::Missed);
}

async fn a_first_password_misses_where_there_is_one(db: Database) {
    let none = || [user::still_has_no_password(REALM, "bob")];
    assert_eq!(apply(&db, none()).await, Outcome::Missed, "no such user");
    let bob = User {
        id: "bob".into(),
        username: "bob".into(),
        password_hash: None,
        ..alice()
    };
    let _ = apply(&db, [user::insert(REALM, &bob).unwrap()]).await;
    assert_eq!(apply(&db, none()).await, Outcome::Applied);
    let _ = apply(&db, [user::set_enabled(REALM, "bob", false, NOW)]).await;
    assert_eq!(apply(&db, none()).await, Outcome::Missed);
    let _ = apply(&db, [user::set_enabled(REALM, "bob", true, NOW)]).await;
    let _ = apply(&db, [user::set_password(REALM, "bob", "$argon2id$new", NOW)]).await;
    assert_eq!(apply(&db, none()).await, Outcome::Missed);
}

async fn a_session_or_a_grant_tells_that_a_user_signed_in_before(db: Database) {
    let _ = apply(&db, [new_session("bob", "s"), new_grant("carol", "g")]).await;
    for (user_id, expected) in [("alice", false), ("bob", true), ("carol", true)] {
        assert_eq!(
            db.store.has_signed_in_before(REALM, user_id).await.unwrap(),
            expected,
            "{user_id}"
        );
        let elsewhere = db.store.has_signed_in_before("https://other.example", user_id).await;
        assert!(!elsewhere.unwrap());
    }
}

async fn all_sessions_of_a_user_end_with_what_does_not_outlive_them(db: Database) {
    for user_id in ["alice", "bob"] {
        let made = [
            new_session(user_id, &format!("{user_id}-1")),
            new_session(user_id, &format!("{user_id}-2")),
            new_grant(user_id, &format!("grant-{user_id}")),
            new_authorization(user_id, &format!("{user_id}-online"), false),
            new_authorization(user_id, &format!("{user_id}-offline"), true),
        ];
        assert_eq!(apply(&db, made).await, Outcome::Applied);
    }
    let ended = session::end_all_of_user(REALM, "alice", NOW + 1);
    assert_eq!(apply(&db, ended.clone()).await, Outcome::Applied);
    assert_eq!(apply(&db, ended).await, Outcome::Applied, "nothing left to end");
    assert!(
        db.store
            .sessions_of_user(REALM, "alice", NOW + 1)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(db.store.sessions_of_user(REALM, "bob", NOW + 1).await.unwrap().len(), 2);
    let ended = "SELECT count(*) FROM authorizations WHERE ended_at IS NOT NULL";
    assert_eq!(db.number(ended).await, 1);
    let online = "SELECT count(*) FROM authorizations WHERE ended_at IS NOT NULL AND id = 'alice-online'";
    assert_eq!(db.number(online).await, 1);
    assert_eq!(
        apply(&db, [authorization::end_all_of_user(REALM, "alice", NOW + 2)]).await,
        Outcome::Applied
    );
    assert_eq!(db.number(ended).await, 2, "refresh tokens too, and nobody else's");
    let at = "SELECT ended_at FROM authorizations WHERE id = 'alice-online'";
    assert_eq!(db.number(at).await, NOW + 1, "what had ended stays as it was");
}

async fn of_two_users_of_one_name_one_appears_and_is_recognised(db: Database) {
    let other = User {
        id: "another".into(),
        username: " ALICE ".into(),
        ..alice()
    };
    let make = |new: &User| {
        Change::new()
            .then(user::insert(REALM, new).unwrap())
            .then(session::use_flow(REALM, &format!("sign-up/{}", new.id), NOW + 100))
            .recognised_by(user::exists(REALM, &new.id))
    };
    assert_eq!(db.store.commit(make(&alice())).await.unwrap(), Outcome::Applied);
    assert_eq!(db.store.commit(make(&other)).await.unwrap(), Outcome::Missed);
    assert!(!db.store.is_flow_used(REALM, "sign-up/another").await.unwrap());
    for (id, is_there) in [("alice", true), ("another", false)] {
        let probe = user::exists(REALM, id);
        let found = db.store.query_one(probe.sql, &probe.params).await.unwrap();
        assert_eq!(found.is_some(), is_there, "{id}");
    }
}

fn with_email(id: &str, email: &str, is_verified: bool) -> User {
    let claims = serde_json::json!({"email": email, "email_verified": is_verified});
    User {
        id: id.into(),
        username: id.into(),
        claims: claims.as_object().unwrap().clone(),
        ..alice()
    }
}

async fn id_by_email(db: &Database, email: &str) -> Option<String> {
    let found = db.store.find_user_by_verified_email(REALM, email).await.unwrap();
    found.map(|user| user.id)
}

async fn a_user_is_found_by_a_mail_address_that_was_verified_and_is_theirs_alone(db: Database) {
    let insert = |user: &User| user::insert(REALM, user).unwrap();
    let users = [
        with_email("a", "A@Example.com", true),
        with_email("b", "b@example.com", false),
    ];
    let _ = apply(&db, users.iter().map(insert)).await;
    assert_eq!(id_by_email(&db, "a@example.COM").await.as_deref(), Some("a"));
    assert_eq!(id_by_email(&db, "b@example.com").await, None, "not verified");
    let verified = user::update(REALM, &with_email("b", "b@example.com", true), NOW).unwrap();
    let _ = apply(&db, [verified]).await;
    assert_eq!(id_by_email(&db, "b@example.com").await.as_deref(), Some("b"));
    let _ = apply(&db, [insert(&with_email("c", "a@example.com", true))]).await;
    assert_eq!(id_by_email(&db, "a@example.com").await, None, "of two users");
    let other = db
        .store
        .find_user_by_verified_email("https://other.example", "b@example.com")
        .await;
    assert!(other.unwrap().is_none());
}

/// The statement of the migration, on rows that do not say it yet.
async fn mail_addresses_of_before_are_found_after_the_migration(db: Database) {
    let users = [
        with_email("a", "A@Example.com", true),
        with_email("b", "b@example.com", false),
        alice(),
    ];
    let _ = apply(&db, users.iter().map(|user| user::insert(REALM, user).unwrap())).await;
    db.execute("UPDATE users SET verified_email = NULL").await;
    let migration = include_str!("../migrations/0002_provider.sql");
    let start = migration.find("UPDATE users SET verified_email").unwrap();
    let (statement, _) = migration[start..].split_once(';').unwrap();
    let is_file = matches!(db.options, crate::Options::Sqlite { .. });
    let statement = if is_file {
        statement.replace("AS JSON", "AS TEXT")
    } else {
        statement.to_owned()
    };
    db.execute(&statement).await;
    assert_eq!(id_by_email(&db, "a@example.com").await.as_deref(), Some("a"));
    assert_eq!(id_by_email(&db, "b@example.com").await, None);
}
