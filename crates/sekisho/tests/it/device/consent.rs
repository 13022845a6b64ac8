//! The question for the request of another device. RFC 8628 §3.3 and §5.4.

use serde_json::Value;

use super::{approve, enter, question};
use crate::{
    app::{KIOSK, TV, WEB_APP, bank_and, granted, refused, text},
    bank::Bank,
    request::{Request, assert_error_page, post, sign_in, signed_in},
};

#[tokio::test]
async fn the_user_sees_who_asks_for_what_and_compares_the_code() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let device = TV.device(&bank, "openid offline_access accounts:read").await;
    let page = question(&browser, &device).await;
    assert_eq!(page.text_of("shown-code").as_deref(), Some(text(&device, "user_code")));
    for said in [
        "Allow Bank on TV access?",
        "This is for another device",
        "Go on only if you started this yourself",
        "See your accounts",
        "at the longest 365 days",
        "Back to your device",
    ] {
        assert!(page.text().contains(said), "{said}: {}", page.text());
    }
    let japanese = bank.browser().speaking("ja");
    let page = question(&japanese, &device).await;
    assert!(page.text().contains("ご自分で操作を始めた場合だけ"), "{}", page.text());
}

#[tokio::test]
async fn what_is_left_out_is_not_granted() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let device = TV.device(&bank, "openid email accounts:read").await;
    let page = question(&browser, &device).await;
    let form = page.form_with("approve").untick("scope-email");
    let page = browser.submit(&form, Some("approve")).await.page();
    assert!(page.text().contains("Your device is connected"));
    assert_eq!(
        granted(TV.poll(&bank, &device).await).await["scope"],
        "accounts:read openid"
    );
}

#[tokio::test]
async fn nothing_ticked_is_no_answer() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let device = TV.device(&bank, "accounts:read").await;
    let page = question(&browser, &device).await;
    let form = page.form_with("approve").untick("scope-accounts:read");
    let page = browser.submit(&form, Some("approve")).await.page();
    assert!(page.text().contains("Tick at least one thing"), "{}", page.text());
    refused(TV.poll(&bank, &device).await, "authorization_pending").await;
}

#[tokio::test]
async fn the_user_is_asked_each_time_whatever_was_permitted_before_and_whoever_made_the_app() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    for app in [TV, TV, KIOSK, KIOSK] {
        let device = app.device(&bank, "openid accounts:read").await;
        approve(&browser, &device).await;
        granted(app.poll(&bank, &device).await).await;
    }
    let device = TV.device(&bank, "openid accounts:read").await;
    let page = question(&browser, &device).await;
    assert!(page.text().contains("Allowed before"));
}

#[tokio::test]
async fn who_refuses_sends_the_device_away() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let device = TV.device(&bank, "openid").await;
    let page = question(&browser, &device).await;
    let page = browser.deny(&page).await.page();
    assert!(page.text().contains("The device gets nothing"), "{}", page.text());
    refused(TV.poll(&bank, &device).await, "access_denied").await;
    assert!(!browser.open("/account").await.page().has("revoke-tv"));
}

#[tokio::test]
async fn an_answer_is_taken_once() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let device = TV.device(&bank, "openid").await;
    let page = question(&browser, &device).await;
    browser.deny(&page).await.page();
    for button in ["approve", "deny"] {
        let page = browser.press(&page, button).await.page();
        assert!(page.text().contains("no longer valid"), "{}", page.text());
    }
    refused(TV.poll(&bank, &device).await, "access_denied").await;
}

#[tokio::test]
async fn an_answer_that_comes_too_late_is_none() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let device = TV.device(&bank, "openid").await;
    let page = question(&browser, &device).await;
    bank.clock.advance(600);
    let page = browser.approve(&page).await.page();
    assert!(page.text().contains("no longer valid"), "{}", page.text());
    refused(TV.poll(&bank, &device).await, "expired_token").await;
}

#[tokio::test]
async fn nobody_answers_for_somebody_else_who_signed_in_since() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let device = TV.device(&bank, "openid").await;
    let page = question(&browser, &device).await;
    let request = Request::code("openid").with("prompt", "login");
    let elsewhere = request.open(&bank, &browser).await.page();
    sign_in(&browser, &elsewhere, "bob").await;
    let again = browser.approve(&page).await.page();
    assert!(
        again.has("approve") && again.text().contains("Signed in as Bob"),
        "{}",
        again.text()
    );
    refused(TV.poll(&bank, &device).await, "authorization_pending").await;
}

#[tokio::test]
async fn who_signed_out_meanwhile_signs_in_again() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let device = TV.device(&bank, "openid").await;
    let page = question(&browser, &device).await;
    bank.end_sessions("alice").await;
    let again = browser.approve(&page).await.page();
    assert!(again.has("sign-in"));
    refused(TV.poll(&bank, &device).await, "authorization_pending").await;
}

#[tokio::test]
async fn another_site_cannot_answer() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let device = TV.device(&bank, "openid").await;
    let page = question(&browser, &device).await;
    let request = post(&bank, &browser, &page.form_with("approve"), "approve").header("sec-fetch-site", "cross-site");
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 303);
    assert!(
        response.headers()["location"]
            .to_str()
            .unwrap()
            .starts_with("/device?user_code=")
    );
    refused(TV.poll(&bank, &device).await, "authorization_pending").await;
}

#[tokio::test]
async fn the_permission_is_at_the_account_page_before_the_device_polls_and_can_be_taken_back() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let device = TV.device(&bank, "openid accounts:read").await;
    approve(&browser, &device).await;
    let account = browser.open("/account").await.page();
    assert!(account.text().contains("Bank on TV"));
    browser.press(&account, "revoke-tv").await.page();
    refused(TV.poll(&bank, &device).await, "invalid_grant").await;
}

#[tokio::test]
async fn an_api_that_needs_more_assurance_is_not_permitted() {
    let vault = r#"
        [[api]]
        identifier = "https://vault.example.com"
        name = "Vault"
        acr = "loa3"
        scope = [{ name = "vault:open", description = { en = "Open the vault" } }]
        [[client]]
        client_id = "vault-tv"
        grant_types = ["urn:ietf:params:oauth:grant-type:device_code"]
        token_endpoint_auth_method = "none"
        scope = "vault:open"
    "#;
    let bank = Bank::with_realm(bank_and(vault)).await;
    let form = [("client_id", "vault-tv"), ("scope", "vault:open")];
    let device: Value = granted(bank.post("/device_authorization", &form).await).await;
    let browser = signed_in(&bank, "alice").await;
    let page = enter(&browser, text(&device, "user_code")).await;
    assert_error_page(&page, 403, "unmet_authentication_requirements");
}

#[tokio::test]
async fn a_grant_is_shared_with_the_code_flow_of_the_same_client() {
    let both = r#"
        [[client]]
        client_id = "both"
        client_secret = "both-secret"
        redirect_uris = ["https://both.example.com/callback"]
        grant_types = ["authorization_code", "urn:ietf:params:oauth:grant-type:device_code"]
        scope = "openid accounts:read"
    "#;
    let bank = Bank::with_realm(bank_and(both)).await;
    let app = crate::app::App {
        client_id: "both",
        redirect_uri: "https://both.example.com/callback",
        ..WEB_APP
    };
    let browser = bank.browser();
    let device = app.device(&bank, "openid accounts:read").await;
    approve(&browser, &device).await;
    app.code_in(&bank, &browser, "openid accounts:read", &[("prompt", "none")])
        .await;
}
