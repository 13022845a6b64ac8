//! The request as such, and the form of the answers. RFC 6749 §3.2, §5.

use protocol::GrantType;
use reqwest::{Method, Response};
use serde_json::Value;

use crate::{
    app::{CLI, ROBOT, WEB_APP, granted, header, names, refused},
    bank::Bank,
    explain::recorded::{explain, id},
};

async fn send(bank: &Bank, content_type: &str, body: impl Into<reqwest::Body>) -> Response {
    let request = bank
        .http
        .post(bank.url("/token"))
        .basic_auth("robot", Some("robot-secret"));
    request
        .header("content-type", content_type)
        .body(body)
        .send()
        .await
        .unwrap()
}

const FORM: &str = "application/x-www-form-urlencoded";

// Conformance: A2.0-token-response B46 SEED1-14 OP-12 OP-25
#[tokio::test]
async fn an_answer_is_json_that_nobody_keeps() {
    let bank = Bank::start().await;
    let code = WEB_APP.code(&bank, "openid accounts:read offline_access").await;
    let response = WEB_APP.redeem(&bank, &code).await;
    for (name, value) in [
        ("content-type", "application/json"),
        ("cache-control", "no-store"),
        ("pragma", "no-cache"),
    ] {
        assert_eq!(header(&response, name), value, "{name}");
    }
    let tokens = granted(response).await;
    let members = [
        "access_token",
        "expires_in",
        "id_token",
        "refresh_token",
        "scope",
        "token_type",
    ];
    assert_eq!(names(&tokens), members);
    assert_eq!(
        (&tokens["token_type"], &tokens["expires_in"]),
        (&"Bearer".into(), &600.into())
    );
    assert_eq!(tokens["scope"], "accounts:read offline_access openid");
}

// Conformance: SEED1-15
#[tokio::test]
async fn the_scope_is_told_even_when_it_is_what_was_asked() {
    let bank = Bank::start().await;
    assert_eq!(CLI.tokens(&bank, "accounts:read").await["scope"], "accounts:read");
}

// Conformance: B60
#[tokio::test]
async fn a_parameter_that_comes_twice_is_refused() {
    let bank = Bank::start().await;
    for twice in [
        "grant_type=client_credentials&grant_type=client_credentials&scope=accounts:read",
        "grant_type=client_credentials&scope=accounts:read&scope=accounts:read",
        "grant_type=client_credentials&scope=accounts:read&unknown=1&unknown=2",
        "grant_type=client_credentials&scope=accounts:read&%73cope=reports:read",
    ] {
        refused(send(&bank, FORM, twice).await, "invalid_request").await;
    }
}

// Conformance: B60
#[tokio::test]
async fn unknown_and_empty_parameters_are_ignored() {
    let bank = Bank::start().await;
    let body = "grant_type=client_credentials&scope=accounts:read&scope=&unknown=1&code=";
    granted(send(&bank, FORM, body).await).await;
    granted(send(&bank, "Application/X-WWW-Form-Urlencoded; charset=utf-8", body).await).await;
}

// Conformance: B48
#[tokio::test]
async fn a_missing_grant_type_is_an_invalid_request() {
    let bank = Bank::start().await;
    for body in ["", "scope=accounts:read", "grant_type="] {
        refused(send(&bank, FORM, body).await, "invalid_request").await;
    }
}

// Conformance: B59 B146 F2-AS-02 BCP-17
#[tokio::test]
async fn a_grant_type_that_is_not_offered_is_unsupported() {
    let bank = Bank::start().await;
    for grant_type in ["password", "implicit", "Client_Credentials", "device_code"] {
        let form = [
            ("grant_type", grant_type),
            ("username", "alice"),
            ("password", "alice-password"),
        ];
        refused(ROBOT.post(&bank, "/token", &form).await, "unsupported_grant_type").await;
    }
}

// Conformance: B59
#[tokio::test]
async fn a_grant_type_that_the_client_did_not_register_is_unauthorized() {
    let bank = Bank::start().await;
    for (app, grant_type) in [
        (ROBOT, "authorization_code"),
        (ROBOT, "refresh_token"),
        (WEB_APP, "client_credentials"),
        // A public client cannot even register it.
        (CLI, "client_credentials"),
    ] {
        let form = [("grant_type", grant_type), ("code", "x"), ("refresh_token", "x")];
        refused(app.post(&bank, "/token", &form).await, "unauthorized_client").await;
    }
}

/// No file and no registration makes such a client; but a row may have been made otherwise.
// Conformance: B59
#[tokio::test]
async fn what_is_for_clients_who_prove_who_they_are_is_for_no_other_whatever_is_registered() {
    let bank = Bank::start().await;
    let found = bank.running.realms.store.find_client(&bank.issuer, "cli").await;
    let mut cli = found.unwrap().unwrap();
    let confidential = [GrantType::ClientCredentials, GrantType::TokenExchange, GrantType::Ciba];
    std::sync::Arc::make_mut(&mut cli.metadata)
        .grant_types
        .extend(confidential);
    let put = storage::client::put(&bank.issuer, &cli, bank.clock.now()).unwrap();
    bank.change(storage::Change::new().then(put)).await;
    for grant_type in confidential {
        let form = [("grant_type", grant_type.as_str()), ("scope", "accounts:read")];
        let response = CLI.post(&bank, "/token", &form).await;
        let explained = explain(&bank, &id(&response)).await.unwrap();
        assert_eq!(explained["failed"]["name"], "grant_type.public_client");
        refused(response, "unauthorized_client").await;
    }
}

#[tokio::test]
async fn another_content_type_is_refused() {
    let bank = Bank::start().await;
    let json = r#"{"grant_type":"client_credentials","scope":"accounts:read"}"#;
    let form = "grant_type=client_credentials&scope=accounts:read";
    for (content_type, body) in [
        ("application/json", json),
        ("text/plain", form),
        ("multipart/form-data", form),
    ] {
        refused(send(&bank, content_type, body).await, "invalid_request").await;
    }
}

#[tokio::test]
async fn parameters_in_the_query_do_not_count() {
    let bank = Bank::start().await;
    let url = bank.url("/token?grant_type=client_credentials&scope=accounts:read");
    let request = bank.http.post(url).basic_auth("robot", Some("robot-secret"));
    refused(request.send().await.unwrap(), "invalid_request").await;
}

#[tokio::test]
async fn a_body_that_is_no_form_is_refused() {
    let bank = Bank::start().await;
    let many = format!("grant_type=client_credentials{}", "&a=1".repeat(100));
    for body in [
        b"grant_type=%".to_vec(),
        b"grant_type=%zz".to_vec(),
        b"grant_type=\xff".to_vec(),
        b"grant_type=client_credentials&scope=%C0%AF".to_vec(),
        b"grant_type=client_credentials%00".to_vec(),
        many.into_bytes(),
    ] {
        refused(send(&bank, FORM, body).await, "invalid_request").await;
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_and_the_server_goes_on() {
    let bank = Bank::start().await;
    let large = format!("grant_type=client_credentials&scope={}", "a".repeat(70_000));
    assert_eq!(send(&bank, FORM, large).await.status(), 413);
    granted(send(&bank, FORM, "grant_type=client_credentials&scope=accounts:read").await).await;
}

#[tokio::test]
async fn a_header_that_is_too_large_is_refused_and_the_server_goes_on() {
    let bank = Bank::start().await;
    let request = bank.http.post(bank.url("/token")).header("x-large", "a".repeat(40_000));
    assert_eq!(request.send().await.unwrap().status(), 431);
    granted(send(&bank, FORM, "grant_type=client_credentials&scope=accounts:read").await).await;
}

// Conformance: B47
#[tokio::test]
async fn only_post_is_allowed() {
    let bank = Bank::start().await;
    for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE] {
        let url = bank.url("/token?grant_type=client_credentials&scope=accounts:read");
        let request = bank
            .http
            .request(method.clone(), url)
            .basic_auth("robot", Some("robot-secret"));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 405, "{method}");
        assert!(header(&response, "allow").contains("POST"), "{method}");
        assert!(!header(&response, "sekisho-explain").is_empty(), "{method}");
    }
}

// Conformance: A2.0-error-response B48 B49
#[tokio::test]
async fn descriptions_hold_only_allowed_characters_whatever_was_sent() {
    let bank = Bank::start().await;
    let bad = "\"\\\r\n\t\u{e9}\u{7f}<script>";
    for form in [
        vec![("grant_type", bad)],
        vec![(bad, "1"), (bad, "2")],
        vec![("grant_type", "client_credentials"), ("scope", bad)],
        vec![("grant_type", "client_credentials"), ("resource", bad)],
        vec![("grant_type", "client_credentials"), ("client_id", bad)],
        vec![("grant_type", "refresh_token"), ("refresh_token", bad)],
    ] {
        for app in [ROBOT, WEB_APP] {
            let response = app.post(&bank, "/token", &form).await;
            let status = response.status();
            let text = response.text().await.unwrap();
            let error: Value = serde_json::from_str(&text).unwrap();
            let error_code = error["error"].as_str().unwrap();
            assert_eq!(status, if error_code == "invalid_client" { 401 } else { 400 }, "{text}");
            assert!(
                error_code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'),
                "{text}"
            );
            let description = error["error_description"].as_str().unwrap();
            let is_allowed = |byte| matches!(byte, 0x20..=0x21 | 0x23..=0x5B | 0x5D..=0x7E);
            assert!(description.bytes().all(is_allowed), "{description}");
        }
    }
}
