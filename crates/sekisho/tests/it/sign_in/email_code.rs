//! `/sign-in/email`: a code by mail in the place of a password.

use futures_util::future::join_all;
use serde_json::json;
use testkit::{Browser, Page};

use crate::{
    bank::Bank,
    factors::enter,
    letters,
    request::{Request, claims, post, sign_in, text},
};

const ALICE: &str = "alice@example.com";

async fn bank() -> Bank {
    Bank::with_realm(|issuer| format!("email_code = true\n{}", testkit::realm::bank(issuer))).await
}

/// From the sign-in page to the page that asks for the code, by this name.
async fn ask(browser: &Browser, sign_in_page: &Page, username: &str) -> Page {
    let page = browser.open(&sign_in_page.link("use-email-code")).await.page();
    let form = page.form_with("send-code").fill("username", username);
    browser.submit(&form, Some("send-code")).await.page()
}

#[tokio::test]
async fn a_code_signs_in_at_the_lowest_level_and_a_password_is_asked_for_where_that_is_too_low() {
    let bank = bank().await;
    let browser = bank.browser();
    let request = Request::code("openid");
    let page = request.open(&bank, &browser).await.page();
    let page = ask(&browser, &page, ALICE).await;
    let code = letters::newest(&bank, ALICE, letters::code).await;
    let consent = enter(&browser, &page, &code).await.page();
    let callback = browser.approve(&consent).await.callback();
    let before = claims(text(&request.redeem(&bank, &callback).await, "id_token"));
    assert_eq!(
        (&before["acr"], &before["amr"]),
        (&json!("urn:sekisho:acr:loa1"), &json!(["otp", "email"]))
    );

    let request = Request::code("openid").with("acr_values", "urn:sekisho:acr:loa2");
    let page = request.open(&bank, &browser).await.page();
    assert!(page.has("password"), "a mail is no factor: {}", page.text());
    let password = testkit::realm::password("alice");
    let callback = browser.sign_in(&page, "alice", &password).await.callback();
    let after = claims(text(&request.redeem(&bank, &callback).await, "id_token"));
    assert_eq!(
        (&after["acr"], &after["amr"], &after["sub"]),
        (
            &json!("urn:sekisho:acr:loa2"),
            &json!(["otp", "email", "pwd"]),
            &before["sub"]
        )
    );
}

#[tokio::test]
async fn wrong_and_used_codes_are_refused_and_another_one_can_be_sent() {
    let bank = bank().await;
    let browser = bank.browser();
    let page = browser.open("/account").await.page();
    let page = ask(&browser, &page, "alice").await;
    for wrong in ["00000000", "1", "１２３４５６７８"] {
        let again = enter(&browser, &page, wrong).await.page();
        assert_eq!(again.status, 401, "{wrong}");
        assert!(again.text().contains("not right") && again.has("send-code"));
    }
    let first = letters::newest(&bank, ALICE, letters::code).await;
    let another = browser.press(&page, "send-code").await.page();
    assert!(another.has("code"));
    let wrong = enter(&browser, &another, &first).await.page();
    assert_eq!(wrong.status, 401, "each form has its own code");
    let spaced = format!("{} {}", &first[..4], &first[4..]);
    assert!(enter(&browser, &page, &spaced).await.page().has("sign-out"));
    let replayed = enter(&bank.browser(), &page, &first).await.page();
    assert!(!replayed.has("sign-out"), "nor in another browser");
    let again = enter(&browser, &page, &first).await.page();
    assert_eq!(again.status, 401, "once");
}

#[tokio::test]
async fn of_sixty_four_guesses_at_once_ten_are_looked_at() {
    let bank = bank().await;
    let browser = bank.browser();
    let page = browser.open("/account").await.page();
    let page = ask(&browser, &page, "alice").await;
    let guesses = (0..64).map(|n| {
        let form = page.form_with("code").fill("code", &format!("{n:08}"));
        post(&bank, &browser, &form, "continue").send()
    });
    let answers = join_all(guesses).await;
    let statuses = answers.iter().map(|answer| answer.as_ref().unwrap().status().as_u16());
    let statuses: Vec<u16> = statuses.collect();
    let with = |status| statuses.iter().filter(|found| **found == status).count();
    assert_eq!((with(401), with(429)), (10, 54));
    let code = letters::newest(&bank, ALICE, letters::code).await;
    let late = enter(&browser, &page, &code).await.page();
    assert_eq!((late.status, late.headers.contains_key("retry-after")), (429, true));
    // Nobody else is kept out by it.
    let other = bank.browser();
    let page = other.open("/account").await.page();
    assert!(sign_in(&other, &page, "alice").await.has("sign-out"));
}

#[tokio::test]
async fn a_page_that_was_left_for_long_asks_for_another_code() {
    let bank = bank().await;
    let browser = bank.browser();
    let page = browser.open("/account").await.page();
    let page = ask(&browser, &page, "alice").await;
    let code = letters::newest(&bank, ALICE, letters::code).await;
    bank.clock.advance(10 * 60);
    let late = enter(&browser, &page, &code).await.page();
    assert_eq!(late.status, 401);
    assert!(late.text().contains("too old"), "{}", late.text());
    bank.clock.advance(3600);
    let begun_again = enter(&browser, &page, &code).await.page();
    assert!(begun_again.has("password"), "{}", begun_again.text());
}

#[tokio::test]
async fn few_codes_are_sent_and_none_without_a_name() {
    let bank = bank().await;
    let browser = bank.browser();
    let page = browser.open("/account").await.page();
    let empty = ask(&browser, &page, " ").await;
    assert_eq!(empty.status, 400);
    for name in ["alice", "nobody"] {
        for _ in 0..5 {
            assert_eq!(ask(&browser, &page, name).await.status, 200, "{name}");
        }
        let refused = ask(&browser, &page, name).await;
        assert_eq!(
            (refused.status, refused.headers["retry-after"].to_str().unwrap()),
            (429, "900"),
            "{name}"
        );
    }
}

#[tokio::test]
async fn where_the_realm_does_not_let_users_there_is_no_such_page() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let page = browser.open("/account").await.page();
    assert!(!page.has("use-email-code"));
    assert_eq!(browser.open("/sign-in/email?flow=x").await.page().status, 404);
    let form = page.form_with("password").sent_to("/sign-in/email");
    assert_eq!(browser.submit(&form, None).await.page().status, 404);
}
