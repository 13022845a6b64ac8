//! What the profile of a client limits, whatever the realm says. FAPI 1.0 Baseline §5.2.2, FAPI 2.0 Security §5.3.2.1.

use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};

use crate::{
    app::{Server as _, granted, refused, text},
    dpop::ProofKey,
    fapi::{FAPI1_BASELINE, FAPI2_SECURITY, Fapi, FapiApp, PUSHER, Pushed},
};

/// A realm that lets everything live for long.
const GENEROUS: &str = "[lifetimes]\nauthorization_code = \"10m\"\naccess_token = \"2h\"\n";

async fn pushed_and_permitted(fapi: &Fapi, app: FapiApp) -> (Pushed, String) {
    let pushed = fapi.push(app, &json!({"scope": "openid offline_access"})).await;
    let code = fapi.walk(&pushed).await.code().to_owned();
    (pushed, code)
}

/// Sends a token request with a proof of this key.
async fn with_proof(fapi: &Fapi, key: &ProofKey, request: RequestBuilder) -> Response {
    key.proof("POST", &fapi.bank.at("/token"), fapi.now())
        .send(request)
        .await
}

// Conformance: F2-AS-10 B58 fapi2-security-profile-final-ensure-token-endpoint-fails-with-expired-auth-code
#[tokio::test]
async fn a_code_of_fapi_2_0_lives_for_a_minute_at_most() {
    let fapi = Fapi::with(GENEROUS).await;
    let key = ProofKey::es256();
    let (early, late) = (
        pushed_and_permitted(&fapi, FAPI2_SECURITY).await,
        pushed_and_permitted(&fapi, FAPI2_SECURITY).await,
    );
    let other = pushed_and_permitted(&fapi, PUSHER).await;
    fapi.bank.clock.advance(59);
    granted(with_proof(&fapi, &key, fapi.redeem(&early.0, &early.1)).await).await;
    fapi.bank.clock.advance(3);
    refused(
        with_proof(&fapi, &key, fapi.redeem(&late.0, &late.1)).await,
        "invalid_grant",
    )
    .await;
    granted(fapi.redeem(&other.0, &other.1).send().await.unwrap()).await;
}

// Conformance: F1B-AS-07
#[tokio::test]
async fn a_token_of_fapi_1_0_that_is_bound_to_no_key_lives_for_less_than_ten_minutes() {
    let fapi = Fapi::with(GENEROUS).await;
    for (app, seconds) in [(FAPI1_BASELINE, 599), (PUSHER, 7200)] {
        let (pushed, code) = pushed_and_permitted(&fapi, app).await;
        let tokens = granted(fapi.redeem(&pushed, &code).send().await.unwrap()).await;
        assert_eq!(tokens["expires_in"], seconds, "{}", app.client_id);
    }
}

// Conformance: F2-AS-08 B96
#[tokio::test]
async fn a_refresh_token_of_fapi_2_0_stays_and_works_again() {
    let fapi = Fapi::start().await;
    let key = ProofKey::es256();
    let (pushed, code) = pushed_and_permitted(&fapi, FAPI2_SECURITY).await;
    let tokens = granted(with_proof(&fapi, &key, fapi.redeem(&pushed, &code)).await).await;
    let refresh_token = text(&tokens, "refresh_token");
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
    for _ in 0..3 {
        let request = fapi.post(FAPI2_SECURITY, "/token", &form);
        let again = granted(with_proof(&fapi, &key, request).await).await;
        let rotated = again.get("refresh_token").filter(|other| **other != refresh_token);
        assert_eq!(rotated, None::<&Value>);
        fapi.bank.clock.advance(3600);
    }
}
