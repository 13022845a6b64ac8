//! What is pushed is held to the rules of the authorization endpoint, and refused right away.

use serde_json::{Value, json};
use testkit::pkce;

use crate::{
    app::{Server, refused},
    fapi::{FAPI1_BASELINE, FAPI2_OTHER, FAPI2_SECURITY, Fapi, form},
    signer::{Signer, assertion, changed, post},
};

// Conformance: B102 PAR-03 PAR-05 F2-AZ-01 F2-AZ-03 F2-AZ-04 SEED1-07 SEED1-08 SEED1-09 SEED1-10 F1B-AS-09 F1B-AS-10
// Conformance: fapi2-security-profile-final-par-ensure-pkce-required fapi2-security-profile-final-par-plain-pkce-rejected
// Conformance: fapi2-security-profile-final-ensure-response-type-code-idtoken-fails
// Conformance: fapi2-security-profile-final-ensure-response-type-token-fails
// Conformance: fapi2-security-profile-final-ensure-redirect-uri-in-authorization-request
// Conformance: fapi2-security-profile-final-plain-fapi-tolerate-unregistered-redirect-uri
// Conformance: fapi1-advanced-final-par-attempt-invalid-redirect_uri
#[tokio::test]
async fn what_the_authorization_endpoint_would_refuse_is_refused_at_once() {
    let fapi = Fapi::start().await;
    for (changes, error) in [
        (
            json!({"code_challenge": null, "code_challenge_method": null}),
            "invalid_request",
        ),
        (json!({"code_challenge_method": "plain"}), "invalid_request"),
        (json!({"code_challenge_method": null}), "invalid_request"),
        (json!({"redirect_uri": null}), "invalid_request"),
        (
            json!({"redirect_uri": "https://evil.example.com/callback"}),
            "invalid_request",
        ),
        (
            json!({"redirect_uri": "https://fapi2-app.example.com/callback/"}),
            "invalid_request",
        ),
        (
            json!({"redirect_uri": "https://fapi2-app.example.com/callback?more=1"}),
            "invalid_request",
        ),
        (json!({"response_type": "code id_token"}), "unsupported_response_type"),
        (json!({"response_type": "token"}), "unsupported_response_type"),
        (json!({"response_type": null}), "invalid_request"),
        (json!({"response_mode": "nonsense"}), "invalid_request"),
        (json!({"scope": "openid nonsense\u{1}"}), "invalid_scope"),
        (json!({"scope": "reports:read"}), "invalid_scope"),
        (json!({"resource": "https://nowhere.example.com"}), "invalid_target"),
        (json!({"prompt": "none login"}), "invalid_request"),
        (json!({"claims": "{"}), "invalid_request"),
        (json!({"registration": "{}"}), "registration_not_supported"),
        (json!({"client_id": "fapi2-other"}), "invalid_client"),
    ] {
        let response = fapi.try_push(FAPI2_SECURITY, &pkce(), &changes).await;
        let description = refused(response, error).await;
        assert!(!description.is_empty(), "{changes}");
    }
    for changes in [json!({"nonce": null}), json!({"scope": "accounts:read", "state": null})] {
        let response = fapi.try_push(FAPI1_BASELINE, &pkce(), &changes).await;
        refused(response, "invalid_request").await;
    }
}

// Conformance: B100 PAR-02 fapi2-security-profile-final-par-authorization-request-containing-request_uri-form-param
// Conformance: fapi1-advanced-final-par-authorization-request-containing-request_uri-form-param
#[tokio::test]
async fn a_request_uri_cannot_be_pushed() {
    let fapi = Fapi::start().await;
    let before = fapi.push(FAPI2_SECURITY, &json!({})).await;
    for uri in [before.request_uri.as_str(), "https://app.example.com/request.jwt"] {
        let response = fapi
            .try_push(FAPI2_SECURITY, &pkce(), &json!({"request_uri": uri}))
            .await;
        refused(response, "invalid_request").await;
    }
    let parameters = FAPI2_SECURITY.request(&pkce(), &json!({}));
    let twice = [form(&parameters), vec![("scope", "openid")]].concat();
    let response = fapi.post(FAPI2_SECURITY, "/par", &twice).send().await.unwrap();
    assert!(refused(response, "invalid_request").await.contains("scope"));
}

/// Pushes with this assertion.
async fn pushed_with(fapi: &Fapi, client_id: &str, assertion: &str) -> reqwest::Response {
    let app = [FAPI2_SECURITY, FAPI1_BASELINE]
        .into_iter()
        .find(|app| app.client_id == client_id)
        .unwrap();
    let parameters = app.request(&pkce(), &json!({}));
    post(&fapi.bank, "/par", assertion, &form(&parameters)).await
}

// Conformance: F2-AS-07 ASRT-03 ASRT-12 fapi2-security-profile-final-par-test-array-as-audience-fails
// Conformance: fapi2-security-profile-final-par-test-par-endpoint-url-as-audience-fails
// Conformance: fapi2-security-profile-final-par-test-token-endpoint-url-as-audience-fails
// Conformance: fapi1-advanced-final-par-test-pushed-authorization-url-as-audience-for-client-JWT-assertion
// Conformance: fapi1-advanced-final-test-array-as-audience-for-client-JWT-assertion
// Conformance: B65 fapi1-advanced-final-par-token-endpoint-url-as-audience-for-client-JWT-assertion
#[tokio::test]
async fn an_assertion_is_meant_for_whom_the_profile_says() {
    let fapi = Fapi::start().await;
    let issuer = fapi.bank.issuer.clone();
    let (par, token) = (fapi.bank.at("/par"), fapi.bank.at("/token"));
    for (aud, with_fapi1, with_fapi2) in [
        (json!(issuer), true, true),
        (json!([issuer]), true, false),
        (json!(["https://other.example", par]), true, false),
        (json!(par), true, false),
        (json!(token), true, false),
        (json!(format!("{issuer}/")), false, false),
        (json!("https://other.example"), false, false),
        (json!(null), false, false),
    ] {
        for (app, is_accepted) in [(FAPI1_BASELINE, with_fapi1), (FAPI2_SECURITY, with_fapi2)] {
            let assertion = fapi.assertion(app, &json!({ "aud": aud }));
            let response = pushed_with(&fapi, app.client_id, &assertion).await;
            if is_accepted {
                assert_eq!(response.status(), 201, "{aud} {}", app.client_id);
            } else {
                refused(response, "invalid_client").await;
            }
        }
    }
}

// Conformance: F2-AS-12 ASRT-02 ASRT-04 ASRT-05 ASRT-06 ASRT-07
// Conformance: fapi2-security-profile-final-par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted
// Conformance: fapi2-security-profile-final-par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails
// Conformance: fapi1-advanced-final-par-ensure-client-assertion-with-wrong-iss-fails
// Conformance: fapi1-advanced-final-par-ensure-client-assertion-with-wrong-sub-fails
// Conformance: fapi1-advanced-final-par-ensure-client-assertion-with-wrong-aud-fails
#[tokio::test]
async fn an_assertion_is_the_clients_own_signed_by_its_key_in_its_time_and_new() {
    let fapi = Fapi::start().await;
    let now = fapi.now();
    for ahead in [0, 8, 10] {
        let assertion = fapi.assertion(FAPI2_SECURITY, &json!({"nbf": now + ahead, "iat": now + ahead}));
        assert_eq!(
            pushed_with(&fapi, "fapi2-app", &assertion).await.status(),
            201,
            "{ahead}"
        );
    }
    for changes in [
        json!({"nbf": now + 61}),
        json!({"iat": now + 61}),
        json!({"exp": now - 300}),
        json!({"exp": null}),
        json!({"jti": null}),
        json!({"sub": null}),
        json!({"sub": "fapi2-other"}),
        json!({"iss": "fapi2-other"}),
        json!({"iss": "https://other.example"}),
    ] {
        let assertion = fapi.assertion(FAPI2_SECURITY, &changes);
        refused(pushed_with(&fapi, "fapi2-app", &assertion).await, "invalid_client").await;
    }
    let used = fapi.assertion(FAPI2_SECURITY, &json!({}));
    assert_eq!(pushed_with(&fapi, "fapi2-app", &used).await.status(), 201);
    refused(pushed_with(&fapi, "fapi2-app", &used).await, "invalid_client").await;
    let stranger = Signer::new(jose::SigningAlg::Es256);
    let claims: Value = changed(&assertion(&fapi.bank, "fapi2-app", now), &json!({}));
    refused(
        pushed_with(&fapi, "fapi2-app", &stranger.sign(&claims)).await,
        "invalid_client",
    )
    .await;
    // A client's own assertion, and another's client_id beside it.
    let parameters = FAPI2_OTHER.request(&pkce(), &json!({}));
    let own = fapi.assertion(FAPI2_SECURITY, &json!({}));
    refused(
        post(&fapi.bank, "/par", &own, &form(&parameters)).await,
        "invalid_client",
    )
    .await;
}
