//! What can be registered, and what is refused: the member is named, and what to do.

use axum::{Router, response::Redirect, routing::get};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{REDIRECT_URI, as_the_suite_does, open, own, post, refused, refused_for, register, with};
use crate::{app::granted, bank::Bank};

// Conformance: B126 oidcc-3rd_party-init-login
#[tokio::test]
async fn where_others_may_start_a_sign_in_is_kept_and_told() {
    let bank = open().await;
    let uri = "https://app.example.com/login?tenant=1";
    let client = register(&bank, &with(&json!({ "initiate_login_uri": uri }))).await;
    assert_eq!(client["initiate_login_uri"], uri);
    let read = granted(own(&bank, Method::GET, &client).send().await.unwrap()).await;
    assert_eq!(read["initiate_login_uri"], uri);
}

// Conformance: B128 oidcc-3rd_party-init-login-nohttps
#[tokio::test]
async fn a_sign_in_cannot_be_started_by_plain_http() {
    let bank = open().await;
    let why = refused_for(
        &bank,
        &json!({ "initiate_login_uri": "http://app.example.com/login" }),
        "initiate_login_uri",
    )
    .await;
    assert!(why.contains("https"), "{why}");
}

// Conformance: B20 B128 oidcc-redirect-uri-regfrag OP-26
#[tokio::test]
async fn a_redirect_uri_with_a_fragment_is_refused() {
    let bank = open().await;
    let uri = format!("{REDIRECT_URI}#foobar");
    let why = refused_for(&bank, &json!({ "redirect_uris": [REDIRECT_URI, uri] }), "redirect_uris").await;
    assert!(why.contains("fragment"), "{why}");
}

#[tokio::test]
async fn logo_policy_and_terms_are_registered_in_several_languages() {
    let bank = open().await;
    let members = json!({
        "client_name": "Budget", "client_name#ja": "家計簿",
        "logo_uri": "https://app.example.com/logo.png",
        "policy_uri": "https://app.example.com/policy", "policy_uri#ja": "https://app.example.com/ja/policy",
        "tos_uri": "https://app.example.com/tos",
        "client_uri": "https://app.example.com/",
    });
    let client = register(&bank, &with(&members)).await;
    for (name, value) in members.as_object().unwrap() {
        assert_eq!(&client[name], value, "{name}");
    }
}

// Conformance: B126
#[tokio::test]
async fn everything_that_this_server_understands_is_kept_as_it_was_sent() {
    let bank = open().await;
    let members = json!({
        "application_type": "native",
        "redirect_uris": ["com.example.app:/cb", "http://127.0.0.1/cb", "https://app.example.com/cb?foo=bar"],
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": "RS256",
        "jwks_uri": "https://app.example.com/jwks",
        "id_token_signed_response_alg": "ES256",
        "userinfo_signed_response_alg": "RS256",
        "id_token_encrypted_response_alg": "RSA-OAEP-256", "id_token_encrypted_response_enc": "A256GCM",
        "userinfo_encrypted_response_alg": "ECDH-ES", "userinfo_encrypted_response_enc": "A128CBC-HS256",
        "request_object_signing_alg": "RS256",
        "request_uris": ["https://app.example.com/request#hash"],
        "default_max_age": 3600, "require_auth_time": true,
        "default_acr_values": ["urn:sekisho:acr:loa2"],
        "post_logout_redirect_uris": ["https://app.example.com/bye"],
        "backchannel_logout_uri": "https://app.example.com/out", "backchannel_logout_session_required": true,
        "software_id": "4NRB1-0XZABZI9E6-5SM3R", "software_version": "2.0.1",
        "contacts": ["a@example.com"],
        "scope": "email openid",
    });
    let client = register(&bank, &with(&members)).await;
    for (name, value) in members.as_object().unwrap() {
        assert_eq!(&client[name], value, "{name}");
    }
}

/// A web server of the client's, on this machine: answers its address.
async fn publish(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

// Conformance: B128 oidcc-registration-sector-uri oidcc-registration-sector-bad OP-26
#[tokio::test]
async fn a_sector_is_that_of_a_host_that_lists_every_redirect_uri() {
    let bank = open().await;
    let list = |uris: Value| get(|| async move { uris.to_string() });
    let router = Router::new()
        .route("/good", list(json!(["https://other.example/cb", REDIRECT_URI])))
        .route("/bad", list(json!(["https://other.example/cb"])))
        .route("/page", get(|| async { "<html>" }))
        .route("/elsewhere", get(|| async { Redirect::temporary("/good") }));
    let url = publish(router).await;
    let sector = |path: &str| json!({ "subject_type": "pairwise", "sector_identifier_uri": format!("{url}{path}") });
    let client = register(&bank, &with(&sector("/good"))).await;
    assert_eq!(client["subject_type"], "pairwise");
    for (path, expected) in [
        ("/bad", "does not list"),
        ("/page", "is not a JSON array"),
        ("/gone", "status 404"),
        // Redirects are never followed.
        ("/elsewhere", "status 307"),
    ] {
        let why = refused_for(&bank, &sector(path), "sector_identifier_uri").await;
        assert!(why.contains(expected), "{why}");
    }
    // The same holds when a client changes its redirect URIs.
    let mut moved = with(&sector("/good"));
    moved["client_id"] = client["client_id"].clone();
    let put = |members: &Value| own(&bank, Method::PUT, &client).json(members).send();
    granted(put(&moved).await.unwrap()).await;
    moved["redirect_uris"] = json!(["https://evil.example/cb"]);
    refused(put(&moved).await.unwrap(), 400, "invalid_client_metadata").await;
}

#[tokio::test]
async fn what_this_server_does_not_understand_is_ignored() {
    let bank = open().await;
    let unknown = json!({ "x_vendor": { "nested": [1, 2] }, "client_name": null, "x_tls_client_auth": 7 });
    let client = register(&bank, &with(&unknown)).await;
    for name in unknown.as_object().unwrap().keys() {
        assert_eq!(client.get(name), None, "{name}");
    }
}

// Conformance: BCP-20
#[tokio::test]
async fn a_client_chooses_neither_its_identifier_nor_its_secret() {
    let bank = open().await;
    let client = register(
        &bank,
        &with(&json!({ "client_id": "web-app", "client_secret": "mine" })),
    )
    .await;
    assert_ne!(client["client_id"], "web-app");
    assert_ne!(client["client_secret"], "mine");
}

#[tokio::test]
async fn what_is_the_operators_to_say_no_client_says_of_itself() {
    let bank = open().await;
    for (member, value) in [
        ("first_party", json!(true)),
        ("owner", json!("me")),
        ("origins", json!(["https://app.example.com"])),
    ] {
        let why = refused_for(&bank, &json!({ member: value }), member).await;
        assert!(why.contains("operator"), "{why}");
    }
}

#[tokio::test]
async fn registration_never_gets_below_the_realms_profile() {
    let baseline = super::bank("open", "baseline").await;
    refused_for(&baseline, &json!({ "profile": "openid-core" }), "profile").await;
    let same = register(&baseline, &with(&json!({ "profile": "baseline" }))).await;
    assert_eq!(same["profile"], "baseline");
    let core = open().await;
    let stricter = register(&core, &with(&json!({ "profile": "baseline" }))).await;
    let error = super::code_request(&stricter, "openid")
        .without("code_challenge")
        .without("code_challenge_method");
    assert_eq!(error.error(&core).await, "invalid_request");
}

#[tokio::test]
async fn scopes_of_apis_are_not_for_anybody() {
    let bank = open().await;
    let client = register(&bank, &with(&json!({ "scope": "openid offline_access" }))).await;
    assert_eq!(client["scope"], "offline_access openid");
    for scope in ["openid accounts:read", "payments:write", "no-such-scope"] {
        let why = refused_for(&bank, &json!({ "scope": scope }), "scope").await;
        assert!(why.contains("initial access token"), "{why}");
    }
    // Who names none gets those of OpenID Connect and no others.
    let silent = register(&bank, &as_the_suite_does("x")).await;
    let asked = super::code_request(&silent, "openid accounts:read");
    assert_eq!(asked.error(&bank).await, "invalid_scope");
}

#[tokio::test]
async fn nobody_registers_to_act_without_a_user() {
    let bank = open().await;
    for grant in [
        "client_credentials",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "urn:ietf:params:oauth:grant-type:token-exchange",
    ] {
        let members = json!({ "grant_types": ["authorization_code", grant] });
        let why = refused_for(&bank, &members, "grant_types").await;
        assert!(why.contains("without a user"), "{why}");
    }
}

// Conformance: B130
#[tokio::test]
async fn keys_are_registered_in_one_way() {
    let bank = open().await;
    let mut members = as_the_suite_does("x");
    members["jwks_uri"] = json!("https://app.example.com/jwks");
    let why = refused(post(&bank, &members).await, 400, "invalid_client_metadata").await;
    assert!(why.starts_with("jwks is given together with jwks_uri"), "{why}");
    let private = json!({ "jwks": { "keys": [{ "kty": "oct", "k": "c2VjcmV0" }] } });
    refused_for(&bank, &private, "jwks").await;
    let small = json!({ "jwks": { "keys": [{ "kty": "RSA", "e": "AQAB", "n": jose::b64::encode([0xff; 128]) }] } });
    refused_for(&bank, &small, "jwks").await;
}

#[tokio::test]
async fn members_that_cannot_be_read_are_named() {
    let bank = open().await;
    for (member, value) in [
        ("redirect_uris", json!("https://app.example.com/cb")),
        ("redirect_uris", json!([])),
        ("grant_types", json!(["password"])),
        ("response_types", json!(["code", "magic"])),
        ("token_endpoint_auth_method", json!("tls_client_auth")),
        ("id_token_signed_response_alg", json!("none")),
        ("userinfo_signed_response_alg", json!("HS256")),
        ("id_token_encrypted_response_alg", json!("RSA1_5")),
        ("userinfo_encrypted_response_enc", json!("A256GCM")),
        ("subject_type", json!(7)),
        ("default_max_age", json!(-1)),
    ] {
        refused_for(&bank, &json!({ member: value }), member).await;
    }
}

async fn send(bank: &Bank, content_type: &str, body: String) -> Response {
    let request = bank
        .http
        .post(bank.url("/register"))
        .header("content-type", content_type);
    request.body(body).send().await.unwrap()
}

#[tokio::test]
async fn the_body_is_one_json_object_of_moderate_size_without_repetition() {
    let bank = open().await;
    let json = "application/json";
    let good = with(&json!({})).to_string();
    assert_eq!(
        send(&bank, "application/json;charset=utf-8", good.clone())
            .await
            .status(),
        201
    );
    for (content_type, body) in [
        ("text/plain", good.clone()),
        ("application/x-www-form-urlencoded", good.clone()),
        (json, String::new()),
        (json, "[]".to_owned()),
        (json, "null".to_owned()),
        (json, good[1..].to_owned()),
        (json, format!("{good}{good}")),
        (
            json,
            r#"{"redirect_uris":["https://a.example/"],"redirect_uris":["https://b.example/"]}"#.to_owned(),
        ),
        (json, format!(r#"{{"x":{}{}}}"#, "[".repeat(2000), "]".repeat(2000))),
    ] {
        refused(send(&bank, content_type, body).await, 400, "invalid_request").await;
    }
    let large = json!({ "x": "x".repeat(65 * 1024) }).to_string();
    refused(send(&bank, json, large).await, 413, "invalid_request").await;
    let _: Value = register(&bank, &with(&json!({}))).await;
}
