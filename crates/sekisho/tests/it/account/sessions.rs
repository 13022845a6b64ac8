//! Ending a session: the browser is signed out, and what was made in it without a refresh token ends.

use testkit::{Browser, Page};

use crate::{
    bank::Bank,
    request::{Request, signed_in, text},
};

/// The buttons that end sessions: this browser's first.
async fn buttons(browser: &Browser) -> (Page, String, Vec<String>) {
    let page = browser.open("/account").await.page();
    let all: Vec<String> = page
        .ids()
        .into_iter()
        .filter(|id| id.starts_with("end-session-"))
        .collect();
    let (this, others): (Vec<_>, Vec<_>) = all
        .into_iter()
        .partition(|id| page.text_of(id).unwrap() == "Sign out here");
    (page, this.into_iter().next().unwrap(), others)
}

#[tokio::test]
async fn another_browser_is_signed_out_at_once() {
    let bank = Bank::start().await;
    let (here, there) = (signed_in(&bank, "alice").await, signed_in(&bank, "alice").await);
    let (page, _, others) = buttons(&here).await;
    let page = here.press(&page, &others[0]).await.page();
    assert!(page.text().contains("That browser is signed out."));
    assert!(there.open("/account").await.page().has("sign-in"));
    assert!(here.open("/account").await.page().has("sign-out"));
}

#[tokio::test]
async fn this_browser_is_signed_out_at_once() {
    let bank = Bank::start().await;
    let browser = signed_in(&bank, "alice").await;
    let (page, this, _) = buttons(&browser).await;
    let page = browser.press(&page, &this).await.page();
    assert!(page.text().contains("You are signed out"));
    assert!(browser.open("/account").await.page().has("sign-in"));
}

// Conformance: BC-07 BCP-15
#[tokio::test]
async fn its_tokens_end_and_those_for_the_users_absence_go_on() {
    let bank = Bank::start().await;
    let (here, there) = (signed_in(&bank, "alice").await, bank.browser());
    let request = Request::code("openid accounts:read");
    let callback = request.walk(&bank, &there, "alice").await;
    let online = request.redeem(&bank, &callback).await;
    let request = Request::code("openid offline_access accounts:read");
    let callback = request.walk(&bank, &there, "alice").await;
    let offline = request.redeem(&bank, &callback).await;

    let (page, _, others) = buttons(&here).await;
    here.press(&page, &others[0]).await.page();
    assert_eq!(bank.introspect(text(&online, "access_token")).await["active"], false);
    assert_eq!(bank.introspect(text(&offline, "access_token")).await["active"], true);
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", text(&offline, "refresh_token")),
    ];
    assert_eq!(bank.post_as("/token", "web-app", &form).await.status(), 200);
}

#[tokio::test]
async fn a_code_of_an_ended_session_is_worth_nothing() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let request = Request::code("openid");
    let callback = request.walk(&bank, &browser, "alice").await;
    let (page, this, _) = buttons(&browser).await;
    browser.press(&page, &this).await.page();
    assert_eq!(request.try_redeem(&bank, &callback).await.status(), 400);
}

#[tokio::test]
async fn the_permission_itself_stays() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    Request::code("openid").walk(&bank, &browser, "alice").await;
    let (page, this, _) = buttons(&browser).await;
    browser.press(&page, &this).await.page();
    let page = Request::code("openid").open(&bank, &browser).await.page();
    let answer = browser.sign_in(&page, "alice", "alice-password").await;
    assert!(answer.callback().get("code").is_some());
}

#[tokio::test]
async fn ending_it_twice_is_no_error() {
    let bank = Bank::start().await;
    let (here, _there) = (signed_in(&bank, "alice").await, signed_in(&bank, "alice").await);
    let (page, _, others) = buttons(&here).await;
    here.press(&page, &others[0]).await.page();
    let page = here.press(&page, &others[0]).await.page();
    assert!(page.text().contains("It had already ended"));
}
