//! The account's forms act for who sees them, and for nobody else.

use reqwest::Response;
use testkit::{Browser, Page};

use crate::{
    bank::Bank,
    request::{Request, assert_error_page, page, post, signed_in, text},
};

const FOREIGN: [(&str, &str); 3] = [
    ("sec-fetch-site", "cross-site"),
    ("sec-fetch-site", "same-site"),
    ("origin", "https://evil.example"),
];

fn end_session(page: &Page) -> String {
    page.ids()
        .into_iter()
        .find(|id| id.starts_with("end-session-"))
        .unwrap()
}

/// A browser of alice, whose account has something to end.
async fn account(bank: &Bank) -> (Browser, Page) {
    let browser = bank.browser();
    Request::code("openid").walk(bank, &browser, "alice").await;
    let page = browser.open("/account").await.page();
    (browser, page)
}

async fn assert_nothing_ended(browser: &Browser) {
    let page = browser.open("/account").await.page();
    assert!(page.has("revoke-web-app") && page.has("sign-out"));
}

async fn refused(response: Response) {
    assert_error_page(&page(response).await, 403, "invalid_request");
}

#[tokio::test]
async fn a_form_without_the_right_csrf_value_does_nothing() {
    let bank = Bank::start().await;
    let (browser, page) = account(&bank).await;
    let bobs = signed_in(&bank, "bob").await.open("/account").await.page();
    let of_bob = bobs.form_with("sign-out").value("csrf").unwrap().to_owned();
    for button in ["revoke-web-app", &end_session(&page), "sign-out"] {
        for wrong in ["", "x", &of_bob] {
            let form = page.form_with(button).tamper("csrf", wrong);
            let answer = post(&bank, &browser, &form, button).send().await.unwrap();
            if (button, wrong) == ("sign-out", "") {
                // An app's request looks like this: the user is asked.
                assert!(answer.status() == 303 && answer.headers()["location"] == "/logout");
            } else {
                refused(answer).await;
            }
        }
    }
    assert_nothing_ended(&browser).await;
}

#[tokio::test]
async fn a_form_that_another_site_sends_does_nothing() {
    let bank = Bank::start().await;
    let (browser, page) = account(&bank).await;
    for button in ["revoke-web-app", &end_session(&page), "sign-out"] {
        for (name, value) in FOREIGN {
            let form = page.form_with(button);
            refused(
                post(&bank, &browser, &form, button)
                    .header(name, value)
                    .send()
                    .await
                    .unwrap(),
            )
            .await;
        }
    }
    assert_nothing_ended(&browser).await;
}

#[tokio::test]
async fn the_session_of_another_user_cannot_be_ended() {
    let bank = Bank::start().await;
    let (alice, alices) = account(&bank).await;
    let id = end_session(&alices).replace("end-session-", "");
    let bob = signed_in(&bank, "bob").await;
    let page = bob.open("/account").await.page();
    let form = page.form_with(&end_session(&page)).tamper("session", &id);
    let page = bob.submit(&form, None).await.page();
    assert!(page.text().contains("It had already ended. Nothing was changed."));
    assert_nothing_ended(&alice).await;
}

#[tokio::test]
async fn the_permission_of_another_user_cannot_be_taken_back() {
    let bank = Bank::start().await;
    let alice = bank.browser();
    let request = Request::code("openid accounts:read");
    let callback = request.walk(&bank, &alice, "alice").await;
    let response = request.redeem(&bank, &callback).await;
    let bob = bank.browser();
    Request::implicit("id_token", "openid").walk(&bank, &bob, "bob").await;
    let page = bob.open("/account").await.page();
    let form = page.form_with("revoke-js-app").tamper("client_id", "web-app");
    let page = bob.submit(&form, None).await.page();
    assert!(page.text().contains("Nothing was changed"));
    assert_eq!(bank.introspect(text(&response, "access_token")).await["active"], true);
    assert_nothing_ended(&alice).await;
}

#[tokio::test]
async fn ids_of_nothing_do_nothing() {
    let bank = Bank::start().await;
    let (browser, page) = account(&bank).await;
    for id in ["", "x", "'; DROP TABLE grants; --", "%"] {
        let form = page.form_with("revoke-web-app").tamper("client_id", id);
        assert!(
            browser
                .submit(&form, None)
                .await
                .page()
                .text()
                .contains("Nothing was changed")
        );
        let form = page.form_with(&end_session(&page)).tamper("session", id);
        assert!(
            browser
                .submit(&form, None)
                .await
                .page()
                .text()
                .contains("Nothing was changed")
        );
    }
    assert_nothing_ended(&browser).await;
}

#[tokio::test]
async fn a_form_of_an_ended_session_asks_to_sign_in() {
    let bank = Bank::start().await;
    let (browser, page) = account(&bank).await;
    browser.press(&page, "sign-out").await.page();
    assert!(browser.press(&page, "revoke-web-app").await.page().has("sign-in"));
    let again = signed_in(&bank, "alice").await;
    assert_nothing_ended(&again).await;
}

#[tokio::test]
async fn a_form_of_before_the_last_sign_in_is_refused_with_what_to_do() {
    let bank = Bank::start().await;
    let (browser, page) = account(&bank).await;
    Request::code("openid")
        .with("prompt", "login")
        .walk(&bank, &browser, "alice")
        .await;
    let answer = browser.press(&page, "revoke-web-app").await.page();
    assert_error_page(&answer, 403, "invalid_request");
    assert!(answer.text().contains("Go back, reload the page and try again"));
}

#[tokio::test]
async fn a_link_does_nothing() {
    let bank = Bank::start().await;
    let (browser, _) = account(&bank).await;
    for path in [
        "/account/grants/revoke?client_id=web-app",
        "/account/sessions/end?session=x",
    ] {
        let page = browser.open(path).await.page();
        assert_error_page(&page, 405, "invalid_request");
        assert_eq!(page.headers["allow"], "POST");
    }
    assert_nothing_ended(&browser).await;
}

#[tokio::test]
async fn a_notice_is_one_of_the_pages_own_texts() {
    let bank = Bank::start().await;
    let (browser, _) = account(&bank).await;
    let page = browser.open("/account?done=<script>alert(1)</script>").await.page();
    assert!(!page.html.contains("<script") && !page.html.contains("role=\"status\""));
    let page = browser
        .open("/account?done=revoked&client=<script>alert(1)</script>")
        .await
        .page();
    assert!(!page.html.contains("<script"));
}
