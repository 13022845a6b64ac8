//! Cookies that were lost and time that ran out: the flow begins again with the same request, and nothing is lost.

use testkit::realm;

use crate::{
    bank::Bank,
    request::{Request, assert_error_page, page, sign_in, signed_in},
};

/// The page of a sign-in or a permission can be opened for so long.
const LIFETIME: i64 = 30 * 60;

#[tokio::test]
async fn cookies_lost_before_the_password_is_sent_cost_one_more_attempt() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let request = Request::code("openid email");
    let page = request.open(&bank, &browser).await.page();
    browser.forget_cookies();
    let page = sign_in(&browser, &page, "alice").await;
    assert!(page.has("sign-in") && page.status == 200);
    let page = sign_in(&browser, &page, "alice").await;
    assert!(page.has("scope-email"), "the same request");
    let callback = browser.approve(&page).await.callback();
    assert_eq!(callback.get("state"), Some("the state"));
    assert!(request.redeem(&bank, &callback).await["id_token"].is_string());
}

#[tokio::test]
async fn cookies_lost_on_the_consent_page_lead_back_to_it() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let request = Request::code("openid email");
    let page = request.open(&bank, &browser).await.page();
    let page = sign_in(&browser, &page, "alice").await;
    browser.forget_cookies();
    let page = browser.approve(&page).await.page();
    assert!(page.has("sign-in"));
    let page = sign_in(&browser, &page, "alice").await;
    let callback = browser.approve(&page).await.callback();
    assert!(request.redeem(&bank, &callback).await["id_token"].is_string());
}

#[tokio::test]
async fn only_the_flows_cookie_lost_asks_for_permission_again_and_not_for_the_password() {
    let bank = Bank::start().await;
    let browser = signed_in(&bank, "alice").await;
    let page = Request::code("openid email").open(&bank, &browser).await.page();
    browser.forget_cookies_like("sekisho-flow-");
    let page = browser.approve(&page).await.page();
    assert!(page.has("scope-email") && !page.has("sign-in"));
    assert!(browser.approve(&page).await.callback().get("code").is_some());
}

#[tokio::test]
async fn only_the_sessions_cookie_lost_asks_for_the_password_and_goes_on_in_the_same_flow() {
    let bank = Bank::start().await;
    let browser = signed_in(&bank, "alice").await;
    let page = Request::code("openid email").open(&bank, &browser).await.page();
    browser.forget_cookies_like("sekisho-session-");
    let page = browser.approve(&page).await.page();
    assert!(page.has("sign-in"));
    let page = sign_in(&browser, &page, "alice").await;
    assert!(browser.approve(&page).await.callback().get("code").is_some());
}

#[tokio::test]
async fn a_page_that_is_opened_without_its_cookie_says_what_to_do() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let url = Request::code("openid").open(&bank, &browser).await.page().url;
    browser.forget_cookies();
    for path in ["/sign-in", "/consent"] {
        let mut url = url.clone();
        url.set_path(path);
        let page = browser.open(url.as_str()).await.page();
        assert_error_page(&page, 400, "invalid_request");
        assert!(
            page.text()
                .contains("Allow cookies for this site, then go back to the app")
        );
    }
}

#[tokio::test]
async fn a_browser_that_keeps_no_cookies_gets_a_page_and_no_loop() {
    let bank = Bank::start().await;
    let mut url = Request::code("openid").url(&bank);
    for _ in 0..5 {
        let response = bank.http.get(&url).send().await.unwrap();
        match response.headers().get("location") {
            Some(location) => url = bank.url(location.to_str().unwrap()),
            None => return assert_error_page(&page(response).await, 400, "invalid_request"),
        }
    }
    panic!("a loop at {url}");
}

#[tokio::test]
async fn a_flow_that_was_never_begun_says_what_to_do() {
    let bank = Bank::start().await;
    for url in [
        "/sign-in?flow=x",
        "/consent?flow=x",
        "/consent",
        "/consent?flow=",
        "/consent?flow=%FF",
    ] {
        assert_error_page(&bank.browser().open(url).await.page(), 400, "invalid_request");
    }
}

#[tokio::test]
async fn a_sign_in_that_nobody_asked_for_leads_to_the_account() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let page = browser.open("/sign-in").await.page();
    let page = sign_in(&browser, &page, "alice").await;
    assert_eq!(page.url.path(), "/account");
}

#[tokio::test]
async fn a_sign_in_within_half_an_hour_goes_on() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let page = Request::code("openid").open(&bank, &browser).await.page();
    bank.clock.advance(LIFETIME - 1);
    assert!(sign_in(&browser, &page, "alice").await.has("approve"));
}

#[tokio::test]
async fn a_sign_in_after_half_an_hour_begins_again() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let request = Request::code("openid email");
    let page = request.open(&bank, &browser).await.page();
    bank.clock.advance(LIFETIME + 60);
    let page = sign_in(&browser, &page, "alice").await;
    assert!(page.has("sign-in") && page.status == 200);
    let callback = browser.sign_in(&page, "alice", &realm::password("alice")).await.page();
    let callback = browser.approve(&callback).await.callback();
    assert!(request.redeem(&bank, &callback).await["id_token"].is_string());
}

#[tokio::test]
async fn a_page_that_is_reloaded_after_half_an_hour_begins_again() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let page = Request::code("openid").open(&bank, &browser).await.page();
    bank.clock.advance(LIFETIME + 60);
    let page = browser.open(page.url.as_str()).await.page();
    assert!(sign_in(&browser, &page, "alice").await.has("approve"));
}

#[tokio::test]
async fn permission_that_is_given_after_half_an_hour_is_asked_for_again() {
    let bank = Bank::start().await;
    let browser = signed_in(&bank, "alice").await;
    let page = Request::code("openid email").open(&bank, &browser).await.page();
    bank.clock.advance(LIFETIME + 60);
    let page = browser.approve(&page).await.page();
    assert!(page.has("scope-email") && page.status == 200);
    assert!(browser.approve(&page).await.callback().get("code").is_some());
}

#[tokio::test]
async fn a_sign_in_to_the_account_begins_again_too() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let page = browser.open("/account").await.page();
    browser.forget_cookies();
    let page = sign_in(&browser, &page, "alice").await;
    assert!(page.has("sign-in"));
    assert_eq!(sign_in(&browser, &page, "alice").await.url.path(), "/account");
}
