//! `login_hint`, `ui_locales` and the browser's language (OpenID Connect Core §3.1.2.1, RFC 9110 §12.5.4).

use testkit::Page;

use crate::{
    bank::Bank,
    request::{Request, assert_error_page, sign_in, signed_in},
};

fn is_in(page: &Page, language: &str) -> bool {
    page.html.contains(&format!("<html lang=\"{language}\">"))
}

// Conformance: B26 oidcc-login-hint
#[tokio::test]
async fn a_login_hint_is_filled_in() {
    let bank = Bank::start().await;
    let request = Request::code("openid").with("login_hint", "alice");
    let page = request.open(&bank, &bank.browser()).await.page();
    assert_eq!(page.form_with("username").value("username"), Some("alice"));
}

#[tokio::test]
async fn a_login_hint_is_text_and_not_markup() {
    let bank = Bank::start().await;
    let hint = "\"><script>alert(1)</script>";
    let page = Request::code("openid")
        .with("login_hint", hint)
        .open(&bank, &bank.browser())
        .await
        .page();
    assert_eq!(page.html.matches("<script").count(), 1, "its own");
    assert_eq!(page.form_with("username").value("username"), Some(hint));
}

#[tokio::test]
async fn without_a_preference_the_first_language_of_the_realm_is_spoken() {
    let bank = Bank::start().await;
    let page = Request::code("openid")
        .open(&bank, &bank.browser().speaking("fr"))
        .await
        .page();
    assert!(is_in(&page, "en"));
}

#[tokio::test]
async fn the_browsers_language_is_spoken_on_every_page() {
    let bank = Bank::start().await;
    let browser = bank.browser().speaking("ja-JP,ja;q=0.9,en;q=0.8");
    let page = Request::code("openid accounts:read").open(&bank, &browser).await.page();
    assert!(is_in(&page, "ja") && page.has("sign-in"));
    let page = sign_in(&browser, &page, "alice").await;
    assert!(
        is_in(&page, "ja") && page.text().contains("口座を参照する"),
        "{}",
        page.text()
    );
    let page = browser.open("/account").await.page();
    assert!(is_in(&page, "ja"));
    let page = browser.open("/authorize").await.page();
    assert_error_page(&page, 400, "invalid_request");
    assert!(is_in(&page, "ja"));
}

#[tokio::test]
async fn ui_locales_win_over_the_browsers_language() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let page = Request::code("openid")
        .with("ui_locales", "se ja en")
        .open(&bank, &browser)
        .await
        .page();
    assert!(is_in(&page, "ja"));
    let page = sign_in(&browser, &page, "alice").await;
    assert!(is_in(&page, "ja") && page.has("approve"));
}

// Conformance: B26 oidcc-ui-locales OP-05
#[tokio::test]
async fn ui_locales_that_are_not_spoken_are_no_error() {
    let bank = Bank::start().await;
    let page = Request::code("openid")
        .with("ui_locales", "se")
        .open(&bank, &bank.browser())
        .await
        .page();
    assert!(is_in(&page, "en") && page.has("sign-in"));
}

#[tokio::test]
async fn a_wrong_password_is_told_in_the_language_of_the_request() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let page = Request::code("openid")
        .with("ui_locales", "ja")
        .open(&bank, &browser)
        .await
        .page();
    let page = browser.sign_in(&page, "alice", "wrong").await.page();
    assert!(is_in(&page, "ja") && page.status == 401);
}

#[tokio::test]
async fn the_user_can_change_the_language_of_a_page() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let page = Request::code("openid").open(&bank, &browser).await.page();
    let other = page
        .url
        .join(&format!("?{}&ui_locales=ja", page.url.query().unwrap()))
        .unwrap();
    let page = browser.open(other.as_str()).await.page();
    assert!(is_in(&page, "ja"));
    assert!(sign_in(&browser, &page, "alice").await.has("approve"));
}

// Conformance: B26 oidcc-display-page oidcc-display-popup OP-05
#[tokio::test]
async fn a_display_is_accepted_and_a_pop_up_window_has_pages_that_fit() {
    let bank = Bank::start().await;
    for (display, is_popup) in [
        ("page", false),
        ("popup", true),
        ("touch", false),
        ("wap", false),
        ("hologram", false),
    ] {
        let browser = bank.browser();
        let request = Request::code("openid")
            .with("display", display)
            .with("prompt", "consent");
        let page = request.open(&bank, &browser).await.page();
        let fits = |page: &Page| page.html.contains("<body class=\"narrow popup\">");
        assert_eq!(fits(&page), is_popup, "{display}");
        let wrong = browser.sign_in(&page, "alice", "wrong").await.page();
        assert_eq!(fits(&wrong), is_popup, "{display}");
        let page = sign_in(&browser, &wrong, "alice").await;
        assert_eq!(page.html.contains(" popup\">"), is_popup, "{display}");
        assert!(
            browser.approve(&page).await.callback().get("code").is_some(),
            "{display}"
        );
    }
}

// Conformance: B8
#[tokio::test]
async fn metadata_lists_the_displays_that_make_a_difference() {
    let bank = Bank::start().await;
    let response = bank
        .http
        .get(bank.url("/.well-known/openid-configuration"))
        .send()
        .await;
    let metadata: serde_json::Value = response.unwrap().json().await.unwrap();
    assert_eq!(
        metadata["display_values_supported"],
        serde_json::json!(["page", "popup"])
    );
}

#[tokio::test]
async fn a_login_hint_is_filled_in_where_the_password_is_asked_for_again() {
    let bank = Bank::start().await;
    let browser = signed_in(&bank, "alice").await;
    let request = Request::code("openid")
        .with("prompt", "login")
        .with("login_hint", "alice");
    let page = request.open(&bank, &browser).await.page();
    assert_eq!(page.form_with("password").value("username"), Some("alice"));
}
