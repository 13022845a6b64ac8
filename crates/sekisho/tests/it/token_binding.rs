//! Tokens and codes that are bound to keys of Token Binding, as a proxy passes them on. OAuth Token Binding, draft 9.

use std::net::{Ipv4Addr, SocketAddr};

use jose::{b64, sha256};
use reqwest::{
    Client, RequestBuilder, Response,
    header::{HeaderName, HeaderValue},
    redirect,
};
use serde_json::Value;
use testkit::Browser;

use crate::{
    app::{App, CLI, Code, Method, bank_and, granted, header, refused, text},
    bank::Bank,
};

/// Keys of three connections: of the client with the server, of the client with the API, and of somebody else.
const OWN: &str = "AgBBQJFXJir2w4gbJ7grBx9uTYWIrs9V50-PW4ZijegQ0LUM-_bGnGT6DizxUK-m5n3dQUIkeH7ybn6wb1C5dGyV_IA";
const OF_API: &str = "AgBBQLgtRpWFPN66kxhxGrtaKrzcMtHw7HV8yMk_-MdRXJXbDMYxZCWnCASRRrmHHHL5wmpP3bhYt0ChRDbsMapfh_Q";
const OTHER: &str = "AgBBQNQTVJz97XuVq8JRMInoxM9DqXrJguTxJVnO5GeZ5S0qkE49XIiKeb0N9Cy1AsjP2tgWE1DyrXeRHUvj2pU-Leg";
/// The hash of [`OF_API`] (§3.2.1).
const TBH: &str = "7NRBu9iDdJlYCTOqyeYuLxXv0blEA-yTpmGIrAwKAws";

const CLIENT: &str = r#"
[[client]]
client_id                  = "old"
application_type           = "native"
redirect_uris              = ["http://127.0.0.1/callback"]
grant_types                = ["authorization_code", "refresh_token"]
token_endpoint_auth_method = "none"
scope                      = "openid profile offline_access accounts:read reports:read"
client_access_token_token_binding_supported  = true
client_refresh_token_token_binding_supported = true
"#;

const OLD: App = App {
    client_id: "old",
    redirect_uri: "http://127.0.0.1:50123/callback",
    method: Method::None,
};

async fn bank() -> Bank {
    Bank::behind_proxy(|issuer| format!("token_binding = true\n{}", bank_and(CLIENT)(issuer))).await
}

fn with(request: RequestBuilder, provided: &str, referred: &str) -> RequestBuilder {
    [
        ("sec-provided-token-binding-id", provided),
        ("sec-referred-token-binding-id", referred),
    ]
    .into_iter()
    .filter(|(_, id)| !id.is_empty())
    .fold(request, |request, (name, id)| request.header(name, id))
}

async fn post(bank: &Bank, keys: (&str, &str), form: &[(&str, &str)]) -> Response {
    let request = bank.http.post(bank.url("/token")).form(form);
    with(request, keys.0, keys.1).send().await.unwrap()
}

async fn redeem(bank: &Bank, app: App, code: &Code, verifier: &str, keys: (&str, &str)) -> Response {
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code.text),
        ("redirect_uri", app.redirect_uri),
        ("code_verifier", verifier),
        ("client_id", app.client_id),
    ];
    post(bank, keys, &form).await
}

async fn refresh(bank: &Bank, app: App, tokens: &Value, keys: (&str, &str)) -> Response {
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", text(tokens, "refresh_token")),
        ("client_id", app.client_id),
    ];
    post(bank, keys, &form).await
}

async fn tokens(bank: &Bank, scope: &str, keys: (&str, &str)) -> Value {
    let code = OLD.code(bank, scope).await;
    granted(redeem(bank, OLD, &code, &code.verifier, keys).await).await
}

// Conformance: TB-06 TB-07 SEED2-06
#[tokio::test]
async fn an_access_token_is_bound_to_the_key_that_is_used_with_the_api() {
    let bank = bank().await;
    let opaque = tokens(&bank, "openid accounts:read", (OWN, OF_API)).await;
    let told = bank.introspect(text(&opaque, "access_token")).await;
    assert_eq!(told["cnf"], serde_json::json!({ "tbh": TBH }));
    let jwt = tokens(&bank, "reports:read", (OWN, OF_API)).await;
    let claims = crate::app::claims(&bank, text(&jwt, "access_token")).await;
    assert_eq!(claims["cnf"], serde_json::json!({ "tbh": TBH }));
}

// Conformance: TB-RS-01 TB-12
#[tokio::test]
async fn userinfo_wants_that_key() {
    let bank = bank().await;
    let tokens = tokens(&bank, "openid", (OWN, OF_API)).await;
    let ask = || {
        bank.http
            .get(bank.url("/userinfo"))
            .bearer_auth(text(&tokens, "access_token"))
    };
    assert_eq!(with(ask(), OF_API, "").send().await.unwrap().status(), 200);
    for request in [ask(), with(ask(), OTHER, ""), with(ask(), OTHER, OF_API)] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 401);
        assert!(header(&response, "www-authenticate").contains("invalid_token"));
    }
}

// Conformance: TB-04 TB-05 TB-12
#[tokio::test]
async fn a_refresh_token_is_bound_to_the_clients_own_key_if_it_says_that_it_can() {
    let bank = bank().await;
    let first = tokens(&bank, "openid offline_access accounts:read", (OWN, OF_API)).await;
    for keys in [(OTHER, OF_API), (OF_API, OF_API)] {
        assert_eq!(refresh(&bank, OLD, &first, keys).await.status(), 400);
    }
    granted(refresh(&bank, OLD, &first, (OWN, OF_API)).await).await;
    // One that does not say so is bound to nothing.
    let code = CLI.code(&bank, "openid offline_access accounts:read").await;
    let unbound = granted(redeem(&bank, CLI, &code, &code.verifier, (OWN, OF_API)).await).await;
    assert_eq!(bank.introspect(text(&unbound, "access_token")).await.get("cnf"), None);
    granted(refresh(&bank, CLI, &unbound, ("", "")).await).await;
}

// Conformance: TB-12
#[tokio::test]
async fn a_client_that_can_must() {
    let bank = bank().await;
    let code = OLD.code(&bank, "accounts:read").await;
    for keys in [("", ""), (OWN, "")] {
        refused(redeem(&bank, OLD, &code, &code.verifier, keys).await, "invalid_request").await;
    }
    granted(redeem(&bank, OLD, &code, &code.verifier, (OWN, OF_API)).await).await;
}

// Conformance: TB-08
#[tokio::test]
async fn it_is_off_unless_the_realm_says_otherwise() {
    let members = [
        "as_access_token_token_binding_supported",
        "as_refresh_token_token_binding_supported",
    ];
    let off = Bank::behind_proxy(bank_and(CLIENT)).await;
    for (bank, is_on) in [(&bank().await, true), (&off, false)] {
        let url = bank.url("/.well-known/openid-configuration");
        let metadata = granted(bank.http.get(url).send().await.unwrap()).await;
        for member in members {
            assert_eq!(metadata.get(member).is_some(), is_on, "{member}");
        }
        let methods = metadata["code_challenge_methods_supported"].to_string();
        assert_eq!(methods.contains("TB-S256") && methods.contains("referred_tb"), is_on);
    }
    let code = OLD.code(&off, "openid accounts:read").await;
    let tokens = granted(redeem(&off, OLD, &code, &code.verifier, (OWN, OF_API)).await).await;
    assert_eq!(off.introspect(text(&tokens, "access_token")).await.get("cnf"), None);
}

fn hash(id: &str) -> String {
    b64::encode(sha256(&b64::decode(id).unwrap()))
}

// Conformance: TB-09
#[tokio::test]
async fn a_code_of_a_native_app_is_bound_to_its_own_key() {
    let bank = bank().await;
    let challenge = hash(OWN);
    let other = [
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "TB-S256"),
    ];
    let code = OLD.code_with(&bank, "accounts:read", &other).await;
    refused(
        redeem(&bank, OLD, &code, "provided_tb", (OTHER, OF_API)).await,
        "invalid_grant",
    )
    .await;
    refused(redeem(&bank, OLD, &code, OWN, (OWN, OF_API)).await, "invalid_grant").await;
    granted(redeem(&bank, OLD, &code, "provided_tb", (OWN, OF_API)).await).await;
}

/// A browser whose proxy says that it refers to its key with the app.
fn browser(bank: &Bank) -> Browser {
    let port = bank.issuer.rsplit(':').next().unwrap().parse().unwrap();
    let headers = [
        ("sec-provided-token-binding-id", OTHER),
        ("sec-referred-token-binding-id", OWN),
    ];
    let headers = headers.map(|(name, id)| (HeaderName::from_static(name), HeaderValue::from_static(id)));
    let http = Client::builder()
        .redirect(redirect::Policy::none())
        .no_proxy()
        .resolve("localhost", SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
        .default_headers(headers.into_iter().collect())
        .build();
    Browser::with_client(&bank.issuer, http.unwrap())
}

// Conformance: TB-10
#[tokio::test]
async fn a_code_of_a_web_app_is_bound_to_the_key_of_the_browser() {
    let bank = bank().await;
    let challenge = [
        ("code_challenge", "referred_tb"),
        ("code_challenge_method", "referred_tb"),
    ];
    let mut request = crate::request::Request::code("accounts:read");
    for (name, value) in challenge {
        request = request.with(name, value);
    }
    // Nothing is referred to.
    assert_eq!(request.error(&bank).await, "invalid_request");
    let callback = request.walk(&bank, &browser(&bank), "alice").await;
    let redeem = |verifier: &'static str| {
        let form = [
            ("grant_type", "authorization_code".to_owned()),
            ("code", callback.code().to_owned()),
            ("redirect_uri", "https://app.example.com/callback".to_owned()),
            ("code_verifier", verifier.to_owned()),
        ];
        let request = bank.http.post(bank.url("/token")).form(&form);
        request.basic_auth("web-app", Some("web-app-secret")).send()
    };
    refused(redeem(OTHER).await.unwrap(), "invalid_grant").await;
    granted(redeem(OWN).await.unwrap()).await;
}
