//! A client acts for itself. RFC 6749 §4.4.

use serde_json::Value;

use crate::{
    app::{BANK_API, ROBOT, bank_and, granted, names, refused, text},
    bank::Bank,
};

async fn ask(bank: &Bank, more: &[(&str, &str)]) -> reqwest::Response {
    let form = [&[("grant_type", "client_credentials")], more].concat();
    ROBOT.post(bank, "/token", &form).await
}

async fn tokens(bank: &Bank, more: &[(&str, &str)]) -> Value {
    granted(ask(bank, more).await).await
}

// Conformance: B146
#[tokio::test]
async fn a_client_gets_an_access_token_alone() {
    let bank = Bank::start().await;
    let tokens = tokens(&bank, &[("scope", "accounts:read")]).await;
    assert_eq!(names(&tokens), ["access_token", "expires_in", "scope", "token_type"]);
    let told = BANK_API.introspect(&bank, text(&tokens, "access_token")).await;
    assert_eq!((&told["sub"], &told["client_id"]), (&"robot".into(), &"robot".into()));
    assert_eq!(
        (&told["aud"], &told["scope"]),
        (&"https://api.example.com".into(), &"accounts:read".into())
    );
    assert!(told.get("username").is_none() && told.get("auth_time").is_none() && told.get("acr").is_none());
}

#[tokio::test]
async fn without_a_scope_it_is_what_the_client_is_registered_for() {
    let client = r#"
        [[client]]
        client_id = "reader"
        client_name = "Reader"
        client_secret = "reader-secret"
        grant_types = ["client_credentials"]
        response_types = []
        scope = "accounts:read payments:write"
    "#;
    let bank = Bank::with_realm(bank_and(client)).await;
    let response = bank
        .post_as("/token", "reader", &[("grant_type", "client_credentials")])
        .await;
    assert_eq!(granted(response).await["scope"], "accounts:read payments:write");
}

#[tokio::test]
async fn scopes_of_two_apis_need_a_resource_and_shrink_to_it() {
    let bank = Bank::start().await;
    refused(ask(&bank, &[]).await, "invalid_target").await;
    for (resource, scope) in [
        ("https://api.example.com", "accounts:read"),
        ("https://reports.example.com", "reports:read"),
    ] {
        assert_eq!(tokens(&bank, &[("resource", resource)]).await["scope"], scope);
    }
    let nothing = [("resource", "https://reports.example.com"), ("scope", "accounts:read")];
    refused(ask(&bank, &nothing).await, "invalid_scope").await;
}

#[tokio::test]
async fn a_scope_that_is_not_registered_for_the_client_is_refused() {
    let bank = Bank::start().await;
    for scope in [
        "payments:write",
        "accounts:read payments:write",
        "unknown",
        "accounts:read \"",
        "é",
    ] {
        refused(ask(&bank, &[("scope", scope)]).await, "invalid_scope").await;
    }
}

#[tokio::test]
async fn scopes_that_need_a_user_are_refused() {
    let client = r#"
        [[client]]
        client_id = "curious"
        client_name = "Curious"
        client_secret = "curious-secret"
        grant_types = ["client_credentials"]
        response_types = []
        scope = "openid profile offline_access accounts:read"
    "#;
    let bank = Bank::with_realm(bank_and(client)).await;
    for scope in ["openid", "openid accounts:read", "profile", "offline_access"] {
        let form = [("grant_type", "client_credentials"), ("scope", scope)];
        refused(bank.post_as("/token", "curious", &form).await, "invalid_scope").await;
    }
    let response = bank
        .post_as("/token", "curious", &[("grant_type", "client_credentials")])
        .await;
    assert_eq!(granted(response).await["scope"], "accounts:read");
}

#[tokio::test]
async fn a_token_loses_the_scope_that_the_client_loses() {
    let bank = Bank::start().await;
    let tokens = tokens(&bank, &[("scope", "accounts:read")]).await;
    let mut robot = bank
        .running
        .realms
        .store
        .find_client(&bank.issuer, "robot")
        .await
        .unwrap()
        .unwrap();
    std::sync::Arc::make_mut(&mut robot.metadata).scope = Some(protocol::scope::Scope::parse("reports:read").unwrap());
    let put = storage::client::put(&bank.issuer, &robot, bank.clock.now()).unwrap();
    bank.change(storage::Change::new().then(put)).await;
    assert!(!BANK_API.sees(&bank, text(&tokens, "access_token")).await);
}
