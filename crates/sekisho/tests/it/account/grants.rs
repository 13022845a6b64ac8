//! Taking back a permission ends everything that came from it, at once.

use reqwest::StatusCode;
use serde_json::{Value, json};
use testkit::{Browser, Page};

use crate::{
    bank::Bank,
    request::{Request, text},
};

async fn revoke(browser: &Browser, client_id: &str) -> Page {
    let page = browser.open("/account").await.page();
    browser.press(&page, &format!("revoke-{client_id}")).await.page()
}

// Conformance: SEED1-18
#[tokio::test]
async fn the_api_refuses_the_next_call() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let request = Request::code("openid offline_access accounts:read");
    let callback = request.walk(&bank, &browser, "alice").await;
    let response = request.redeem(&bank, &callback).await;
    let token = text(&response, "access_token");
    assert_eq!(bank.introspect(token).await["active"], true);
    revoke(&browser, "web-app").await;
    assert_eq!(bank.introspect(token).await, json!({"active": false}));
    let userinfo = bank
        .http
        .get(bank.url("/userinfo"))
        .bearer_auth(token)
        .send()
        .await
        .unwrap();
    assert_eq!(userinfo.status(), StatusCode::UNAUTHORIZED);
}

// Conformance: SEED1-18
#[tokio::test]
async fn the_refresh_token_stops_working() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let request = Request::code("openid offline_access accounts:read");
    let callback = request.walk(&bank, &browser, "alice").await;
    let response = request.redeem(&bank, &callback).await;
    revoke(&browser, "web-app").await;
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", text(&response, "refresh_token")),
    ];
    let refused = bank.post_as("/token", "web-app", &form).await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    assert_eq!(refused.json::<Value>().await.unwrap()["error"], "invalid_grant");
}

#[tokio::test]
async fn a_code_that_is_on_its_way_stops_working() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let request = Request::code("openid");
    let callback = request.walk(&bank, &browser, "alice").await;
    revoke(&browser, "web-app").await;
    let refused = request.try_redeem(&bank, &callback).await;
    assert_eq!(refused.json::<Value>().await.unwrap()["error"], "invalid_grant");
}

#[tokio::test]
async fn tokens_of_every_authorization_stop_working() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let mut tokens = Vec::new();
    for _ in 0..3 {
        let request = Request::code("openid accounts:read");
        let callback = request.walk(&bank, &browser, "alice").await;
        tokens.push(request.redeem(&bank, &callback).await);
    }
    revoke(&browser, "web-app").await;
    for token in tokens {
        assert_eq!(bank.introspect(text(&token, "access_token")).await["active"], false);
    }
}

#[tokio::test]
async fn the_page_says_so_and_lists_it_no_more() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    Request::code("openid").walk(&bank, &browser, "alice").await;
    let page = revoke(&browser, "web-app").await;
    assert!(page.text().contains("Web App may no longer act for you."));
    assert!(!page.has("revoke-web-app"));
}

#[tokio::test]
async fn taking_it_back_twice_is_no_error() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    Request::code("openid").walk(&bank, &browser, "alice").await;
    let page = browser.open("/account").await.page();
    browser.press(&page, "revoke-web-app").await.page();
    let page = browser.press(&page, "revoke-web-app").await.page();
    assert!(page.status == 200 && page.text().contains("It had already ended"));
}

// Conformance: SEED1-18
#[tokio::test]
async fn other_apps_and_other_users_keep_theirs() {
    let bank = Bank::start().await;
    let (alice, bob) = (bank.browser(), bank.browser());
    let implicit = Request::implicit("token", "accounts:read")
        .walk(&bank, &alice, "alice")
        .await;
    let request = Request::code("openid accounts:read");
    request.walk(&bank, &alice, "alice").await;
    let callback = request.walk(&bank, &bob, "bob").await;
    let bobs = request.redeem(&bank, &callback).await;
    revoke(&alice, "web-app").await;
    assert_eq!(
        bank.introspect(implicit.get("access_token").unwrap()).await["active"],
        true
    );
    assert_eq!(bank.introspect(text(&bobs, "access_token")).await["active"], true);
    assert!(alice.open("/account").await.page().has("revoke-js-app"));
}

#[tokio::test]
async fn what_is_permitted_again_does_not_revive_old_tokens() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let request = Request::code("openid offline_access accounts:read");
    let callback = request.walk(&bank, &browser, "alice").await;
    let old = request.redeem(&bank, &callback).await;
    revoke(&browser, "web-app").await;
    let callback = request.walk(&bank, &browser, "alice").await;
    let new = request.redeem(&bank, &callback).await;
    assert_eq!(bank.introspect(text(&old, "access_token")).await["active"], false);
    assert_eq!(bank.introspect(text(&new, "access_token")).await["active"], true);
}
