//! `/sign-in/passkey`: nobody types a name.

use sekisho::administration::Action;
use serde_json::json;
use testkit::{Authenticator, Browser, Page};

use super::{AMR, answered, enrolled};
use crate::{
    audit::only,
    bank::Bank,
    request::{Request, administer, claims, cookie, post, text},
};

const SESSION: &str = "sekisho-session-";

async fn sign_in_page(bank: &Bank, browser: &Browser) -> Page {
    browser.open(&bank.url("/account")).await.page()
}

/// Shows this passkey on a new sign-in page: the page that follows.
async fn show(bank: &Bank, key: &mut Authenticator) -> Page {
    let browser = bank.browser();
    let page = sign_in_page(bank, &browser).await;
    browser.submit(&answered(&page, key), None).await.page()
}

#[tokio::test]
async fn a_passkey_alone_signs_its_owner_in_with_two_factors() {
    let bank = Bank::start().await;
    let mut key = enrolled(&bank, "alice", |_| {}).await;
    let (browser, request) = (bank.browser(), Request::code("openid"));
    let page = request.open(&bank, &browser).await.page();
    assert!(page.html.contains("autocomplete=\"username webauthn\""));
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("; script-src 'self'; form-action "), "{policy}");

    let page = browser.submit(&answered(&page, &mut key), None).await.page();
    let callback = browser.approve(&page).await.callback();
    let tokens = request.redeem(&bank, &callback).await;
    let id_token = claims(text(&tokens, "id_token"));
    assert_eq!(id_token["acr"], "urn:sekisho:acr:loa3");
    assert_eq!(id_token["amr"], json!(AMR));
    assert_eq!(id_token["auth_time"], bank.clock.now());
    // The counter went on, so the next signature is good too.
    assert!(show(&bank, &mut key).await.has("sign-out"));
}

#[tokio::test]
async fn what_is_unknown_looks_like_what_is_wrong() {
    let bank = Bank::start().await;
    let key = enrolled(&bank, "alice", |_| {}).await;
    let mut elsewhere = key.clone();
    elsewhere.origin = "https://evil.example".into();
    let mut unknown = Authenticator::at(&bank.issuer);
    unknown.user_handle.clone_from(&key.user_handle);
    let mut nobodys = key.clone();
    nobodys.user_handle = None;
    let mut touched = enrolled(&bank, "bob", |key| key.verifies_user = false).await;

    let mut told = Vec::new();
    for key in [&mut elsewhere, &mut unknown, &mut nobodys] {
        let page = show(&bank, key).await;
        assert!(!page.has("sign-out"));
        told.push((page.status, page.text_of("error-summary")));
    }
    assert_eq!(told[0].0, 401);
    assert!(told.iter().all(|one| *one == told[0]), "{told:?}");
    // A key that is only touched signs nobody in by itself, and is told what to do.
    let page = show(&bank, &mut touched).await;
    assert_eq!(page.status, 401);
    assert!(page.text_of("error-summary").unwrap().contains("PIN"));
}

#[tokio::test]
async fn who_was_disabled_is_not_signed_in() {
    let bank = Bank::start().await;
    let mut key = enrolled(&bank, "alice", |_| {}).await;
    let browser = bank.browser();
    let page = sign_in_page(&bank, &browser).await;
    administer(
        &bank,
        Action::UserSetEnabled {
            user: "alice".into(),
            enabled: false,
        },
    )
    .await;
    let page = browser.submit(&answered(&page, &mut key), None).await.page();
    assert_eq!((page.status, page.has("sign-out")), (401, false));
}

#[tokio::test]
async fn an_answer_counts_once_and_in_the_browser_that_was_asked() {
    let bank = Bank::start().await;
    let mut key = enrolled(&bank, "alice", |_| {}).await;
    let browser = bank.browser();
    let page = sign_in_page(&bank, &browser).await;
    let form = answered(&page, &mut key);

    // Sent by another browser: its own sign-in begins, and nobody is signed in.
    let other = bank.browser();
    assert!(!other.submit(&form, None).await.page().has("sign-out"));
    // In a page of another flow.
    let own = sign_in_page(&bank, &other).await.form_with("use-passkey");
    let stolen = ["challenge", "credential"];
    let stolen = stolen
        .iter()
        .fold(own, |own, name| own.tamper(name, form.value(name).unwrap()));
    let page = other.submit(&stolen, None).await.page();
    assert_eq!((page.status, page.has("sign-out")), (401, false));

    assert!(browser.submit(&form, None).await.page().has("sign-out"));
    let page = browser.open(&bank.url("/account")).await.page();
    let _ = browser.press(&page, "sign-out").await;
    let again = browser.submit(&form, None).await.page();
    assert!(!again.has("sign-out"), "{}", again.text());
}

#[tokio::test]
async fn of_64_who_send_the_same_answer_at_once_one_gets_in() {
    let bank = Bank::start().await;
    let mut key = enrolled(&bank, "alice", |key| key.is_synced = true).await;
    let browser = bank.browser();
    let page = sign_in_page(&bank, &browser).await;
    let form = answered(&page, &mut key);
    let sent = (0..64).map(|_| tokio::spawn(post(&bank, &browser, &form, "use-passkey").send()));
    let sent: Vec<_> = sent.collect();
    let mut sessions = 0;
    for response in sent {
        let response = response.await.unwrap().unwrap();
        let cookies = response.headers().get_all("set-cookie").iter();
        sessions += cookies.filter(|set| set.to_str().unwrap().starts_with(SESSION)).count();
    }
    assert_eq!(sessions, 1);
    assert_eq!(cookie(&browser, SESSION), None);
}

#[tokio::test]
async fn a_copy_is_refused_and_its_owner_is_told() {
    let bank = Bank::start().await;
    let mut key = enrolled(&bank, "alice", |_| {}).await;
    let mut copy = key.clone();
    for _ in 0..2 {
        assert!(show(&bank, &mut key).await.has("sign-out"));
    }
    let mails = async || {
        let entries = bank
            .running
            .realms
            .store
            .outbox_of_realm(&bank.issuer, None, 100)
            .await
            .unwrap();
        entries
            .iter()
            .filter(|entry| entry.destination == "alice@example.com")
            .count()
    };
    let before = mails().await;
    let page = show(&bank, &mut copy).await;
    assert_eq!(page.status, 401);
    assert_eq!(mails().await, before + 1);
    let event = only(&bank, "authenticator.cloned").await;
    assert_eq!(event["actor"], "anonymous");
}

#[tokio::test]
async fn a_network_that_tries_and_tries_has_to_wait() {
    let bank = Bank::start().await;
    let mut unknown = Authenticator::at(&bank.issuer);
    unknown.user_handle = Some("AAAA".into());
    for _ in 0..10 {
        assert_eq!(show(&bank, &mut unknown).await.status, 401);
    }
    let page = show(&bank, &mut unknown).await;
    assert_eq!(
        (page.status, page.headers["retry-after"].to_str().unwrap()),
        (429, "900")
    );
}
