//! Codes and refresh tokens of clients that must prove a key.

use reqwest::StatusCode;
use serde_json::json;

use super::{APPS, for_long, permitted, post_as};
use crate::{
    app::{BANK_API, granted, refused, text},
    fapi::{FAPI1_ADVANCED, FAPI2_OTHER, Fapi},
};

// Conformance: fapi1-advanced-final-ensure-authorization-code-is-bound-to-client
// Conformance: fapi1-advanced-final-ensure-client-id-in-token-endpoint
// Conformance: fapi1-advanced-final-ensure-pkce-code-verifier-required
// Conformance: fapi1-advanced-final-incorrect-pkce-code-verifier-rejected
// Conformance: fapi1-advanced-final-attempt-reuse-authorisation-code-after-one-second
// Conformance: fapi2-security-profile-final-ensure-authorization-code-is-bound-to-client
// Conformance: fapi2-security-profile-final-ensure-client-id-in-token-endpoint
// Conformance: fapi2-security-profile-final-ensure-pkce-code-verifier-required
// Conformance: fapi2-security-profile-final-incorrect-pkce-code-verifier-rejected
// Conformance: fapi2-security-profile-final-attempt-reuse-authorization-code-after-one-second
// Conformance: F1A-AS-01 SEED2-05
#[tokio::test]
async fn a_code_is_for_its_own_client_with_its_verifier_once() {
    let fapi = Fapi::start().await;
    for app in APPS {
        let (pushed, code) = permitted(&fapi, app, &json!({})).await;
        let redirect_uri = app.redirect_uri();
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", &redirect_uri),
        ];
        let verified = [&form[..], &[("code_verifier", &pushed.pkce.verifier)]].concat();
        refused(post_as(&fapi, FAPI2_OTHER, "/token", &verified).await, "invalid_grant").await;
        let contradicting = [&verified[..], &[("client_id", FAPI2_OTHER.client_id)]].concat();
        refused(post_as(&fapi, app, "/token", &contradicting).await, "invalid_client").await;
        refused(post_as(&fapi, app, "/token", &form).await, "invalid_grant").await;
        let wrong = "0".repeat(64);
        let wrong = [&form[..], &[("code_verifier", &wrong)]].concat();
        refused(post_as(&fapi, app, "/token", &wrong).await, "invalid_grant").await;

        let tokens = granted(post_as(&fapi, app, "/token", &verified).await).await;
        let token = text(&tokens, "access_token");
        assert!(BANK_API.sees(&fapi.bank, token).await);
        fapi.bank.clock.advance(1);
        refused(post_as(&fapi, app, "/token", &verified).await, "invalid_grant").await;
        assert!(!BANK_API.sees(&fapi.bank, token).await, "{}", app.client_id);
    }
}

// Conformance: fapi1-advanced-final-ensure-mtls-holder-of-key-required fapi1-advanced-final-refresh-token
// Conformance: fapi-ciba-id1-ensure-mtls-holder-of-key-required F1A-AS-04 SEED2-05
#[tokio::test]
async fn without_its_certificate_a_client_gets_no_token_and_refreshes_none() {
    let fapi = Fapi::start().await;
    let app = FAPI1_ADVANCED;
    let (pushed, code) = permitted(&fapi, app, &for_long()).await;
    let redirect_uri = app.redirect_uri();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", &redirect_uri),
        ("code_verifier", &pushed.pkce.verifier),
    ];
    let bare = fapi.post(app, "/token", &form).send().await.unwrap();
    assert_eq!(bare.status(), StatusCode::BAD_REQUEST);
    let tokens = granted(post_as(&fapi, app, "/token", &form).await).await;

    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", text(&tokens, "refresh_token")),
    ];
    let bare = fapi.post(app, "/token", &form).send().await.unwrap();
    assert_eq!(bare.status(), StatusCode::BAD_REQUEST);
    refused(post_as(&fapi, FAPI2_OTHER, "/token", &form).await, "invalid_grant").await;
    let again = granted(post_as(&fapi, app, "/token", &form).await).await;
    let cnf = BANK_API.introspect(&fapi.bank, text(&again, "access_token")).await["cnf"].clone();
    assert_eq!(cnf["x5t#S256"], fapi.keys.certificate.thumbprint());
}
