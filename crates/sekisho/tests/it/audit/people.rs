//! Sign-in, sign-up, consent, and their ends.

use super::{events, of_kind, only};
use crate::{
    app::{TV, granted},
    bank::Bank,
    device,
    request::{Request, sign_in, signed_in},
};

async fn signs_in_and_permits(bank: Bank) {
    let browser = bank.browser();
    let page = Request::code("openid accounts:read").open(&bank, &browser).await.page();
    let page = sign_in(&browser, &page, "alice").await;
    browser.approve(&page).await.callback();

    let signed_in = only(&bank, "sign_in.succeeded").await;
    let alice = bank.user_id("alice").await;
    for (member, expected) in [
        ("user", "alice"),
        ("sub", &alice),
        ("actor", "user"),
        ("client_id", "web-app"),
        ("address", "127.0.0.1"),
        ("result", "succeeded"),
        ("at", "2026-11-23T12:00:00Z"),
        ("realm", &bank.issuer),
    ] {
        assert_eq!(signed_in[member], expected, "{member}: {signed_in}");
    }
    assert!(signed_in["explanation"].is_string() && signed_in["details"]["session"].is_string());
    let given = only(&bank, "consent.given").await;
    assert_eq!(
        (&given["user"], &given["client_id"]),
        (&"alice".into(), &"web-app".into())
    );
    assert_eq!(given["details"]["scope"], "accounts:read openid");

    Request::code("openid accounts:read")
        .open(&bank, &browser)
        .await
        .callback();
    let remembered = only(&bank, "consent.remembered").await;
    assert_eq!(remembered["details"]["grant"], given["details"]["grant"]);
    let page = Request::code("openid email").open(&bank, &browser).await.page();
    browser.approve(&page).await.callback();
    assert_eq!(only(&bank, "consent.changed").await["details"]["scope"], "email openid");
    assert_eq!(of_kind(&bank, "consent.given").await.len(), 1);
}

#[tokio::test]
async fn a_user_who_signs_in_and_permits_is_told_of() {
    signs_in_and_permits(Bank::start().await).await;
}

#[tokio::test]
async fn and_on_the_other_engine() {
    signs_in_and_permits(Bank::on_postgres().await).await;
}

#[tokio::test]
async fn who_does_not_get_in_leaves_no_success() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let mut page = browser.open("/account").await.page();
    for _ in 0..3 {
        page = browser.sign_in(&page, "alice", "wrong").await.page();
        assert_eq!(page.status, 401);
    }
    for name in ["nobody", "hunter2", "nobody"] {
        page = browser.sign_in(&page, name, "wrong").await.page();
        assert_eq!(page.status, 401);
    }
    let told = events(&bank).await;
    assert!(told.iter().all(|event| event["kind"] != "sign_in.succeeded"));
    let failed: Vec<_> = told.iter().filter(|event| event["kind"] == "sign_in.failed").collect();
    assert_eq!(failed.len(), 4, "{failed:?}");
    let of_alice: Vec<_> = failed.iter().filter(|event| event["user"] == "alice").collect();
    assert_eq!(of_alice.len(), 3);
    assert_eq!(of_alice[0]["address"], "127.0.0.1");
    assert_eq!(
        (&of_alice[0]["actor"], &of_alice[0]["result"]),
        (&"anonymous".into(), &"refused".into())
    );
    let unknown = failed.iter().find(|event| event["sub"].is_null()).unwrap();
    assert_eq!(
        (&unknown["count"], &unknown["address"]),
        (&3.into(), &"127.0.0.0/24".into())
    );
    assert!(!format!("{told:?}").contains("hunter2"), "people type passwords there");
}

#[tokio::test]
async fn guesses_that_are_too_many_are_told_of_and_bounded() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let mut page = browser.open("/account").await.page();
    for _ in 0..14 {
        page = browser.sign_in(&page, "bob", "wrong").await.page();
    }
    let failed = of_kind(&bank, "sign_in.failed").await;
    let reason = |reason: &str| {
        failed
            .iter()
            .filter(|event| event["details"]["reason"] == reason)
            .count()
    };
    assert_eq!((reason("wrong credentials"), reason("too many guesses")), (10, 4));
}

#[tokio::test]
async fn who_refuses_is_told_of() {
    let bank = Bank::start().await;
    let browser = signed_in(&bank, "alice").await;
    let page = Request::code("openid accounts:read").open(&bank, &browser).await.page();
    browser.deny(&page).await.callback();
    let refused = only(&bank, "consent.refused").await;
    assert_eq!(
        (&refused["user"], &refused["client_id"]),
        (&"alice".into(), &"web-app".into())
    );
    assert!(of_kind(&bank, "consent.given").await.is_empty());
}

#[tokio::test]
async fn what_is_taken_back_or_ended_is_told_of_once() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    Request::code("openid accounts:read")
        .walk(&bank, &browser, "alice")
        .await;
    let account = browser.open("/account").await.page();
    let after = browser.press(&account, "revoke-web-app").await.page();
    assert!(!after.has("revoke-web-app"));
    browser.press(&account, "revoke-web-app").await.page();
    let revoked = only(&bank, "consent.revoked").await;
    assert_eq!(
        (&revoked["actor"], &revoked["client_id"]),
        (&"user".into(), &"web-app".into())
    );
    let end = after
        .ids()
        .into_iter()
        .find(|id| id.starts_with("end-session-"))
        .unwrap();
    browser.press(&after, &end).await.page();
    browser.press(&after, &end).await.page();
    assert_eq!(only(&bank, "session.ended").await["user"], "alice");
}

#[tokio::test]
async fn a_session_that_another_replaces_is_named() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let request = Request::code("openid accounts:read");
    request.walk(&bank, &browser, "alice").await;
    request.with("prompt", "login").walk(&bank, &browser, "bob").await;
    let signed_in = of_kind(&bank, "sign_in.succeeded").await;
    assert_eq!(signed_in.len(), 2);
    assert_eq!(signed_in[1]["user"], "bob");
    assert_eq!(
        signed_in[1]["details"]["ended_session"],
        signed_in[0]["details"]["session"]
    );
}

#[tokio::test]
async fn a_device_is_approved_or_refused() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let request = TV.device(&bank, "openid accounts:read").await;
    device::approve(&browser, &request).await;
    granted(TV.poll(&bank, &request).await).await;
    let approved = only(&bank, "device.approved").await;
    assert_eq!(
        (&approved["user"], &approved["client_id"]),
        (&"alice".into(), &"tv".into())
    );
    assert!(
        of_kind(&bank, "consent.given").await.is_empty(),
        "one event for one act"
    );
    let request = TV.device(&bank, "openid").await;
    let page = device::question(&browser, &request).await;
    browser.deny(&page).await;
    assert_eq!(only(&bank, "device.refused").await["user"], "alice");
    let issued = only(&bank, "token.issued").await;
    assert_eq!(issued["details"]["authorization"], approved["details"]["authorization"]);
}
