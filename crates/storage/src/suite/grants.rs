//! Grants: they change only as they were read, and what they no longer permit is gone from what came from them.

use model::{Authorization, AuthorizationDetails, Grant, Source, User};
use protocol::{acr::Acr, claims::ClaimNames, scope::Scope};

use super::{Database, for_both_engines};
use crate::{Change, Outcome, Statement, authorization, grant, user};

for_both_engines![
    a_grant_that_changed_since_it_was_read_is_not_overwritten,
    an_authorization_has_only_the_claims_that_its_grant_still_permits,
];

const REALM: &str = "https://id.example";
const NOW: i64 = 1_000_000;

async fn apply(db: &Database, statements: impl IntoIterator<Item = Statement>) -> Outcome {
    db.store.commit(Change::new().then_all(statements)).await.unwrap()
}

fn names(names: &[&str]) -> ClaimNames {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn new_grant() -> Grant {
    Grant {
        id: "g".into(),
        user_id: "alice".into(),
        client_id: "app".into(),
        scope: Scope::parse("openid").unwrap(),
        claims: names(&["birthdate", "gender"]),
        created_at: NOW,
        updated_at: NOW,
        expires_at: NOW + 1000,
        ended_at: None,
    }
}

fn touch(before: &Grant, claims: &ClaimNames) -> Statement {
    grant::touch(REALM, before, (&before.scope, claims), NOW + 1000, NOW).unwrap()
}

async fn a_grant_that_changed_since_it_was_read_is_not_overwritten(db: Database) {
    let before = new_grant();
    assert_eq!(
        apply(&db, [grant::insert(REALM, &before).unwrap()]).await,
        Outcome::Applied
    );
    let (one, other) = (names(&["birthdate"]), names(&["gender"]));
    assert_eq!(apply(&db, [touch(&before, &one)]).await, Outcome::Applied);
    assert_eq!(apply(&db, [touch(&before, &other)]).await, Outcome::Missed);
    let after = db.store.find_grant(REALM, "alice", "app").await.unwrap().unwrap();
    assert_eq!(after, Grant { claims: one, ..before });
}

async fn an_authorization_has_only_the_claims_that_its_grant_still_permits(db: Database) {
    let grant = new_grant();
    let alice = User {
        id: "alice".into(),
        username: "alice".into(),
        claims: serde_json::Map::new(),
        groups: vec![],
        password_hash: None,
        enabled: true,
        source: Source::Api,
        created_at: NOW,
        updated_at: NOW,
    };
    let mut details = AuthorizationDetails::authenticated(Acr::PASSWORD, vec![]);
    details.permitted_claims = names(&["birthdate", "gender"]);
    let new = Authorization {
        id: "a".into(),
        grant_id: "g".into(),
        user_id: "alice".into(),
        client_id: "app".into(),
        session_id: "s".into(),
        scope: grant.scope.clone(),
        audience: vec![],
        details,
        auth_time: NOW,
        code_hash: None,
        code_expires_at: None,
        code_used_at: None,
        offline: false,
        created_at: NOW,
        expires_at: NOW + 1000,
        ended_at: None,
    };
    let made = [
        user::insert(REALM, &alice).unwrap(),
        grant::insert(REALM, &grant).unwrap(),
        authorization::insert(REALM, &new, "change").unwrap(),
    ];
    assert_eq!(apply(&db, made).await, Outcome::Applied);
    let living = async || {
        db.store
            .find_living_authorization(REALM, "a", NOW)
            .await
            .unwrap()
            .unwrap()
    };
    assert_eq!(living().await, new);
    assert_eq!(apply(&db, [touch(&grant, &names(&["gender"]))]).await, Outcome::Applied);
    assert_eq!(living().await.details.permitted_claims, names(&["gender"]));
}
