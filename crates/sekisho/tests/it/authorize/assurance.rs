//! What an API demands of the user's authentication and of the client, and what a client has registered about it.

use crate::{
    app::bank_and,
    bank::Bank,
    request::{Request, claims, error, signed_in, text},
};

const VAULT_API: &str = r#"
[[api]]
identifier = "https://vault.example.com"
name       = "Vault API"
acr        = "loa3"
profile    = "baseline"
scope      = [{ name = "vault:open", description = { en = "Open your vault" } }]

[[client]]
client_id     = "vault-app"
client_secret = "vault-app-secret"
redirect_uris = ["https://app.example.com/callback"]
scope         = "openid vault:open"

[[client]]
client_id       = "strict-app"
client_secret   = "strict-app-secret"
redirect_uris   = ["https://app.example.com/callback"]
scope           = "openid vault:open"
profile         = "openid-core"
default_max_age = 60

[[client]]
client_id     = "own-app"
client_secret = "own-app-secret"
redirect_uris = ["https://app.example.com/callback"]
grant_types   = ["authorization_code", "refresh_token"]
scope         = "openid email offline_access"
first_party   = true
"#;

async fn bank() -> Bank {
    Bank::with_realm(bank_and(VAULT_API)).await
}

#[tokio::test]
async fn an_api_that_needs_more_than_a_password_is_out_of_reach_of_one() {
    let bank = bank().await;
    let browser = signed_in(&bank, "alice").await;
    let request = Request::code("openid vault:open").with("client_id", "vault-app");
    let page = request.open(&bank, &browser).await.page();
    assert!(page.has("to-account"), "it says what to do first");
    let callback = browser.press(&page, "back-to-app").await.callback();
    assert_eq!(error(&callback), "unmet_authentication_requirements");
    let silent = request.with("prompt", "none").open(&bank, &browser).await.callback();
    assert_eq!(error(&silent), "unmet_authentication_requirements");
}

#[tokio::test]
async fn an_api_that_needs_a_stricter_client_is_an_invalid_target() {
    let bank = bank().await;
    let request = Request::code("openid vault:open").with("client_id", "strict-app");
    assert_eq!(request.error(&bank).await, "invalid_target");
}

#[tokio::test]
async fn a_registered_default_max_age_counts_when_the_request_says_nothing() {
    let bank = bank().await;
    let browser = signed_in(&bank, "alice").await;
    let request = Request::code("openid").with("client_id", "strict-app");
    assert!(request.open(&bank, &browser).await.page().has("approve"));
    bank.clock.advance(61);
    assert!(request.open(&bank, &browser).await.page().has("sign-in"));
    assert!(
        request
            .with("max_age", "3600")
            .open(&bank, &browser)
            .await
            .page()
            .has("approve")
    );
}

#[tokio::test]
async fn an_app_of_the_organisation_itself_is_trusted_but_not_in_the_users_absence() {
    let bank = bank().await;
    let browser = signed_in(&bank, "alice").await;
    let request = Request::code("openid email").with("client_id", "own-app");
    assert!(request.open(&bank, &browser).await.callback().get("code").is_some());
    let request = request.with("scope", "openid email offline_access");
    assert!(request.open(&bank, &browser).await.page().has("approve"));
}

// Conformance: B27 oidcc-ensure-request-with-acr-values-succeeds
#[tokio::test]
async fn the_id_token_says_how_the_user_signed_in() {
    let bank = Bank::start().await;
    let request = Request::code("openid").with("acr_values", "urn:sekisho:acr:loa2 urn:sekisho:acr:loa1");
    let callback = request.walk(&bank, &bank.browser(), "alice").await;
    let id_token = claims(text(&request.redeem(&bank, &callback).await, "id_token"));
    assert_eq!(
        (&id_token["acr"], &id_token["amr"]),
        (&"urn:sekisho:acr:loa2".into(), &serde_json::json!(["pwd"]))
    );
}
