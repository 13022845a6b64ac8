//! `/sign-in/forgotten` and `/sign-in/reset`: who has forgotten the password sets a new one by mail.

use testkit::{Browser, Page};

use crate::{
    app::bank_and,
    bank::Bank,
    factors, letters,
    request::{Request, assert_error_page, page, post, signed_in, text},
};

const ALICE: &str = "alice@example.com";
const NEW: &str = "seven purple lamps";

/// From the sign-in page to the answer, by this name.
async fn ask(browser: &Browser, sign_in_page: &Page, username: &str) -> Page {
    let page = browser.open(&sign_in_page.link("forgotten")).await.page();
    let form = page.form_with("send-link").fill("username", username);
    browser.submit(&form, Some("send-link")).await.page()
}

async fn set(browser: &Browser, page: &Page, password: &str) -> Page {
    let form = page.form_with("set-password").fill("password", password);
    browser.submit(&form, Some("set-password")).await.page()
}

#[tokio::test]
async fn the_link_sets_a_new_password_ends_everything_else_and_goes_on_to_the_app() {
    let bank = Bank::start().await;
    let before = bank.tokens("openid accounts:read offline_access").await;
    let elsewhere = signed_in(&bank, "alice").await;
    let browser = bank.browser();
    let request = Request::code("openid");
    let sign_in_page = request.open(&bank, &browser).await.page();
    let sent = ask(&browser, &sign_in_page, "alice").await;
    assert!(sent.text().contains("Look into your mail"), "{}", sent.text());
    let link = letters::newest(&bank, ALICE, letters::reset).await;

    // As scanners of mail do: nothing happens.
    for _ in 0..3 {
        assert!(bank.browser().open(&link).await.page().has("set-password"));
    }
    let form = browser.open(&link).await.page();
    let weak = set(&browser, &form, "alice123").await;
    assert_eq!(weak.status, 400);
    let answer = set(&browser, &weak, NEW).await;
    assert!(
        answer.has("password") && answer.text().contains("new password is set"),
        "{}",
        answer.text()
    );
    // What she had permitted the app is still permitted.
    let callback = browser.sign_in(&answer, "alice", NEW).await.callback();
    assert!(callback.get("code").is_some());

    assert!(!elsewhere.open("/account").await.page().has("sign-out"));
    let told = bank.introspect(text(&before, "access_token")).await;
    assert_eq!(told["active"], false);
    let refresh = [
        ("grant_type", "refresh_token"),
        ("refresh_token", text(&before, "refresh_token")),
    ];
    assert_eq!(bank.post_as("/token", "web-app", &refresh).await.status(), 400);
    let again = bank.browser().open(&link).await.page();
    assert_error_page(&again, 404, "invalid_request");
    assert_error_page(
        &set(&browser, &form, "eight yellow bottles").await,
        404,
        "invalid_request",
    );
}

#[tokio::test]
async fn a_mail_alone_does_not_pass_by_the_second_factor() {
    let bank = Bank::with_realm(bank_and(factors::VAULT)).await;
    let browser = bank.browser();
    let page = browser.open("/account").await.page();
    ask(&browser, &page, "carol").await;
    let link = letters::newest(&bank, "carol@example.com", letters::reset).await;
    let reader = bank.browser();
    let form = reader.open(&link).await.page();
    assert!(form.has("code"));
    let wrong = set(&reader, &form, NEW).await;
    assert_eq!(wrong.status, 401);
    let code = factors::code(&bank);
    let form = wrong
        .form_with("set-password")
        .fill("password", NEW)
        .fill("code", &code);
    let done = reader.submit(&form, Some("set-password")).await.page();
    assert!(done.text().contains("Sign in with it from now on"), "{}", done.text());

    // The factor is still there, and asked for where it is demanded.
    bank.clock.advance(30);
    let page = browser.open("/account").await.page();
    assert!(browser.sign_in(&page, "carol", NEW).await.page().has("sign-out"));
    let page = Request::code("openid")
        .with("acr_values", "urn:sekisho:acr:loa3")
        .open(&bank, &browser)
        .await
        .page();
    assert!(page.has("code") && !page.has("approve"));
}

#[tokio::test]
async fn what_is_no_link_and_forms_of_other_sites_change_nothing() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let page_of_sign_in = browser.open("/account").await.page();
    ask(&browser, &page_of_sign_in, ALICE).await;
    let link = letters::newest(&bank, ALICE, letters::reset).await;
    for wrong in ["/sign-in/reset", "/sign-in/reset?t=x", "/sign-in/reset?t=a.1.b"] {
        assert_error_page(&browser.open(wrong).await.page(), 404, "invalid_request");
    }
    let form = browser.open(&link).await.page();
    let form = form.form_with("set-password").fill("password", NEW);
    let foreign = post(&bank, &browser, &form, "set-password").header("sec-fetch-site", "cross-site");
    assert_error_page(&page(foreign.send().await.unwrap()).await, 404, "invalid_request");
    let forged = form.clone().tamper("csrf", "YWxpY2U.9999999999.AAAA");
    assert_error_page(&browser.submit(&forged, None).await.page(), 404, "invalid_request");
    bank.clock.advance(30 * 60);
    assert_error_page(&browser.submit(&form, None).await.page(), 404, "invalid_request");
    assert!(
        signed_in(&bank, "alice")
            .await
            .open("/account")
            .await
            .page()
            .has("sign-out")
    );
}

#[tokio::test]
async fn a_realm_may_go_without() {
    let bank = Bank::with_realm(|issuer| format!("password_reset = false\n{}", testkit::realm::bank(issuer))).await;
    let browser = bank.browser();
    let page = browser.open("/account").await.page();
    assert!(!page.has("forgotten"));
    for path in ["/sign-in/forgotten?flow=x", "/sign-in/reset?t=x"] {
        assert_eq!(browser.open(path).await.page().status, 404, "{path}");
        let form = page.form_with("password").sent_to(path.split('?').next().unwrap());
        assert_eq!(browser.submit(&form, None).await.page().status, 404, "{path}");
    }
}
