//! What operators do with keys, and what they cannot do.

use model::Secret;
use protocol::ApiKeySecret;
use sekisho::administration::{Action, AdminErrorKind, AuditQuery};
use serde_json::{Value, json};
use testkit::{Engine, Serve};

use super::{API, DAY, adding, new_key, revoke, run, try_run};
use crate::{
    app::BANK_API,
    bank::{Bank, NOON},
    https::PROGRAM,
    request::text,
};

fn listing(api: Option<&str>, client_id: Option<&str>) -> Action {
    Action::ApiKeyList {
        api: api.map(str::to_owned),
        client_id: client_id.map(str::to_owned),
    }
}

#[tokio::test]
async fn a_key_is_shown_once_and_kept_as_a_hash() {
    let bank = Bank::start().await;
    let made = run(&bank, adding(None)).await;
    let key = text(&made, "api_key");
    assert!(ApiKeySecret::parse(key).is_ok(), "{key}");
    let list = run(&bank, listing(None, None)).await;
    let shown = &list["api_keys"][0];
    assert!(!list.to_string().contains(key));
    for (name, value) in [
        ("state", json!("good")),
        ("name", json!("nightly")),
        ("client_id", json!("robot")),
        ("client_name", json!("Robot")),
        ("api", json!(API)),
        ("scope", json!("accounts:read")),
        ("created_at", json!(NOON)),
        ("expires_at", json!(NOON + 90 * DAY)),
    ] {
        assert_eq!(shown[name], value, "{name}");
    }
    let stored = bank.running.realms.store.api_keys(&bank.issuer).await.unwrap();
    let hash = model::api_key_hash(&bank.issuer, key).to_vec();
    assert_eq!(stored[0].key_hash, hash);
}

#[tokio::test]
async fn keys_are_listed_by_api_and_client() {
    let bank = Bank::start().await;
    new_key(&bank).await;
    let count = async |api, client| {
        let list = run(&bank, listing(api, client)).await;
        list["api_keys"].as_array().unwrap().len()
    };
    assert_eq!(count(Some(API), Some("robot")).await, 1);
    assert_eq!(count(Some("https://reports.example.com"), None).await, 0);
    assert_eq!(count(None, Some("web-app")).await, 0);
}

#[tokio::test]
async fn a_key_permits_no_more_than_its_client_may_have() {
    let bank = Bank::start().await;
    let with = |change: fn(&mut String, &mut String, &mut Option<protocol::Scope>, &mut i64)| {
        let Action::ApiKeyAdd {
            mut api,
            mut client_id,
            mut scope,
            name,
            mut lifetime,
        } = adding(None)
        else {
            panic!("adding")
        };
        change(&mut api, &mut client_id, &mut scope, &mut lifetime);
        Action::ApiKeyAdd {
            api,
            client_id,
            scope,
            name,
            lifetime,
        }
    };
    for (action, kind, problem) in [
        (
            with(|_, _, scope, _| *scope = Some("payments:write".parse().unwrap())),
            AdminErrorKind::Invalid,
            "not registered for the scope payments:write",
        ),
        (
            with(|_, _, scope, _| *scope = Some("reports:read".parse().unwrap())),
            AdminErrorKind::Invalid,
            "not registered for the scope reports:read",
        ),
        (
            with(|_, client, _, _| *client = "nobody".into()),
            AdminErrorKind::NotFound,
            "no client nobody",
        ),
        (
            with(|_, client, _, _| *client = "cli".into()),
            AdminErrorKind::Invalid,
            "it is public",
        ),
        (
            with(|_, client, _, _| *client = "bank-api".into()),
            AdminErrorKind::Invalid,
            "would permit nothing",
        ),
        (
            with(|api, _, _, _| *api = "https://nowhere.example.com".into()),
            AdminErrorKind::NotFound,
            "no API https://nowhere.example.com",
        ),
        (
            with(|_, _, _, lifetime| *lifetime = 0),
            AdminErrorKind::Invalid,
            "would not live",
        ),
        (
            with(|_, _, _, lifetime| *lifetime = 4000 * DAY),
            AdminErrorKind::Invalid,
            "longer than ten years",
        ),
    ] {
        let error = try_run(&bank, action).await.unwrap_err();
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.problem.contains(problem), "{error}");
    }
    assert_eq!(run(&bank, listing(None, None)).await["api_keys"], json!([]));
}

#[tokio::test]
async fn a_key_that_is_mistyped_is_told_from_one_that_is_unknown() {
    let bank = Bank::start().await;
    let (_, key) = new_key(&bank).await;
    let show = async |key: &str| {
        let key = Secret::new(key);
        try_run(&bank, Action::ApiKeyShow { key }).await.unwrap_err().kind
    };
    assert_eq!(show(&key[..key.len() - 1]).await, AdminErrorKind::Invalid);
    assert_eq!(show("nothing").await, AdminErrorKind::NotFound);
    let stranger = ApiKeySecret::from_random([[1; 16], [2; 16]]);
    assert_eq!(show(stranger.as_str()).await, AdminErrorKind::NotFound);
}

#[tokio::test]
async fn each_command_about_keys_is_told_of_without_the_key() {
    let bank = Bank::start().await;
    let (id, key) = new_key(&bank).await;
    let rotate = Action::ApiKeyRotate {
        key: Secret::new(&id),
        overlap: DAY,
        lifetime: None,
    };
    let successor = run(&bank, rotate).await;
    revoke(&bank, &id).await;
    let query = AuditQuery {
        oldest: true,
        limit: 1000,
        ..AuditQuery::default()
    };
    let answer = run(&bank, Action::Audit { query }).await;
    let of_kind = |kind: &str| -> Vec<Value> {
        let events = answer["events"].as_array().unwrap().iter();
        events.filter(|event| event["kind"] == kind).cloned().collect()
    };
    for (kind, command) in [
        ("api_key.created", "api key add"),
        ("api_key.rotated", "api key rotate"),
        ("api_key.revoked", "api key revoke"),
    ] {
        let [event] = &of_kind(kind)[..] else {
            panic!("{kind}: {answer}")
        };
        assert_eq!(
            (&event["actor"], &event["client_id"]),
            (&"operator".into(), &"robot".into())
        );
        assert_eq!(
            (&event["details"]["id"], &event["details"]["api"]),
            (&id.as_str().into(), &API.into())
        );
        assert_eq!(event["details"]["command"], command);
    }
    assert_eq!(of_kind("api_key.rotated")[0]["details"]["replaced_by"], successor["id"]);
    let told = answer.to_string();
    assert!(!told.contains(&key) && !told.contains(text(&successor, "api_key")));
}

/// The commands as they are typed, beside a server and without it.
#[tokio::test]
async fn a_key_is_made_beside_a_server_and_without_it() {
    let mut server = Serve::start(PROGRAM, Engine::Sqlite);
    let command = |server: &Serve, arguments: &[&str]| -> Value {
        let output = server.command(&[&["api", "key", "--json"], arguments].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let add = [
        "add",
        API,
        "--client",
        "robot",
        "--scope",
        "accounts:read",
        "--for",
        "30d",
    ];
    let made = command(&server, &add);
    assert!(BANK_API.sees(&server, text(&made, "api_key")).await);
    let output = server.command(&["api", "key", "list"]);
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(table.contains("robot") && table.lines().count() == 2, "{table}");
    server.terminate();
    let id = text(&made, "id");
    assert_eq!(command(&server, &["revoke", id])["state"], "revoked");
    let rotated = server.command(&["api", "key", "rotate", id]);
    assert_eq!(rotated.status.code(), Some(1));
    let text = String::from_utf8_lossy(&rotated.stderr).into_owned();
    assert!(text.contains("it is revoked") && text.lines().count() == 1, "{text}");
}
