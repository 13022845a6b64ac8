//! For which API a token is, and what it looks like. RFC 8707, RFC 9068.

use serde_json::json;
use testkit::{pkce, realm};

use crate::{
    app::{App, BANK_API, ROBOT, WEB_APP, granted, key_set, refused, text, verify},
    bank::{Bank, NOON},
};

const ACCOUNTS: &str = "https://api.example.com";
const REPORTS: &str = "https://reports.example.com";

/// A code for both APIs.
async fn code_for_both(bank: &Bank) -> crate::app::Code {
    let both = [("resource", ACCOUNTS), ("resource", REPORTS)];
    WEB_APP
        .code_with(bank, "accounts:read payments:write reports:read", &both)
        .await
}

async fn redeem_for(bank: &Bank, code: &crate::app::Code, resource: &str) -> reqwest::Response {
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code.text),
        ("redirect_uri", WEB_APP.redirect_uri),
        ("code_verifier", &code.verifier),
        ("resource", resource),
    ];
    WEB_APP.post(bank, "/token", &form).await
}

/// The error that the authorization endpoint gives the client.
async fn refusal(bank: &Bank, app: App, scope: &str, resources: &[&str]) -> String {
    let mut parameters = app.request(scope, &pkce());
    parameters.extend(
        resources
            .iter()
            .map(|resource| ("resource".to_owned(), (*resource).to_owned())),
    );
    let url = url::Url::parse_with_params(&bank.url("/authorize"), parameters).unwrap();
    let callback = bank
        .browser()
        .authorize(url.as_str(), "alice", &realm::password("alice"))
        .await;
    assert_eq!(callback.get("code"), None);
    callback.get("error").unwrap().to_owned()
}

#[tokio::test]
async fn an_authorization_request_names_only_apis_that_are_known() {
    let bank = Bank::start().await;
    for bad in [
        "https://other.example.com",
        "https://api.example.com/",
        "accounts",
        "https://api.example.com#a",
    ] {
        assert_eq!(
            refusal(&bank, WEB_APP, "accounts:read", &[bad]).await,
            "invalid_target",
            "{bad}"
        );
    }
}

#[tokio::test]
async fn scopes_of_two_apis_need_a_resource() {
    let bank = Bank::start().await;
    assert_eq!(
        refusal(&bank, WEB_APP, "accounts:read reports:read", &[]).await,
        "invalid_target"
    );
}

// Conformance: F2-AS-13 BCP-16
#[tokio::test]
async fn a_resource_leaves_out_the_scopes_of_other_apis() {
    let bank = Bank::start().await;
    let scope = "openid accounts:read reports:read";
    let code = WEB_APP.code_with(&bank, scope, &[("resource", ACCOUNTS)]).await;
    let tokens = granted(WEB_APP.redeem(&bank, &code).await).await;
    assert_eq!(tokens["scope"], "accounts:read openid");
    assert_eq!(
        BANK_API.introspect(&bank, text(&tokens, "access_token")).await["aud"],
        ACCOUNTS
    );
    assert_eq!(
        refusal(&bank, WEB_APP, "accounts:read", &[REPORTS]).await,
        "invalid_scope"
    );
}

// Conformance: F2-AS-13 BCP-16
#[tokio::test]
async fn a_code_for_two_apis_becomes_a_token_for_one_with_its_scopes_alone() {
    let bank = Bank::start().await;
    let code = code_for_both(&bank).await;
    let tokens = granted(redeem_for(&bank, &code, ACCOUNTS).await).await;
    assert_eq!(tokens["scope"], "accounts:read payments:write");
    let told = BANK_API.introspect(&bank, text(&tokens, "access_token")).await;
    assert_eq!(
        (&told["aud"], &told["scope"]),
        (&ACCOUNTS.into(), &"accounts:read payments:write".into())
    );

    let refresh = [
        ("grant_type", "refresh_token"),
        ("refresh_token", text(&tokens, "refresh_token")),
        ("resource", REPORTS),
    ];
    let other = granted(WEB_APP.post(&bank, "/token", &refresh).await).await;
    assert_eq!(other["scope"], "reports:read");
    let jwt = verify(&key_set(&bank).await, text(&other, "access_token"));
    assert_eq!(jwt.claims["aud"], REPORTS);
}

#[tokio::test]
async fn a_token_for_two_apis_is_readable_for_the_server_alone() {
    let bank = Bank::start().await;
    let code = code_for_both(&bank).await;
    let tokens = granted(WEB_APP.redeem(&bank, &code).await).await;
    assert!(!text(&tokens, "access_token").contains('.'));
    assert_eq!(
        BANK_API.introspect(&bank, text(&tokens, "access_token")).await["aud"],
        json!([ACCOUNTS, REPORTS])
    );
}

#[tokio::test]
async fn a_resource_that_was_not_permitted_is_refused_and_costs_no_code() {
    let bank = Bank::start().await;
    let code = WEB_APP.code(&bank, "accounts:read").await;
    for bad in [
        REPORTS,
        "https://other.example.com",
        "relative",
        "https://api.example.com#a",
        &bank.issuer,
    ] {
        refused(redeem_for(&bank, &code, bad).await, "invalid_target").await;
    }
    granted(redeem_for(&bank, &code, ACCOUNTS).await).await;
}

#[tokio::test]
async fn a_two_party_token_is_for_a_known_api() {
    let bank = Bank::start().await;
    for bad in ["https://other.example.com", "relative", "https://api.example.com#a"] {
        let form = [
            ("grant_type", "client_credentials"),
            ("scope", "accounts:read"),
            ("resource", bad),
        ];
        refused(ROBOT.post(&bank, "/token", &form).await, "invalid_target").await;
    }
}

#[tokio::test]
async fn an_api_that_reads_jwts_gets_one_that_verifies() {
    let bank = Bank::start().await;
    let tokens = WEB_APP.tokens(&bank, "reports:read").await;
    let jwt = verify(&key_set(&bank).await, text(&tokens, "access_token"));
    assert_eq!(
        (jwt.header.alg.as_str(), jwt.header.typ.as_deref()),
        ("ES256", Some("at+jwt"))
    );
    let claims = serde_json::Value::Object(jwt.claims);
    let alice = bank.user_id("alice").await;
    for (name, value) in [
        ("iss", json!(bank.issuer)),
        ("aud", json!(REPORTS)),
        ("sub", json!(alice)),
        ("client_id", json!("web-app")),
        ("scope", json!("reports:read")),
        ("iat", json!(NOON)),
        ("exp", json!(NOON + 600)),
        ("auth_time", json!(NOON)),
        ("acr", json!("urn:sekisho:acr:loa2")),
    ] {
        assert_eq!(claims[name], value, "{name}");
    }
    assert!(jose::b64::decode(text(&claims, "jti")).unwrap().len() >= 16);
}

// Conformance: SEED1-16
#[tokio::test]
async fn each_jwt_has_its_own_id() {
    let bank = Bank::start().await;
    let keys = key_set(&bank).await;
    let tokens = WEB_APP.tokens(&bank, "reports:read").await;
    let next = granted(WEB_APP.refresh(&bank, text(&tokens, "refresh_token")).await).await;
    let id = |tokens| verify(&keys, text(tokens, "access_token")).claims["jti"].clone();
    assert_ne!(id(&tokens), id(&next));
}

// Conformance: BCP-20
#[tokio::test]
async fn a_two_party_jwt_names_the_client_as_its_subject() {
    let bank = Bank::start().await;
    let form = [("grant_type", "client_credentials"), ("scope", "reports:read")];
    let tokens = granted(ROBOT.post(&bank, "/token", &form).await).await;
    let claims = verify(&key_set(&bank).await, text(&tokens, "access_token")).claims;
    assert_eq!(
        (&claims["sub"], &claims["client_id"]),
        (&"robot".into(), &"robot".into())
    );
    assert!(!claims.contains_key("auth_time") && !claims.contains_key("acr"));
}
