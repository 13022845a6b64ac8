//! A permission ends when it was said to end, however often it is used; asking the user again begins it anew.

use testkit::realm::password;

use crate::{bank::Bank, request::Request};

const DAY: i64 = 24 * 3600;

async fn grant_ends(bank: &Bank) -> i64 {
    let realms = &bank.running.realms;
    let alice = realms
        .store
        .find_user_by_name(&bank.issuer, "alice")
        .await
        .unwrap()
        .unwrap();
    let grant = realms
        .store
        .find_grant(&bank.issuer, &alice.id, "web-app")
        .await
        .unwrap()
        .unwrap();
    grant.expires_at
}

#[tokio::test]
async fn using_a_remembered_permission_does_not_make_it_longer() {
    let bank = Bank::start().await;
    let url = Request::code("openid accounts:read").url(&bank);
    bank.browser().authorize(&url, "alice", &password("alice")).await.code();
    let ends = grant_ends(&bank).await;
    bank.clock.advance(100 * DAY);
    bank.browser().authorize(&url, "alice", &password("alice")).await.code();
    assert_eq!(grant_ends(&bank).await, ends);
}

#[tokio::test]
async fn asking_the_user_again_begins_the_permission_anew() {
    let bank = Bank::start().await;
    let request = Request::code("openid accounts:read").with("prompt", "consent");
    let url = request.url(&bank);
    bank.browser().authorize(&url, "alice", &password("alice")).await.code();
    let ends = grant_ends(&bank).await;
    bank.clock.advance(100 * DAY);
    bank.browser().authorize(&url, "alice", &password("alice")).await.code();
    assert_eq!(grant_ends(&bank).await, ends + 100 * DAY);
}

#[tokio::test]
async fn address_and_phone_are_given_for_their_scopes() {
    let bank = Bank::with_realm(|issuer| {
        testkit::realm::bank(issuer)
            .replace("scope                      = \"openid profile email offline_access accounts:read payments:write reports:read\"",
                     "scope                      = \"openid address phone accounts:read\"")
            .replace("given_name     = \"Alice\"", "given_name     = \"Alice\"\nphone_number   = \"+81 3 0000 0000\"\naddress        = { country = \"JP\" }")
    })
    .await;
    let tokens = bank.tokens("openid address phone").await;
    let token = tokens["access_token"].as_str().unwrap();
    let claims: serde_json::Value = bank
        .http
        .get(bank.url("/userinfo"))
        .bearer_auth(token)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(claims["phone_number"], "+81 3 0000 0000");
    assert_eq!(claims["address"]["country"], "JP");
    assert!(claims.get("name").is_none());
}
