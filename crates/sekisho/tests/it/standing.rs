//! What stands behind a token: when it goes, the token is worth nothing, however well it is made.

use std::sync::Arc;

use jose::{SigningAlg, sign_jwt};
use protocol::scope::Scope;
use serde_json::{Value, json};
use storage::Change;

use crate::{bank::Bank, request::Request};

/// What the operator takes away from a client's registration.
async fn limit(bank: &Bank, client_id: &str, scope: &str) {
    let store = &bank.running.realms.store;
    let mut client = store.find_client(&bank.issuer, client_id).await.unwrap().unwrap();
    Arc::make_mut(&mut client.metadata).scope = Some(Scope::parse(scope).unwrap());
    let put = storage::client::put(&bank.issuer, &client, bank.clock.now()).unwrap();
    let _ = store.commit(Change::new().then(put)).await.unwrap();
}

async fn refresh(bank: &Bank, token: &str) -> Value {
    let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
    bank.post_as("/token", "web-app", &form).await.json().await.unwrap()
}

#[tokio::test]
async fn a_scope_that_the_client_may_no_longer_have_leaves_its_users_tokens() {
    let bank = Bank::start().await;
    let tokens = bank.tokens("openid offline_access accounts:read payments:write").await;
    limit(&bank, "web-app", "openid offline_access accounts:read").await;
    let token = tokens["access_token"].as_str().unwrap();
    assert_eq!(
        bank.introspect(token).await["scope"],
        "accounts:read offline_access openid"
    );
    let again = refresh(&bank, tokens["refresh_token"].as_str().unwrap()).await;
    assert_eq!(again["scope"], "accounts:read offline_access openid");
}

#[tokio::test]
async fn a_code_that_was_not_redeemed_ends_with_the_session() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    let request = Request::code("openid offline_access accounts:read");
    let callback = request.walk(&bank, &browser, "alice").await;
    let page = browser.open("/account").await.page();
    browser.press(&page, "sign-out").await;
    let response = request.try_redeem(&bank, &callback).await;
    assert_eq!(response.status(), 400);
    assert_eq!(response.json::<Value>().await.unwrap()["error"], "invalid_grant");
}

/// A two-party token that nobody issued, signed by a key of the realm.
async fn forged(bank: &Bank, client_id: &str, audience: &str, scope: &str) -> String {
    let realm = bank.running.realms.by_issuer(&bank.issuer).await.unwrap().unwrap();
    let claims = json!({
        "iss": bank.issuer, "sub": client_id, "client_id": client_id, "aud": audience, "scope": scope, "jti": "x",
        "iat": bank.clock.now(), "exp": bank.clock.now() + 600,
    });
    sign_jwt(realm.keys.signer(SigningAlg::Es256).unwrap(), "at+jwt", &claims).unwrap()
}

async fn seen_by_client(bank: &Bank, client_id: &str, token: &str) -> Value {
    bank.post_as("/introspect", client_id, &[("token", token)])
        .await
        .json()
        .await
        .unwrap()
}

#[tokio::test]
async fn a_signing_key_alone_opens_no_api_whose_tokens_are_sealed() {
    let bank = Bank::start().await;
    let sealed = forged(&bank, "robot", "https://api.example.com", "accounts:read").await;
    assert_eq!(
        seen_by_client(&bank, "robot", &sealed).await,
        json!({ "active": false })
    );
    let signed = forged(&bank, "robot", "https://reports.example.com", "reports:read").await;
    assert_eq!(
        seen_by_client(&bank, "robot", &signed).await["active"],
        true,
        "as it would be minted"
    );
}

#[tokio::test]
async fn a_client_without_the_grant_has_no_two_party_tokens() {
    let bank = Bank::start().await;
    let token = forged(&bank, "web-app", "https://reports.example.com", "reports:read").await;
    assert_eq!(
        seen_by_client(&bank, "web-app", &token).await,
        json!({ "active": false })
    );
}

#[tokio::test]
async fn what_a_leaked_key_signed_is_worth_nothing_once_it_is_replaced_at_once() {
    let bank = Bank::start().await;
    let token = forged(&bank, "robot", "https://reports.example.com", "reports:read").await;
    assert_eq!(seen_by_client(&bank, "robot", &token).await["active"], true);
    let realms = &bank.running.realms;
    realm::rotate(&realms.store, &bank.clock, realms.wrap_key(), &bank.issuer, None, true)
        .await
        .unwrap();
    realms.refresh().await.unwrap();
    assert_eq!(seen_by_client(&bank, "robot", &token).await, json!({ "active": false }));
}
