//! `/sign-in/factor` with a passkey: after a password, and in a session that proved less.

use serde_json::json;
use testkit::Page;

use super::{answered, enrolled, options};
use crate::{
    bank::Bank,
    request::{Request, claims, sign_in, signed_in, text},
};

fn wants_loa3() -> Request {
    Request::code("openid").with("acr_values", "urn:sekisho:acr:loa3")
}

fn asks_for_passkey(page: &Page) -> bool {
    page.has("use-passkey") && !page.has("password")
}

#[tokio::test]
async fn a_key_that_is_only_touched_is_the_second_step_after_a_password() {
    let bank = Bank::start().await;
    let mut key = enrolled(&bank, "alice", |key| key.verifies_user = false).await;
    let (browser, request) = (bank.browser(), wants_loa3());
    let page = request.open(&bank, &browser).await.page();
    let page = sign_in(&browser, &page, "alice").await;
    assert!(asks_for_passkey(&page), "{}", page.text());
    assert_eq!(options(&page)["allowCredentials"].as_array().unwrap().len(), 1);

    let page = browser.submit(&answered(&page, &mut key), None).await.page();
    let callback = browser.approve(&page).await.callback();
    let tokens = request.redeem(&bank, &callback).await;
    let id_token = claims(text(&tokens, "id_token"));
    assert_eq!(id_token["acr"], "urn:sekisho:acr:loa3");
    assert_eq!(id_token["amr"], json!(["pwd", "swk", "user", "mfa"]));
}

#[tokio::test]
async fn a_session_by_password_is_asked_for_the_passkey_alone() {
    let bank = Bank::start().await;
    let mut key = enrolled(&bank, "alice", |_| {}).await;
    let browser = signed_in(&bank, "alice").await;
    let request = wants_loa3();
    let page = request.open(&bank, &browser).await.page();
    assert!(asks_for_passkey(&page), "{}", page.text());
    let page = browser.submit(&answered(&page, &mut key), None).await.page();
    assert!(page.has("approve"), "{}", page.text());
}

#[tokio::test]
async fn the_passkey_of_somebody_else_proves_nothing() {
    let bank = Bank::start().await;
    let _ = enrolled(&bank, "alice", |_| {}).await;
    let mut bobs = enrolled(&bank, "bob", |_| {}).await;
    let browser = signed_in(&bank, "alice").await;
    let page = wants_loa3().open(&bank, &browser).await.page();
    let page = browser.submit(&answered(&page, &mut bobs), None).await.page();
    assert_eq!(page.status, 401);
    assert!(asks_for_passkey(&page) && page.has("error-summary"));
}

#[tokio::test]
async fn a_removed_passkey_proves_nothing() {
    let bank = Bank::start().await;
    let mut key = enrolled(&bank, "alice", |_| {}).await;
    let _ = enrolled(&bank, "alice", |_| {}).await;
    let browser = signed_in(&bank, "alice").await;
    let page = wants_loa3().open(&bank, &browser).await.page();
    let form = answered(&page, &mut key);
    let store = &bank.running.realms.store;
    let realm = bank.running.realms.by_issuer(&bank.issuer).await.unwrap().unwrap();
    let user = store.find_user_by_name(realm.issuer(), "alice").await.unwrap().unwrap();
    let rows = store.authenticators_of_user(realm.issuer(), &user.id).await.unwrap();
    let remove = storage::authenticator::remove(realm.issuer(), &user.id, &rows[0].id);
    let _ = store.commit(storage::Change::new().then(remove)).await.unwrap();
    let page = browser.submit(&form, None).await.page();
    assert_eq!(page.status, 401);
}
