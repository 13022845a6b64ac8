//! Code and tokens together (OpenID Connect Core §3.3), for clients of `openid-core` that registered it.

use jose::{SigningAlg, left_half_hash};
use serde_json::Value;
use testkit::Callback;

use crate::{
    app::bank_and,
    bank::Bank,
    request::{Request, claims, error, text},
};

const HYBRID_APP: &str = r#"
[[client]]
client_id      = "hybrid-app"
client_secret  = "hybrid-app-secret"
profile        = "openid-core"
redirect_uris  = ["https://hybrid.example.com/callback"]
grant_types    = ["authorization_code", "implicit"]
response_types = ["code", "code id_token", "code token", "code id_token token"]
scope          = "openid email accounts:read"
"#;

async fn bank() -> Bank {
    Bank::with_realm(bank_and(HYBRID_APP)).await
}

fn request(response_type: &str) -> Request {
    Request::code("openid email accounts:read")
        .with("client_id", "hybrid-app")
        .with("redirect_uri", "https://hybrid.example.com/callback")
        .with("response_type", response_type)
}

async fn answer(bank: &Bank, request: &Request) -> Callback {
    let callback = request.walk(bank, &bank.browser(), "alice").await;
    assert!(callback.in_fragment && callback.url.query().is_none());
    callback
}

// Conformance: A2.2-hybrid B77 B78 OP-13 OP-14
#[tokio::test]
async fn an_id_token_is_bound_to_the_code_that_comes_with_it() {
    let bank = bank().await;
    let request = request("code id_token");
    let callback = answer(&bank, &request).await;
    assert_eq!(callback.get("access_token"), None);
    let front = claims(callback.get("id_token").unwrap());
    assert_eq!(front["c_hash"], left_half_hash(SigningAlg::Rs256, callback.code()));
    assert_eq!((&front["at_hash"], text(&front, "nonce")), (&Value::Null, "the nonce"));
    let response = request.redeem(&bank, &callback).await;
    let later = claims(text(&response, "id_token"));
    assert_eq!((&front["iss"], &front["sub"]), (&later["iss"], &later["sub"]));
}

// Conformance: A2.2-hybrid B40 B77 OP-13
#[tokio::test]
async fn everything_at_once_is_bound_together() {
    let bank = bank().await;
    let request = request("code id_token token");
    let callback = answer(&bank, &request).await;
    let front = claims(callback.get("id_token").unwrap());
    let token = callback.get("access_token").unwrap();
    assert_eq!(front["c_hash"], left_half_hash(SigningAlg::Rs256, callback.code()));
    assert_eq!(front["at_hash"], left_half_hash(SigningAlg::Rs256, token));
    assert_eq!(bank.introspect(token).await["active"], true);
    let response = request.redeem(&bank, &callback).await;
    assert_ne!(text(&response, "access_token"), token);
}

// Conformance: B23 oidcc-ensure-request-without-nonce-fails oidcc-ensure-request-without-nonce-succeeds-for-code-flow
#[tokio::test]
async fn a_nonce_is_needed_where_an_id_token_comes_from_here() {
    let bank = bank().await;
    for response_type in ["code id_token", "code id_token token"] {
        let callback = request(response_type)
            .without("nonce")
            .open(&bank, &bank.browser())
            .await
            .callback();
        assert_eq!((error(&callback), callback.in_fragment), ("invalid_request", true));
    }
    let without = request("code token").without("nonce");
    let callback = answer(&bank, &without).await;
    let response = without.redeem(&bank, &callback).await;
    assert_eq!(claims(text(&response, "id_token"))["nonce"], Value::Null);
}

// Conformance: B56
#[tokio::test]
async fn a_code_that_is_used_twice_ends_the_token_that_came_with_it() {
    let bank = bank().await;
    let request = request("code token");
    let callback = answer(&bank, &request).await;
    request.redeem(&bank, &callback).await;
    assert_eq!(request.try_redeem(&bank, &callback).await.status(), 400);
    let token = callback.get("access_token").unwrap();
    assert_eq!(bank.introspect(token).await["active"], false);
}
