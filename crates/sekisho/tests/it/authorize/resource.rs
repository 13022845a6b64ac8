//! `resource` (RFC 8707 §2): for which API a token is.

use serde_json::json;

use crate::{
    bank::Bank,
    request::{BANK_API, REPORTS_API, Request, claims, text},
};

#[tokio::test]
async fn scopes_of_two_apis_without_a_resource_are_an_invalid_target() {
    let bank = Bank::start().await;
    let request = Request::code("accounts:read reports:read");
    assert_eq!(request.error(&bank).await, "invalid_target");
}

#[tokio::test]
async fn a_resource_says_which_of_two_apis_a_token_is_for() {
    let bank = Bank::start().await;
    let request = Request::code("accounts:read reports:read").with("resource", REPORTS_API);
    let callback = request.walk(&bank, &bank.browser(), "alice").await;
    let response = request.redeem(&bank, &callback).await;
    let token = claims(text(&response, "access_token"));
    assert_eq!(
        (&token["aud"], &token["scope"]),
        (&json!(REPORTS_API), &json!("reports:read"))
    );
}

#[tokio::test]
async fn a_token_may_be_for_two_apis_that_are_both_named() {
    let bank = Bank::start().await;
    let request = Request::code("accounts:read reports:read")
        .with("resource", BANK_API)
        .also("resource", REPORTS_API);
    let callback = request.walk(&bank, &bank.browser(), "alice").await;
    let response = request.redeem(&bank, &callback).await;
    let introspected = bank.introspect(text(&response, "access_token")).await;
    assert_eq!(introspected["aud"], json!([BANK_API, REPORTS_API]));
}

#[tokio::test]
async fn a_resource_that_is_unknown_or_no_absolute_uri_is_an_invalid_target() {
    let bank = Bank::start().await;
    for bad in [
        "https://other.example.com",
        "https://api.example.com/",
        "https://API.example.com",
        "https://api.example.com#f",
        "/accounts",
        "api",
        "é",
    ] {
        assert_eq!(
            Request::code("accounts:read").with("resource", bad).error(&bank).await,
            "invalid_target",
            "{bad}"
        );
    }
    let one_is_wrong = Request::code("accounts:read")
        .with("resource", BANK_API)
        .also("resource", "https://x.example");
    assert_eq!(one_is_wrong.error(&bank).await, "invalid_target");
}

#[tokio::test]
async fn without_a_resource_the_scope_tells_the_api_and_openid_adds_the_issuer() {
    let bank = Bank::start().await;
    let response = bank.tokens("openid accounts:read").await;
    let introspected = bank.introspect(text(&response, "access_token")).await;
    assert_eq!(introspected["aud"], json!([BANK_API, bank.issuer]));
}
