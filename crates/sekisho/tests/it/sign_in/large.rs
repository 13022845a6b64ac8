//! Requests too large for a cookie become a row; the cookie only names it.

use storage::Store;

use crate::{
    bank::Bank,
    request::{Request, assert_error_page, cookie, sign_in},
};

const FLOW: &str = "sekisho-flow-";

/// A request with a `claims` parameter of this many bytes.
fn large(bytes: usize) -> Request {
    let padding = "x".repeat(bytes);
    Request::code("openid email").with("claims", &format!("{{\"userinfo\":{{\"{padding}\":null}}}}"))
}

async fn rows(store: &Store) -> u64 {
    let counts = store.table_sizes().await.unwrap();
    counts.into_iter().find(|(table, _)| *table == "stored_flow").unwrap().1
}

#[tokio::test]
async fn a_usual_request_travels_in_a_cookie_and_costs_no_row() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    large(1000).open(&bank, &browser).await.page();
    let value = cookie(&browser, FLOW).unwrap();
    assert!(value.len() > 1000 && value.len() < 4000 && !value.starts_with("row."));
    assert_eq!(rows(&bank.running.realms.store).await, 0);
}

#[tokio::test]
async fn a_large_request_becomes_a_row_with_a_small_cookie() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    large(8000).open(&bank, &browser).await.page();
    let value = cookie(&browser, FLOW).unwrap();
    assert!(value.starts_with("row.") && value.len() < 60);
    assert_eq!(rows(&bank.running.realms.store).await, 1);
}

#[tokio::test]
async fn a_large_request_is_finished_like_any_other() {
    let bank = Bank::start().await;
    let request = large(8000);
    let callback = request.walk(&bank, &bank.browser(), "alice").await;
    assert_eq!(callback.get("state"), Some("the state"));
    assert!(request.redeem(&bank, &callback).await["id_token"].is_string());
}

#[tokio::test]
async fn a_large_request_begins_again_when_its_cookie_is_lost() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let page = large(8000).open(&bank, &browser).await.page();
    browser.forget_cookies();
    let page = sign_in(&browser, &page, "alice").await;
    let page = sign_in(&browser, &page, "alice").await;
    assert!(browser.approve(&page).await.callback().get("code").is_some());
}

#[tokio::test]
async fn a_large_request_that_expired_is_gone() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let page = large(8000).open(&bank, &browser).await.page();
    bank.clock.advance(31 * 60);
    assert_error_page(&sign_in(&browser, &page, "alice").await, 400, "invalid_request");
}

#[tokio::test]
async fn every_cookie_fits_into_what_browsers_keep() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    for bytes in [1500, 2000, 2100, 2200, 2300, 2500] {
        large(bytes).open(&bank, &browser).await.page();
    }
    for (name, value) in browser.cookies() {
        assert!(name.len() + value.len() < 3500, "{name} has {} bytes", value.len());
    }
}
