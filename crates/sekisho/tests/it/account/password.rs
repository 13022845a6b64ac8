//! `/account/password`: who knows the password changes it.

use testkit::{Browser, Page};

use crate::{
    bank::Bank,
    request::{assert_error_page, page, post, signed_in},
};

const NEW: &str = "seven purple lamps";

async fn open(browser: &Browser) -> Page {
    let account = browser.open("/account").await.page();
    browser.open(&account.link("to-change-password")).await.page()
}

async fn change(browser: &Browser, old: &str, new: &str) -> Page {
    let form = open(browser).await.form_with("change-password");
    let form = form.fill("old", old).fill("new", new);
    browser.submit(&form, Some("change-password")).await.page()
}

async fn is_signed_in(browser: &Browser) -> bool {
    browser.open("/account").await.page().has("sign-out")
}

#[tokio::test]
async fn a_password_is_changed_and_other_browsers_are_signed_out() {
    let bank = Bank::start().await;
    let (here, there) = (signed_in(&bank, "alice").await, signed_in(&bank, "alice").await);
    let account = change(&here, "alice-password", NEW).await;
    assert!(
        account.text().contains("Your password is changed."),
        "{}",
        account.text()
    );
    assert!(is_signed_in(&here).await && !is_signed_in(&there).await);

    let page = there.open("/account").await.page();
    let refused = there.sign_in(&page, "alice", "alice-password").await.page();
    assert_eq!(refused.status, 401);
    assert!(there.sign_in(&refused, "alice", NEW).await.page().has("sign-out"));
    let owed = bank
        .running
        .realms
        .store
        .outbox_of_realm(&bank.issuer, None, 100)
        .await
        .unwrap();
    assert!(
        owed.iter()
            .any(|call| call.kind == "mail" && call.destination == "alice@example.com")
    );
}

#[tokio::test]
async fn other_browsers_stay_signed_in_when_that_is_wanted() {
    let bank = Bank::start().await;
    let (here, there) = (signed_in(&bank, "alice").await, signed_in(&bank, "alice").await);
    let form = open(&here).await.form_with("change-password");
    let form = form.fill("old", "alice-password").fill("new", NEW).untick("others");
    assert!(here.submit(&form, Some("change-password")).await.page().has("sign-out"));
    assert!(is_signed_in(&there).await);
}

#[tokio::test]
async fn what_is_wrong_is_said_at_its_field_and_nothing_is_changed() {
    let bank = Bank::start().await;
    let browser = signed_in(&bank, "alice").await;
    for (old, new, status, field, said) in [
        ("wrong", NEW, 403, "#old", "is not right"),
        ("alice-password", "short", 400, "#new", "at least 8 characters"),
        ("alice-password", "spongebob1", 400, "#new", "breach of another service"),
        ("alice-password", "alice-1234", 400, "#new", "your own name"),
    ] {
        let page = change(&browser, old, new).await;
        let error = page.text_of("error-summary").unwrap();
        assert_eq!(page.status, status, "{error}");
        assert!(
            error.contains(said) && page.html.contains(&format!("href=\"{field}\"")),
            "{error}"
        );
        assert_eq!(page.form_with("old").value("old"), Some(""));
    }
    assert!(change(&browser, "alice-password", NEW).await.has("sign-out"));
}

#[tokio::test]
async fn guesses_of_the_old_password_are_limited() {
    let bank = Bank::start().await;
    let browser = signed_in(&bank, "alice").await;
    for _ in 0..10 {
        assert_eq!(change(&browser, "wrong", NEW).await.status, 403);
    }
    let page = change(&browser, "alice-password", NEW).await;
    assert_eq!(page.status, 429);
    assert!(page.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn the_form_is_taken_from_its_own_page_alone() {
    let bank = Bank::start().await;
    let browser = signed_in(&bank, "alice").await;
    let form = open(&browser).await.form_with("change-password");
    let form = form.fill("old", "alice-password").fill("new", NEW);
    let foreign = post(&bank, &browser, &form, "change-password").header("sec-fetch-site", "cross-site");
    assert_error_page(&page(foreign.send().await.unwrap()).await, 403, "invalid_request");
    let forged = form.tamper("csrf", "x");
    let answer = post(&bank, &browser, &forged, "change-password").send().await.unwrap();
    assert_error_page(&page(answer).await, 403, "invalid_request");
    assert!(change(&browser, "alice-password", NEW).await.has("sign-out"));
}

#[tokio::test]
async fn who_is_not_signed_in_is_asked_to() {
    let bank = Bank::start().await;
    let page = bank.browser().open("/account/password").await.page();
    assert!(page.has("username") && page.has("password"));
}
