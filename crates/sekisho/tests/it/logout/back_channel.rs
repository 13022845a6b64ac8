//! Apps are told by this server that a session ended (OpenID Connect Back-Channel Logout).

use std::time::Duration;

use axum::{Router, extract::State, routing::post};
use jose::JweAlg;
use model::Secret;
use sekisho::administration::Action;
use serde_json::{Value, json};
use storage::outbox::OutboxEntry;
use tokio::{net::TcpListener, sync::mpsc, time::timeout};

use super::{
    apps::{register, sid, sign_in_to},
    rp_initiated::url,
};
use crate::{
    app::{key_set, verify},
    bank::Bank,
    reader::Reader,
    request::{administer, claims, signed_in},
};

/// An address where nobody answers.
const NOBODY: &str = "http://127.0.0.1:9/bye";

async fn told(bank: &Bank, app: &str, uri: &str, more: Value) {
    let mut members = json!({ "backchannel_logout_uri": uri });
    members
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    register(bank, app, members).await;
}

/// The calls that are or were owed.
async fn owed(bank: &Bank) -> Vec<OutboxEntry> {
    let store = &bank.running.realms.store;
    let entries = store.outbox_of_realm(&bank.issuer, None, 100).await.unwrap();
    entries.into_iter().filter(|entry| entry.kind == "logout").collect()
}

/// An app's server: its address, and the logout tokens that it gets.
async fn receiver() -> (String, mpsc::UnboundedReceiver<String>) {
    let (sender, tokens) = mpsc::unbounded_channel();
    let answer = async |State(sender): State<mpsc::UnboundedSender<String>>, body: String| {
        let form: Vec<_> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
        let [(name, token)] = form.as_slice() else {
            panic!("one parameter: {form:?}")
        };
        assert_eq!(name, "logout_token");
        sender.send(token.clone()).unwrap();
    };
    let router = Router::new().route("/bye", post(answer)).with_state(sender);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/bye?app=1", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (uri, tokens)
}

// Conformance: B136 oidcc-backchannel-rp-initiated-logout BC-02 BC-05 FC-04 FC-05
#[tokio::test]
async fn every_app_of_the_session_gets_a_token_of_its_own() {
    let bank = Bank::start().await;
    let (uri, mut tokens) = receiver().await;
    told(&bank, "calendar", &uri, json!({})).await;
    let pairwise = json!({ "subject_type": "pairwise", "id_token_signed_response_alg": "ES256" });
    told(&bank, "mail", &uri, pairwise).await;
    let browser = bank.browser();
    let id_tokens = [
        sign_in_to(&bank, &browser, "calendar").await,
        sign_in_to(&bank, &browser, "mail").await,
    ];
    let request = url(&bank, &[("id_token_hint", &id_tokens[0])]);
    assert!(
        browser
            .open(&request)
            .await
            .page()
            .text()
            .contains("You are signed out")
    );

    assert_ne!(
        sid(&id_tokens[0]),
        sid(&id_tokens[1]),
        "a pairwise app has a name of its own for the session"
    );
    let keys = key_set(&bank).await;
    let mut seen = Vec::new();
    for _ in 0..2 {
        let token = timeout(Duration::from_secs(30), tokens.recv()).await.unwrap().unwrap();
        let verified = verify(&keys, &token);
        let (header, claims) = (verified.header, Value::Object(verified.claims));
        let (app, alg) = if claims["aud"] == "mail" {
            (1, "ES256")
        } else {
            (0, "RS256")
        };
        let id_token = self::claims(&id_tokens[app]);
        assert_eq!((header.typ.as_deref(), header.alg.as_str()), (Some("logout+jwt"), alg));
        for claim in ["iss", "aud", "sub", "sid"] {
            assert_eq!(claims[claim], id_token[claim], "{claim}");
        }
        assert_eq!(claims["iat"], bank.clock.now());
        assert_eq!(claims["exp"], bank.clock.now() + 120);
        let event = json!({ "http://schemas.openid.net/event/backchannel-logout": {} });
        assert_eq!(claims["events"], event);
        assert!(claims.get("nonce").is_none() && claims["jti"].is_string());
        // It is no ID token, whoever tries.
        let hint = url(&bank, &[("id_token_hint", &token)]);
        assert_eq!(browser.open(&hint).await.page().status, 400);
        seen.push((app, claims["sub"].clone()));
    }
    seen.sort_by_key(|(app, _)| *app);
    assert!(
        seen[0].0 == 0 && seen[1].0 == 1 && seen[0].1 != seen[1].1,
        "a sub for each sector"
    );
}

// Conformance: BC-05
#[tokio::test]
async fn an_app_whose_id_tokens_are_encrypted_is_told_in_secret_too() {
    let bank = Bank::start().await;
    let (uri, mut tokens) = receiver().await;
    let reader = Reader::new(JweAlg::EcdhEs);
    let keys = json!({ "jwks": { "keys": [reader.key.public_jwk()] }, "id_token_encrypted_response_alg": "ECDH-ES" });
    told(&bank, "mail", &uri, keys).await;
    let browser = bank.browser();
    sign_in_to(&bank, &browser, "mail").await;
    let page = browser.open("/logout").await.page();
    browser.press(&page, "sign-out").await.page();
    let token = timeout(Duration::from_secs(30), tokens.recv()).await.unwrap().unwrap();
    let verified = reader.read(&bank, &token).await;
    assert_eq!(verified.header.typ.as_deref(), Some("logout+jwt"));
    assert_eq!(verified.claims["aud"], "mail");
    let header = jose::b64::decode(token.split('.').next().unwrap()).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    assert_eq!(header["iss"], bank.issuer);
}

#[tokio::test]
async fn however_a_session_ends_its_apps_are_told_once() {
    let bank = Bank::start().await;
    told(&bank, "calendar", NOBODY, json!({})).await;
    register(&bank, "silent", json!({})).await;
    let ways = ["page", "account", "operator", "disabled", "password", "another user"];
    for (before, way) in ways.into_iter().enumerate() {
        let browser = bank.browser();
        let session = sid(&sign_in_to(&bank, &browser, "calendar").await);
        sign_in_to(&bank, &browser, "silent").await;
        assert_eq!(
            owed(&bank).await.len(),
            before,
            "nothing is owed while the session lives"
        );
        let alice = || "alice".to_owned();
        match way {
            "page" => {
                let page = browser.open("/logout").await.page();
                browser.press(&page, "sign-out").await.page();
            }
            "account" => {
                let elsewhere = signed_in(&bank, "alice").await;
                let page = elsewhere.open("/account").await.page();
                elsewhere.press(&page, &format!("end-session-{session}")).await.page();
            }
            "operator" => administer(&bank, Action::SessionEnd { id: session }).await,
            "disabled" => {
                for enabled in [false, true] {
                    administer(&bank, Action::UserSetEnabled { user: alice(), enabled }).await;
                }
            }
            "password" => {
                let password = Secret::new("alice-password");
                administer(
                    &bank,
                    Action::UserSetPassword {
                        user: alice(),
                        password,
                    },
                )
                .await;
            }
            _ => {
                let request = crate::request::Request::code("openid").with("prompt", "login");
                let page = request.open(&bank, &browser).await.page();
                let _ = browser.sign_in(&page, "bob", "bob-password").await;
            }
        }
        let calls = owed(&bank).await;
        assert_eq!(calls.len(), before + 1, "{way}");
        assert!(calls.iter().all(|call| call.destination == NOBODY));
        let page = browser.open("/account").await.page();
        assert!(!page.text().contains("Signed in as Alice"), "{way}");
    }
}

// Conformance: BC-02
#[tokio::test]
async fn an_app_that_was_not_signed_in_to_is_not_told_and_neither_is_one_of_another_session() {
    let bank = Bank::start().await;
    for app in ["calendar", "mail"] {
        told(&bank, app, NOBODY, json!({})).await;
    }
    let (here, there) = (bank.browser(), bank.browser());
    sign_in_to(&bank, &there, "mail").await;
    let hint = sign_in_to(&bank, &here, "calendar").await;
    here.open(&url(&bank, &[("id_token_hint", &hint)])).await.page();
    assert_eq!(owed(&bank).await.len(), 1);
}

#[tokio::test]
async fn a_session_that_only_expired_owes_nothing() {
    let bank = Bank::start().await;
    told(&bank, "calendar", NOBODY, json!({})).await;
    let browser = bank.browser();
    let hint = sign_in_to(&bank, &browser, "calendar").await;
    bank.clock.advance(13 * 3600);
    browser.open(&url(&bank, &[("id_token_hint", &hint)])).await.page();
    assert!(owed(&bank).await.is_empty());
}

#[tokio::test]
async fn who_signs_in_again_keeps_the_session_and_its_apps() {
    let bank = Bank::start().await;
    told(&bank, "calendar", NOBODY, json!({})).await;
    let browser = bank.browser();
    let first = sid(&sign_in_to(&bank, &browser, "calendar").await);
    bank.clock.advance(11 * 3600);
    let again = crate::request::Request::code("openid").with("prompt", "login");
    let page = again.open(&bank, &browser).await.page();
    let _ = browser.sign_in(&page, "alice", "alice-password").await;
    bank.clock.advance(11 * 3600);
    bank.running.realms.store.purge(bank.clock.now(), 100).await.unwrap();
    let page = browser.open("/logout").await.page();
    browser.press(&page, "sign-out").await.page();
    let calls = owed(&bank).await;
    assert_eq!(calls.len(), 1, "{first}");
}

#[tokio::test]
async fn the_operator_sees_what_is_owed_and_why_it_did_not_arrive() {
    let bank = Bank::start().await;
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    told(&bank, "calendar", &format!("http://{closed}/bye"), json!({})).await;
    let browser = bank.browser();
    let hint = sign_in_to(&bank, &browser, "calendar").await;
    browser.open(&url(&bank, &[("id_token_hint", &hint)])).await.page();
    let list = |state: Option<&str>| {
        let action = Action::OutboxList {
            state: state.map(str::to_owned),
            limit: 10,
        };
        let command = sekisho::administration::Command { realm: None, action };
        sekisho::administration::execute(&bank.running.realms, &bank.running.passwords, command)
    };
    let calls = list(Some("pending")).await.unwrap();
    let call = &calls["calls"][0];
    assert_eq!((&call["kind"], &call["state"]), (&json!("logout"), &json!("pending")));
    assert_eq!(call["destination"], format!("http://{closed}/bye"));
    assert!(call.get("payload").is_none() && call["next_attempt_at"].is_number());
    assert_eq!(list(Some("dead")).await.unwrap(), json!({ "calls": [] }));
    assert_eq!(list(None).await.unwrap()["calls"].as_array().unwrap().len(), 1);
}
