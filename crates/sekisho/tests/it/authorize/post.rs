//! `POST /authorize` (OpenID Connect Core §3.1.2.1: both methods must be supported).

use reqwest::Response;

use crate::{
    bank::Bank,
    request::{Request, WEB, assert_error_page, page, signed_in, with_cookies},
};

async fn post(bank: &Bank, request: &Request) -> Response {
    bank.http
        .post(bank.url("/authorize"))
        .form(&request.parameters())
        .send()
        .await
        .unwrap()
}

fn location(response: &Response) -> &str {
    response.headers()["location"].to_str().unwrap()
}

// Conformance: B10 oidcc-ensure-post-request-succeeds OP-07
#[tokio::test]
async fn a_posted_request_goes_on_as_a_get() {
    let bank = Bank::start().await;
    let request = Request::code("openid").with("state", "a+b&c=d é");
    let response = post(&bank, &request).await;
    assert_eq!(response.status(), 303);
    assert!(location(&response).starts_with("/authorize?"));
    let callback = bank
        .browser()
        .authorize(&bank.url(location(&response)), "alice", "alice-password")
        .await;
    assert_eq!(callback.get("state"), Some("a+b&c=d é"));
    assert!(request.redeem(&bank, &callback).await["id_token"].is_string());
}

#[tokio::test]
async fn a_form_of_another_site_is_welcome_here() {
    let bank = Bank::start().await;
    let browser = signed_in(&bank, "alice").await;
    let response = bank
        .http
        .post(bank.url("/authorize"))
        .header("origin", "https://app.example.com")
        .header("sec-fetch-site", "cross-site")
        .form(&Request::code("openid").parameters())
        .send()
        .await
        .unwrap();
    let get = bank.http.get(bank.url(location(&response)));
    let response = with_cookies(get, &browser).send().await.unwrap();
    assert!(
        location(&response).starts_with("/consent?flow="),
        "the session counts after the redirect"
    );
}

#[tokio::test]
async fn a_posted_request_cannot_hide_a_repeated_parameter() {
    let bank = Bank::start().await;
    let response = post(&bank, &Request::code("openid").also("scope", "email")).await;
    let response = bank.http.get(bank.url(location(&response))).send().await.unwrap();
    assert!(location(&response).starts_with(&format!("{WEB}?error=invalid_request")));
    let response = post(&bank, &Request::code("openid").also("client_id", "cli")).await;
    let response = bank.http.get(bank.url(location(&response))).send().await.unwrap();
    assert_error_page(&page(response).await, 400, "invalid_request");
}

#[tokio::test]
async fn an_empty_form_gets_an_error_page() {
    let bank = Bank::start().await;
    let response = bank.http.post(bank.url("/authorize")).send().await.unwrap();
    let response = bank.http.get(bank.url(location(&response))).send().await.unwrap();
    assert_error_page(&page(response).await, 400, "invalid_request");
}
