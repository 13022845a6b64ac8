//! `max_age` (OpenID Connect Core §3.1.2.1).

use testkit::{Browser, realm};

use crate::{
    bank::{Bank, NOON},
    request::{Request, claims, error, text},
};

async fn auth_time(bank: &Bank, browser: &Browser, request: &Request) -> i64 {
    let callback = request.walk(bank, browser, "alice").await;
    claims(text(&request.redeem(bank, &callback).await, "id_token"))["auth_time"]
        .as_i64()
        .unwrap()
}

fn with_max_age(seconds: &str) -> Request {
    Request::code("openid").with("max_age", seconds)
}

// Conformance: B35 oidcc-max-age-1 SEED1-21 OP-06
#[tokio::test]
async fn a_sign_in_that_is_too_old_is_done_again() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    assert_eq!(auth_time(&bank, &browser, &Request::code("openid")).await, NOON);
    bank.clock.advance(2);
    assert!(with_max_age("1").open(&bank, &browser).await.page().has("sign-in"));
    assert_eq!(auth_time(&bank, &browser, &with_max_age("1")).await, NOON + 2);
}

// Conformance: B36 oidcc-max-age-10000 OP-06
#[tokio::test]
async fn a_sign_in_that_is_recent_enough_is_kept() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    assert_eq!(auth_time(&bank, &browser, &with_max_age("15000")).await, NOON);
    bank.clock.advance(10_000);
    let request = with_max_age("10000");
    let callback = request.open(&bank, &browser).await.callback();
    let id_token = claims(text(&request.redeem(&bank, &callback).await, "id_token"));
    assert_eq!(id_token["auth_time"], NOON);
}

#[tokio::test]
async fn zero_always_asks_for_the_password_once() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    auth_time(&bank, &browser, &Request::code("openid")).await;
    let page = with_max_age("0").open(&bank, &browser).await.page();
    let answer = browser.sign_in(&page, "alice", &realm::password("alice")).await;
    assert!(answer.callback().get("code").is_some());
}

#[tokio::test]
async fn a_slow_user_is_not_asked_twice() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let page = with_max_age("1").open(&bank, &browser).await.page();
    let page = browser.sign_in(&page, "alice", &realm::password("alice")).await.page();
    bank.clock.advance(300);
    assert!(browser.approve(&page).await.callback().get("code").is_some());
}

#[tokio::test]
async fn a_sign_in_that_is_too_old_is_login_required_when_no_page_may_be_shown() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    auth_time(&bank, &browser, &Request::code("openid")).await;
    bank.clock.advance(2);
    let callback = with_max_age("1")
        .with("prompt", "none")
        .open(&bank, &browser)
        .await
        .callback();
    assert_eq!(error(&callback), "login_required");
}

#[tokio::test]
async fn what_is_no_number_of_seconds_is_an_invalid_request() {
    let bank = Bank::start().await;
    for bad in ["-1", "+1", "1.5", "one", "1e3", "99999999999999999999"] {
        assert_eq!(with_max_age(bad).error(&bank).await, "invalid_request", "{bad}");
    }
}
