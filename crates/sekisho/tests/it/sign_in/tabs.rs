//! Several tabs at once, and the back button: every way leads to an answer.

use crate::{
    bank::Bank,
    request::{Request, error, sign_in, signed_in},
};

#[tokio::test]
async fn two_tabs_that_were_opened_at_once_both_finish() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let (one, two) = (
        Request::code("openid").with("state", "one"),
        Request::code("openid").with("state", "two"),
    );
    let page_one = one.open(&bank, &browser).await.page();
    let page_two = two.open(&bank, &browser).await.page();
    let page_one = sign_in(&browser, &page_one, "alice").await;
    let page_two = sign_in(&browser, &page_two, "alice").await;
    let two_came = browser.approve(&page_two).await.callback();
    let one_came = browser.approve(&page_one).await.callback();
    assert_eq!(
        (one_came.get("state"), two_came.get("state")),
        (Some("one"), Some("two"))
    );
    assert!(one.redeem(&bank, &one_came).await["id_token"].is_string());
    assert!(two.redeem(&bank, &two_came).await["id_token"].is_string());
}

#[tokio::test]
async fn tabs_of_two_apps_do_not_meet() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let (web, js) = (Request::code("openid"), Request::implicit("id_token", "openid"));
    let web_page = web.open(&bank, &browser).await.page();
    let js_page = js.open(&bank, &browser).await.page();
    let js_page = sign_in(&browser, &js_page, "alice").await;
    assert!(browser.approve(&js_page).await.callback().get("id_token").is_some());
    let web_page = sign_in(&browser, &web_page, "alice").await;
    assert!(browser.approve(&web_page).await.callback().get("code").is_some());
}

#[tokio::test]
async fn the_second_tab_needs_no_answer_that_the_first_one_gave() {
    let bank = Bank::start().await;
    let browser = signed_in(&bank, "alice").await;
    let one = Request::code("openid").open(&bank, &browser).await.page();
    let two = Request::code("openid")
        .with("state", "two")
        .open(&bank, &browser)
        .await
        .page();
    browser.approve(&one).await.callback();
    let reloaded = browser.open(two.url.as_str()).await.callback();
    assert_eq!(reloaded.get("state"), Some("two"));
    assert!(reloaded.get("code").is_some());
}

#[tokio::test]
async fn of_more_tabs_than_a_browser_may_have_the_oldest_begins_again() {
    let bank = Bank::start().await;
    let browser = signed_in(&bank, "alice").await;
    let oldest = Request::code("openid email").open(&bank, &browser).await.page();
    for _ in 0..9 {
        bank.clock.advance(1);
        Request::code("openid").open(&bank, &browser).await.page();
    }
    let flows = browser
        .cookie_names()
        .iter()
        .filter(|name| name.starts_with("sekisho-flow-"))
        .count();
    assert_eq!(flows, 8);
    let page = browser.approve(&oldest).await.page();
    assert!(page.has("scope-email"));
    assert!(browser.approve(&page).await.callback().get("code").is_some());
}

#[tokio::test]
async fn back_and_approve_once_more_gives_a_new_code() {
    let bank = Bank::start().await;
    let browser = signed_in(&bank, "alice").await;
    let request = Request::code("openid");
    let page = request.open(&bank, &browser).await.page();
    let first = browser.approve(&page).await.callback();
    let second = browser.approve(&page).await.callback();
    assert_ne!(first.code(), second.code());
    assert!(request.redeem(&bank, &first).await["id_token"].is_string());
    assert!(request.redeem(&bank, &second).await["id_token"].is_string());
}

#[tokio::test]
async fn back_and_approve_once_more_asks_an_app_again_that_anybody_can_claim_to_be() {
    let bank = Bank::start().await;
    let browser = signed_in(&bank, "alice").await;
    let page = Request::native("openid").open(&bank, &browser).await.page();
    browser.approve(&page).await.callback();
    let page = browser.approve(&page).await.page();
    assert!(browser.approve(&page).await.callback().get("code").is_some());
}

#[tokio::test]
async fn back_after_a_refusal_can_still_be_approved() {
    let bank = Bank::start().await;
    let browser = signed_in(&bank, "alice").await;
    let page = Request::code("openid").open(&bank, &browser).await.page();
    assert_eq!(error(&browser.deny(&page).await.callback()), "access_denied");
    assert!(browser.approve(&page).await.callback().get("code").is_some());
}

#[tokio::test]
async fn back_to_the_sign_in_page_and_once_more_is_no_dead_end() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let first = Request::code("openid").open(&bank, &browser).await.page();
    let page = sign_in(&browser, &first, "alice").await;
    browser.approve(&page).await.callback();
    let again = browser.sign_in(&first, "alice", "alice-password").await.callback();
    assert!(again.get("code").is_some());
}

#[tokio::test]
async fn back_to_the_sign_in_page_as_somebody_else_asks_them() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let first = Request::code("openid").open(&bank, &browser).await.page();
    let page = sign_in(&browser, &first, "alice").await;
    browser.approve(&page).await.callback();
    let page = sign_in(&browser, &first, "bob").await;
    assert!(page.has("approve") && page.text().contains("Signed in as Bob"));
}

#[tokio::test]
async fn a_flow_that_was_finished_opens_nothing_after_signing_out() {
    let bank = Bank::start().await;
    let browser = signed_in(&bank, "alice").await;
    let page = Request::code("openid").open(&bank, &browser).await.page();
    browser.approve(&page).await.callback();
    let account = browser.open("/account").await.page();
    browser.press(&account, "sign-out").await.page();
    assert!(browser.approve(&page).await.page().has("sign-in"));
    assert!(browser.open(page.url.as_str()).await.page().has("sign-in"));
}
