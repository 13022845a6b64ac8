//! What the user answers (RFC 6749 §3.3: less than was asked for is fine, more is not).

use serde_json::json;
use testkit::{Browser, Page};

use crate::{
    bank::Bank,
    request::{Request, assert_error_page, error, sign_in, signed_in, text},
};

async fn asked(bank: &Bank, request: &Request) -> (Browser, Page) {
    let browser = signed_in(bank, "alice").await;
    let page = request.open(bank, &browser).await.page();
    (browser, page)
}

#[tokio::test]
async fn what_was_unticked_is_not_in_the_token() {
    let bank = Bank::start().await;
    let request = Request::code("openid email accounts:read payments:write");
    let (browser, page) = asked(&bank, &request).await;
    let form = page
        .form_with("approve")
        .untick("scope-payments:write")
        .untick("scope-email");
    let callback = browser.submit(&form, Some("approve")).await.callback();
    let response = request.redeem(&bank, &callback).await;
    assert_eq!(text(&response, "scope"), "accounts:read openid");
    assert_eq!(
        bank.introspect(text(&response, "access_token")).await["scope"],
        "accounts:read openid"
    );
}

#[tokio::test]
async fn what_was_unticked_is_not_in_the_grant() {
    let bank = Bank::start().await;
    let request = Request::code("openid accounts:read payments:write");
    let (browser, page) = asked(&bank, &request).await;
    let form = page.form_with("approve").untick("scope-payments:write");
    browser.submit(&form, Some("approve")).await.callback();
    let account = browser.open("/account").await.page();
    assert!(account.text().contains("See your accounts") && !account.text().contains("Pay from your accounts"));
    assert!(
        request.open(&bank, &browser).await.page().has("scope-payments:write"),
        "it is asked for again"
    );
    let without = Request::code("openid accounts:read");
    assert!(without.open(&bank, &browser).await.callback().get("code").is_some());
}

// Conformance: B34
#[tokio::test]
async fn without_offline_access_there_is_no_refresh_token() {
    let bank = Bank::start().await;
    let request = Request::code("openid offline_access accounts:read");
    let (browser, page) = asked(&bank, &request).await;
    let form = page.form_with("approve").untick("scope-offline_access");
    let callback = browser.submit(&form, Some("approve")).await.callback();
    let response = request.redeem(&bank, &callback).await;
    assert_eq!(response["refresh_token"], json!(null));
    let page = request.open(&bank, &browser).await.page();
    let callback = browser.approve(&page).await.callback();
    assert!(request.redeem(&bank, &callback).await["refresh_token"].is_string());
}

#[tokio::test]
async fn openid_is_granted_even_when_the_form_leaves_it_out() {
    let bank = Bank::start().await;
    let request = Request::code("openid email");
    let (browser, page) = asked(&bank, &request).await;
    let form = page.form_with("approve").tamper("scope", "email");
    let callback = browser.submit(&form, Some("approve")).await.callback();
    let response = request.redeem(&bank, &callback).await;
    assert_eq!(text(&response, "scope"), "email openid");
    assert!(response["id_token"].is_string());
}

#[tokio::test]
async fn a_form_cannot_add_what_was_not_asked_for() {
    let bank = Bank::start().await;
    let request = Request::code("openid email");
    let (browser, page) = asked(&bank, &request).await;
    let form = page.form_with("approve").tamper("scope", "payments:write");
    let callback = browser.submit(&form, Some("approve")).await.callback();
    assert_eq!(text(&request.redeem(&bank, &callback).await, "scope"), "openid");
}

#[tokio::test]
async fn nothing_ticked_is_asked_again_with_what_to_do() {
    let bank = Bank::start().await;
    let request = Request::code("accounts:read");
    let (browser, page) = asked(&bank, &request).await;
    let form = page.form_with("approve").untick("scope-accounts:read");
    let page = browser.submit(&form, Some("approve")).await.page();
    assert!(page.html.contains("role=\"alert\"") && page.text().contains("Tick at least one thing"));
    assert!(browser.approve(&page).await.callback().get("code").is_some());
}

// Conformance: B37
#[tokio::test]
async fn a_refusal_goes_back_to_the_client() {
    let bank = Bank::start().await;
    let (browser, page) = asked(&bank, &Request::code("openid email")).await;
    let callback = browser.deny(&page).await.callback();
    assert_eq!((error(&callback), callback.get("code")), ("access_denied", None));
    assert_eq!(
        (callback.get("state"), callback.get("iss")),
        (Some("the state"), Some(bank.issuer.as_str()))
    );
    assert!(
        !browser.open("/account").await.page().has("revoke-web-app"),
        "nothing is permitted"
    );
}

// Conformance: F1A-SEC-01
#[tokio::test]
async fn a_refusal_is_not_remembered() {
    let bank = Bank::start().await;
    let request = Request::code("openid");
    let (browser, page) = asked(&bank, &request).await;
    browser.deny(&page).await.callback();
    assert!(request.open(&bank, &browser).await.page().has("approve"));
}

#[tokio::test]
async fn a_form_without_a_decision_permits_nothing() {
    let bank = Bank::start().await;
    let (browser, page) = asked(&bank, &Request::code("openid")).await;
    let form = page.form_with("approve");
    assert_eq!(error(&browser.submit(&form, None).await.callback()), "access_denied");
}

#[tokio::test]
async fn nobody_answers_for_somebody_else_who_signed_in_since() {
    let bank = Bank::start().await;
    let (browser, alices) = asked(&bank, &Request::code("openid email")).await;
    let other_tab = Request::code("openid")
        .with("prompt", "login")
        .open(&bank, &browser)
        .await
        .page();
    sign_in(&browser, &other_tab, "bob").await;
    let page = browser.approve(&alices).await.page();
    assert!(
        page.has("approve") && page.text().contains("Signed in as Bob"),
        "{}",
        page.text()
    );
    assert!(page.html.contains("role=\"alert\""));
    assert!(!browser.open("/account").await.page().has("revoke-web-app"));
    assert!(browser.approve(&page).await.callback().get("code").is_some());
}

#[tokio::test]
async fn a_session_that_ended_meanwhile_permits_nothing() {
    let bank = Bank::start().await;
    let (browser, page) = asked(&bank, &Request::code("openid")).await;
    let account = browser.open("/account").await.page();
    browser.press(&account, "sign-out").await.page();
    assert!(browser.approve(&page).await.page().has("sign-in"));
}

#[tokio::test]
async fn a_redirect_uri_that_was_removed_meanwhile_gets_no_code() {
    let bank = Bank::start().await;
    let (browser, page) = asked(&bank, &Request::code("openid")).await;
    let realm =
        testkit::realm::bank(&bank.issuer).replace("https://app.example.com/callback", "https://new.example/cb");
    let file = sekisho::config::from_text("bank.toml".as_ref(), &realm).unwrap();
    crate::request::administer(&bank, sekisho::administration::Action::Apply { files: vec![file] }).await;
    assert_error_page(&browser.approve(&page).await.page(), 400, "invalid_request");
}
