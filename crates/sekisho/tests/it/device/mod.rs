//! `/device_authorization` and `/device`. RFC 8628.

mod consent;
mod request;
mod user_code;

use serde_json::Value;
use testkit::{Browser, Page, realm};

use crate::app::text;

/// Opens `/device` and enters a code: the page that follows.
pub async fn enter(browser: &Browser, user_code: &str) -> Page {
    let page = browser.open("/device").await.page();
    let form = page.form_with("user-code").fill("user-code", user_code);
    browser.submit(&form, Some("continue")).await.page()
}

/// Goes to the question for a device's request: enters its code, signs alice in if asked.
pub async fn question(browser: &Browser, device: &Value) -> Page {
    let page = enter(browser, text(device, "user_code")).await;
    let page = if page.has("sign-in") {
        browser.sign_in(&page, "alice", &realm::password("alice")).await.page()
    } else {
        page
    };
    assert!(page.has("approve"), "{}", page.text());
    page
}

/// Permits a device's request as it is.
pub async fn approve(browser: &Browser, device: &Value) -> Page {
    let page = question(browser, device).await;
    let page = browser.approve(&page).await.page();
    assert!(page.text().contains("Your device is connected"), "{}", page.text());
    page
}
