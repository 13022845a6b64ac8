//! Who asks (RFC 6749 §4.1.2.1: nobody is redirected while that is unknown).

use sekisho::administration::Action;

use crate::{
    bank::Bank,
    request::{Request, WEB, administer, assert_error_page, page},
};

async fn refused(bank: &Bank, request: &Request, code: &str) {
    let response = bank.http.get(request.url(bank)).send().await.unwrap();
    assert_error_page(&page(response).await, 400, code);
}

// Conformance: B15 B39 F2-AS-06 BCP-02
#[tokio::test]
async fn an_unknown_client_gets_an_error_page() {
    let bank = Bank::start().await;
    for unknown in ["nobody", "WEB-APP", "web-app ", "web-app\n"] {
        refused(
            &bank,
            &Request::code("openid").with("client_id", unknown),
            "unauthorized_client",
        )
        .await;
    }
}

#[tokio::test]
async fn a_request_without_a_client_gets_an_error_page() {
    let bank = Bank::start().await;
    refused(&bank, &Request::code("openid").without("client_id"), "invalid_request").await;
    refused(&bank, &Request::code("openid").with("client_id", ""), "invalid_request").await;
    let response = bank.http.get(bank.url("/authorize")).send().await.unwrap();
    assert_error_page(&page(response).await, 400, "invalid_request");
}

#[tokio::test]
async fn a_client_that_is_named_twice_gets_an_error_page() {
    let bank = Bank::start().await;
    refused(
        &bank,
        &Request::code("openid").also("client_id", "web-app"),
        "invalid_request",
    )
    .await;
    refused(
        &bank,
        &Request::code("openid").also("client_id", "cli"),
        "invalid_request",
    )
    .await;
}

#[tokio::test]
async fn a_disabled_client_gets_an_error_page_at_once() {
    let bank = Bank::start().await;
    let request = Request::code("openid");
    assert!(request.open(&bank, &bank.browser()).await.page().has("sign-in"));
    administer(
        &bank,
        Action::ClientSetEnabled {
            client_id: "web-app".into(),
            enabled: false,
        },
    )
    .await;
    refused(&bank, &request, "unauthorized_client").await;
}

#[tokio::test]
async fn a_client_that_is_disabled_during_a_sign_in_gets_nothing() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let page = Request::code("openid").open(&bank, &browser).await.page();
    administer(
        &bank,
        Action::ClientSetEnabled {
            client_id: "web-app".into(),
            enabled: false,
        },
    )
    .await;
    let answer = browser.sign_in(&page, "alice", "alice-password").await.page();
    assert_error_page(&answer, 400, "unauthorized_client");
}

#[tokio::test]
async fn a_client_without_redirect_uris_cannot_ask() {
    let bank = Bank::start().await;
    let request = Request::code("accounts:read").with("client_id", "robot");
    refused(&bank, &request.clone().with("redirect_uri", WEB), "invalid_request").await;
    refused(&bank, &request.without("redirect_uri"), "invalid_request").await;
}

#[tokio::test]
async fn the_name_of_an_unknown_client_is_shown_as_text() {
    let bank = Bank::start().await;
    let request = Request::code("openid").with("client_id", "<script>alert(1)</script>");
    let response = bank.http.get(request.url(&bank)).send().await.unwrap();
    assert!(!response.text().await.unwrap().contains("<script"));
}
