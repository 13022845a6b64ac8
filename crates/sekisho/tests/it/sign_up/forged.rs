//! Nobody makes an account in somebody else's browser (login CSRF, RFC 9700 §4.7).

use super::{create, filled, open_bank, users};
use crate::request::{assert_error_page, post};

#[tokio::test]
async fn a_form_that_another_site_sends_makes_no_account() {
    let bank = open_bank().await;
    let browser = bank.browser();
    let page = create().open(&bank, &browser).await.page();
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let request = post(&bank, &browser, &filled(&page, "carol"), "sign-up").header(name, value);
        let response = request.send().await.unwrap();
        let location = response.headers()["location"].to_str().unwrap();
        assert!(
            response.status() == 303 && location.starts_with("/authorize?"),
            "{location}"
        );
        assert_eq!(response.headers().get("set-cookie"), None, "{name}: {value}");
    }
    assert_eq!(users(&bank).await, ["alice", "bob"]);
}

#[tokio::test]
async fn the_form_of_another_browser_makes_no_account() {
    let bank = open_bank().await;
    let attackers = create().open(&bank, &bank.browser()).await.page();
    let victim = bank.browser();
    let page = victim
        .submit(&filled(&attackers, "carol"), Some("sign-up"))
        .await
        .page();
    assert_eq!((page.url.path(), page.status), ("/sign-up", 200));
    assert_eq!(users(&bank).await, ["alice", "bob"]);
}

#[tokio::test]
async fn a_form_without_its_secret_makes_no_account() {
    let bank = open_bank().await;
    let browser = bank.browser();
    let page = create().open(&bank, &browser).await.page();
    for csrf in ["", "x"] {
        let form = filled(&page, "carol").tamper("csrf", csrf);
        let page = browser.submit(&form, Some("sign-up")).await.page();
        assert_eq!((page.url.path(), page.status), ("/sign-up", 200));
    }
    let form = filled(&page, "carol").tamper("flow", "x");
    assert_error_page(
        &browser.submit(&form, Some("sign-up")).await.page(),
        400,
        "invalid_request",
    );
    assert_eq!(users(&bank).await, ["alice", "bob"]);
}

#[tokio::test]
async fn a_page_that_nobody_sent_the_user_to_leads_to_their_own_pages() {
    let bank = open_bank().await;
    let page = bank.browser().open("/sign-up").await.page();
    assert!(page.has("sign-in"));
    let lost = bank.browser().open("/sign-up?flow=x").await.page();
    assert_error_page(&lost, 400, "invalid_request");
}
