//! `response_mode=form_post` (Form Post Response Mode §2).

use testkit::Page;

use crate::{
    bank::Bank,
    request::{JS, Request, WEB, error, signed_in},
};

fn policy(page: &Page) -> &str {
    page.headers["content-security-policy"].to_str().unwrap()
}

// Conformance: A2.2-form-post B41
#[tokio::test]
async fn a_code_is_posted_to_the_redirect_uri() {
    let bank = Bank::start().await;
    let browser = signed_in(&bank, "alice").await;
    let request = Request::code("openid").with("response_mode", "form_post");
    let page = request.open(&bank, &browser).await.page();
    let page = browser.approve(&page).await.page();
    let form = page.form_with("continue");
    assert!(form.post && form.action.as_str() == WEB);
    assert!(
        page.url.query().is_none_or(|query| !query.contains("code")),
        "{}",
        page.url
    );

    let callback = browser.submit(&form, None).await.callback();
    assert_eq!(
        (callback.get("state"), callback.get("iss")),
        (Some("the state"), Some(bank.issuer.as_str()))
    );
    assert!(request.redeem(&bank, &callback).await["id_token"].is_string());
}

#[tokio::test]
async fn a_script_sends_the_form_and_a_button_does_it_without() {
    let bank = Bank::start().await;
    let request = Request::code("openid")
        .with("response_mode", "form_post")
        .with("prompt", "none");
    let page = request.open(&bank, &bank.browser()).await.page();
    assert!(page.has("continue") && page.html.contains("<script src="));
    assert!(policy(&page).contains("script-src 'self'") && !policy(&page).contains("unsafe"));
    assert!(policy(&page).contains("form-action https:"));
}

// Conformance: A2.2-form-post B38 B41
#[tokio::test]
async fn errors_are_posted_too() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    for request in [
        Request::code("openid").with("prompt", "none"),
        Request::code("openid").without("code_challenge"),
    ] {
        let page = request
            .with("response_mode", "form_post")
            .open(&bank, &browser)
            .await
            .page();
        assert!(page.headers.contains_key("sekisho-explain"));
        let callback = browser.submit(&page.form_with("continue"), None).await.callback();
        assert!(["login_required", "invalid_request"].contains(&error(&callback)));
        assert_eq!((callback.url.as_str(), callback.get("state")), (WEB, Some("the state")));
    }
}

// Conformance: A2.2-form-post B41 BCP-25
#[tokio::test]
async fn tokens_are_posted_and_not_in_the_url() {
    let bank = Bank::start().await;
    let browser = signed_in(&bank, "alice").await;
    let request = Request::implicit("id_token token", "openid").with("response_mode", "form_post");
    let page = request.open(&bank, &browser).await.page();
    let page = browser.approve(&page).await.page();
    let callback = browser.submit(&page.form_with("continue"), None).await.callback();
    assert_eq!((callback.url.as_str(), callback.in_fragment), (JS, false));
    assert!(callback.get("id_token").is_some() && callback.get("access_token").is_some());
}

#[tokio::test]
async fn a_state_is_posted_unchanged() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let state = "\"><script>alert(1)</script>é & '";
    let request = Request::code("openid")
        .with("response_mode", "form_post")
        .with("prompt", "none");
    let page = request.with("state", state).open(&bank, &browser).await.page();
    assert!(!page.html.contains("<script>alert"));
    let callback = browser.submit(&page.form_with("continue"), None).await.callback();
    assert_eq!(callback.get("state"), Some(state));
}
