//! What is wrong with what was typed, and how little the answer says of it.

use sekisho::administration::Action;
use testkit::Page;

use crate::{
    bank::Bank,
    request::{Request, administer},
};

async fn attempt(bank: &Bank, username: &str, password: &str) -> Page {
    let browser = bank.browser();
    let page = Request::code("openid").open(bank, &browser).await.page();
    browser.sign_in(&page, username, password).await.page()
}

/// What a page says and is made of, whoever it is for.
fn looks(page: &Page) -> (u16, String, Vec<String>, Vec<String>) {
    let headers = page.headers.keys().map(ToString::to_string).collect();
    (page.status, page.text(), page.ids(), headers)
}

#[tokio::test]
async fn a_wrong_password_is_told_on_the_same_page() {
    let bank = Bank::start().await;
    let page = attempt(&bank, "alice", "wrong-secret").await;
    assert_eq!(page.status, 401);
    assert!(page.html.contains("role=\"alert\"") && page.has("error-summary"));
    assert!(page.text().contains("The user name or the password is not right"));
    assert!(page.html.contains("<title>Error: "));
}

#[tokio::test]
async fn the_user_name_stays_and_the_password_is_never_echoed() {
    let bank = Bank::start().await;
    let page = attempt(&bank, "alice", "wrong-secret").await;
    let form = page.form_with("password");
    assert_eq!(
        (form.value("username"), form.value("password")),
        (Some("alice"), Some(""))
    );
    assert!(!page.html.contains("wrong-secret"));
}

#[tokio::test]
async fn after_a_wrong_password_the_right_one_goes_on() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let page = Request::code("openid").open(&bank, &browser).await.page();
    let page = browser.sign_in(&page, "alice", "wrong").await.page();
    let page = browser.sign_in(&page, "alice", "alice-password").await.page();
    assert!(browser.approve(&page).await.callback().get("code").is_some());
}

#[tokio::test]
async fn a_password_counts_to_the_letter() {
    let bank = Bank::start().await;
    for almost in [
        "Alice-password",
        "alice-password ",
        " alice-password",
        "alice-passwor",
        "bob-password",
    ] {
        assert_eq!(attempt(&bank, "alice", almost).await.status, 401, "{almost:?}");
    }
}

#[tokio::test]
async fn a_user_name_may_be_written_in_any_case_with_blanks_around() {
    let bank = Bank::start().await;
    for name in ["ALICE", " alice ", "Alice"] {
        assert!(attempt(&bank, name, "alice-password").await.has("approve"), "{name:?}");
    }
}

#[tokio::test]
async fn missing_fields_are_told_and_what_is_there_stays() {
    let bank = Bank::start().await;
    for (username, password) in [("alice", ""), ("", "alice-password"), ("  ", "x"), ("", "")] {
        let page = attempt(&bank, username, password).await;
        assert_eq!(page.status, 400);
        assert!(page.has("error-summary") && page.text().contains("Enter your user name and your password"));
        assert_eq!(page.form_with("password").value("username"), Some(username));
        assert!(!page.html.contains("alice-password"));
    }
}

#[tokio::test]
async fn an_unknown_user_looks_like_a_wrong_password() {
    let bank = Bank::start().await;
    let wrong = looks(&attempt(&bank, "alice", "wrong").await);
    assert_eq!(looks(&attempt(&bank, "nobody", "wrong").await), wrong);
    assert_eq!(looks(&attempt(&bank, "no\u{7}body", "wrong").await), wrong);
}

#[tokio::test]
async fn a_disabled_user_looks_like_a_wrong_password() {
    let bank = Bank::start().await;
    let wrong = looks(&attempt(&bank, "alice", "wrong").await);
    administer(
        &bank,
        Action::UserSetEnabled {
            user: "alice".into(),
            enabled: false,
        },
    )
    .await;
    assert_eq!(looks(&attempt(&bank, "alice", "alice-password").await), wrong);
}

#[tokio::test]
async fn what_was_typed_is_shown_as_text() {
    let bank = Bank::start().await;
    let name = "\"><script>alert(1)</script>";
    let page = attempt(&bank, name, "wrong").await;
    assert_eq!(page.html.matches("<script").count(), 1, "its own");
    assert_eq!(page.form_with("password").value("username"), Some(name));
}

#[tokio::test]
async fn very_long_fields_are_a_wrong_password() {
    let bank = Bank::start().await;
    assert_eq!(attempt(&bank, "alice", &"x".repeat(20_000)).await.status, 401);
    assert_eq!(attempt(&bank, &"x".repeat(20_000), "wrong").await.status, 401);
}
