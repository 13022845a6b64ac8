//! What operators and clients do to what is registered.

use model::Secret;
use sekisho::{
    administration::{self, Action, Command},
    config,
};
use serde_json::{Map, Value};
use testkit::realm;

use super::{events, of_kind, only};
use crate::{bank::Bank, request::administer};

async fn apply(bank: &Bank, text: &str) {
    let file = config::from_text("bank.toml".as_ref(), text).unwrap();
    administer(bank, Action::Apply { files: vec![file] }).await;
}

fn is_by(event: &Value, command: &str) {
    assert_eq!(
        (&event["actor"], &event["details"]["command"]),
        (&"operator".into(), &command.into()),
        "{event}"
    );
    assert!(event["address"].is_null());
}

#[tokio::test]
async fn commands_about_users_are_told_of_without_what_they_set() {
    let bank = Bank::start().await;
    let user = || "carol".to_owned();
    administer(
        &bank,
        Action::UserAdd {
            username: user(),
            password: Some(Secret::new("carol-password")),
            password_hash: None,
            claims: Map::from_iter([("email".into(), "carol@example.com".into())]),
            groups: Vec::new(),
        },
    )
    .await;
    let password = Secret::new("another-password");
    administer(&bank, Action::UserSetPassword { user: user(), password }).await;
    administer(
        &bank,
        Action::UserSetEnabled {
            user: user(),
            enabled: false,
        },
    )
    .await;
    administer(
        &bank,
        Action::UserSetEnabled {
            user: user(),
            enabled: true,
        },
    )
    .await;
    for (kind, command) in [
        ("user.password_changed", "user set-password"),
        ("user.disabled", "user disable"),
        ("user.enabled", "user enable"),
    ] {
        let event = only(&bank, kind).await;
        is_by(&event, command);
        assert_eq!(event["user"], "carol");
    }
    let created = of_kind(&bank, "user.created").await;
    is_by(created.last().unwrap(), "user add");
    let told = format!("{:?}", events(&bank).await);
    for secret in ["carol-password", "another-password", "carol@example.com"] {
        assert!(!told.contains(secret));
    }
}

#[tokio::test]
async fn commands_about_clients_apis_and_keys_are_told_of() {
    let bank = Bank::start().await;
    let metadata = serde_json::from_value(serde_json::json!({
        "client_id": "new", "grant_types": ["client_credentials"], "response_types": []
    }));
    administer(
        &bank,
        Action::ClientAdd {
            metadata: metadata.unwrap(),
        },
    )
    .await;
    let client_id = || "new".to_owned();
    administer(&bank, Action::ClientRotateSecret { client_id: client_id() }).await;
    administer(
        &bank,
        Action::ClientSetEnabled {
            client_id: client_id(),
            enabled: false,
        },
    )
    .await;
    administer(
        &bank,
        Action::ClientSetEnabled {
            client_id: client_id(),
            enabled: true,
        },
    )
    .await;
    administer(&bank, Action::ClientRemove { client_id: client_id() }).await;
    for (kind, command) in [
        ("client.secret_changed", "client rotate-secret"),
        ("client.disabled", "client disable"),
        ("client.enabled", "client enable"),
        ("client.removed", "client remove"),
    ] {
        let event = only(&bank, kind).await;
        is_by(&event, command);
        assert_eq!(event["client_id"], "new");
    }
    let api = serde_json::json!({
        "identifier": "https://new.example.com", "name": "New", "token_format": "opaque", "scope": []
    });
    administer(
        &bank,
        Action::ApiAdd {
            api: serde_json::from_value(api).unwrap(),
        },
    )
    .await;
    let identifier = "https://new.example.com".to_owned();
    administer(&bank, Action::ApiRemove { identifier }).await;
    let removed = only(&bank, "api.removed").await;
    is_by(&removed, "api remove");
    assert_eq!(removed["details"]["api"], "https://new.example.com");

    administer(
        &bank,
        Action::KeyRotate {
            alg: Some(jose::SigningAlg::Es256),
            now: true,
        },
    )
    .await;
    let activated = only(&bank, "key.activated").await;
    is_by(&activated, "key rotate");
    let made = of_kind(&bank, "key.created").await;
    is_by(made.last().unwrap(), "key rotate");
    assert_eq!(made.last().unwrap()["details"]["kid"], activated["details"]["kid"]);
}

#[tokio::test]
async fn a_command_that_is_refused_leaves_nothing() {
    let bank = Bank::start().await;
    let before = events(&bank).await.len();
    for action in [
        Action::ClientRemove {
            client_id: "web-app".into(),
        },
        Action::ClientRemove {
            client_id: "nobody".into(),
        },
        Action::ApiRemove {
            identifier: "https://api.example.com".into(),
        },
        Action::UserAdd {
            username: "alice".into(),
            password: None,
            password_hash: None,
            claims: Map::new(),
            groups: Vec::new(),
        },
        Action::ClientTokenRevoke { id: "nothing".into() },
    ] {
        let command = Command { realm: None, action };
        administration::execute(&bank.running.realms, &bank.running.passwords, command)
            .await
            .unwrap_err();
    }
    assert_eq!(events(&bank).await.len(), before);
}

#[tokio::test]
async fn what_a_file_changes_is_told_by_its_fields() {
    let bank = Bank::start().await;
    let applied = of_kind(&bank, "realm.created").await;
    is_by(&applied[0], "serve");
    let file = realm::bank(&bank.issuer);
    apply(&bank, &file).await;
    assert!(of_kind(&bank, "realm.changed").await.is_empty(), "nothing changed");

    let changed = file
        .replacen(
            "client_name                = \"Robot\"",
            "client_name                = \"Machine\"",
            1,
        )
        .replacen(
            "client_secret              = \"robot-secret\"",
            "client_secret              = \"quite-another-secret\"",
            1,
        );
    assert_ne!(changed, file);
    apply(&bank, &format!("{changed}\n[audit]\nretain = \"30d\"\n")).await;
    let client = only(&bank, "client.changed").await;
    is_by(&client, "apply");
    assert_eq!(client["client_id"], "robot");
    assert_eq!(client["details"]["changed"]["client_name"], "Machine");
    assert_eq!(client["details"]["changed"]["client_secret"], "(another secret)");
    let realm = only(&bank, "realm.changed").await;
    assert_eq!(realm["details"]["changed"]["audit.retain"], 30 * 24 * 3600);
    let told = format!("{:?}", events(&bank).await);
    assert!(
        !told.contains("quite-another-secret") && !told.contains("alice@"),
        "{told}"
    );
}

#[tokio::test]
async fn a_shorter_retention_is_true_of_what_is_there() {
    let bank = Bank::start().await;
    let store = &bank.running.realms.store;
    let (issuer, now) = (bank.issuer.as_str(), bank.clock.now());
    let deleted = store.purge_audit_events(issuer, now, 1000).await.unwrap();
    assert_eq!(deleted, 0);
    bank.clock.advance(30 * 24 * 3600);
    assert!(!events(&bank).await.is_empty());
    let before = bank.clock.now() - 24 * 3600;
    assert!(store.purge_audit_events(issuer, before, 1000).await.unwrap() > 0);
    assert!(events(&bank).await.is_empty());
}
