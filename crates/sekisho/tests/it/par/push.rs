//! A client pushes its request, and the browser brings the reference.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Answer, pkce};

use crate::{
    app::{CLI, POST_APP, WEB_APP, header, names, refused, text},
    bank::Bank,
    fapi::{FAPI1_ADVANCED, FAPI1_BASELINE, FAPI2_MESSAGE_SIGNING, FAPI2_SECURITY, Fapi, PUSHER, form, pushed},
    request::{Request, claims},
};

// Conformance: B98 PAR-01 PAR-04 F2-AZ-02 F2-AZ-09 fapi2-security-profile-final-happy-flow
// Conformance: F1A-AS-07
#[tokio::test]
async fn a_pushed_request_is_created_and_its_reference_is_good_for_a_minute() {
    let fapi = Fapi::start().await;
    let response = fapi.try_push(FAPI2_SECURITY, &pkce(), &json!({})).await;
    assert_eq!(response.status(), 201);
    assert_eq!(header(&response, "content-type"), "application/json");
    assert_eq!(header(&response, "cache-control"), "no-store");
    assert_eq!(header(&response, "access-control-allow-origin"), "*");
    let answer: Value = response.json().await.unwrap();
    assert_eq!(names(&answer), ["expires_in", "request_uri"]);
    assert_eq!(answer["expires_in"], 60);
    let reference = text(&answer, "request_uri").strip_prefix("urn:ietf:params:oauth:request_uri:");
    assert!(reference.is_some_and(|random| random.len() >= 43), "{answer}");
    let second = fapi.push(FAPI2_SECURITY, &json!({})).await;
    assert_ne!(second.request_uri, text(&answer, "request_uri"));
}

// Conformance: PAR-08 F2-AZ-01 F2-AZ-05 ISS-01 F1B-AS-02 fapi2-security-profile-final-par-without-duplicate-parameters
// Conformance: fapi1-advanced-final-par-without-duplicate-parameters
#[tokio::test]
async fn the_browser_brings_the_reference_and_the_client_gets_a_code() {
    let fapi = Fapi::start().await;
    for app in [FAPI2_SECURITY, FAPI1_BASELINE, PUSHER] {
        let request = fapi.push(app, &json!({})).await;
        let callback = fapi.walk(&request).await;
        assert!(callback.url.as_str().starts_with(&app.redirect_uri()));
        assert!(!callback.in_fragment);
        let names: Vec<_> = callback.parameters.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["code", "session_state", "state", "iss"]);
        assert_eq!(callback.get("state"), Some("the state"));
        assert_eq!(callback.get("iss"), Some(fapi.bank.issuer.as_str()));
    }
}

// Conformance: F1A-AS-04 F1A-AS-05 F2-AS-04 F2-AZ-13 F2-AS-13 SEED1-14 SEED1-15 SEED1-24 SEED2-08
// Conformance: fapi1-advanced-final fapi2-security-profile-final-happy-flow
// Conformance: BCP-09
#[tokio::test]
async fn the_code_of_a_pushed_request_becomes_tokens() {
    let fapi = Fapi::start().await;
    for app in [
        PUSHER,
        FAPI1_BASELINE,
        FAPI1_ADVANCED,
        FAPI2_SECURITY,
        FAPI2_MESSAGE_SIGNING,
    ] {
        let request = fapi.push(app, &json!({})).await;
        let tokens = fapi.tokens(&request).await;
        assert_eq!(tokens["scope"], "accounts:read openid", "{}", app.client_id);
        let id_token = claims(text(&tokens, "id_token"));
        assert_eq!(
            (&id_token["nonce"], &id_token["aud"]),
            (&json!("the nonce"), &json!(app.client_id))
        );
        // Another redirect URI of the client, with a query of its own.
        let other = format!("{}?dummy1=lorem&dummy2=ipsum", app.redirect_uri());
        let request = fapi.push(app, &json!({ "redirect_uri": other })).await;
        let callback = fapi.walk(&request).await;
        assert!(
            callback.url.as_str().starts_with(&format!("{other}&")),
            "{}",
            callback.url
        );
    }
}

// Conformance: B99 F1A-AS-07 PAR-01 SEED1-02
#[tokio::test]
async fn every_client_authenticates_as_at_the_token_endpoint() {
    let bank = Bank::start().await;
    for app in [WEB_APP, POST_APP, CLI] {
        let request = app.request("openid", &pkce());
        let request_uri = pushed(app.push(&bank, &request).await).await;
        let url = bank.authorize_url(&[("client_id", app.client_id), ("request_uri", &request_uri)]);
        let callback = bank.browser().authorize(&url, "alice", "alice-password").await;
        assert!(!callback.code().is_empty());
    }
    let wrong = [
        ("client_id", "post-app"),
        ("client_secret", "wrong"),
        ("response_type", "code"),
    ];
    refused(bank.post("/par", &wrong).await, "invalid_client").await;
    refused(bank.post("/par", &[("client_id", "web-app")]).await, "invalid_client").await;
    refused(bank.post("/par", &[("response_type", "code")]).await, "invalid_client").await;
}

// Conformance: B101 PAR-01 fapi2-security-profile-final-par-attempt-invalid-http-method
// Conformance: fapi1-advanced-final-par-attempt-invalid-http-method
#[tokio::test]
async fn it_is_posted_and_nothing_else() {
    let bank = Bank::start().await;
    for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH] {
        let response = bank
            .http
            .request(method.clone(), bank.url("/par"))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 405, "{method}");
        assert!(header(&response, "allow").contains("POST"));
    }
    let json = bank
        .http
        .post(bank.url("/par"))
        .json(&json!({"client_id": "cli"}))
        .send()
        .await
        .unwrap();
    refused(json, "invalid_request").await;
}

// Conformance: PAR-05
#[tokio::test]
async fn what_is_too_large_is_refused_with_413() {
    let bank = Bank::start().await;
    let long = "x".repeat(70_000);
    let response = WEB_APP.post(&bank, "/par", &[("state", &long)]).await;
    assert_eq!(response.status(), 413);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"], "invalid_request");
}

// Conformance: PAR-09 ISS-02
#[tokio::test]
async fn the_metadata_say_where_and_whether_all_must_be_pushed() {
    let bank = Bank::start().await;
    let metadata: Value = bank
        .http
        .get(bank.url("/.well-known/openid-configuration"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(metadata["pushed_authorization_request_endpoint"], bank.url("/par"));
    assert_eq!(metadata["require_pushed_authorization_requests"], false);
    assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
    let strict = "profile = \"fapi2-security\"\nprofiles = [\"fapi2-security\", \"fapi2-message-signing\"]";
    let bank = Bank::with_realm(move |issuer| {
        format!("issuer = \"{issuer}\"\ndisplay_name = \"Bank\"\nlocales = [\"en\"]\n{strict}\n")
    })
    .await;
    let response = bank.http.get(bank.url("/.well-known/oauth-authorization-server"));
    let metadata: Value = response.send().await.unwrap().json().await.unwrap();
    assert_eq!(metadata["require_pushed_authorization_requests"], true);
}

// Conformance: B107 F2-AZ-02 PAR-09 F1A-AS-02 fapi2-security-profile-final-ensure-unsigned-authorization-request-without-using-par-fails
#[tokio::test]
async fn who_must_push_gets_nothing_for_a_plain_request() {
    let fapi = Fapi::start().await;
    for app in [FAPI2_SECURITY, PUSHER] {
        let parameters = app.request(&pkce(), &json!({}));
        let url = fapi.bank.authorize_url(&form(&parameters));
        let callback = fapi.bank.browser().open(&url).await.callback();
        assert_eq!(callback.get("error"), Some("invalid_request"));
        assert_eq!(callback.get("iss"), Some(fapi.bank.issuer.as_str()));
        assert_eq!(callback.get("state"), Some("the state"));
    }
    // Others may, or may not.
    let mut request = Request::code("openid");
    request = request
        .with("client_id", "fapi1-reader")
        .with("redirect_uri", &FAPI1_BASELINE.redirect_uri());
    assert!(matches!(request.open(&fapi.bank, &fapi.bank.browser()).await, Answer::Page(page) if page.has("sign-in")));
}

// Conformance: PAR-10
#[tokio::test]
async fn what_changed_since_the_push_counts_when_the_request_is_answered() {
    let fapi = Fapi::start().await;
    let request = fapi.push(FAPI2_SECURITY, &json!({})).await;
    let browser = fapi.bank.browser();
    let page = fapi.open(&browser, &request).await.page();
    fapi.bank.disable_client("fapi2-app").await;
    let page = browser.sign_in(&page, "alice", "alice-password").await.page();
    assert_eq!(page.error_code().as_deref(), Some("unauthorized_client"));
}
