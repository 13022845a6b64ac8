//! What the consent page says.

use testkit::Page;

use crate::{
    bank::Bank,
    request::{Request, signed_in},
};

async fn asked(bank: &Bank, request: &Request) -> Page {
    let browser = signed_in(bank, "alice").await;
    request.open(bank, &browser).await.page()
}

// Conformance: F2-AZ-10
#[tokio::test]
async fn it_says_who_asks_whom_for_what_and_where_the_user_goes_next() {
    let bank = Bank::start().await;
    let page = asked(&bank, &Request::code("openid email accounts:read")).await;
    let text = page.text();
    for said in [
        "Allow Web App access?",
        "Signed in as Alice",
        "Know who you are",
        "See your email address",
        "See your accounts at Sekisho Bank API",
        "https://api.example.com",
        "Back to app.example.com",
    ] {
        assert!(text.contains(said), "{said} is not in: {text}");
    }
}

#[tokio::test]
async fn each_scope_has_a_box_that_is_ticked_at_first() {
    let bank = Bank::start().await;
    let page = asked(&bank, &Request::code("openid email accounts:read payments:write")).await;
    let form = page.form_with("approve");
    for scope in [
        "scope-openid",
        "scope-email",
        "scope-accounts:read",
        "scope-payments:write",
    ] {
        assert!(form.is_ticked(scope), "{scope}");
    }
    assert!(!page.has("scope-profile") && page.has("deny"));
}

#[tokio::test]
async fn openid_cannot_be_unticked() {
    let bank = Bank::start().await;
    let page = asked(&bank, &Request::code("openid email")).await;
    assert!(page.html.contains("id=\"scope-openid\" checked disabled"));
    assert!(page.text().contains("Always included"));
}

// Conformance: B34 SEED1-17
#[tokio::test]
async fn offline_access_says_that_it_lasts() {
    let bank = Bank::start().await;
    let page = asked(&bank, &Request::code("openid offline_access accounts:read")).await;
    assert!(page.text().contains("Keep access while you are away"));
    assert!(
        page.text()
            .contains("Also while you are away: until you take it back at the longest 365 days")
    );
}

#[tokio::test]
async fn a_refresh_token_without_openid_is_told_too() {
    let bank = Bank::start().await;
    let page = asked(&bank, &Request::code("accounts:read")).await;
    assert!(page.text().contains("at the longest 365 days"));
}

// Conformance: SEED1-17
#[tokio::test]
async fn without_offline_access_it_lasts_as_long_as_the_sign_in() {
    let bank = Bank::start().await;
    let page = asked(&bank, &Request::code("openid accounts:read")).await;
    assert!(page.text().contains("Until this sign-in ends") && !page.text().contains("while you are away"));
}

#[tokio::test]
async fn an_app_on_the_device_is_told_apart_from_one_on_the_web() {
    let bank = Bank::start().await;
    let page = asked(&bank, &Request::native("openid")).await;
    assert!(page.text().contains("Command Line") && page.text().contains("Back to 127.0.0.1:49152"));
}

#[tokio::test]
async fn it_works_without_scripts() {
    let bank = Bank::start().await;
    let page = asked(&bank, &Request::code("openid")).await;
    let form = page.form_with("approve");
    assert!(form.post && !page.html.contains("<script"));
}
