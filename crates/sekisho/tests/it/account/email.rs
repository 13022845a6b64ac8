//! `/account/email`: who made an account shows that its mail address is theirs.

use authn::notice::{Content, Letter};
use testkit::{Browser, Page};

use crate::{bank::Bank, request::signed_in};

/// Carol, who made her own account in a browser.
async fn carol() -> (Bank, Browser) {
    let bank = Bank::with_realm(|issuer| format!("sign_up = true\n{}", testkit::realm::bank(issuer))).await;
    let browser = bank.browser();
    let page = browser.open("/account").await.page();
    let page = browser.open(&page.link("to-sign-up")).await.page();
    let form = page
        .form_with("sign-up")
        .fill("username", "carol")
        .fill("password", "four rivers meet here")
        .fill("email", "carol@example.com");
    assert!(browser.submit(&form, Some("sign-up")).await.page().has("confirm-email"));
    (bank, browser)
}

async fn press(browser: &Browser, button: &str, code: &str) -> Page {
    let page = browser.open("/account").await.page();
    let form = page.form_with(button).fill("email-code", code);
    browser.submit(&form, Some(button)).await.page()
}

/// The code in the mail that is owed.
async fn code(bank: &Bank) -> String {
    let realms = &bank.running.realms;
    let realm = realms.by_issuer(&bank.issuer).await.unwrap().unwrap();
    // The server's own delivery looks at the call too, now and then; the code is good for ten minutes.
    for _ in 0..8 {
        for call in realms.store.lease_due(realm.now(), 5, 100).await.unwrap() {
            assert_eq!(call.destination, "carol@example.com");
            let letter = Letter::unwrap(&realm.wrap, &call.realm, &call.id, &call.payload).unwrap();
            if let Content::VerifyAddress { code, .. } = letter.content {
                return code;
            }
        }
        bank.clock.advance(60);
    }
    panic!("no mail is owed");
}

#[tokio::test]
async fn an_address_is_confirmed_by_the_code_that_was_sent_there() {
    let (bank, browser) = carol().await;
    let page = press(&browser, "send-code", "").await;
    assert!(page.text().contains("A code is on its way"), "{}", page.text());
    let page = press(&browser, "confirm-email", "12345678").await;
    assert!(page.text_of("email-error").unwrap().contains("not right"));
    let page = press(&browser, "confirm-email", &code(&bank).await).await;
    assert!(page.text().contains("Your address is confirmed"), "{}", page.text());
    assert!(!page.has("confirm-email"));
}

#[tokio::test]
async fn few_codes_are_sent_and_few_guesses_taken() {
    let (_bank, browser) = carol().await;
    for _ in 0..5 {
        assert!(!press(&browser, "send-code", "").await.has("email-error"));
    }
    let page = press(&browser, "send-code", "").await;
    assert!(page.text_of("email-error").unwrap().contains("too many attempts"));
    for _ in 0..10 {
        press(&browser, "confirm-email", "1").await;
    }
    let page = press(&browser, "confirm-email", "1").await;
    assert!(page.text_of("email-error").unwrap().contains("too many attempts"));
}

#[tokio::test]
async fn who_has_nothing_to_confirm_is_not_asked() {
    let bank = Bank::start().await;
    let page = signed_in(&bank, "alice").await.open("/account").await.page();
    assert!(!page.has("send-code"));
}
