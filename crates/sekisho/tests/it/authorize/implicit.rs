//! Tokens from the authorization endpoint (OpenID Connect Core §3.2, RFC 6749 §4.2), for clients of `openid-core`.

use jose::{KeySet, SigningAlg, UnverifiedJwt, left_half_hash};
use serde_json::{Value, json};
use testkit::Callback;

use crate::{
    bank::{Bank, NOON},
    request::{JS, Request, error, text},
};

async fn answer(bank: &Bank, response_type: &str, scope: &str) -> Callback {
    Request::implicit(response_type, scope)
        .walk(bank, &bank.browser(), "alice")
        .await
}

/// The claims of the ID token, verified with the published keys.
async fn verified(bank: &Bank, callback: &Callback) -> Value {
    let keys: KeySet = bank
        .http
        .get(bank.url("/jwks"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let jwt = UnverifiedJwt::parse(callback.get("id_token").unwrap()).unwrap();
    let verified = keys.verify(&jwt, &[SigningAlg::Rs256]).unwrap();
    Value::Object(verified.claims)
}

// Conformance: B40
#[tokio::test]
async fn a_token_comes_in_the_fragment_alone() {
    let bank = Bank::start().await;
    let callback = answer(&bank, "token", "accounts:read").await;
    assert!(callback.in_fragment && callback.url.as_str().starts_with(&format!("{JS}#")));
    assert_eq!(callback.get("token_type"), Some("Bearer"));
    assert_eq!(callback.get("expires_in"), Some("600"));
    assert_eq!(callback.get("scope"), Some("accounts:read"));
    assert_eq!(
        (callback.get("state"), callback.get("iss")),
        (Some("the state"), Some(bank.issuer.as_str()))
    );
    assert_eq!(
        (
            callback.get("code"),
            callback.get("id_token"),
            callback.get("refresh_token")
        ),
        (None, None, None)
    );
    let introspected = bank.introspect(callback.get("access_token").unwrap()).await;
    assert_eq!(
        (&introspected["active"], &introspected["client_id"]),
        (&json!(true), &json!("js-app"))
    );
}

// Conformance: A2.2-implicit B80 OP-24
#[tokio::test]
async fn an_id_token_alone_brings_the_claims_of_the_scope() {
    let bank = Bank::start().await;
    let callback = answer(&bank, "id_token", "openid email").await;
    assert_eq!(callback.get("access_token"), None);
    let claims = verified(&bank, &callback).await;
    assert_eq!(
        (text(&claims, "iss"), text(&claims, "aud")),
        (bank.issuer.as_str(), "js-app")
    );
    assert_eq!(
        (text(&claims, "nonce"), text(&claims, "email")),
        ("the nonce", "alice@example.com")
    );
    assert_eq!((&claims["auth_time"], &claims["iat"]), (&json!(NOON), &json!(NOON)));
    assert_eq!(
        (&claims["at_hash"], &claims["given_name"]),
        (&Value::Null, &Value::Null)
    );
}

// Conformance: A2.2-implicit B77 B80 OP-13 OP-24
#[tokio::test]
async fn an_id_token_with_a_token_is_bound_to_it_and_leaves_the_claims_to_userinfo() {
    let bank = Bank::start().await;
    let callback = answer(&bank, "id_token token", "openid email").await;
    let token = callback.get("access_token").unwrap();
    let claims = verified(&bank, &callback).await;
    assert_eq!(claims["at_hash"], left_half_hash(SigningAlg::Rs256, token));
    assert_eq!((&claims["c_hash"], &claims["email"]), (&Value::Null, &Value::Null));
    let userinfo = bank
        .http
        .get(bank.url("/userinfo"))
        .bearer_auth(token)
        .send()
        .await
        .unwrap();
    let userinfo: Value = userinfo.json().await.unwrap();
    assert_eq!(
        (&userinfo["sub"], text(&userinfo, "email")),
        (&claims["sub"], "alice@example.com")
    );
}

#[tokio::test]
async fn the_order_of_the_words_does_not_matter() {
    let bank = Bank::start().await;
    let callback = answer(&bank, "token id_token", "openid").await;
    assert!(callback.get("id_token").is_some() && callback.get("access_token").is_some());
}

// Conformance: B23 oidcc-ensure-request-without-nonce-fails
#[tokio::test]
async fn an_id_token_needs_a_nonce_and_a_token_alone_does_not() {
    let bank = Bank::start().await;
    for response_type in ["id_token", "id_token token"] {
        let request = Request::implicit(response_type, "openid").without("nonce");
        let callback = request.open(&bank, &bank.browser()).await.callback();
        assert_eq!((error(&callback), callback.in_fragment), ("invalid_request", true));
    }
    let request = Request::implicit("token", "accounts:read").without("nonce");
    assert!(
        request
            .walk(&bank, &bank.browser(), "alice")
            .await
            .get("access_token")
            .is_some()
    );
}

#[tokio::test]
async fn an_id_token_needs_the_scope_openid() {
    let bank = Bank::start().await;
    for response_type in ["id_token", "id_token token"] {
        assert_eq!(
            Request::implicit(response_type, "email").error(&bank).await,
            "invalid_scope"
        );
    }
}

// Conformance: B42
#[tokio::test]
async fn tokens_in_the_query_are_refused_in_the_fragment() {
    let bank = Bank::start().await;
    for response_type in ["token", "id_token", "id_token token"] {
        let request = Request::implicit(response_type, "openid").with("response_mode", "query");
        let callback = request.open(&bank, &bank.browser()).await.callback();
        assert_eq!((error(&callback), callback.in_fragment), ("invalid_request", true));
        assert_eq!(callback.url.query(), None);
    }
}

// Conformance: OP-22
#[tokio::test]
async fn offline_access_means_nothing_without_a_code() {
    let bank = Bank::start().await;
    let callback = answer(&bank, "id_token token", "openid offline_access").await;
    assert_eq!(
        (callback.get("scope"), callback.get("refresh_token")),
        (Some("openid"), None)
    );
}

#[tokio::test]
async fn a_public_app_on_the_web_is_remembered() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    Request::implicit("id_token", "openid")
        .walk(&bank, &browser, "alice")
        .await;
    let silent = Request::implicit("id_token", "openid").with("prompt", "none");
    assert!(silent.open(&bank, &browser).await.callback().get("id_token").is_some());
}
