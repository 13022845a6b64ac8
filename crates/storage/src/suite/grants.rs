//! Grants: they change only as they were read, and what they no longer permit is gone from what came from them.

use model::{Authorization, AuthorizationContext, Grant, RefreshFamily, Source, User};
use protocol::{AuthorizationDetails, Confirmation};
use protocol::{acr::Acr, claims::ClaimNames, scope::Scope};

use super::{Database, for_both_engines};
use crate::{Change, Outcome, Statement, authorization, grant, refresh_token, user};

for_both_engines![
    a_grant_that_changed_since_it_was_read_is_not_overwritten,
    an_authorization_has_only_the_claims_that_its_grant_still_permits,
    a_managed_grant_stands_beside_the_remembered_one_and_lives_on_when_it_is_claimed,
    the_refresh_tokens_of_a_grant_end_without_its_authorizations,
];

pub(super) const REALM: &str = "https://id.example";
pub(super) const NOW: i64 = 1_000_000;

pub(super) async fn apply(db: &Database, statements: impl IntoIterator<Item = Statement>) -> Outcome {
    db.store.commit(Change::new().then_all(statements)).await.unwrap()
}

fn names(names: &[&str]) -> ClaimNames {
    names.iter().map(|&name| name.to_owned()).collect()
}

pub(super) fn new_grant() -> Grant {
    Grant {
        authorization_details: AuthorizationDetails::default(),
        id: "g".into(),
        user_id: "alice".into(),
        client_id: "app".into(),
        scope: Scope::parse("openid").unwrap(),
        claims: names(&["birthdate", "gender"]),
        managed: false,
        created_at: NOW,
        updated_at: NOW,
        expires_at: NOW + 1000,
        ended_at: None,
    }
}

pub(super) fn alice() -> User {
    User {
        id: "alice".into(),
        username: "alice".into(),
        claims: serde_json::Map::new(),
        groups: vec![],
        password_hash: None,
        proofing: None,
        enabled: true,
        source: Source::Api,
        created_at: NOW,
        updated_at: NOW,
    }
}

pub(super) fn new_authorization(grant: &Grant) -> Authorization {
    Authorization {
        id: "a".into(),
        grant_id: grant.id.clone(),
        user_id: "alice".into(),
        client_id: "app".into(),
        session_id: "s".into(),
        scope: grant.scope.clone(),
        audience: vec![],
        details: AuthorizationContext::authenticated(Acr::PASSWORD, vec![]),
        auth_time: NOW,
        code_hash: None,
        code_expires_at: None,
        code_used_at: None,
        offline: false,
        created_at: NOW,
        expires_at: NOW + 1000,
        ended_at: None,
    }
}

fn touch(before: &Grant, claims: &ClaimNames) -> Statement {
    grant::touch(
        REALM,
        before,
        (&before.scope, claims, &before.authorization_details),
        NOW + 1000,
        NOW,
    )
    .unwrap()
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
    let mut details = AuthorizationContext::authenticated(Acr::PASSWORD, vec![]);
    details.permitted_claims = names(&["birthdate", "gender"]);
    let new = Authorization {
        details,
        ..new_authorization(&grant)
    };
    let made = [
        user::insert(REALM, &alice()).unwrap(),
        grant::insert(REALM, &grant).unwrap(),
        authorization::insert(REALM, &new, "change").unwrap(),
    ];
    assert_eq!(apply(&db, made).await, Outcome::Applied);
    let living = async || {
        let found = db.store.find_living_authorization(REALM, "a", NOW).await.unwrap();
        let (authorization, user) = found.unwrap();
        let of_user = db.store.find_living_user(REALM, "a", NOW).await.unwrap();
        let of_user = of_user.map(|(details, user)| (details, user.id));
        assert_eq!(of_user, Some((authorization.details.clone(), user.id)));
        authorization
    };
    assert_eq!(living().await, new);
    assert_eq!(apply(&db, [touch(&grant, &names(&["gender"]))]).await, Outcome::Applied);
    assert_eq!(living().await.details.permitted_claims, names(&["gender"]));
}

async fn a_managed_grant_stands_beside_the_remembered_one_and_lives_on_when_it_is_claimed(db: Database) {
    let managed = |id: &str| Grant {
        id: id.into(),
        managed: true,
        expires_at: NOW + 120,
        ..new_grant()
    };
    let insert = |grant: &Grant| [grant::insert(REALM, grant).unwrap()];
    for grant in [managed("m1"), new_grant(), managed("m2")] {
        assert_eq!(apply(&db, insert(&grant)).await, Outcome::Applied);
    }
    let second = Grant {
        id: "another".into(),
        ..new_grant()
    };
    assert_eq!(apply(&db, insert(&second)).await, Outcome::Missed);
    let remembered = db.store.find_grant(REALM, "alice", "app").await.unwrap().unwrap();
    assert_eq!(remembered, new_grant());

    let find = async |id| db.store.find_grant_by_id(REALM, id).await.unwrap().unwrap();
    assert_eq!(find("m1").await, managed("m1"));
    for (id, term) in [("m1", 5000), ("m1", 9000), ("g", 5000)] {
        let _ = apply(&db, [grant::claim(REALM, id, term)]).await;
    }
    assert_eq!(find("m1").await.expires_at, NOW + 5000, "claimed once");
    assert_eq!(find("m2").await, managed("m2"));
    assert_eq!(find("g").await, new_grant(), "nothing is to be claimed");
}

async fn the_refresh_tokens_of_a_grant_end_without_its_authorizations(db: Database) {
    let grant = new_grant();
    let family = |family: &str, authorization_id: &str| RefreshFamily {
        family: family.into(),
        authorization_id: authorization_id.into(),
        client_id: "app".into(),
        key_id: 1,
        generation: 1,
        rotated_at: NOW,
        scope: Scope::default(),
        cnf: Some(Confirmation {
            jkt: Some("key".into()),
            ..Confirmation::default()
        }),
        expires_at: NOW + 1000,
        ended_at: None,
    };
    let made = [
        user::insert(REALM, &alice()).unwrap(),
        grant::insert(REALM, &grant).unwrap(),
        authorization::insert(REALM, &new_authorization(&grant), "change").unwrap(),
        refresh_token::insert(REALM, &family("its", "a"), "change", NOW).unwrap(),
        refresh_token::insert(REALM, &family("another's", "b"), "change", NOW).unwrap(),
    ];
    assert_eq!(apply(&db, made).await, Outcome::Applied);
    let ended = async |family| {
        let found = db.store.find_refresh_family(REALM, family).await.unwrap();
        found.unwrap().ended_at
    };
    let living = async || {
        let found = db.store.find_living_authorization(REALM, "a", NOW).await.unwrap();
        let of_user = db.store.find_living_user(REALM, "a", NOW).await.unwrap();
        assert_eq!(found.is_some(), of_user.is_some());
        found
    };
    let _ = apply(&db, [grant::end_refresh_tokens(REALM, "g", NOW + 1)]).await;
    assert_eq!((ended("its").await, ended("another's").await), (Some(NOW + 1), None));
    assert!(living().await.is_some());
    let _ = apply(&db, [grant::end_authorizations(REALM, "g", NOW + 1)]).await;
    assert!(living().await.is_none());
}
