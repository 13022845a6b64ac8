//! What the page shows.

use crate::{
    bank::Bank,
    request::{Request, sign_in, signed_in},
};

#[tokio::test]
async fn nobody_sees_it_without_signing_in() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let page = browser.open("/account").await.page();
    assert!(page.has("sign-in") && page.text().contains("to see your account"));
    let page = sign_in(&browser, &page, "alice").await;
    assert_eq!((page.url.path(), page.status), ("/account", 200));
}

#[tokio::test]
async fn the_root_of_the_realm_leads_there() {
    let bank = Bank::start().await;
    let browser = signed_in(&bank, "alice").await;
    assert_eq!(browser.open("/").await.page().url.path(), "/account");
}

#[tokio::test]
async fn it_lists_what_each_app_may_do() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let page = signed_in(&bank, "alice").await.open("/account").await.page();
    assert!(page.text().contains("You have not allowed any app anything"));
    Request::code("openid offline_access accounts:read")
        .walk(&bank, &browser, "alice")
        .await;
    Request::implicit("id_token", "openid")
        .walk(&bank, &browser, "alice")
        .await;
    let page = browser.open("/account").await.page();
    assert!(page.has("revoke-web-app") && page.has("revoke-js-app") && !page.has("revoke-cli"));
    for said in [
        "Web App",
        "See your accounts",
        "Also while you are away",
        "23 November 2026",
        "23 November 2027",
    ] {
        assert!(page.text().contains(said), "{said} is not in: {}", page.text());
    }
}

#[tokio::test]
async fn it_lists_where_the_user_is_signed_in_and_marks_this_browser() {
    let bank = Bank::start().await;
    let _other = signed_in(&bank, "alice").await;
    let page = signed_in(&bank, "alice").await.open("/account").await.page();
    let sessions = page.ids().iter().filter(|id| id.starts_with("end-session-")).count();
    assert_eq!(sessions, 2);
    let marks = page.text().matches("This browser").count();
    assert_eq!(marks, 2, "among the sessions, and among the recognised browsers");
    assert!(page.text().contains("127.0.0.1") && page.text().contains("23 November 2026, 12:00 UTC"));
}

#[tokio::test]
async fn it_shows_nothing_of_other_users() {
    let bank = Bank::start().await;
    let alice = bank.browser();
    Request::code("openid").walk(&bank, &alice, "alice").await;
    let page = signed_in(&bank, "bob").await.open("/account").await.page();
    assert!(!page.has("revoke-web-app") && !page.text().contains("Alice"));
    assert_eq!(page.ids().iter().filter(|id| id.starts_with("end-session-")).count(), 1);
}
