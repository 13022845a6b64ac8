//! Requests of FAPI 1.0 Advanced by value: signed, and nothing but what is signed counts.

use serde_json::{Value, json};
use testkit::{Answer, Callback, pkce};

use crate::{
    app::text,
    fapi::{FAPI1_ADVANCED, Fapi, form},
};

/// What the browser brings: the object, and beside it what OpenID Connect Core §6.1 wants there, and more.
fn url(fapi: &Fapi, object: &str, beside: &[(&str, &str)]) -> String {
    let redirect_uri = FAPI1_ADVANCED.redirect_uri();
    let sent = [
        ("client_id", FAPI1_ADVANCED.client_id),
        ("request", object),
        ("redirect_uri", &redirect_uri),
        ("scope", "openid accounts:read"),
        ("nonce", "outside"),
    ];
    fapi.bank.authorize_url(&[&sent, beside].concat())
}

/// The error that the client learns, which must be signed.
async fn error(fapi: &Fapi, callback: &Callback) -> Value {
    let answer = fapi.answer(FAPI1_ADVANCED, callback).await;
    assert_eq!((answer.get("code"), &answer["iss"]), (None, &json!(fapi.bank.issuer)));
    answer
}

// Conformance: F1A-AS-02 F1A-AS-03 F1A-AS-18 JAR-04 fapi1-advanced-final
// Conformance: fapi1-advanced-final-ensure-authorization-request-without-state-success fapi1-advanced-final-ensure-valid-pkce-succeeds
// Conformance: fapi1-advanced-final-ensure-other-scope-order-succeeds
#[tokio::test]
async fn a_signed_request_is_answered_with_what_it_says_itself() {
    let fapi = Fapi::start().await;
    for (changes, state) in [
        (json!({}), Some("the state")),
        (json!({"state": null}), None),
        (
            json!({"code_challenge": null, "code_challenge_method": null}),
            Some("the state"),
        ),
        (json!({"scope": "accounts:read openid"}), Some("the state")),
        (
            json!({"state": "s".repeat(384), "nonce": "n".repeat(384)}),
            Some(&*"s".repeat(384)),
        ),
    ] {
        let object = fapi.object(FAPI1_ADVANCED, &pkce(), &changes);
        let object = fapi.keys.ps256.sign_as("oauth-authz-req+jwt", &object);
        let url = url(&fapi, &object, &[("state", "outside"), ("response_type", "code")]);
        let callback = fapi.bank.browser().authorize(&url, "alice", "alice-password").await;
        let answer = fapi.answer(FAPI1_ADVANCED, &callback).await;
        assert_eq!(answer.get("state").and_then(Value::as_str), state, "{changes}");
        assert!(!text(&answer, "code").is_empty());
    }
}

// Conformance: F1A-AS-06 F1A-AS-08 F1A-AS-09 F1A-AS-10 F1A-ALG-01 SEED2-01 JAR-11
// Conformance: fapi1-advanced-final-ensure-request-object-without-exp-fails
// Conformance: fapi1-advanced-final-ensure-request-object-without-nbf-fails
// Conformance: fapi1-advanced-final-ensure-request-object-without-nonce-fails
// Conformance: fapi1-advanced-final-ensure-request-object-with-bad-aud-fails
// Conformance: fapi1-advanced-final-ensure-signed-request-object-with-RS256-fails
#[tokio::test]
async fn an_unsound_one_is_refused_by_a_signed_error() {
    let fapi = Fapi::start().await;
    let now = fapi.now();
    for (changes, expected) in [
        (json!({"exp": null}), "invalid_request_object"),
        (json!({"nbf": null}), "invalid_request_object"),
        (json!({"aud": "https://other.example"}), "invalid_request_object"),
        (json!({"exp": now + 3601}), "invalid_request_object"),
        (json!({"exp": now - 1}), "invalid_request_object"),
        (json!({"nbf": now - 3601}), "invalid_request_object"),
        (json!({"scope": null}), "invalid_request_object"),
        (json!({"nonce": null}), "invalid_request"),
        (json!({"response_mode": "query"}), "invalid_request"),
        (json!({"response_mode": null}), "invalid_request"),
    ] {
        let object = fapi
            .keys
            .es256
            .sign_as("JWT", &fapi.object(FAPI1_ADVANCED, &pkce(), &changes));
        let callback = fapi.bank.browser().open(&url(&fapi, &object, &[])).await.callback();
        assert_eq!(error(&fapi, &callback).await["error"], expected, "{changes}");
        assert!(!callback.in_fragment);
    }
    let rs256 = fapi
        .keys
        .rs256
        .sign_as("JWT", &fapi.object(FAPI1_ADVANCED, &pkce(), &json!({})));
    let callback = fapi.bank.browser().open(&url(&fapi, &rs256, &[])).await.callback();
    assert_eq!(error(&fapi, &callback).await["error"], "invalid_request_object");
}

// Conformance: F1A-AS-02 fapi1-advanced-final-ensure-authorization-request-without-request-object-fails
// Conformance: fapi1-advanced-final-ensure-redirect-uri-in-authorization-request fapi1-advanced-final-ensure-registered-redirect-uri
#[tokio::test]
async fn what_is_not_signed_is_no_request() {
    let fapi = Fapi::start().await;
    let plain = FAPI1_ADVANCED.request(&pkce(), &json!({}));
    let callback = fapi
        .bank
        .browser()
        .open(&fapi.bank.authorize_url(&form(&plain)))
        .await
        .callback();
    assert_eq!(error(&fapi, &callback).await["error"], "invalid_request");
    for changes in [
        json!({"redirect_uri": null}),
        json!({"redirect_uri": "https://evil.example.com/"}),
    ] {
        let object = fapi
            .keys
            .es256
            .sign_as("JWT", &fapi.object(FAPI1_ADVANCED, &pkce(), &changes));
        let Answer::Page(page) = fapi.bank.browser().open(&url(&fapi, &object, &[])).await else {
            panic!("nothing is redirected");
        };
        assert_eq!(page.error_code().as_deref(), Some("invalid_request"));
    }
}
