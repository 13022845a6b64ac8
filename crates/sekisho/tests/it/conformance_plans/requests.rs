//! What requests may say, and what comes back of it.

use serde_json::{Value, json};
use testkit::pkce;

use super::{APPS, permitted, shown};
use crate::{
    app::{Server as _, claims, granted, refused, text},
    fapi::{FAPI1_ADVANCED, FAPI2_SECURITY, Fapi},
};

// Conformance: fapi1-advanced-final-ensure-request-object-with-long-nonce
// Conformance: fapi1-advanced-final-ensure-request-object-with-64-char-nonce-success
// Conformance: fapi1-advanced-final-ensure-request-object-with-long-state
// Conformance: fapi2-security-profile-final-ensure-authorization-request-with-long-nonce
// Conformance: fapi2-security-profile-final-ensure-authorization-request-with-64-char-nonce-success
// Conformance: fapi2-security-profile-final-ensure-authorization-request-with-long-state F2-AZ-11
#[tokio::test]
async fn a_long_nonce_and_state_come_back_whole() {
    let fapi = Fapi::start().await;
    for app in APPS {
        for length in [43, 64, 128, 384] {
            let (nonce, state) = ("n".repeat(length), "s".repeat(length));
            let pushed = fapi.push(app, &json!({"nonce": nonce, "state": state})).await;
            let answer = fapi.answer(app, &fapi.walk(&pushed).await).await;
            assert_eq!(answer["state"], state, "{}", app.client_id);
            let redeemed = fapi.redeem(&pushed, text(&answer, "code")).send().await.unwrap();
            let tokens = granted(redeemed).await;
            let id_token = claims(&fapi.bank, text(&tokens, "id_token")).await;
            assert_eq!(id_token["nonce"], nonce, "{}", app.client_id);
        }
    }
}

// Conformance: fapi2-security-profile-final-ensure-authorization-request-without-state-success
// Conformance: fapi2-security-profile-final-ensure-other-scope-order-succeeds
// Conformance: fapi1-advanced-final-ensure-authorization-request-without-state-success
// Conformance: fapi1-advanced-final-ensure-other-scope-order-succeeds
#[tokio::test]
async fn a_state_is_not_needed_and_the_order_of_scopes_means_nothing() {
    let fapi = Fapi::start().await;
    for app in APPS {
        let pushed = fapi
            .push(app, &json!({"state": null, "scope": "accounts:read openid"}))
            .await;
        let answer = fapi.answer(app, &fapi.walk(&pushed).await).await;
        assert_eq!(answer.get("state"), None, "{}", app.client_id);
        let tokens = granted(fapi.redeem(&pushed, text(&answer, "code")).send().await.unwrap()).await;
        assert_eq!(tokens["scope"], "accounts:read openid", "{}", app.client_id);
    }
}

// Conformance: fapi2-security-profile-final-ensure-authorization-request-without-nonce-success
#[tokio::test]
async fn fapi_2_0_needs_no_nonce() {
    let fapi = Fapi::start().await;
    let (pushed, code) = permitted(&fapi, FAPI2_SECURITY, &json!({"nonce": null})).await;
    let tokens = granted(fapi.redeem(&pushed, &code).send().await.unwrap()).await;
    let id_token = claims(&fapi.bank, text(&tokens, "id_token")).await;
    assert_eq!(id_token.get("nonce"), None);
}

// Conformance: fapi1-advanced-final-ensure-request-object-without-redirect-uri-fails
// Conformance: fapi2-security-profile-final-ensure-request-object-without-redirect-uri-fails
#[tokio::test]
async fn a_request_without_a_redirect_uri_is_refused() {
    let fapi = Fapi::start().await;
    for app in APPS {
        let response = fapi.try_push(app, &pkce(), &json!({"redirect_uri": null})).await;
        refused(response, "invalid_request").await;
    }
}

// Conformance: fapi2-security-profile-final-test-claims-parameter-identity-claims
#[tokio::test]
async fn each_claim_that_is_listed_can_be_asked_for_and_an_unknown_one_is_ignored() {
    let fapi = Fapi::start().await;
    let metadata = fapi.bank.http.get(fapi.bank.at("/.well-known/openid-configuration"));
    let metadata = granted(metadata.send().await.unwrap()).await;
    let listed = metadata["claims_supported"].as_array().unwrap().iter();
    let mut asked: serde_json::Map<String, Value> = listed
        .map(|name| (name.as_str().unwrap().to_owned(), Value::Null))
        .collect();
    asked.insert("shoe_size".to_owned(), Value::Null);
    let request = json!({"scope": "openid", "claims": json!({ "userinfo": asked }).to_string()});
    let (pushed, code) = permitted(&fapi, FAPI2_SECURITY, &request).await;
    let tokens = granted(fapi.redeem(&pushed, &code).send().await.unwrap()).await;
    let userinfo = fapi.bank.http.get(fapi.bank.at("/userinfo"));
    let userinfo = shown(&fapi, userinfo).bearer_auth(text(&tokens, "access_token"));
    let told = granted(userinfo.send().await.unwrap()).await;
    for name in ["sub", "given_name", "email", "email_verified"] {
        assert!(told.get(name).is_some(), "{name}: {told}");
    }
    assert_eq!(told.get("shoe_size"), None);
}

// Conformance: fapi1-advanced-final-access-token-type-header-case-sensitivity F1A-RS-01 F1A-RS-02 B123
#[tokio::test]
async fn at_userinfo_a_bound_token_comes_in_the_header_however_its_scheme_is_written() {
    let fapi = Fapi::start().await;
    let tokens = fapi.tokens(&fapi.push(FAPI1_ADVANCED, &json!({})).await).await;
    let token = text(&tokens, "access_token");
    let ask = |scheme: &str| {
        let request = fapi.bank.http.get(fapi.bank.at("/userinfo"));
        request.header("authorization", format!("{scheme} {token}"))
    };
    for scheme in ["Bearer", "bearer", "bEARER"] {
        let answer = shown(&fapi, ask(scheme)).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{scheme}");
        for name in ["date", "x-fapi-interaction-id"] {
            assert!(answer.headers().contains_key(name), "{name}");
        }
        assert_eq!(
            ask(scheme).send().await.unwrap().status(),
            401,
            "without its certificate"
        );
    }
    let in_query = fapi
        .bank
        .http
        .get(fapi.bank.at(&format!("/userinfo?access_token={token}")));
    assert!(shown(&fapi, in_query).send().await.unwrap().status().is_client_error());
}
