//! What cannot be taken is said at its field, and costs nobody anything.

use testkit::{Form, Page};

use super::{create, filled, open_bank, sign_up, users};
use crate::bank::Bank;

/// Sends a form: the page that refuses it.
async fn refusal(bank: &Bank, change: impl FnOnce(Form) -> Form) -> Page {
    let browser = bank.browser();
    let page = create().open(bank, &browser).await.page();
    let form = change(filled(&page, "carol"));
    browser.submit(&form, Some("sign-up")).await.page()
}

#[tokio::test]
async fn each_mistake_is_said_in_plain_words_and_the_password_is_not_sent_back() {
    let bank = open_bank().await;
    for (field, value, said) in [
        ("username", "two words", "without spaces"),
        ("username", "", "without spaces"),
        ("username", "carol\u{202e}", "without spaces"),
        ("password", "short", "at least 8 characters"),
        ("password", "", "at least 8 characters"),
        ("password", "Password1!", "Many people use this password"),
        ("password", "12345678", "repeats itself or follows the keyboard"),
        ("password", "carol-1234", "your own name"),
        ("password", "spongebob1", "breach of another service"),
        ("email", "no address", "does not look like an email address"),
        ("name", "Carol\u{7}", "cannot be shown"),
    ] {
        let page = refusal(&bank, |form| form.fill(field, value)).await;
        let error = page.text_of("error-summary").unwrap();
        assert_eq!(page.status, 400, "{value:?}: {error}");
        assert!(error.contains(said), "{value:?}: {error}");
        assert_eq!(page.form_with("password").value("password"), Some(""));
        assert!(page.html.contains(&format!("href=\"#{field}\"")), "{value:?}");
    }
    assert_eq!(users(&bank).await, ["alice", "bob"]);
}

#[tokio::test]
async fn what_was_typed_is_kept() {
    let bank = open_bank().await;
    let page = refusal(&bank, |form| {
        form.fill("email", "carol@example.com")
            .fill("name", "Carol <b>")
            .fill("password", "short")
    })
    .await;
    let form = page.form_with("sign-up");
    assert_eq!(form.value("username"), Some("carol"));
    assert_eq!(form.value("email"), Some("carol@example.com"));
    assert_eq!(form.value("name"), Some("Carol <b>"));
}

#[tokio::test]
async fn a_name_that_is_taken_is_refused_in_every_spelling_whoever_has_it() {
    let bank = open_bank().await;
    bank.disable_user("bob").await;
    for username in ["alice", " ALICE ", "Bob"] {
        let page = refusal(&bank, |form| form.fill("username", username)).await;
        assert_eq!(page.status, 400);
        let error = page.text_of("error-summary").unwrap();
        assert!(error.contains("This user name cannot be chosen"), "{username}: {error}");
    }
    assert_eq!(users(&bank).await, ["alice", "bob"]);
}

#[tokio::test]
async fn who_asks_for_many_names_waits() {
    let bank = open_bank().await;
    for attempt in 0..10 {
        let name = if attempt % 2 == 0 {
            "alice".to_owned()
        } else {
            format!("carol{attempt}")
        };
        refusal(&bank, |form| form.fill("username", &name)).await;
    }
    let page = refusal(&bank, |form| form).await;
    assert_eq!(
        (page.status, &page.headers["retry-after"]),
        (429, &"900".parse().unwrap())
    );
    assert!(page.text_of("error-summary").unwrap().contains("Wait 15 minutes"));
    bank.clock.advance(15 * 60);
    assert!(refusal(&bank, |form| form).await.has("approve"));
}

#[tokio::test]
async fn a_refused_name_can_be_followed_by_another_in_the_same_flow() {
    let bank = open_bank().await;
    let browser = bank.browser();
    let page = create().open(&bank, &browser).await.page();
    let page = sign_up(&browser, &page, "alice").await;
    assert!(sign_up(&browser, &page, "carol").await.has("approve"));
}

#[tokio::test]
async fn japanese_is_spoken() {
    let bank = open_bank().await;
    let browser = bank.browser().speaking("ja");
    let page = create().open(&bank, &browser).await.page();
    assert!(page.text().contains("アカウントの作成"));
    let page = sign_up(&browser, &page, "alice").await;
    assert!(page.text().contains("このユーザー名は使えません"));
}
