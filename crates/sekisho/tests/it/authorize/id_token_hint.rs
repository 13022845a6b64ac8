//! `id_token_hint` (OpenID Connect Core §3.1.2.1): who should be signed in.

use testkit::Browser;

use crate::{
    bank::Bank,
    request::{Request, error, signed_in, text},
};

/// An ID token that says who signed in in this browser.
async fn id_token(bank: &Bank, browser: &Browser, username: &str) -> String {
    let request = Request::code("openid");
    let callback = request.walk(bank, browser, username).await;
    text(&request.redeem(bank, &callback).await, "id_token").to_owned()
}

// Conformance: oidcc-id-token-hint
// Conformance: OP-09
#[tokio::test]
async fn the_hint_of_who_is_signed_in_passes_silently_even_after_it_expired() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let hint = id_token(&bank, &browser, "alice").await;
    bank.clock.advance(3600);
    let request = Request::code("openid")
        .with("prompt", "none")
        .with("id_token_hint", &hint);
    assert!(request.open(&bank, &browser).await.callback().get("code").is_some());
}

// Conformance: B32 OP-09
#[tokio::test]
async fn the_hint_of_somebody_else_is_login_required_when_no_page_may_be_shown() {
    let bank = Bank::start().await;
    let hint = id_token(&bank, &bank.browser(), "alice").await;
    let browser = bank.browser();
    id_token(&bank, &browser, "bob").await;
    let request = Request::code("openid")
        .with("prompt", "none")
        .with("id_token_hint", &hint);
    assert_eq!(error(&request.open(&bank, &browser).await.callback()), "login_required");
}

#[tokio::test]
async fn the_hint_of_somebody_else_asks_to_sign_in_as_them() {
    let bank = Bank::start().await;
    let hint = id_token(&bank, &bank.browser(), "alice").await;
    let browser = signed_in(&bank, "bob").await;
    let request = Request::code("openid").with("id_token_hint", &hint);
    let page = request.open(&bank, &browser).await.page();
    assert!(page.has("sign-in"));
    let callback = browser.sign_in(&page, "alice", "alice-password").await.callback();
    assert!(callback.get("code").is_some());
}

#[tokio::test]
async fn who_signs_in_as_somebody_else_than_the_hint_is_told_to_the_client_and_not_asked_forever() {
    let bank = Bank::start().await;
    let hint = id_token(&bank, &bank.browser(), "alice").await;
    let browser = bank.browser();
    let page = Request::code("openid")
        .with("id_token_hint", &hint)
        .open(&bank, &browser)
        .await
        .page();
    let callback = browser.sign_in(&page, "bob", "bob-password").await.callback();
    assert_eq!(error(&callback), "login_required");
}

#[tokio::test]
async fn what_is_no_id_token_of_this_issuer_is_refused() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let hint = id_token(&bank, &browser, "alice").await;
    let (signed, _) = hint.rsplit_once('.').unwrap();
    let elsewhere = Bank::with_realm(testkit::realm::bank).await;
    let foreign = id_token(&elsewhere, &elsewhere.browser(), "alice").await;
    let unsigned = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.";
    for bad in ["garbage", &format!("{signed}.AAAA"), &foreign, unsigned] {
        let request = Request::code("openid").with("id_token_hint", bad);
        assert_eq!(
            error(&request.open(&bank, &browser).await.callback()),
            "invalid_request",
            "{bad}"
        );
    }
}

/// The keys that signed until now are forgotten: they are no longer published.
async fn forget_keys(bank: &Bank) {
    let realms = &bank.running.realms;
    realm::rotate(&realms.store, &bank.clock, realms.wrap_key(), &bank.issuer, None, true)
        .await
        .unwrap();
    realms.refresh().await.unwrap();
}

#[tokio::test]
async fn the_hint_of_a_forgotten_key_names_its_user_and_never_passes_silently() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let hint = id_token(&bank, &browser, "alice").await;
    forget_keys(&bank).await;
    let request = Request::code("openid").with("id_token_hint", &hint);
    let silent = request.clone().with("prompt", "none");
    assert_eq!(error(&silent.open(&bank, &browser).await.callback()), "login_required");

    let page = request.open(&bank, &browser).await.page();
    assert!(page.has("sign-in"), "it does not end the request");
    let callback = browser.sign_in(&page, "alice", "alice-password").await.callback();
    assert!(callback.get("code").is_some());

    let page = request.open(&bank, &browser).await.page();
    let callback = browser.sign_in(&page, "bob", "bob-password").await.callback();
    assert_eq!(error(&callback), "login_required", "nobody else is answered for");
}
