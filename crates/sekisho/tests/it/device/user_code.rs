//! `/device`: the code is entered, and guesses are counted. RFC 8628 §3.3 and §5.1.

use testkit::{Page, realm};

use super::{approve, enter};
use crate::{
    app::{KIOSK, TV, text},
    bank::Bank,
    request::signed_in,
};

fn error(page: &Page) -> String {
    page.text_of("error-summary").unwrap_or_default()
}

#[tokio::test]
async fn a_code_is_taken_in_any_case_with_or_without_the_dash() {
    let bank = Bank::start().await;
    let browser = signed_in(&bank, "alice").await;
    let code = text(&TV.device(&bank, "openid").await, "user_code").to_owned();
    let plain = code.replace('-', "");
    for typed in [
        code.clone(),
        code.to_lowercase(),
        plain.clone(),
        format!("  {} ", plain.to_lowercase()),
        code.replace('-', "\u{2013}"),
    ] {
        let page = enter(&browser, &typed).await;
        assert!(page.has("approve"), "{typed:?}: {}", page.text());
    }
}

#[tokio::test]
async fn who_is_not_signed_in_signs_in_after_the_code_and_sees_for_which_app() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let device = TV.device(&bank, "openid").await;
    let page = enter(&browser, text(&device, "user_code")).await;
    assert!(
        page.has("username") && page.text().contains("to go on to Bank on TV"),
        "{}",
        page.text()
    );
    let page = browser.sign_in(&page, "alice", "wrong").await.page();
    let page = browser.sign_in(&page, "alice", &realm::password("alice")).await.page();
    assert!(page.has("approve"));
}

#[tokio::test]
async fn a_link_that_brings_the_code_along_fills_it_in_and_no_more() {
    let bank = Bank::start().await;
    let browser = signed_in(&bank, "alice").await;
    let device = TV.device(&bank, "openid").await;
    let page = browser.open(text(&device, "verification_uri_complete")).await.page();
    let form = page.form_with("user-code");
    assert_eq!(form.value("user_code"), Some(text(&device, "user_code")));
    let page = browser.submit(&form, Some("continue")).await.page();
    assert_eq!(page.text_of("shown-code").as_deref(), Some(text(&device, "user_code")));
}

#[tokio::test]
async fn what_is_typed_is_shown_again_and_never_run() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let page = browser
        .open("/device?user_code=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
        .await
        .page();
    assert!(!page.html.contains("<script>"));
    assert_eq!(
        page.form_with("user-code").value("user_code"),
        Some("\"><script>alert(1)</script>")
    );
}

// Conformance: B145
#[tokio::test]
async fn a_code_under_which_nothing_waits_is_refused() {
    let bank = Bank::start().await;
    let browser = signed_in(&bank, "alice").await;
    let expired = TV.device(&bank, "openid").await;
    bank.clock.advance(600);
    let (answered, disabled) = (TV.device(&bank, "openid").await, KIOSK.device(&bank, "openid").await);
    approve(&browser, &answered).await;
    bank.disable_client("kiosk").await;
    for code in [&expired, &answered, &disabled].map(|device| text(device, "user_code")) {
        let page = enter(&browser, code).await;
        assert_eq!((page.status, page.has("approve")), (400, false));
        assert!(
            error(&page).contains("No device waits under this code"),
            "{}",
            page.text()
        );
    }
    let page = enter(&browser, "BBBB-BBBB").await;
    assert!(error(&page).contains("No device waits under this code"));
}

#[tokio::test]
async fn what_cannot_be_a_code_costs_no_guess() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    for typed in ["", "AEIO-UAEI", "BCDF", "https://bank.example/"].repeat(4) {
        let page = enter(&browser, typed).await;
        assert!(
            error(&page).contains("A code has eight letters"),
            "{typed}: {}",
            page.text()
        );
    }
    let device = TV.device(&bank, "openid").await;
    assert!(enter(&browser, text(&device, "user_code")).await.has("sign-in"));
}

// Conformance: B145
#[tokio::test]
async fn the_eleventh_wrong_code_is_not_looked_up() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let device = TV.device(&bank, "openid").await;
    for _ in 0..10 {
        assert_eq!(enter(&browser, "BBBB-BBBB").await.status, 400);
    }
    // Another browser at the same address shares the lane.
    for browser in [browser, bank.browser()] {
        let page = enter(&browser, text(&device, "user_code")).await;
        assert_eq!((page.status, page.has("approve")), (429, false));
        assert_eq!(page.headers["retry-after"], "900");
        assert!(error(&page).contains("Wait 15 minutes"), "{}", page.text());
    }
    // Who is signed in has a lane of their own.
    let alice = signed_in(&bank, "alice").await;
    assert!(enter(&alice, text(&device, "user_code")).await.has("approve"));
    bank.clock.advance(900);
    let device = TV.device(&bank, "openid").await;
    assert!(enter(&bank.browser(), text(&device, "user_code")).await.has("sign-in"));
}

#[tokio::test]
async fn right_codes_of_ones_own_buy_no_guesses() {
    let bank = Bank::start().await;
    let browser = signed_in(&bank, "bob").await;
    for _ in 0..10 {
        let own = TV.device(&bank, "openid").await;
        assert!(enter(&browser, text(&own, "user_code")).await.has("approve"));
        assert_eq!(enter(&browser, "BBBB-BBBB").await.status, 400);
    }
    assert_eq!(enter(&browser, "BBBB-BBBB").await.status, 429);
}

#[tokio::test]
async fn a_form_without_its_secret_begins_again_with_the_code() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let device = TV.device(&bank, "openid").await;
    let page = browser.open(text(&device, "verification_uri_complete")).await.page();
    let form = page.form_with("user-code").tamper("csrf", "forged");
    let again = browser.submit(&form, Some("continue")).await.page();
    assert_eq!(
        again.form_with("user-code").value("user_code"),
        Some(text(&device, "user_code"))
    );
    assert!(!again.has("sign-in"));
}
