//! The code without which a user is not asked. CIBA §7.1.2.

use testkit::{Browser, Page};

use super::{CALL_CENTER, TILL};
use crate::{
    app::{granted, refused},
    bank::Bank,
    request::signed_in,
};

async fn set(browser: &Browser, code: &str) -> Page {
    let form = browser
        .open("/account")
        .await
        .page()
        .form_with("user-code")
        .fill("user-code", code);
    browser.submit(&form, Some("save-user-code")).await.page()
}

async fn ask(bank: &Bank, code: &str) -> reqwest::Response {
    CALL_CENTER.try_to_ask(bank, "openid", &[("user_code", code)]).await
}

// Conformance: CIBA-10
#[tokio::test]
async fn a_user_with_a_code_is_asked_by_who_knows_it() {
    let bank = Bank::start().await;
    granted(CALL_CENTER.try_to_ask(&bank, "openid", &[]).await).await;
    let browser = signed_in(&bank, "alice").await;
    let page = set(&browser, "6365").await;
    assert!(page.text().contains("Your code for requests is saved") && page.has("remove-user-code"));
    refused(CALL_CENTER.try_to_ask(&bank, "openid", &[]).await, "missing_user_code").await;
    refused(ask(&bank, "6366").await, "invalid_user_code").await;
    refused(ask(&bank, &"6".repeat(65)).await, "invalid_user_code").await;
    granted(ask(&bank, "6365").await).await;
    // A client that is registered to go without does.
    granted(TILL.try_to_ask(&bank, "openid", &[]).await).await;
    let bob = [("login_hint", "bob"), ("user_code", "6366")];
    granted(CALL_CENTER.try_to_ask(&bank, "openid", &bob).await).await;
    let account = browser.open("/account").await.page();
    let page = browser.press(&account, "remove-user-code").await.page();
    assert!(page.text().contains("You have no code") && !page.has("remove-user-code"));
    granted(CALL_CENTER.try_to_ask(&bank, "openid", &[]).await).await;
}

// Conformance: CIBA-10
#[tokio::test]
async fn a_code_is_not_guessed() {
    let bank = Bank::start().await;
    set(&signed_in(&bank, "alice").await, "6365").await;
    for _ in 0..10 {
        refused(ask(&bank, "0000").await, "invalid_user_code").await;
    }
    let description = refused(ask(&bank, "6365").await, "invalid_user_code").await;
    assert!(description.contains("try again in 900 seconds"), "{description}");
    bank.clock.advance(900);
    granted(ask(&bank, "6365").await).await;
    for _ in 0..9 {
        refused(ask(&bank, "0000").await, "invalid_user_code").await;
    }
    granted(ask(&bank, "6365").await).await;
    refused(ask(&bank, "0000").await, "invalid_user_code").await;
}

#[tokio::test]
async fn a_code_is_no_password_and_not_too_short() {
    let bank = Bank::start().await;
    let browser = signed_in(&bank, "alice").await;
    for (code, why) in [
        ("123", "at least 4"),
        ("", "at least 4"),
        ("alice-password", "it is your password"),
    ] {
        let page = set(&browser, code).await;
        assert!(page.text().contains(why), "{code}: {}", page.text());
        assert!(!page.has("remove-user-code"));
    }
    let stored = || async {
        let id = bank.user_id("alice").await;
        bank.running
            .realms
            .store
            .find_backchannel_user_code(&bank.issuer, &id)
            .await
            .unwrap()
    };
    assert_eq!(stored().await, None);
    set(&browser, "6365").await;
    assert!(stored().await.unwrap().starts_with("$argon2id$"));
}
