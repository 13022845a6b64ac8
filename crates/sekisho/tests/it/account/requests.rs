//! `/account/requests`: what apps ask of a user in the background. CIBA §8.

use futures_util::future::join_all;
use testkit::realm;

use crate::{
    app::{bank_and, granted, refused},
    bank::Bank,
    bc_authorize::{CIBA, TILL, approve, deny, requests},
    request::{post, sign_in, signed_in},
};

// Conformance: CIBA-18
#[tokio::test]
async fn a_user_sees_who_asks_for_what_and_the_message_of_the_other_device() {
    let bank = Bank::start().await;
    TILL.ask(&bank, "openid accounts:read").await;
    let page = requests(&signed_in(&bank, "alice").await).await;
    for said in [
        "Point of Sale",
        "W4SCT",
        "See your accounts",
        "Know who you are",
        "Signed in as Alice Example",
        "23 November 2026, 12:05 UTC",
    ] {
        assert!(page.text().contains(said), "{said}: {}", page.text());
    }
    assert_eq!(page.headers["refresh"], "301; url=/account/requests");
    assert!(page.has("approve") && page.has("deny") && page.has("scope-accounts:read"));
}

#[tokio::test]
async fn without_a_request_the_page_waits_for_one() {
    let bank = Bank::start().await;
    let browser = signed_in(&bank, "alice").await;
    let page = requests(&browser).await;
    assert!(
        page.has("no-requests") && page.html.contains("http-equiv=\"refresh\""),
        "{}",
        page.html
    );
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("connect-src 'self'"), "{policy}");
    TILL.ask(&bank, "openid").await;
    assert!(requests(&browser).await.has("approve"));
    assert!(requests(&signed_in(&bank, "bob").await).await.has("no-requests"));
}

#[tokio::test]
async fn who_is_not_signed_in_signs_in_and_is_asked() {
    let bank = Bank::start().await;
    TILL.ask(&bank, "openid").await;
    let browser = bank.browser();
    let page = requests(&browser).await;
    let page = sign_in(&browser, &page, "alice").await;
    assert!(page.has("approve") && page.text().contains("W4SCT"), "{}", page.text());
}

#[tokio::test]
async fn requests_are_answered_one_after_the_other_the_oldest_first() {
    let bank = Bank::start().await;
    let first = TILL.ask(&bank, "openid").await;
    bank.clock.advance(1);
    let second = TILL.ask(&bank, "openid accounts:read").await;
    let browser = signed_in(&bank, "alice").await;
    let page = requests(&browser).await;
    assert!(page.text().contains("One more request waits") && !page.has("scope-accounts:read"));
    deny(&browser).await;
    assert!(requests(&browser).await.has("scope-accounts:read"));
    approve(&browser).await;
    refused(TILL.fetch(&bank, &first).await, "access_denied").await;
    granted(TILL.fetch(&bank, &second).await).await;
    assert!(requests(&browser).await.has("no-requests"));
}

#[tokio::test]
async fn what_is_not_ticked_is_not_permitted() {
    let bank = Bank::start().await;
    let asked = TILL.ask(&bank, "openid accounts:read payments:write").await;
    let browser = signed_in(&bank, "alice").await;
    let form = requests(&browser)
        .await
        .form_with("approve")
        .untick("scope-payments:write");
    browser.submit(&form, Some("approve")).await;
    let tokens = granted(TILL.fetch(&bank, &asked).await).await;
    assert_eq!(tokens["scope"], "accounts:read openid");
}

#[tokio::test]
async fn a_form_of_another_user_or_site_answers_nothing() {
    let bank = Bank::start().await;
    let asked = TILL.ask(&bank, "openid").await;
    let alice = signed_in(&bank, "alice").await;
    let form = requests(&alice).await.form_with("approve");
    let bob = signed_in(&bank, "bob").await;
    assert_eq!(post(&bank, &bob, &form, "approve").send().await.unwrap().status(), 403);
    let cross = post(&bank, &alice, &form, "approve").header("sec-fetch-site", "cross-site");
    assert_eq!(cross.send().await.unwrap().status(), 403);
    let own = requests(&bob).await;
    assert!(own.has("no-requests"));
    bank.end_sessions("alice").await;
    let response = post(&bank, &alice, &form, "approve").send().await.unwrap();
    assert!(response.headers()["location"].to_str().unwrap().starts_with("/sign-in"));
    refused(TILL.fetch(&bank, &asked).await, "authorization_pending").await;
}

#[tokio::test]
async fn a_request_that_is_over_is_not_answered() {
    let bank = Bank::start().await;
    let asked = TILL.ask(&bank, "openid").await;
    let browser = signed_in(&bank, "alice").await;
    let page = requests(&browser).await;
    bank.clock.advance(300);
    let late = browser.approve(&page).await.page();
    assert!(late.text().contains("That request is over"), "{}", late.text());
    refused(TILL.fetch(&bank, &asked).await, "expired_token").await;
}

/// Of many answers at once, `approve` and `deny` mixed, one is taken.
async fn one_answer_wins(bank: &Bank) {
    let asked = TILL.ask(bank, "openid accounts:read").await;
    let browser = signed_in(bank, "alice").await;
    let form = requests(&browser).await.form_with("approve");
    let answers = (0..64).map(|n| post(bank, &browser, &form, if n % 2 == 0 { "approve" } else { "deny" }).send());
    let mut taken = 0;
    for answer in join_all(answers).await {
        let answer = answer.unwrap();
        let location = answer.headers()["location"].to_str().unwrap().to_owned();
        taken += usize::from(!location.ends_with("done=over"));
    }
    assert_eq!(taken, 1);
    let status = TILL.fetch(bank, &asked).await.status();
    assert!(status == 200 || status == 400);
}

#[tokio::test]
async fn of_sixty_four_answers_at_once_one_is_taken_on_sqlite() {
    one_answer_wins(&Bank::start().await).await;
}

#[tokio::test]
async fn of_sixty_four_answers_at_once_one_is_taken_on_postgresql() {
    one_answer_wins(&Bank::on_postgres().await).await;
}

// Conformance: FCIBA-05
#[tokio::test]
async fn an_api_that_needs_more_assurance_is_not_permitted_but_can_be_refused() {
    let vault = format!(
        "[[api]]\nidentifier = \"https://vault.example.com\"\nname = \"Vault\"\nacr = \"loa3\"\n\
         scope = [{{ name = \"vault:open\", description = {{ en = \"Open the vault\" }} }}]\n\
         [[client]]\nclient_id = \"vault\"\nclient_secret = \"vault-secret\"\ngrant_types = [\"{CIBA}\"]\n\
         response_types = []\nbackchannel_token_delivery_mode = \"poll\"\nscope = \"openid vault:open\"\n"
    );
    let bank = Bank::with_realm(bank_and(&vault)).await;
    let app = crate::app::App {
        client_id: "vault",
        ..TILL
    };
    let asked = app.ask(&bank, "openid vault:open").await;
    let browser = signed_in(&bank, "alice").await;
    let again = browser.approve(&requests(&browser).await).await.page();
    assert!(
        again.text().contains("a stronger sign-in is needed"),
        "{}",
        again.text()
    );
    refused(app.fetch(&bank, &asked).await, "authorization_pending").await;
    deny(&browser).await;
    refused(app.fetch(&bank, &asked).await, "access_denied").await;
}

#[tokio::test]
async fn the_permission_is_at_the_account_page_and_can_be_taken_back_before_it_is_fetched() {
    let bank = Bank::start().await;
    let asked = TILL.ask(&bank, "openid accounts:read").await;
    let browser = bank.browser();
    let page = browser.open("/account/requests").await.page();
    let page = browser.sign_in(&page, "alice", &realm::password("alice")).await.page();
    browser.approve(&page).await;
    let account = browser.open("/account").await.page();
    assert!(account.text().contains("Point of Sale"));
    browser.press(&account, "revoke-till").await.page();
    refused(TILL.fetch(&bank, &asked).await, "invalid_grant").await;
}
