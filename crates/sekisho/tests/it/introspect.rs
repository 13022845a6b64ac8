//! `POST /introspect`. RFC 7662.

mod jwt;

use reqwest::Method as Verb;
use serde_json::json;

use crate::{
    app::{BANK_API, CLI, POST_APP, ROBOT, WEB_APP, granted, header, names, refused, text},
    bank::{Bank, NOON},
};

// Conformance: INT-03 INT-04
#[tokio::test]
async fn the_api_learns_what_a_token_is_worth() {
    let bank = Bank::start().await;
    let code = WEB_APP.code(&bank, "openid accounts:read").await;
    bank.clock.advance(30);
    let tokens = granted(WEB_APP.redeem(&bank, &code).await).await;
    let told = BANK_API.introspect(&bank, text(&tokens, "access_token")).await;
    let members = [
        "acr",
        "active",
        "aud",
        "auth_time",
        "client_id",
        "exp",
        "iat",
        "iss",
        "jti",
        "revocation_tags",
        "scope",
        "sub",
        "token_type",
        "username",
    ];
    assert_eq!(names(&told), members);
    let alice = bank.user_id("alice").await;
    for (name, value) in [
        ("active", json!(true)),
        ("scope", json!("accounts:read openid")),
        ("client_id", json!("web-app")),
        ("username", json!("alice")),
        ("token_type", json!("Bearer")),
        ("sub", json!(alice)),
        ("iss", json!(bank.issuer)),
        ("aud", json!(["https://api.example.com", bank.issuer])),
        ("iat", json!(NOON + 30)),
        ("exp", json!(NOON + 630)),
        ("auth_time", json!(NOON)),
        ("acr", json!("urn:sekisho:acr:loa2")),
    ] {
        assert_eq!(told[name], value, "{name}");
    }
}

// Conformance: B144
#[tokio::test]
async fn an_answer_is_json_that_nobody_keeps() {
    let bank = Bank::start().await;
    let response = BANK_API.post(&bank, "/introspect", &[("token", "x")]).await;
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(granted(response).await, json!({ "active": false }));
}

// Conformance: B144 INT-02 INT-05 BCP-16
#[tokio::test]
async fn whoever_a_token_is_not_for_learns_that_it_is_not_active_and_no_more() {
    let bank = Bank::start().await;
    let opaque = WEB_APP.tokens(&bank, "accounts:read").await;
    let jwt = WEB_APP.tokens(&bank, "reports:read").await;
    for (caller, tokens) in [(ROBOT, &opaque), (POST_APP, &opaque), (BANK_API, &jwt), (ROBOT, &jwt)] {
        for token in ["access_token", "refresh_token"] {
            assert_eq!(
                caller.introspect(&bank, text(tokens, token)).await,
                json!({ "active": false })
            );
        }
    }
    let for_userinfo = WEB_APP.tokens(&bank, "openid").await;
    assert!(!BANK_API.sees(&bank, text(&for_userinfo, "access_token")).await);
}

#[tokio::test]
async fn a_client_may_ask_about_its_own_tokens() {
    let bank = Bank::start().await;
    for scope in ["accounts:read", "reports:read", "openid"] {
        let tokens = WEB_APP.tokens(&bank, scope).await;
        assert_eq!(
            WEB_APP.introspect(&bank, text(&tokens, "access_token")).await["scope"],
            scope
        );
    }
}

#[tokio::test]
async fn a_refresh_token_is_told_about_to_its_client_alone() {
    let bank = Bank::start().await;
    let tokens = WEB_APP.tokens(&bank, "accounts:read").await;
    let token = text(&tokens, "refresh_token");
    let told = WEB_APP.introspect(&bank, token).await;
    assert_eq!(
        (&told["active"], &told["scope"]),
        (&true.into(), &"accounts:read".into())
    );
    assert!(told.get("token_type").is_none(), "it is no bearer token");
    assert!(
        !BANK_API.sees(&bank, token).await,
        "an API must not take it for an access token"
    );
}

// Conformance: B144 INT-01
#[tokio::test]
async fn callers_without_proof_are_refused() {
    let bank = Bank::start().await;
    let tokens = CLI.tokens(&bank, "accounts:read").await;
    let token = ("token", text(&tokens, "access_token"));
    refused(CLI.post(&bank, "/introspect", &[token]).await, "invalid_client").await;
    refused(bank.post("/introspect", &[token]).await, "invalid_client").await;
    refused(
        bank.post("/introspect", &[token, ("client_id", "bank-api")]).await,
        "invalid_client",
    )
    .await;
    let wrong = bank
        .http
        .post(bank.url("/introspect"))
        .basic_auth("bank-api", Some("wrong"))
        .form(&[token]);
    refused(wrong.send().await.unwrap(), "invalid_client").await;
    let bearer = bank
        .http
        .post(bank.url("/introspect"))
        .bearer_auth(token.1)
        .form(&[token]);
    refused(bearer.send().await.unwrap(), "invalid_client").await;
}

#[tokio::test]
async fn a_request_without_a_token_or_with_two_is_refused() {
    let bank = Bank::start().await;
    for form in [
        &[][..],
        &[("token", "")],
        &[("token", "a"), ("token", "b")],
        &[("token", "a"), ("x", "1"), ("x", "2")],
    ] {
        refused(BANK_API.post(&bank, "/introspect", form).await, "invalid_request").await;
    }
}

// Conformance: INT-01
#[tokio::test]
async fn only_post_is_allowed() {
    let bank = Bank::start().await;
    for method in [Verb::GET, Verb::PUT, Verb::OPTIONS] {
        let request = bank.http.request(method.clone(), bank.url("/introspect?token=x"));
        let request = request.basic_auth("bank-api", Some("bank-api-secret"));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 405, "{method}");
        assert!(!header(&response, "sekisho-explain").is_empty(), "{method}");
    }
}

#[tokio::test]
async fn a_hint_may_be_wrong() {
    let bank = Bank::start().await;
    let tokens = WEB_APP.tokens(&bank, "accounts:read").await;
    for hint in ["access_token", "refresh_token", "unknown"] {
        for kind in ["access_token", "refresh_token"] {
            let form = [("token", text(&tokens, kind)), ("token_type_hint", hint)];
            assert_eq!(
                granted(WEB_APP.post(&bank, "/introspect", &form).await).await["active"],
                true,
                "{kind} {hint}"
            );
        }
    }
}

/// Changes each character of a token in turn, and cuts it off at each length.
fn damaged(token: &str) -> impl Iterator<Item = String> {
    let change = |at: usize| {
        let mut tampered = token.to_owned();
        tampered.replace_range(at..=at, if &token[at..=at] == "A" { "B" } else { "A" });
        tampered
    };
    (0..token.len())
        .map(change)
        .chain((1..token.len()).map(|length| token[..length].to_owned()))
}

// Conformance: INT-03 F2-RS-02
#[tokio::test]
async fn a_sealed_token_changed_at_any_position_or_cut_off_is_not_active() {
    let bank = Bank::start().await;
    let tokens = WEB_APP.tokens(&bank, "accounts:read").await;
    let token = text(&tokens, "access_token");
    for damaged in damaged(token) {
        assert!(!BANK_API.sees(&bank, &damaged).await, "{damaged}");
    }
    assert!(BANK_API.sees(&bank, token).await);
}

// Conformance: INT-03 F2-RS-02
#[tokio::test]
async fn a_signed_token_changed_at_any_position_or_cut_off_is_not_active() {
    let bank = Bank::start().await;
    let tokens = WEB_APP.tokens(&bank, "reports:read").await;
    let token = text(&tokens, "access_token");
    for damaged in damaged(token) {
        assert!(!WEB_APP.sees(&bank, &damaged).await, "{damaged}");
    }
    assert!(WEB_APP.sees(&bank, token).await);
}

// Conformance: INT-02
#[tokio::test]
async fn what_is_no_token_is_not_active() {
    let bank = Bank::start().await;
    let header = jose::b64::encode(br#"{"alg":"none","typ":"at+jwt"}"#);
    let unsigned = format!("{header}.{}.", jose::b64::encode(br#"{"active":true}"#));
    let long = "A".repeat(60_000);
    for nothing in [
        "x",
        ".",
        "..",
        "é",
        &jose::random_token(),
        &unsigned,
        &long,
        &jose::b64::encode([0; 56]),
    ] {
        assert!(!BANK_API.sees(&bank, nothing).await, "{nothing:.40}");
    }
}

// Conformance: INT-03
#[tokio::test]
async fn a_token_ends_with_its_time() {
    let bank = Bank::start().await;
    let tokens = WEB_APP.tokens(&bank, "accounts:read").await;
    bank.clock.advance(599);
    assert!(BANK_API.sees(&bank, text(&tokens, "access_token")).await);
    bank.clock.advance(1);
    assert!(!BANK_API.sees(&bank, text(&tokens, "access_token")).await);
}

#[tokio::test]
async fn a_token_ends_with_its_user_whatever_its_form() {
    let bank = Bank::start().await;
    let tokens = [
        WEB_APP.tokens(&bank, "accounts:read").await,
        WEB_APP.tokens(&bank, "reports:read").await,
    ];
    bank.disable_user("alice").await;
    for tokens in tokens {
        assert!(!WEB_APP.sees(&bank, text(&tokens, "access_token")).await);
        assert!(!WEB_APP.sees(&bank, text(&tokens, "refresh_token")).await);
    }
}

#[tokio::test]
async fn a_token_ends_with_its_client() {
    let bank = Bank::start().await;
    let tokens = WEB_APP.tokens(&bank, "accounts:read").await;
    let form = [("grant_type", "client_credentials"), ("scope", "accounts:read")];
    let robots = granted(ROBOT.post(&bank, "/token", &form).await).await;
    for (client_id, tokens) in [("web-app", tokens), ("robot", robots)] {
        assert!(BANK_API.sees(&bank, text(&tokens, "access_token")).await);
        bank.disable_client(client_id).await;
        assert!(!BANK_API.sees(&bank, text(&tokens, "access_token")).await);
    }
}

// Conformance: INT-03
#[tokio::test]
async fn a_token_ends_with_the_permission() {
    let bank = Bank::start().await;
    let tokens = WEB_APP.tokens(&bank, "accounts:read").await;
    bank.end_grant("alice", "web-app").await;
    assert!(!BANK_API.sees(&bank, text(&tokens, "access_token")).await);
    assert!(!WEB_APP.sees(&bank, text(&tokens, "refresh_token")).await);
}

#[tokio::test]
async fn a_token_ends_with_the_session_unless_there_is_a_refresh_token() {
    let bank = Bank::start().await;
    let bound = WEB_APP.tokens(&bank, "openid accounts:read").await;
    let offline = WEB_APP.tokens(&bank, "openid accounts:read offline_access").await;
    bank.end_sessions("alice").await;
    assert!(!BANK_API.sees(&bank, text(&bound, "access_token")).await);
    assert!(BANK_API.sees(&bank, text(&offline, "access_token")).await);
}

#[tokio::test]
async fn a_token_lives_over_midnight_when_the_sealing_key_changes() {
    let bank = Bank::start().await;
    bank.clock.advance(12 * 3600 - 60);
    let tokens = WEB_APP.tokens(&bank, "accounts:read").await;
    bank.clock.advance(120);
    bank.running.realms.maintain_keys().await.unwrap();
    assert!(BANK_API.sees(&bank, text(&tokens, "access_token")).await);
    let after = WEB_APP.tokens(&bank, "accounts:read").await;
    assert!(BANK_API.sees(&bank, text(&after, "access_token")).await);
    let key_id = |tokens: &serde_json::Value| jose::b64::decode(text(tokens, "access_token")).unwrap()[1..5].to_vec();
    assert_ne!(key_id(&tokens), key_id(&after), "another day, another key");
}
