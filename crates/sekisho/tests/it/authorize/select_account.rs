//! `prompt=select_account` (OpenID Connect Core §3.1.2.1): the user says who goes on to the app.

use testkit::{Browser, Page};

use crate::{
    bank::Bank,
    request::{Request, claims, error, sign_in, signed_in, text},
};

fn request() -> Request {
    Request::code("openid").with("prompt", "select_account")
}

/// The page on which alice, who is signed in, is asked.
async fn asked(bank: &Bank) -> (Browser, Page) {
    let browser = signed_in(bank, "alice").await;
    let page = request().open(bank, &browser).await.page();
    assert!(page.has("continue") && page.has("another-account") && !page.has("password"));
    (browser, page)
}

// Conformance: OP-03
#[tokio::test]
async fn who_is_signed_in_goes_on_without_a_password() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let first = Request::code("openid");
    let callback = first.walk(&bank, &browser, "alice").await;
    let before = claims(text(&first.redeem(&bank, &callback).await, "id_token"));
    bank.clock.advance(60);

    let request = request();
    let page = request.open(&bank, &browser).await.page();
    assert!(
        page.text().contains("signed in as Alice Example ( alice )"),
        "{}",
        page.text()
    );
    let callback = browser.press(&page, "continue").await.callback();
    let after = claims(text(&request.redeem(&bank, &callback).await, "id_token"));
    assert_eq!(
        (&before["sub"], &before["auth_time"]),
        (&after["sub"], &after["auth_time"])
    );
}

#[tokio::test]
async fn somebody_else_signs_in_and_the_first_is_signed_out_as_the_page_said() {
    let bank = Bank::start().await;
    let (browser, page) = asked(&bank).await;
    assert!(
        page.text().contains("Alice Example is signed out here"),
        "{}",
        page.text()
    );
    let page = browser.press(&page, "another-account").await.page();
    assert!(page.has("sign-in"));
    let page = sign_in(&browser, &page, "bob").await;
    assert!(
        page.has("approve") && page.text().contains("Signed in as Bob"),
        "{}",
        page.text()
    );
    assert!(browser.approve(&page).await.callback().get("code").is_some());
    assert!(
        browser
            .open("/account")
            .await
            .page()
            .text()
            .contains("Signed in as Bob")
    );
}

#[tokio::test]
async fn without_a_session_the_user_signs_in_and_is_not_asked_again() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let page = request().open(&bank, &browser).await.page();
    assert!(page.has("sign-in") && !page.has("continue"));
    assert!(sign_in(&browser, &page, "alice").await.has("approve"));
}

#[tokio::test]
async fn the_choice_counts_for_one_request_alone() {
    let bank = Bank::start().await;
    let (browser, page) = asked(&bank).await;
    let page = browser.press(&page, "continue").await.page();
    browser.approve(&page).await.callback();
    assert!(request().open(&bank, &browser).await.page().has("continue"));
}

#[tokio::test]
async fn the_choice_cannot_be_skipped_by_going_on_to_the_consent_page() {
    let bank = Bank::start().await;
    let (browser, page) = asked(&bank).await;
    let flow = page.url.query().unwrap();
    let page = browser.open(&format!("/consent?{flow}")).await.page();
    assert!(page.has("continue") && !page.has("approve"));
}

#[tokio::test]
async fn nobody_chooses_for_somebody_else_who_signed_in_since() {
    let bank = Bank::start().await;
    let (browser, page) = asked(&bank).await;
    // In another tab.
    let login = Request::code("openid").with("prompt", "login");
    let tab = login.open(&bank, &browser).await.page();
    sign_in(&browser, &tab, "bob").await;
    let page = browser.press(&page, "continue").await.page();
    assert!(
        page.has("continue") && page.text().contains("( bob )"),
        "{}",
        page.text()
    );
    assert!(
        page.text().contains("somebody else has signed in since"),
        "{}",
        page.text()
    );
}

#[tokio::test]
async fn a_form_without_its_secret_chooses_nothing() {
    let bank = Bank::start().await;
    let (browser, page) = asked(&bank).await;
    let form = page.form_with("continue").tamper("csrf", "x");
    let page = browser.submit(&form, Some("continue")).await.page();
    assert!(page.has("continue"), "{}", page.text());
}

#[tokio::test]
async fn a_sign_in_that_is_too_old_is_done_again_instead() {
    let bank = Bank::start().await;
    let browser = signed_in(&bank, "alice").await;
    bank.clock.advance(61);
    let page = request().with("max_age", "60").open(&bank, &browser).await.page();
    assert!(page.has("sign-in"));
    let page = request()
        .with("prompt", "login select_account")
        .open(&bank, &browser)
        .await
        .page();
    assert!(page.has("sign-in"));
}

#[tokio::test]
async fn it_speaks_japanese_and_needs_no_page_that_is_not_allowed() {
    let bank = Bank::start().await;
    let browser = signed_in(&bank, "alice").await;
    let page = request().with("ui_locales", "ja").open(&bank, &browser).await.page();
    assert!(page.text().contains("Alice Example として続ける"), "{}", page.text());
    let silent = request().with("prompt", "none select_account");
    assert_eq!(error(&silent.open(&bank, &browser).await.callback()), "invalid_request");
}
