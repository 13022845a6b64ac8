//! `/logout`: the user's own wish here, an app's in `rp_initiated`; and what apps learn of it.

mod apps;
mod back_channel;
mod front_channel;
mod rp_initiated;
mod session_state;

use crate::{
    bank::Bank,
    request::{Request, assert_error_page, cookie, page, post, signed_in, text},
};

// Conformance: LO-02
#[tokio::test]
async fn a_link_alone_signs_nobody_out() {
    let bank = Bank::start().await;
    let browser = signed_in(&bank, "alice").await;
    let page = browser.open("/logout").await.page();
    assert!(page.has("sign-out") && page.text().contains("You are signed in as Alice"));
    assert!(browser.open("/account").await.page().has("sign-out"));
}

#[tokio::test]
async fn who_confirms_is_signed_out() {
    let bank = Bank::start().await;
    let browser = signed_in(&bank, "alice").await;
    let page = browser.open("/logout").await.page();
    let page = browser.press(&page, "sign-out").await.page();
    assert!(page.status == 200 && page.text().contains("You are signed out"));
    assert_eq!(cookie(&browser, "sekisho-session-"), None);
    assert!(browser.open("/account").await.page().has("sign-in"));
}

#[tokio::test]
async fn the_cookie_is_worth_nothing_afterwards() {
    let bank = Bank::start().await;
    let browser = signed_in(&bank, "alice").await;
    let cookies = browser.cookies();
    let page = browser.open("/logout").await.page();
    browser.press(&page, "sign-out").await.page();
    let thief = bank.browser();
    for (name, value) in cookies {
        thief.plant_cookie(&name, &value);
    }
    assert!(thief.open("/account").await.page().has("sign-in"));
}

// Conformance: BCP-15
#[tokio::test]
async fn what_was_for_the_users_presence_ends() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let request = Request::code("openid accounts:read");
    let callback = request.walk(&bank, &browser, "alice").await;
    let response = request.redeem(&bank, &callback).await;
    let page = browser.open("/logout").await.page();
    browser.press(&page, "sign-out").await.page();
    assert_eq!(bank.introspect(text(&response, "access_token")).await["active"], false);
    let silent = Request::code("openid")
        .with("prompt", "none")
        .open(&bank, &browser)
        .await
        .callback();
    assert_eq!(silent.get("error"), Some("login_required"));
}

#[tokio::test]
async fn other_browsers_stay_signed_in() {
    let bank = Bank::start().await;
    let (here, there) = (signed_in(&bank, "alice").await, signed_in(&bank, "alice").await);
    let page = here.open("/logout").await.page();
    here.press(&page, "sign-out").await.page();
    assert!(there.open("/account").await.page().has("sign-out"));
}

#[tokio::test]
async fn a_form_without_the_right_csrf_value_signs_nobody_out() {
    let bank = Bank::start().await;
    let browser = signed_in(&bank, "alice").await;
    let form = browser.open("/logout").await.page().form_with("sign-out");
    let response = post(&bank, &browser, &form.clone().tamper("csrf", "x"), "sign-out")
        .send()
        .await
        .unwrap();
    assert_error_page(&page(response).await, 403, "invalid_request");
    let foreign = post(&bank, &browser, &form, "sign-out").header("sec-fetch-site", "cross-site");
    assert_error_page(&page(foreign.send().await.unwrap()).await, 403, "invalid_request");
    assert!(browser.open("/account").await.page().has("sign-out"));
}

#[tokio::test]
async fn who_is_not_signed_in_is_told_so() {
    let bank = Bank::start().await;
    let page = bank.browser().open("/logout").await.page();
    assert!(page.status == 200 && page.text().contains("You are signed out"));
}

#[tokio::test]
async fn signing_out_twice_is_no_error() {
    let bank = Bank::start().await;
    let browser = signed_in(&bank, "alice").await;
    let form = browser.open("/logout").await.page();
    browser.press(&form, "sign-out").await.page();
    assert!(
        browser
            .press(&form, "sign-out")
            .await
            .page()
            .text()
            .contains("You are signed out")
    );
}
