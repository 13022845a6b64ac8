//! `/register` and `/register/{client_id}`. RFC 7591, RFC 7592, OpenID Connect Registration.

mod abuse;
mod hostile;
mod manage;
mod metadata;
mod offered;
mod software_statement;
mod token;

use jose::{SigningAlg, SigningKey};
use reqwest::Response;
use serde_json::{Value, json};
use testkit::{Callback, realm};

use crate::{
    app::{header, text},
    bank::Bank,
    request::Request,
};

/// A realm whose registration is `offered`, and whose clients follow `profile` unless they name another.
async fn bank(offered: &str, profile: &str) -> Bank {
    let top = format!("registration = \"{offered}\"\nprofile = \"{profile}\"\n");
    Bank::with_realm(|issuer| format!("{top}{}", realm::bank(issuer))).await
}

/// Where anybody may register.
async fn open() -> Bank {
    bank("open", "openid-core").await
}

/// What the OpenID Foundation's conformance suite sends.
fn as_the_suite_does(name: &str) -> Value {
    let key = SigningKey::generate(SigningAlg::Es256).unwrap().0.public_jwk();
    json!({
        "client_name": format!("Conformance suite {name}"),
        "grant_types": ["authorization_code", "refresh_token"],
        "jwks": { "keys": [key] },
        "token_endpoint_auth_method": "client_secret_basic",
        "response_types": ["code"],
        "redirect_uris": [REDIRECT_URI],
        "contacts": ["certification@oidf.example"],
    })
}

const REDIRECT_URI: &str = "https://suite.example:8443/test/a/sekisho/callback";

/// A request that has these members beside a redirect URI.
fn with(changes: &Value) -> Value {
    let mut members = json!({ "redirect_uris": [REDIRECT_URI] });
    let changes = changes.as_object().unwrap().clone();
    members.as_object_mut().unwrap().extend(changes);
    members
}

async fn post(bank: &Bank, members: &Value) -> Response {
    bank.http
        .post(bank.url("/register"))
        .json(members)
        .send()
        .await
        .unwrap()
}

/// Registers without a token: the answer.
async fn register(bank: &Bank, members: &Value) -> Value {
    registered(post(bank, members).await).await
}

async fn registered(response: Response) -> Value {
    let status = response.status();
    let headers = (header(&response, "content-type"), header(&response, "cache-control"));
    assert_eq!(headers, ("application/json", "no-store"));
    let body = response.text().await.unwrap();
    assert_eq!(status, 201, "{body}");
    serde_json::from_str(&body).unwrap()
}

/// Checks that nothing was registered, with this error; answers its description.
async fn refused(response: Response, status: u16, error: &str) -> String {
    let got = response.status().as_u16();
    assert_eq!(header(&response, "cache-control"), "no-store");
    assert!(!header(&response, "sekisho-explain").is_empty());
    let body = response.text().await.unwrap();
    let json: Value = serde_json::from_str(&body).unwrap_or_else(|_| panic!("{got}: {body}"));
    assert_eq!((got, &json["error"]), (status, &error.into()), "{json}");
    text(&json, "error_description").to_owned()
}

/// Checks that a registration with these members is refused for `member`, by its code.
async fn refused_for(bank: &Bank, changes: &Value, member: &str) -> String {
    let error = if member == "redirect_uris" {
        "invalid_redirect_uri"
    } else {
        "invalid_client_metadata"
    };
    let description = refused(post(bank, &with(changes)).await, 400, error).await;
    assert!(
        description.starts_with(&format!("{member} ")),
        "{changes}: {description}"
    );
    description
}

/// A request of a registered client for a code.
fn code_request(client: &Value, scope: &str) -> Request {
    Request::code(scope)
        .with("client_id", text(client, "client_id"))
        .with("redirect_uri", REDIRECT_URI)
}

/// Redeems a code with the client's secret.
async fn redeem(bank: &Bank, client: &Value, request: &Request, callback: &Callback) -> Response {
    let form = [
        ("grant_type", "authorization_code"),
        ("code", callback.code()),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", &request.pkce.verifier),
    ];
    token(bank, client, &form).await
}

/// Posts a form to the token endpoint with the client's secret.
async fn token(bank: &Bank, client: &Value, form: &[(&str, &str)]) -> Response {
    let (id, secret) = (text(client, "client_id"), text(client, "client_secret"));
    let request = bank.http.post(bank.url("/token")).basic_auth(id, Some(secret));
    request.form(form).send().await.unwrap()
}

/// Calls the client's own endpoint with its registration access token.
fn own(bank: &Bank, method: reqwest::Method, client: &Value) -> reqwest::RequestBuilder {
    bank.http
        .request(method, text(client, "registration_client_uri"))
        .bearer_auth(text(client, "registration_access_token"))
}
