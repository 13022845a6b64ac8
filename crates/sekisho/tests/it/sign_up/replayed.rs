//! Whatever happens to tabs, buttons and forms: a flow makes one account, and every way leads to an answer.

use super::{create, filled, open_bank, sign_up, users};
use crate::request::{Request, post};

#[tokio::test]
async fn a_form_that_is_sent_twice_makes_one_account_and_goes_on() {
    let bank = open_bank().await;
    let browser = bank.browser();
    let page = create().open(&bank, &browser).await.page();
    let first = sign_up(&browser, &page, "carol").await;
    for username in ["carol", "dora"] {
        let again = sign_up(&browser, &page, username).await;
        assert_eq!(
            (again.url.path(), again.has("approve")),
            ("/consent", true),
            "{username}"
        );
    }
    assert_eq!(users(&bank).await, ["alice", "bob", "carol"]);
    assert!(browser.approve(&first).await.callback().get("code").is_some());
}

#[tokio::test]
async fn two_clicks_at_once_make_one_account() {
    let bank = open_bank().await;
    let browser = bank.browser();
    let page = create().open(&bank, &browser).await.page();
    let (one, two) = tokio::join!(
        post(&bank, &browser, &filled(&page, "carol"), "sign-up").send(),
        post(&bank, &browser, &filled(&page, "carol"), "sign-up").send(),
    );
    for response in [one.unwrap(), two.unwrap()] {
        let location = response.headers()["location"].to_str().unwrap();
        assert!(location.starts_with("/consent?flow="), "{location}");
    }
    assert_eq!(users(&bank).await, ["alice", "bob", "carol"]);
}

#[tokio::test]
async fn who_goes_back_after_the_answer_makes_no_second_account_and_begins_again() {
    let bank = open_bank().await;
    let browser = bank.browser();
    let page = create().open(&bank, &browser).await.page();
    let consent = sign_up(&browser, &page, "carol").await;
    assert!(browser.approve(&consent).await.callback().get("code").is_some());
    let again = sign_up(&browser, &page, "dora").await;
    assert_eq!((again.url.path(), again.status), ("/sign-up", 200));
    assert_ne!(again.url.query(), page.url.query(), "a flow of its own");
    assert_eq!(users(&bank).await, ["alice", "bob", "carol"]);
}

#[tokio::test]
async fn a_flow_that_was_answered_by_a_sign_in_makes_no_account() {
    let bank = open_bank().await;
    let browser = bank.browser();
    let page = Request::code("openid").open(&bank, &browser).await.page();
    let sign_up_page = browser.open(&page.link("to-sign-up")).await.page();
    let consent = crate::request::sign_in(&browser, &page, "alice").await;
    assert!(browser.approve(&consent).await.callback().get("code").is_some());
    let answer = browser.submit(&filled(&sign_up_page, "carol"), Some("sign-up")).await;
    assert!(answer.callback().get("code").is_some(), "alice goes on");
    assert_eq!(users(&bank).await, ["alice", "bob"]);
}

#[tokio::test]
async fn two_tabs_are_two_flows_and_the_same_name_is_taken_once() {
    let bank = open_bank().await;
    let browser = bank.browser();
    let one = create().open(&bank, &browser).await.page();
    let two = create().open(&bank, &browser).await.page();
    assert!(sign_up(&browser, &one, "carol").await.has("approve"));
    let refused = sign_up(&browser, &two, "carol").await;
    assert_eq!((refused.status, refused.has("error-summary")), (400, true));
    assert_eq!(users(&bank).await, ["alice", "bob", "carol"]);
}

#[tokio::test]
async fn after_half_an_hour_it_begins_again() {
    let bank = open_bank().await;
    let browser = bank.browser();
    let page = create().open(&bank, &browser).await.page();
    bank.clock.advance(model::flow::LIFETIME);
    let again = sign_up(&browser, &page, "carol").await;
    assert_eq!((again.url.path(), again.status), ("/sign-up", 200));
    assert_eq!(users(&bank).await, ["alice", "bob"]);
    assert!(sign_up(&browser, &again, "carol").await.has("approve"));
}
