//! Whatever makes access tokens worth less is there for those who listen, as soon as it is committed, and once.

use std::collections::HashSet;

use model::{Authorization, Realm, Source};
use protocol::{ClientMetadata, scope::Scope};

use super::{
    Database,
    api_key::{an_api, key, robot},
    for_both_engines,
    grants::{NOW, REALM, alice, apply, new_authorization, new_grant},
};
use crate::{
    Options, Outcome, Statement, Store, api, api_key, authorization, client, grant, realm,
    revocation::{Ended, MOST, Revocation},
    revoked_token, session, user,
};

for_both_engines![
    what_ends_tokens_is_there_to_be_told,
    what_changes_nothing_for_tokens_is_not_there,
    a_change_that_missed_leaves_nothing,
    another_node_reads_it_too,
    a_transaction_that_ends_late_is_not_missed,
    more_than_can_be_told_is_said_to_be_too_much,
];

const API: &str = "https://api.example";

/// Alice permitted the app something, and an authorization came of it.
async fn with_authorization(db: &Database) {
    let new = Authorization {
        audience: vec![API.into()],
        ..new_authorization(&new_grant())
    };
    let made = [
        user::insert(REALM, &alice()).unwrap(),
        grant::insert(REALM, &new_grant()).unwrap(),
        authorization::insert(REALM, &new, "change").unwrap(),
    ];
    assert_eq!(apply(db, made).await, Outcome::Applied);
}

/// Who listens. Others' transactions, in whatever database, can make it read something again.
#[derive(Default)]
struct Listening {
    from: i64,
    read: HashSet<i64>,
}

impl Listening {
    /// What is new.
    async fn reads(&mut self, store: &Store) -> Vec<Revocation> {
        let read = store.revocations(self.from).await.unwrap();
        self.from = read.next;
        let mut new = read.revocations;
        new.retain(|revocation| self.read.insert(revocation.id));
        new.into_iter()
            .map(|revocation| Revocation { id: 0, ..revocation })
            .collect()
    }
}

/// What the statements leave.
async fn left_by(db: &Database, statements: impl IntoIterator<Item = Statement>) -> Vec<Revocation> {
    let mut listening = Listening::default();
    listening.reads(&db.store).await;
    assert_eq!(apply(db, statements).await, Outcome::Applied);
    listening.reads(&db.store).await
}

fn of(ended: Ended, audience: Option<&str>) -> Revocation {
    Revocation {
        id: 0,
        realm: REALM.into(),
        ended,
        audience: audience.map(|api| vec![api.to_owned()]),
    }
}

fn authorization() -> Revocation {
    of(Ended::Authorization("a".into()), Some(API))
}

fn token(id: &str) -> Revocation {
    of(Ended::Token(id.into()), Some(API))
}

async fn what_ends_tokens_is_there_to_be_told(db: Database) {
    with_authorization(&db).await;
    let revoke = revoked_token::insert(REALM, "j", &[API.to_owned()], NOW).unwrap();
    assert_eq!(left_by(&db, [revoke]).await, [token("j")]);
    let narrower = grant::touch(
        REALM,
        &new_grant(),
        (
            &Scope::default(),
            &new_grant().claims,
            &new_grant().authorization_details,
        ),
        NOW + 1000,
        NOW,
    );
    assert_eq!(left_by(&db, [narrower.unwrap()]).await, [authorization()]);
    let off = user::set_enabled(REALM, "alice", false, NOW);
    assert_eq!(left_by(&db, [off]).await, [authorization()]);
    let end = session::end_all_of_user(REALM, "alice", NOW);
    assert_eq!(left_by(&db, end).await, [authorization()]);

    let put = |client: &model::Client| client::put(REALM, client, NOW).unwrap();
    let settings = || of(Ended::Settings, None);
    let robots = || of(Ended::Client("robot".into()), None);
    assert_eq!(left_by(&db, [put(&robot())]).await, []);
    let other = ClientMetadata {
        scope: Some(Scope::parse("a:read").unwrap()),
        ..(*robot().metadata).clone()
    };
    let mut changed = robot();
    changed.metadata = other.into();
    assert_eq!(left_by(&db, [put(&changed)]).await, [robots()]);
    let secret = client::set_secret(REALM, "robot", [1; 32], None, NOW);
    assert_eq!(left_by(&db, [secret]).await, [robots()]);
    let off = client::set_enabled(REALM, "robot", false, NOW);
    assert_eq!(left_by(&db, [off]).await, [robots()]);

    let mut there = an_api();
    let put = |api: &model::Api| api::put(REALM, api, Source::Api, NOW).unwrap();
    assert_eq!(left_by(&db, [put(&there)]).await, []);
    assert_eq!(left_by(&db, api_key::insert(REALM, &key(1))).await, []);
    let revoke = api_key::revoke(REALM, "key 1", NOW);
    assert_eq!(left_by(&db, [revoke]).await, [token("key 1")]);
    there.introspection = vec!["robot".into()];
    assert_eq!(left_by(&db, [put(&there)]).await, [settings()]);
    assert_eq!(left_by(&db, api::remove(REALM, API)).await, [settings()]);
    assert_eq!(left_by(&db, client::remove(REALM, "robot", NOW)).await, [robots()]);

    let mut of_realm = Realm::new(REALM);
    let put = |of_realm: &Realm| realm::put(of_realm, NOW).unwrap();
    assert_eq!(left_by(&db, [put(&of_realm)]).await, []);
    of_realm.lifetimes.access_token += 1;
    assert_eq!(left_by(&db, [put(&of_realm)]).await, [settings()]);
}

async fn what_changes_nothing_for_tokens_is_not_there(db: Database) {
    with_authorization(&db).await;
    let same = grant::touch(
        REALM,
        &new_grant(),
        (
            &new_grant().scope,
            &new_grant().claims,
            &new_grant().authorization_details,
        ),
        NOW + 2000,
        NOW,
    );
    let nothing = [
        same.unwrap(),
        user::still_enabled(REALM, "alice"),
        user::update(REALM, &alice(), NOW).unwrap(),
        authorization::redeem(REALM, "a", true, "another", NOW),
        client::put(REALM, &robot(), NOW).unwrap(),
        client::put(REALM, &robot(), NOW + 1).unwrap(),
        api::put(REALM, &an_api(), Source::Api, NOW).unwrap(),
        api::put(REALM, &an_api(), Source::Api, NOW + 1).unwrap(),
    ];
    assert_eq!(left_by(&db, nothing).await, []);
}

async fn a_change_that_missed_leaves_nothing(db: Database) {
    with_authorization(&db).await;
    let missed = [
        authorization::end(REALM, "a", NOW),
        user::still_enabled(REALM, "nobody"),
    ];
    assert_eq!(apply(&db, missed).await, Outcome::Missed);
    assert_eq!(Listening::default().reads(&db.store).await, []);
}

async fn another_node_reads_it_too(db: Database) {
    with_authorization(&db).await;
    let other = db.another_node().await;
    let mut listening = Listening::default();
    assert_eq!(listening.reads(&other).await, []);
    let _ = apply(&db, [authorization::end(REALM, "a", NOW)]).await;
    assert_eq!(listening.reads(&other).await, [authorization()]);
    assert_eq!(
        Listening::default().reads(&other).await,
        [authorization()],
        "and whoever comes later"
    );
}

/// With PostgreSQL the first of two transactions may end after the second, and after somebody has read that one.
async fn a_transaction_that_ends_late_is_not_missed(db: Database) {
    let Options::Postgres { url, .. } = &db.options else {
        return;
    };
    with_authorization(&db).await;
    let mut late = super::raw_postgres(url).await;
    let open = late.transaction().await.unwrap();
    open.batch_execute("UPDATE authorizations SET ended_at = 1 WHERE id = 'a'")
        .await
        .unwrap();
    let mut listening = Listening::default();
    let revoke = |id: &str| revoked_token::insert(REALM, id, &[API.to_owned()], NOW).unwrap();
    let _ = apply(&db, [revoke("j")]).await;
    assert_eq!(listening.reads(&db.store).await, [token("j")]);
    open.commit().await.unwrap();
    assert_eq!(listening.reads(&db.store).await, [authorization()]);
}

async fn more_than_can_be_told_is_said_to_be_too_much(db: Database) {
    let rows = |count: usize| {
        format!(
            "INSERT INTO revocation (realm, kind, name, expires_at) \
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) \
             SELECT 'r', 'client', 'c', 1 FROM n"
        )
    };
    db.execute(&rows(MOST)).await;
    let all = db.store.revocations(0).await.unwrap();
    assert!(!all.is_too_much);
    assert_eq!(all.revocations.len(), MOST);
    db.execute(&rows(1)).await;
    assert!(db.store.revocations(0).await.unwrap().is_too_much);
}
