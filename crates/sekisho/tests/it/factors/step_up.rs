//! A second factor is asked for where request or API demand it, and of those who have one.

use serde_json::{Value, json};
use testkit::Browser;

use super::{bank, code, enter};
use crate::{
    bank::{Bank, NOON},
    request::{Request, claims, error, sign_in, signed_in, text},
};

const LOA3: &str = "urn:sekisho:acr:loa3";

fn vault(scope: &str) -> Request {
    Request::code(scope).with("client_id", "vault-app")
}

fn essential(values: &Value) -> String {
    json!({ "id_token": { "acr": { "essential": true, "values": values } } }).to_string()
}

/// Approves if asked, and redeems: the token response.
async fn tokens(bank: &Bank, browser: &Browser, request: &Request, page: testkit::Answer) -> Value {
    let callback = match page {
        testkit::Answer::Page(page) => browser.approve(&page).await.callback(),
        testkit::Answer::Callback(callback) => callback,
    };
    request.redeem(bank, &callback).await
}

#[tokio::test]
async fn a_signed_in_user_who_comes_with_a_demand_proves_the_second_factor_alone() {
    let bank = bank().await;
    let browser = signed_in(&bank, "carol").await;
    let request = vault("openid accounts:read");
    let before = tokens(&bank, &browser, &request, request.open(&bank, &browser).await).await;
    let before = claims(text(&before, "id_token"));
    assert_eq!(
        (&before["acr"], &before["amr"]),
        (&json!("urn:sekisho:acr:loa2"), &json!(["pwd"]))
    );

    bank.clock.advance(600);
    let request = vault("openid vault:open");
    let page = request.open(&bank, &browser).await.page();
    assert!(page.has("code") && page.has("continue") && !page.has("password"));
    let answer = enter(&browser, &page, &code(&bank)).await;
    let after = tokens(&bank, &browser, &request, answer).await;
    let id_token = claims(text(&after, "id_token"));
    assert_eq!(
        (&id_token["acr"], &id_token["amr"], &id_token["auth_time"]),
        (&json!(LOA3), &json!(["pwd", "otp", "mfa"]), &json!(NOON + 600))
    );
    for same in ["sub", "sid"] {
        assert_eq!(id_token[same], before[same], "{same}");
    }
    let told = bank.introspect(text(&after, "access_token")).await;
    assert_eq!((&told["acr"], &told["auth_time"]), (&json!(LOA3), &json!(NOON + 600)));

    // It counts from now on, for every app.
    let silent = vault("openid vault:open").with("prompt", "none");
    assert!(silent.open(&bank, &browser).await.callback().get("code").is_some());
}

#[tokio::test]
async fn who_is_not_signed_in_is_asked_for_one_after_the_other_in_one_flow() {
    let bank = bank().await;
    let browser = bank.browser();
    let request = Request::code("openid").with("acr_values", LOA3);
    let page = request.open(&bank, &browser).await.page();
    assert!(page.has("password") && !page.has("code"));
    let page = sign_in(&browser, &page, "carol").await;
    assert!(page.has("code"));
    let page = enter(&browser, &page, &code(&bank)).await.page();
    let answer = testkit::Answer::Page(page);
    let id_token = claims(text(&tokens(&bank, &browser, &request, answer).await, "id_token"));
    assert_eq!(id_token["acr"], LOA3);
}

#[tokio::test]
async fn without_a_demand_nobody_is_asked_for_more_than_the_password() {
    let bank = bank().await;
    let browser = signed_in(&bank, "carol").await;
    for acr_values in [
        "",
        "urn:sekisho:acr:loa2 urn:sekisho:acr:loa3",
        "urn:mace:incommon:iap:silver",
    ] {
        let request = Request::code("openid").with("acr_values", acr_values);
        assert!(
            request.open(&bank, &browser).await.page().has("approve"),
            "{acr_values}"
        );
    }
}

#[tokio::test]
async fn a_voluntary_demand_is_passed_over_where_it_cannot_be_met_and_an_essential_one_is_not() {
    let bank = bank().await;
    let alice = signed_in(&bank, "alice").await;
    let voluntary = Request::code("openid").with("acr_values", LOA3);
    let answer = voluntary.open(&bank, &alice).await;
    let id_token = claims(text(&tokens(&bank, &alice, &voluntary, answer).await, "id_token"));
    assert_eq!(id_token["acr"], "urn:sekisho:acr:loa2");

    let needed = Request::code("openid").with("claims", &essential(&json!([LOA3])));
    let refused = needed.open(&bank, &alice).await.callback();
    assert_eq!(error(&refused), "unmet_authentication_requirements");
    let carol = signed_in(&bank, "carol").await;
    let page = needed.open(&bank, &carol).await.page();
    let answer = enter(&carol, &page, &code(&bank)).await;
    let id_token = claims(text(&tokens(&bank, &carol, &needed, answer).await, "id_token"));
    assert_eq!(id_token["acr"], LOA3);
}

#[tokio::test]
async fn where_nothing_may_be_shown_a_demand_that_could_be_met_is_login_required() {
    let bank = bank().await;
    let browser = signed_in(&bank, "carol").await;
    let silent = |request: Request| request.with("prompt", "none");
    for request in [
        vault("openid vault:open"),
        Request::code("openid").with("claims", &essential(&json!([LOA3]))),
    ] {
        let callback = silent(request).open(&bank, &browser).await.callback();
        assert_eq!(error(&callback), "login_required");
    }
    // A voluntary one is no reason to answer nothing.
    Request::code("openid").walk(&bank, &browser, "carol").await;
    let request = silent(Request::code("openid").with("acr_values", LOA3));
    let callback = request.open(&bank, &browser).await.callback();
    let id_token = claims(text(&request.redeem(&bank, &callback).await, "id_token"));
    assert_eq!(id_token["acr"], "urn:sekisho:acr:loa2");
}

#[tokio::test]
async fn an_account_whose_owner_was_not_looked_at_closely_reaches_no_more_than_that() {
    let bank = bank().await;
    let browser = signed_in(&bank, "dave").await;
    let page = vault("openid vault:open").open(&bank, &browser).await.page();
    assert!(page.has("to-account") && !page.has("code"));
    let callback = browser.press(&page, "back-to-app").await.callback();
    assert_eq!(error(&callback), "unmet_authentication_requirements");
}

#[tokio::test]
async fn a_page_that_was_left_for_hours_begins_again_with_the_same_demand() {
    let bank = bank().await;
    let browser = signed_in(&bank, "carol").await;
    let request = vault("openid vault:open");
    let page = request.open(&bank, &browser).await.page();
    bank.clock.advance(6 * 3600);
    let page = enter_again(&browser, &page, &bank).await;
    browser.approve(&page).await.callback();
    // The password is from noon; half an hour before midnight both count.
    bank.clock.advance(6 * 3600 - 1800);
    let silent = request.clone().with("prompt", "none");
    assert!(silent.open(&bank, &browser).await.callback().get("code").is_some());
}

/// The flow of the page is over by now: it begins again with the same request.
async fn enter_again(browser: &Browser, page: &testkit::Page, bank: &Bank) -> testkit::Page {
    let page = enter(browser, page, &code(bank)).await.page();
    assert!(page.has("code"), "it was left for hours: {}", page.text());
    enter(browser, &page, &code(bank)).await.page()
}

#[tokio::test]
async fn the_level_is_reached_on_postgresql_too() {
    let bank = Bank::on_postgres().await;
    let alice = bank.user_id("alice").await;
    let secret = authn::factors::totp::TotpSecret::from_base32(super::SECRET).unwrap();
    let authority = bank.issuer.strip_prefix("http://").unwrap();
    let realm = bank.running.realms.find(authority, "/").await.unwrap().unwrap().realm;
    let app = model::Authenticator {
        active_at: Some(bank.clock.now()),
        ..secret.authenticator(&realm.wrap, &bank.issuer, &alice)
    };
    let insert = storage::authenticator::insert(&bank.issuer, &app).unwrap();
    bank.change(storage::Change::new().then(insert)).await;
    let browser = bank.browser();
    let request = Request::code("openid").with("acr_values", LOA3);
    let page = request.open(&bank, &browser).await.page();
    let page = sign_in(&browser, &page, "alice").await;
    let wrong = enter(&browser, &page, "000000").await.page();
    assert_eq!(wrong.status, 401);
    let answer = enter(&browser, &wrong, &code(&bank)).await;
    let id_token = claims(text(&tokens(&bank, &browser, &request, answer).await, "id_token"));
    assert_eq!(id_token["acr"], LOA3);
}
