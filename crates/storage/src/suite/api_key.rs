//! API keys: found by the hash of the key as long as client and API are there, replaced once, revoked once.

use futures_util::future::join_all;
use model::{Api, ApiKey, Client, Source};
use protocol::ClientMetadata;

use super::{Database, for_both_engines};
use crate::{Change, Outcome, Statement, api, api_key, client};

for_both_engines![
    a_key_is_found_with_its_client_whatever_its_state,
    a_key_needs_its_client_and_its_api,
    a_removed_client_or_api_takes_its_keys_along,
    of_many_who_replace_a_key_one_succeeds,
    a_key_is_revoked_once_and_not_after_its_end,
    its_use_is_noted_once_an_hour,
    a_key_that_has_ended_is_kept_for_a_month,
];

const REALM: &str = "https://id.example";
const API: &str = "https://api.example";
const NOW: i64 = 1_800_000_000;
const DAY: i64 = 24 * 3600;

pub(super) fn key(id: u8) -> ApiKey {
    ApiKey {
        id: format!("key {id}"),
        key_hash: vec![id; 32],
        client_id: "robot".into(),
        api: API.into(),
        scope: "a:read a:write".parse().unwrap(),
        name: "nightly".into(),
        created_at: NOW,
        expires_at: NOW + 90 * DAY,
        revoked_at: None,
        replaced_by: None,
        last_used_at: None,
    }
}

pub(super) fn robot() -> Client {
    let metadata = ClientMetadata {
        client_id: "robot".into(),
        owner: Some("Reporting".into()),
        ..ClientMetadata::default()
    };
    Client {
        metadata: metadata.into(),
        secret_hash: None,
        wrapped_secret: None,
        registration_token_hash: None,
        enabled: true,
        source: Source::Api,
        created_at: NOW,
    }
}

pub(super) fn an_api() -> Api {
    serde_json::from_value(serde_json::json!({ "identifier": API, "name": "API" })).unwrap()
}

async fn commits(db: &Database, statements: impl IntoIterator<Item = Statement>) -> bool {
    let change = Change::new().then_all(statements);
    db.store.commit(change).await.unwrap() == Outcome::Applied
}

/// The client, the API, and key 1.
async fn with_key(db: &Database) {
    let put = [
        client::put(REALM, &robot(), NOW).unwrap(),
        api::put(REALM, &an_api(), Source::Api, NOW).unwrap(),
    ];
    assert!(commits(db, put).await);
    assert!(commits(db, api_key::insert(REALM, &key(1))).await);
}

async fn found(db: &Database, id: u8) -> Option<ApiKey> {
    let found = db.store.presented_api_key(REALM, [id; 32]).await.unwrap();
    found.map(|found| found.key)
}

async fn a_key_is_found_with_its_client_whatever_its_state(db: Database) {
    with_key(&db).await;
    let presented = db.store.presented_api_key(REALM, [1; 32]).await.unwrap().unwrap();
    assert_eq!(presented.key, key(1));
    assert_eq!(presented.client_metadata.owner.as_deref(), Some("Reporting"));
    assert!(presented.client_is_enabled);
    assert_eq!(found(&db, 2).await, None);
    assert!(
        db.store
            .presented_api_key("https://other.example", [1; 32])
            .await
            .unwrap()
            .is_none()
    );
    assert!(commits(&db, [client::set_enabled(REALM, "robot", false, NOW)]).await);
    let presented = db.store.presented_api_key(REALM, [1; 32]).await.unwrap().unwrap();
    assert!(!presented.client_is_enabled);
    assert_eq!(db.store.find_api_key(REALM, "key 1").await.unwrap(), Some(key(1)));
    assert_eq!(db.store.api_keys(REALM).await.unwrap(), [key(1)]);
    assert_eq!(db.store.api_keys("https://other.example").await.unwrap(), []);
}

async fn a_key_needs_its_client_and_its_api(db: Database) {
    with_key(&db).await;
    for stray in [
        ApiKey {
            client_id: "nobody".into(),
            ..key(2)
        },
        ApiKey {
            api: "https://nowhere.example".into(),
            ..key(2)
        },
    ] {
        assert!(!commits(&db, api_key::insert(REALM, &stray)).await);
    }
    assert_eq!(db.store.api_keys(REALM).await.unwrap().len(), 1);
}

async fn a_removed_client_or_api_takes_its_keys_along(db: Database) {
    with_key(&db).await;
    assert!(commits(&db, client::remove(REALM, "robot", NOW)).await);
    assert!(commits(&db, [client::put(REALM, &robot(), NOW).unwrap()]).await);
    assert_eq!(found(&db, 1).await, None, "it is another client of the same name");
    assert!(commits(&db, api_key::insert(REALM, &key(2))).await);
    assert!(commits(&db, api::remove(REALM, API)).await);
    assert!(commits(&db, [api::put(REALM, &an_api(), Source::Api, NOW).unwrap()]).await);
    assert_eq!(found(&db, 2).await, None);
}

async fn of_many_who_replace_a_key_one_succeeds(db: Database) {
    with_key(&db).await;
    let (db, ends) = (&db, NOW + DAY);
    let attempts = (2..18).map(|id| async move {
        let successor = key(id);
        let replace = api_key::replace(REALM, "key 1", &successor.id, ends, NOW);
        let insert = api_key::insert(REALM, &successor);
        commits(db, [replace].into_iter().chain(insert)).await
    });
    let won = join_all(attempts).await.into_iter().filter(|won| *won).count();
    assert_eq!((won, db.store.api_keys(REALM).await.unwrap().len()), (1, 2));
    let old = found(db, 1).await.unwrap();
    assert!(old.expires_at == ends && old.replaced_by.is_some());
    // One that ends sooner is not given more time.
    let short = ApiKey {
        expires_at: NOW + 10,
        ..key(20)
    };
    assert!(commits(db, api_key::insert(REALM, &short)).await);
    assert!(
        !commits(db, [api_key::replace(REALM, "key 20", "x", ends, NOW + 10)]).await,
        "it has ended"
    );
    assert!(commits(db, [api_key::replace(REALM, "key 20", "x", ends, NOW)]).await);
    assert_eq!(found(db, 20).await.unwrap().expires_at, NOW + 10);
}

async fn a_key_is_revoked_once_and_not_after_its_end(db: Database) {
    with_key(&db).await;
    assert!(!commits(&db, [api_key::revoke(REALM, "key 1", NOW + 90 * DAY)]).await);
    assert!(commits(&db, [api_key::revoke(REALM, "key 1", NOW + 5)]).await);
    assert!(!commits(&db, [api_key::revoke(REALM, "key 1", NOW + 6)]).await);
    assert!(!commits(&db, [api_key::replace(REALM, "key 1", "x", NOW + 9, NOW)]).await);
    let revoked = found(&db, 1).await.unwrap();
    assert_eq!((revoked.revoked_at, revoked.expires_at), (Some(NOW + 5), NOW + 5));
}

async fn its_use_is_noted_once_an_hour(db: Database) {
    with_key(&db).await;
    for (at, noted) in [
        (NOW, NOW),
        (NOW + 3599, NOW),
        (NOW + 3600, NOW + 3600),
        (NOW + 3601, NOW + 3600),
    ] {
        let used = api_key::used(REALM, "key 1", at, at - 3600);
        assert_eq!(db.store.commit(used).await.unwrap(), Outcome::Applied);
        assert_eq!(found(&db, 1).await.unwrap().last_used_at, Some(noted), "{at}");
    }
}

async fn a_key_that_has_ended_is_kept_for_a_month(db: Database) {
    with_key(&db).await;
    let end = key(1).expires_at;
    db.store.purge(end + 30 * DAY, 10).await.unwrap();
    assert!(found(&db, 1).await.is_some());
    db.store.purge(end + 30 * DAY + 1, 10).await.unwrap();
    assert_eq!(found(&db, 1).await, None);
}
