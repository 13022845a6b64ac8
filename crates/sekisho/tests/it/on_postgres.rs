//! The main flow on the other engine: every statement behind the pages runs there too.

use serde_json::Value;

use crate::{
    bank::Bank,
    request::{Request, claims, sign_in, text},
};

#[tokio::test]
async fn a_user_signs_in_permits_looks_and_takes_it_back() {
    let bank = Bank::on_postgres().await;
    let browser = bank.browser();
    let request = Request::code("openid offline_access email accounts:read");
    let page = request.open(&bank, &browser).await.page();
    let page = browser.sign_in(&page, "alice", "wrong").await.page();
    assert_eq!(page.status, 401);
    let page = sign_in(&browser, &page, "alice").await;
    let form = page.form_with("approve").untick("scope-email");
    let callback = browser.submit(&form, Some("approve")).await.callback();
    let response = request.redeem(&bank, &callback).await;
    assert_eq!(text(&response, "scope"), "accounts:read offline_access openid");
    assert_eq!(claims(text(&response, "id_token"))["nonce"], "the nonce");
    assert_eq!(bank.introspect(text(&response, "access_token")).await["active"], true);

    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", text(&response, "refresh_token")),
    ];
    let refreshed: Value = bank.post_as("/token", "web-app", &form).await.json().await.unwrap();
    let silent = Request::code("openid accounts:read").with("prompt", "none");
    assert!(silent.open(&bank, &browser).await.callback().get("code").is_some());

    let account = browser.open("/account").await.page();
    let account = browser.press(&account, "revoke-web-app").await.page();
    assert!(!account.has("revoke-web-app"));
    for token in [text(&response, "access_token"), text(&refreshed, "access_token")] {
        assert_eq!(bank.introspect(token).await["active"], false);
    }
    let refused: Value = bank.post_as("/token", "web-app", &form).await.json().await.unwrap();
    assert_eq!(refused["error"], "invalid_grant");
    let end = account
        .ids()
        .into_iter()
        .find(|id| id.starts_with("end-session-"))
        .unwrap();
    browser.press(&account, &end).await.page();
    assert!(browser.open("/account").await.page().has("sign-in"));
}

#[tokio::test]
async fn a_large_request_a_lost_cookie_and_an_eleventh_guess() {
    let bank = Bank::on_postgres().await;
    let browser = bank.browser();
    let claims = format!("{{\"userinfo\":{{\"{}\":null}}}}", "x".repeat(8000));
    let page = Request::code("openid")
        .with("claims", &claims)
        .open(&bank, &browser)
        .await
        .page();
    browser.forget_cookies();
    let mut page = sign_in(&browser, &page, "bob").await;
    assert!(page.has("sign-in") && page.status == 200);
    for _ in 0..10 {
        page = browser.sign_in(&page, "bob", "wrong").await.page();
        assert_eq!(page.status, 401);
    }
    assert_eq!(sign_in(&browser, &page, "bob").await.status, 429);
    bank.clock.advance(15 * 60);
    let page = sign_in(&browser, &page, "bob").await;
    let first = browser.approve(&page).await.callback();
    let again = browser.approve(&page).await.callback();
    assert_ne!(first.code(), again.code());
}

#[tokio::test]
async fn another_user_ends_the_former_session() {
    let bank = Bank::on_postgres().await;
    let browser = bank.browser();
    let request = Request::code("openid accounts:read");
    let callback = request.walk(&bank, &browser, "alice").await;
    let token = request.redeem(&bank, &callback).await;
    let callback = request
        .clone()
        .with("prompt", "login")
        .walk(&bank, &browser, "bob")
        .await;
    assert!(callback.get("code").is_some());
    assert_eq!(bank.introspect(text(&token, "access_token")).await["active"], false);
}
