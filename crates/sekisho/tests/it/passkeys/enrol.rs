//! `/account/factors/passkey`.

use testkit::{Authenticator, Browser, Form, Page};

use super::{answered, options};
use crate::{
    bank::Bank,
    factors::{bank, code, enter},
    request::{sign_in, signed_in},
};

const PATH: &str = "/account/factors/passkey";

/// Signs carol in with password and app, on the way to the page for a new passkey.
async fn carols_page(bank: &Bank, browser: &Browser) -> Page {
    let page = browser.open(PATH).await.page();
    let page = sign_in(browser, &page, "carol").await;
    enter(browser, &page, &code(bank)).await.page()
}

/// The form that the page's script sends when this authenticator made a passkey.
fn made(page: &Page, key: &mut Authenticator) -> Form {
    let made = key.create(&options(page)).to_string();
    let form = page.form_with("use-passkey").tamper("credential", &made);
    form.fill("passkey-name", " Blue key ")
}

/// Whether this passkey signs its owner in.
async fn signs_in(bank: &Bank, key: &mut Authenticator) -> bool {
    let browser = bank.browser();
    let page = browser.open("/account").await.page();
    browser.submit(&answered(&page, key), None).await.page().has("sign-out")
}

#[tokio::test]
async fn where_two_factors_were_proved_it_counts_at_once() {
    let (bank, mut key) = (bank().await, Authenticator::at("http://localhost"));
    key.origin.clone_from(&bank.issuer);
    let browser = bank.browser();
    let page = carols_page(&bank, &browser).await;
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("; script-src 'self'; form-action 'self'"), "{policy}");
    let form = made(&page, &mut key);
    let account = browser.submit(&form, None).await.page();
    assert!(account.text().contains("Blue key"), "{}", account.text());
    assert!(signs_in(&bank, &mut key).await);

    // The same answer once more, and the same authenticator once more.
    assert_eq!(browser.submit(&form, None).await.page().status, 401);
    let page = browser.open(PATH).await.page();
    assert_eq!(options(&page)["excludeCredentials"].as_array().unwrap().len(), 1);
    let again = browser.submit(&made(&page, &mut key), None).await.page();
    assert_eq!((again.status, again.has("error-summary")), (401, true));
}

#[tokio::test]
async fn what_a_stolen_password_sets_up_does_not_count() {
    let bank = Bank::start().await;
    let mut key = Authenticator::at(&bank.issuer);
    let browser = signed_in(&bank, "alice").await;
    let page = browser.open(PATH).await.page();
    let account = browser.submit(&made(&page, &mut key), None).await.page();
    assert!(account.text().contains("Blue key"));
    assert!(!signs_in(&bank, &mut key).await);
}

#[tokio::test]
async fn a_passkey_has_one_owner() {
    let bank = Bank::start().await;
    let mut key = Authenticator::at(&bank.issuer);
    for (username, is_taken) in [("alice", true), ("bob", false)] {
        let browser = signed_in(&bank, username).await;
        let page = browser.open(PATH).await.page();
        let page = browser.submit(&made(&page, &mut key), None).await.page();
        assert_eq!(page.status == 200, is_taken, "{username}: {}", page.text());
    }
}

#[tokio::test]
async fn a_challenge_of_another_session_or_origin_enrols_nothing() {
    let bank = Bank::start().await;
    let mut key = Authenticator::at(&bank.issuer);
    let (alice, bob) = (signed_in(&bank, "alice").await, signed_in(&bank, "bob").await);
    let form = made(&alice.open(PATH).await.page(), &mut key);
    let bobs = bob.open(PATH).await.page().form_with("use-passkey");
    let stolen = ["challenge", "credential"];
    let stolen = stolen
        .iter()
        .fold(bobs, |own, name| own.tamper(name, form.value(name).unwrap()));
    assert_eq!(bob.submit(&stolen, None).await.page().status, 401);

    let mut elsewhere = Authenticator::at("https://evil.example");
    let page = alice.open(PATH).await.page();
    assert_eq!(
        alice.submit(&made(&page, &mut elsewhere), None).await.page().status,
        401
    );
}
