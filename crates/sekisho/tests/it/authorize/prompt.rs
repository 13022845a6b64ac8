//! `prompt` (OpenID Connect Core §3.1.2.1).

use crate::{
    bank::Bank,
    request::{Request, claims, error, sign_in, signed_in, text},
};

// Conformance: B30 oidcc-prompt-none-not-logged-in SEED1-21 OP-03 OP-04
#[tokio::test]
async fn none_without_a_session_is_login_required() {
    let bank = Bank::start().await;
    assert_eq!(
        Request::code("openid").with("prompt", "none").error(&bank).await,
        "login_required"
    );
}

#[tokio::test]
async fn none_after_the_session_expired_is_login_required() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    Request::code("openid").walk(&bank, &browser, "alice").await;
    bank.clock.advance(12 * 3600);
    let callback = Request::code("openid")
        .with("prompt", "none")
        .open(&bank, &browser)
        .await
        .callback();
    assert_eq!(error(&callback), "login_required");
}

// Conformance: OP-04
#[tokio::test]
async fn none_without_permission_is_consent_required() {
    let bank = Bank::start().await;
    let browser = signed_in(&bank, "alice").await;
    let callback = Request::code("openid")
        .with("prompt", "none")
        .open(&bank, &browser)
        .await
        .callback();
    assert_eq!(error(&callback), "consent_required");
}

#[tokio::test]
async fn none_for_more_than_was_permitted_is_consent_required() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    Request::code("openid").walk(&bank, &browser, "alice").await;
    let callback = Request::code("openid email")
        .with("prompt", "none")
        .open(&bank, &browser)
        .await
        .callback();
    assert_eq!(error(&callback), "consent_required");
}

// Conformance: NAT-06 BCP-03
#[tokio::test]
async fn none_for_a_native_app_is_always_consent_required() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    Request::native("openid").walk(&bank, &browser, "alice").await;
    let callback = Request::native("openid")
        .with("prompt", "none")
        .open(&bank, &browser)
        .await
        .callback();
    assert_eq!(error(&callback), "consent_required");
}

// Conformance: B31 oidcc-prompt-none-logged-in OP-03
#[tokio::test]
async fn none_gives_a_code_without_a_page_when_everything_was_permitted_before() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let first = Request::code("openid email");
    let callback = first.walk(&bank, &browser, "alice").await;
    let before = first.redeem(&bank, &callback).await;
    bank.clock.advance(60);

    let silent = Request::code("openid email").with("prompt", "none");
    let callback = silent.open(&bank, &browser).await.callback();
    let after = silent.redeem(&bank, &callback).await;
    let (before, after) = (claims(text(&before, "id_token")), claims(text(&after, "id_token")));
    assert_eq!(
        (&before["sub"], &before["auth_time"]),
        (&after["sub"], &after["auth_time"])
    );
    assert_eq!(before["sid"], after["sid"]);
}

// Conformance: B33 OP-03
#[tokio::test]
async fn none_with_anything_else_is_an_invalid_request() {
    let bank = Bank::start().await;
    for prompt in ["none login", "login none", "none consent", "none select_account"] {
        assert_eq!(
            Request::code("openid").with("prompt", prompt).error(&bank).await,
            "invalid_request",
            "{prompt}"
        );
    }
}

#[tokio::test]
async fn a_prompt_that_is_not_supported_is_an_invalid_request() {
    let bank = Bank::start().await;
    for prompt in ["create", "Login", "loginx"] {
        assert_eq!(
            Request::code("openid").with("prompt", prompt).error(&bank).await,
            "invalid_request",
            "{prompt}"
        );
    }
}

// Conformance: B29 oidcc-prompt-login SEED1-21 OP-03
#[tokio::test]
async fn login_asks_for_the_password_again_and_renews_auth_time() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let first = Request::code("openid");
    let callback = first.walk(&bank, &browser, "alice").await;
    let before = claims(text(&first.redeem(&bank, &callback).await, "id_token"));
    bank.clock.advance(1);

    let again = Request::code("openid").with("prompt", "login");
    let page = again.open(&bank, &browser).await.page();
    let callback = browser.sign_in(&page, "alice", "alice-password").await.callback();
    let after = claims(text(&again.redeem(&bank, &callback).await, "id_token"));
    assert_eq!(
        after["auth_time"].as_i64().unwrap(),
        before["auth_time"].as_i64().unwrap() + 1
    );
    assert_eq!(after["sid"], before["sid"], "the session goes on");
}

#[tokio::test]
async fn login_cannot_be_skipped_by_going_on_to_the_consent_page() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    Request::code("openid").walk(&bank, &browser, "alice").await;
    let page = Request::code("openid")
        .with("prompt", "login")
        .open(&bank, &browser)
        .await
        .page();
    let flow = page.url.query().unwrap();
    let page = browser.open(&format!("/consent?{flow}")).await.page();
    assert!(page.has("sign-in") && !page.has("approve"));
}

// Conformance: B34 SEED1-12 OP-03
#[tokio::test]
async fn consent_asks_again_what_was_permitted_before() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    Request::code("openid").walk(&bank, &browser, "alice").await;
    let request = Request::code("openid").with("prompt", "consent");
    let page = request.open(&bank, &browser).await.page();
    assert!(page.has("approve") && !page.has("sign-in"));
    assert!(browser.approve(&page).await.callback().get("code").is_some());
}

#[tokio::test]
async fn login_and_consent_together_ask_for_both_once() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    Request::code("openid").walk(&bank, &browser, "alice").await;
    let request = Request::code("openid").with("prompt", "login consent");
    let page = request.open(&bank, &browser).await.page();
    let page = sign_in(&browser, &page, "alice").await;
    assert!(browser.approve(&page).await.callback().get("code").is_some());
}
