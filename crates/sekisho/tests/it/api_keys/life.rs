//! How keys end: by time, by rotation, by revocation, and with what stands behind them.

use model::Secret;
use sekisho::administration::{Action, AdminErrorKind};
use storage::Change;

use super::{API, DAY, adding, new_key, revoke, run, show, try_run};
use crate::{
    app::BANK_API,
    bank::{Bank, NOON},
    request::{administer, text},
};

fn rotating(key: &str, overlap: i64, lifetime: Option<i64>) -> Action {
    Action::ApiKeyRotate {
        key: Secret::new(key),
        overlap,
        lifetime,
    }
}

#[tokio::test]
async fn a_key_ends_when_its_time_is_over() {
    let bank = Bank::start().await;
    let (id, key) = new_key(&bank).await;
    bank.clock.advance(90 * DAY - 1);
    assert!(BANK_API.sees(&bank, &key).await);
    bank.clock.advance(1);
    assert!(!BANK_API.sees(&bank, &key).await);
    assert_eq!(show(&bank, &id).await["state"], "expired");
}

#[tokio::test]
async fn a_revoked_key_opens_nothing_at_once() {
    let bank = Bank::on_postgres().await;
    let (id, key) = new_key(&bank).await;
    let (_, other) = new_key(&bank).await;
    assert!(BANK_API.sees(&bank, &key).await);
    assert_eq!(revoke(&bank, &id).await["state"], "revoked");
    assert!(!BANK_API.sees(&bank, &key).await && BANK_API.sees(&bank, &other).await);
    let again = Action::ApiKeyRevoke { key: Secret::new(&id) };
    assert_eq!(try_run(&bank, again).await.unwrap_err().kind, AdminErrorKind::Conflict);
    // Who found a key somewhere need not know its id.
    assert_eq!(revoke(&bank, &other).await["state"], "revoked");
    assert!(!BANK_API.sees(&bank, &other).await);
}

#[tokio::test]
async fn a_replaced_key_goes_on_for_the_overlap() {
    let bank = Bank::start().await;
    let (id, old) = new_key(&bank).await;
    bank.clock.advance(DAY);
    let answer = run(&bank, rotating(&id, 7 * DAY, None)).await;
    let new = text(&answer, "api_key");
    assert_eq!(
        answer["expires_at"],
        NOON + 91 * DAY,
        "it lives as long as the old one was to live"
    );
    assert_eq!(
        (&answer["scope"], &answer["name"]),
        (&"accounts:read".into(), &"nightly".into())
    );
    assert!(BANK_API.sees(&bank, &old).await && BANK_API.sees(&bank, new).await);
    let shown = show(&bank, &id).await;
    assert_eq!(
        (&shown["state"], &shown["replaced_by"]),
        (&"replaced".into(), &answer["id"])
    );
    let again = try_run(&bank, rotating(&id, 7 * DAY, None)).await.unwrap_err();
    assert_eq!(again.kind, AdminErrorKind::Conflict);
    bank.clock.advance(7 * DAY - 1);
    assert!(BANK_API.sees(&bank, &old).await);
    bank.clock.advance(1);
    assert!(!BANK_API.sees(&bank, &old).await && BANK_API.sees(&bank, new).await);
    // Without an overlap the old one ends with the command.
    let answer = run(&bank, rotating(text(&answer, "id"), 0, Some(DAY))).await;
    assert!(!BANK_API.sees(&bank, new).await && BANK_API.sees(&bank, text(&answer, "api_key")).await);
    bank.clock.advance(DAY);
    assert!(!BANK_API.sees(&bank, text(&answer, "api_key")).await);
}

#[tokio::test]
async fn a_key_ends_with_its_client_and_is_not_another_clients_of_the_same_name() {
    let bank = Bank::start().await;
    let (_, key) = new_key(&bank).await;
    bank.disable_client("robot").await;
    assert!(!BANK_API.sees(&bank, &key).await);
    let client_id = "robot".to_owned();
    administer(
        &bank,
        Action::ClientSetEnabled {
            client_id,
            enabled: true,
        },
    )
    .await;
    assert!(BANK_API.sees(&bank, &key).await);
    let robot = bank
        .running
        .realms
        .store
        .find_client(&bank.issuer, "robot")
        .await
        .unwrap()
        .unwrap();
    let now = bank.clock.now();
    bank.change(Change::new().then_all(storage::client::remove(&bank.issuer, "robot", now)))
        .await;
    bank.change(Change::new().then(storage::client::put(&bank.issuer, &robot, now).unwrap()))
        .await;
    assert!(!BANK_API.sees(&bank, &key).await);
}

#[tokio::test]
async fn a_key_permits_no_more_than_its_client_is_registered_for_now() {
    let bank = Bank::start().await;
    let (_, key) = new_key(&bank).await;
    let register = async |change: fn(&mut protocol::ClientMetadata)| {
        let store = &bank.running.realms.store;
        let mut client = store.find_client(&bank.issuer, "robot").await.unwrap().unwrap();
        let mut metadata = (*client.metadata).clone();
        change(&mut metadata);
        client.metadata = metadata.into();
        let put = storage::client::put(&bank.issuer, &client, bank.clock.now()).unwrap();
        bank.change(Change::new().then(put)).await;
    };
    register(|robot| robot.scope = Some("accounts:read payments:write".parse().unwrap())).await;
    assert_eq!(BANK_API.introspect(&bank, &key).await["scope"], "accounts:read");
    register(|robot| robot.scope = Some("payments:write".parse().unwrap())).await;
    assert!(!BANK_API.sees(&bank, &key).await);
    register(|robot| {
        robot.scope = Some("accounts:read".parse().unwrap());
        robot.dpop_bound_access_tokens = true;
    })
    .await;
    assert!(
        !BANK_API.sees(&bank, &key).await,
        "the client must have better than a key"
    );
}

#[tokio::test]
async fn its_last_use_is_known_to_the_hour() {
    let bank = Bank::start().await;
    let (id, key) = new_key(&bank).await;
    assert!(show(&bank, &id).await["last_used_at"].is_null());
    for (after, noted) in [(5, NOON + 5), (3599, NOON + 5), (1, NOON + 3605)] {
        bank.clock.advance(after);
        assert!(BANK_API.sees(&bank, &key).await);
        assert_eq!(show(&bank, &id).await["last_used_at"], noted);
    }
}

#[tokio::test]
async fn an_api_that_is_removed_takes_its_keys_along() {
    let bank = Bank::start().await;
    let api = serde_json::json!({
        "identifier": "https://new.example.com", "name": "New", "scope": [{ "name": "new" }], "introspection": ["bank-api"]
    });
    let add = Action::ApiAdd {
        api: Box::new(serde_json::from_value(api.clone()).unwrap()),
    };
    administer(&bank, add.clone()).await;
    let metadata = serde_json::json!({
        "client_id": "new", "grant_types": ["client_credentials"], "response_types": [], "scope": "new"
    });
    let metadata = serde_json::from_value(metadata).unwrap();
    administer(&bank, Action::ClientAdd { metadata }).await;
    let Action::ApiKeyAdd { name, lifetime, .. } = adding(None) else {
        panic!("adding")
    };
    let made = Action::ApiKeyAdd {
        api: "https://new.example.com".to_owned(),
        client_id: "new".to_owned(),
        scope: None,
        name,
        lifetime,
    };
    let key = text(&run(&bank, made).await, "api_key").to_owned();
    assert!(BANK_API.sees(&bank, &key).await);
    let change = Change::new().then_all(storage::api::remove(&bank.issuer, "https://new.example.com"));
    bank.change(change.then(storage::realm::raise_revision())).await;
    assert!(!BANK_API.sees(&bank, &key).await);
    administer(&bank, add).await;
    assert!(!BANK_API.sees(&bank, &key).await);
    assert!(run(&bank, adding(Some("accounts:read"))).await["api"] == API);
}
