//! What commands do.

use model::Secret;
use protocol::{ClientMetadata, GrantType, TokenEndpointAuthMethod};
use serde_json::Map;

use super::*;

#[tokio::test]
async fn users_are_listed_in_pages_and_shown_without_their_hashes() {
    let world = World::new().await;
    for name in ["bob", "Carol"] {
        let add = Action::UserAdd {
            username: name.into(),
            password: None,
            password_hash: None,
            claims: Map::new(),
            groups: Vec::new(),
        };
        world.run(add).await.unwrap();
    }
    let first = world
        .run(Action::UserList {
            after: String::new(),
            limit: 2,
        })
        .await
        .unwrap();
    assert_eq!(
        (first["users"].as_array().unwrap().len(), &first["next"]),
        (2, &json!("bob"))
    );
    let rest = world
        .run(Action::UserList {
            after: "bob".into(),
            limit: 2,
        })
        .await
        .unwrap();
    assert_eq!(
        (rest["users"][0]["username"].as_str(), &rest["next"]),
        (Some("Carol"), &Value::Null)
    );
    let shown = world.run(Action::UserShow { user: "alice".into() }).await.unwrap();
    assert!(!shown.to_string().contains("argon2") && shown["has_password"] == true);
    let by_id = Action::UserShow {
        user: shown["sub"].as_str().unwrap().into(),
    };
    assert_eq!(world.run(by_id).await.unwrap()["username"], "alice");
}

#[tokio::test]
async fn a_password_is_set_whoever_owns_the_user() {
    let world = World::new().await;
    let set = |password: &str| Action::UserSetPassword {
        user: "alice".into(),
        password: Secret::new(password),
    };
    world.run(set("a new password")).await.unwrap();
    assert!(world.verify("alice", "a new password").await);
    assert_eq!(world.run(set("short")).await.unwrap_err().kind, AdminErrorKind::Invalid);
    assert!(world.apply(FILE).await.unwrap().is_empty());
    assert!(world.verify("alice", "a new password").await);
}

#[tokio::test]
async fn the_secret_of_a_client_is_shown_once_and_can_be_rotated() {
    let world = World::new().await;
    let metadata = ClientMetadata {
        client_id: "robot".into(),
        grant_types: vec![GrantType::ClientCredentials],
        response_types: Vec::new(),
        scope: Some("accounts:read".parse().unwrap()),
        ..ClientMetadata::default()
    };
    let made = world
        .run(Action::ClientAdd {
            metadata: Box::new(metadata.clone()),
        })
        .await
        .unwrap();
    let is_secret = async |answer: &Value| {
        let client = world.realms.store.find_client(ISSUER, "robot").await.unwrap().unwrap();
        client.is_secret(ISSUER, &Secret::new(answer["client_secret"].as_str().unwrap()))
    };
    assert!(is_secret(&made).await);
    let again = world
        .run(Action::ClientAdd {
            metadata: Box::new(metadata.clone()),
        })
        .await
        .unwrap_err();
    assert_eq!(again.kind, AdminErrorKind::Conflict);
    let rotated = world
        .run(Action::ClientRotateSecret {
            client_id: "robot".into(),
        })
        .await
        .unwrap();
    assert!(is_secret(&rotated).await && !is_secret(&made).await);
    let shown = world
        .run(Action::ClientShow {
            client_id: "robot".into(),
        })
        .await
        .unwrap();
    assert!(shown.get("client_secret").is_none() && shown["has_secret"] == true);
    let unowned = ClientMetadata {
        client_id: "r2".into(),
        scope: Some("x:y".parse().unwrap()),
        ..metadata
    };
    let error = world
        .run(Action::ClientAdd {
            metadata: Box::new(unowned),
        })
        .await
        .unwrap_err();
    assert!(error.problem.contains("x:y belongs to no API"), "{error}");
    world
        .run(Action::ClientRemove {
            client_id: "robot".into(),
        })
        .await
        .unwrap();
    assert_eq!(
        world
            .run(Action::ClientShow {
                client_id: "robot".into()
            })
            .await
            .unwrap_err()
            .kind,
        AdminErrorKind::NotFound
    );
}

#[tokio::test]
async fn what_a_file_owns_is_not_edited_by_commands() {
    let world = World::new().await;
    for action in [
        Action::ClientRemove {
            client_id: "app".into(),
        },
        Action::ClientRotateSecret {
            client_id: "bank-api".into(),
        },
        Action::ApiRemove {
            identifier: "https://api.example.com".into(),
        },
    ] {
        let error = world.run(action).await.unwrap_err();
        assert_eq!(error.kind, AdminErrorKind::OwnedByFile);
        assert!(
            error
                .to_string()
                .contains("change the file and run: sekisho apply FILE"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn apis_are_added_checked_and_removed() {
    let world = World::new().await;
    let api = |identifier: &str, scope: &str| -> Action {
        let api = json!({ "identifier": identifier, "name": "Reports", "scope": [{ "name": scope }] });
        Action::ApiAdd {
            api: Box::new(serde_json::from_value(api).unwrap()),
        }
    };
    world
        .run(api("https://reports.example.com", "reports:read"))
        .await
        .unwrap();
    for (identifier, scope, kind) in [
        ("https://reports.example.com", "x", AdminErrorKind::Conflict),
        ("https://other.example.com", "reports:read", AdminErrorKind::Conflict),
        ("https://other.example.com", "openid", AdminErrorKind::Conflict),
        ("https://other.example.com", "two words", AdminErrorKind::Invalid),
        ("not a url", "x", AdminErrorKind::Invalid),
        (ISSUER, "x", AdminErrorKind::Invalid),
    ] {
        assert_eq!(
            world.run(api(identifier, scope)).await.unwrap_err().kind,
            kind,
            "{identifier} {scope}"
        );
    }
    assert_eq!(
        world.run(Action::ApiList).await.unwrap()["apis"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let remove = || Action::ApiRemove {
        identifier: "https://reports.example.com".into(),
    };
    world.run(remove()).await.unwrap();
    assert_eq!(world.run(remove()).await.unwrap_err().kind, AdminErrorKind::NotFound);
}

#[tokio::test]
async fn the_secret_of_a_client_that_makes_macs_is_kept_wrapped_and_rotated_so() {
    let world = World::new().await;
    let metadata = ClientMetadata {
        client_id: "robot".into(),
        grant_types: vec![GrantType::ClientCredentials],
        response_types: Vec::new(),
        token_endpoint_auth_method: TokenEndpointAuthMethod::ClientSecretJwt,
        ..ClientMetadata::default()
    };
    let add = Action::ClientAdd {
        metadata: Box::new(metadata),
    };
    let made = world.run(add).await.unwrap();
    assert_eq!(world.secret("robot").await, made["client_secret"].as_str().unwrap());
    let rotate = Action::ClientRotateSecret {
        client_id: "robot".into(),
    };
    let rotated = world.run(rotate).await.unwrap();
    assert_eq!(world.secret("robot").await, rotated["client_secret"].as_str().unwrap());
    assert_ne!(made["client_secret"], rotated["client_secret"]);
}

#[tokio::test]
async fn keys_are_listed_and_rotated() {
    let world = World::new().await;
    world.realms.maintain_keys().await.unwrap();
    let states = async || -> Vec<(String, String)> {
        let keys = world.run(Action::KeyList).await.unwrap();
        let text = |key: &Value, member: &str| key[member].as_str().unwrap().to_owned();
        keys["keys"]
            .as_array()
            .unwrap()
            .iter()
            .map(|key| (text(key, "alg"), text(key, "state")))
            .collect()
    };
    assert_eq!(states().await.len(), 4);
    let rotate = |now| Action::KeyRotate {
        alg: Some(jose::SigningAlg::Es256),
        now,
    };
    let made = world.run(rotate(false)).await.unwrap();
    assert_eq!(
        (made["keys"][0]["alg"].as_str(), made["keys"][0]["state"].as_str()),
        (Some("ES256"), Some("next"))
    );
    assert_eq!(
        world.run(rotate(false)).await.unwrap_err().kind,
        AdminErrorKind::Conflict
    );
    let eddsa = Action::KeyRotate {
        alg: Some(jose::SigningAlg::EdDsa),
        now: true,
    };
    world.run(eddsa).await.unwrap();
    let found = states().await;
    let has = |alg: &str, state: &str| found.contains(&(alg.to_owned(), state.to_owned()));
    assert!(
        has("EdDSA", "active") && !has("EdDSA", "retired") && has("ES256", "next"),
        "{found:?}"
    );
    // A key that waits is not jumped over: it signs at once.
    world.run(rotate(true)).await.unwrap();
    let found = states().await;
    let es256: Vec<_> = found
        .iter()
        .filter(|(alg, _)| alg == "ES256")
        .map(|(_, state)| state.as_str())
        .collect();
    assert_eq!(es256, ["active"], "{found:?}");
}

#[tokio::test]
async fn the_only_realm_need_not_be_named_but_one_of_several_must() {
    let world = World::empty().await;
    let error = world.run(Action::ClientList).await.unwrap_err();
    assert!(error.to_string().contains("there is no realm"), "{error}");
    world.apply(FILE).await.unwrap();
    world.run(Action::ClientList).await.unwrap();
    world.apply("issuer = \"https://id.example.com/two\"").await.unwrap();
    let error = world.run(Action::ClientList).await.unwrap_err();
    assert!(error.remedy.contains("https://id.example.com/two"), "{error}");
    let command = |realm: &str| Command {
        realm: Some(realm.into()),
        action: Action::ClientList,
    };
    let two = execute(&world.realms, &world.pool, command("https://id.example.com/two"))
        .await
        .unwrap();
    assert_eq!(two["clients"], json!([]));
    assert!(
        execute(&world.realms, &world.pool, command("https://id.example.com/3"))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_client_that_registered_itself_is_no_matter_of_files() {
    let world = World::new().await;
    let metadata = ClientMetadata {
        client_id: "itself".into(),
        redirect_uris: vec!["https://app.example.com/cb".into()],
        ..ClientMetadata::default()
    };
    let client = model::Client {
        metadata: metadata.into(),
        secret_hash: None,
        wrapped_secret: None,
        registration_token_hash: Some(vec![1; 32]),
        enabled: true,
        source: model::Source::Registration,
        created_at: NOW,
    };
    world
        .commit(Change::new().then(storage::client::insert(ISSUER, &client, NOW).unwrap()))
        .await;
    let exported = world.run(Action::Export).await.unwrap();
    assert!(!exported["toml"].as_str().unwrap().contains("itself"));
    assert!(world.apply(FILE).await.unwrap().is_empty());
    let list = world.run(Action::ClientList).await.unwrap();
    let owners = list["clients"]
        .as_array()
        .unwrap()
        .iter()
        .map(|client| &client["owner"]);
    assert_eq!(owners.filter(|owner| *owner == "registration").count(), 1);
}
