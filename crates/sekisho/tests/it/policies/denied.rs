//! Whom a rule does not let in.

use serde_json::json;

use super::{HOME, OFFICE, at, bank_with, sign_in};
use crate::{
    audit::{of_kind, only},
    request::Request,
};

const CLOSED: &str = r#"
[[policy]]
name     = "office-only"
outside  = ["192.0.2.0/24"]
clients  = ["web-app"]
deny     = { en = "Only from the office <b>today</b>.", ja = "本日は社内からのみ利用できます。" }
"#;

#[tokio::test]
async fn they_are_told_why_and_what_to_do_and_so_is_the_app() {
    let bank = bank_with(CLOSED).await;
    let request = Request::code("openid");
    let browser = at(&bank, HOME);
    let page = sign_in(&bank, &browser, &request, "carol").await.page();
    assert_eq!(page.status, 403);
    assert!(
        page.text().contains("Only from the office <b>today</b>."),
        "{}",
        page.text()
    );
    assert!(page.has("error-code") && page.has("explain-id") && page.has("back-to-app"));
    let answered = browser.press(&page, "back-to-app").await.callback();
    assert_eq!(answered.get("error"), Some("access_denied"));
    assert_eq!(answered.get("code"), None);

    let japanese = at(&bank, HOME).speaking("ja");
    let page = sign_in(&bank, &japanese, &Request::code("openid"), "carol")
        .await
        .page();
    assert!(page.text().contains("社内からのみ"), "{}", page.text());
}

#[tokio::test]
async fn a_session_of_theirs_opens_nothing_there_and_everything_elsewhere() {
    let bank = bank_with(CLOSED).await;
    let browser = at(&bank, OFFICE);
    let request = Request::code("openid");
    let page = sign_in(&bank, &browser, &request, "carol").await;
    let _ = browser.approve(&page.page()).await.callback();
    let browser = browser.moved_to(HOME);
    let silent = Request::code("openid").with("prompt", "none");
    let refused = silent.open(&bank, &browser).await.callback();
    assert_eq!(refused.get("error"), Some("access_denied"));
    assert_eq!(request.open(&bank, &browser).await.page().status, 403);
    // The rule is about one app.
    assert_eq!(browser.open("/account").await.page().status, 200);
    let browser = browser.moved_to(OFFICE);
    assert!(silent.open(&bank, &browser).await.callback().get("code").is_some());
}

#[tokio::test]
async fn it_is_told_to_who_has_to_answer_for_it() {
    let bank = bank_with(CLOSED).await;
    let browser = at(&bank, HOME);
    let page = sign_in(&bank, &browser, &Request::code("openid"), "carol").await.page();
    assert_eq!(page.status, 403);
    let event = only(&bank, "policy.denied").await;
    assert_eq!(
        (&event["user"], &event["client_id"]),
        (&json!("carol"), &json!("web-app"))
    );
    assert_eq!(event["address"], HOME);
    assert_eq!(event["details"]["rules"], json!(["office-only"]));
    assert_eq!(event["details"]["reason"], "policy.denied");
    let id = event["explanation"].as_str().unwrap();
    assert!(page.html.contains(id), "{id}");
}

#[tokio::test]
async fn what_cannot_be_evaluated_lets_nobody_in() {
    // One failure more than none is more than a number of Cedar can hold.
    let rules = "[[policy]]\nname = \"broken\"\nwhen = \"context.failures + 9223372036854775807 > 0\"\nallow = true\n";
    let bank = bank_with(rules).await;
    let browser = at(&bank, OFFICE);
    let page = Request::code("openid").open(&bank, &browser).await.page();
    let _ = browser.sign_in(&page, "carol", "wrong").await;
    assert_eq!(of_kind(&bank, "sign_in.failed").await.len(), 1);
    let page = sign_in(&bank, &browser, &Request::code("openid"), "carol").await.page();
    assert_eq!(page.status, 403);
    let event = only(&bank, "policy.denied").await;
    assert_eq!(event["details"]["reason"], "policy.not_evaluated");
}
