//! Which client asks? RFC 6749 §2.3.

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::{Response, header::HeaderValue};

use crate::{
    app::{App, BANK_API, CLI, Method, POST_APP, ROBOT, WEB_APP, bank_and, granted, refused},
    bank::Bank,
};

const FOR_ITSELF: [(&str, &str); 2] = [("grant_type", "client_credentials"), ("scope", "accounts:read")];

/// A request with these values of the `Authorization` header.
async fn ask(bank: &Bank, authorization: &[&str], form: &[(&str, &str)]) -> Response {
    let request = bank.http.post(bank.url("/token")).form(form);
    let request = authorization
        .iter()
        .fold(request, |request, value| request.header("authorization", *value));
    request.send().await.unwrap()
}

fn basic(client_id: &str, secret: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{client_id}:{secret}")))
}

// Conformance: B51 SEED1-01 OP-20 BCP-18
#[tokio::test]
async fn each_method_is_accepted_from_a_client_that_is_registered_for_it() {
    let bank = Bank::start().await;
    for app in [WEB_APP, POST_APP, CLI] {
        let code = app.code(&bank, "accounts:read").await;
        granted(app.redeem(&bank, &code).await).await;
    }
}

// Conformance: B50
#[tokio::test]
async fn identifier_and_secret_are_form_encoded_in_the_header() {
    let client = r#"
        [[client]]
        client_id = "robot:2"
        client_name = "Second Robot"
        client_secret = "100% of: it+all & more"
        grant_types = ["client_credentials"]
        response_types = []
        scope = "accounts:read"
    "#;
    let bank = Bank::with_realm(bank_and(client)).await;
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let header = basic(&encoded("robot:2"), &encoded("100% of: it+all & more"));
    granted(ask(&bank, &[&header], &FOR_ITSELF).await).await;
    let bare = basic("robot:2", "100% of: it+all & more");
    refused(ask(&bank, &[&bare], &FOR_ITSELF).await, "invalid_client").await;
}

#[tokio::test]
async fn the_scheme_is_written_in_any_case() {
    let bank = Bank::start().await;
    for scheme in ["basic", "BASIC"] {
        let header = basic("robot", "robot-secret").replace("Basic", scheme);
        granted(ask(&bank, &[&header], &FOR_ITSELF).await).await;
    }
}

// Conformance: A2.0-error-response B48
#[tokio::test]
async fn unknown_clients_and_wrong_secrets_get_the_same_answer() {
    let bank = Bank::start().await;
    let mut answers = Vec::new();
    for header in [
        basic("nobody", "robot-secret"),
        basic("robot", "wrong"),
        basic("robot", ""),
        basic("robot", "Robot-secret"),
        basic("robot", "robot-secret "),
        basic("robot", "bank-api-secret"),
    ] {
        answers.push(refused(ask(&bank, &[&header], &FOR_ITSELF).await, "invalid_client").await);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
}

#[tokio::test]
async fn a_wrong_secret_in_the_body_is_refused() {
    let bank = Bank::start().await;
    for secret in ["wrong", "web-app-secret", "post-app-secret\n"] {
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", "post-app"),
            ("client_secret", secret),
        ];
        refused(ask(&bank, &[], &form).await, "invalid_client").await;
    }
}

// Conformance: B52 OP-20
#[tokio::test]
async fn a_client_uses_the_method_that_it_registered() {
    let bank = Bank::start().await;
    let others = |app: App, method| App { method, ..app };
    for wrong in [
        others(WEB_APP, Method::ClientSecretPost),
        others(WEB_APP, Method::None),
        others(POST_APP, Method::ClientSecretBasic),
        others(POST_APP, Method::None),
        others(CLI, Method::ClientSecretBasic),
        others(CLI, Method::ClientSecretPost),
    ] {
        let response = wrong
            .post(
                &bank,
                "/token",
                &[("grant_type", "refresh_token"), ("refresh_token", "x")],
            )
            .await;
        refused(response, "invalid_client").await;
    }
}

// Conformance: B51 ASRT-11
#[tokio::test]
async fn two_methods_at_once_are_refused() {
    let bank = Bank::start().await;
    let form = [
        FOR_ITSELF[0],
        FOR_ITSELF[1],
        ("client_secret", "robot-secret"),
        ("client_id", "robot"),
    ];
    refused(
        ask(&bank, &[&basic("robot", "robot-secret")], &form).await,
        "invalid_request",
    )
    .await;
}

#[tokio::test]
async fn two_authorization_headers_are_refused() {
    let bank = Bank::start().await;
    let right = basic("robot", "robot-secret");
    refused(ask(&bank, &[&right, &right], &FOR_ITSELF).await, "invalid_request").await;
    refused(ask(&bank, &[&right, "Bearer x"], &FOR_ITSELF).await, "invalid_request").await;
}

#[tokio::test]
async fn a_header_that_is_no_basic_credentials_is_refused() {
    let bank = Bank::start().await;
    for header in [
        "Basic",
        "Basic !!!",
        "Basic cm9ib3Q=",
        "Bearer cm9ib3Q6cm9ib3Qtc2VjcmV0",
        "Basic cm9ib3Q6cm9ib3Qtc2VjcmV0 x",
        &basic("%zz", "robot-secret"),
        &basic("robot%00", "robot-secret"),
        &basic("", "robot-secret"),
    ] {
        refused(ask(&bank, &[header], &FOR_ITSELF).await, "invalid_client").await;
    }
    let request = bank.http.post(bank.url("/token")).form(&FOR_ITSELF);
    let no_text = HeaderValue::from_bytes(b"Basic \xff\xfe").unwrap();
    refused(
        request.header("authorization", no_text).send().await.unwrap(),
        "invalid_client",
    )
    .await;
}

// Conformance: B53 F1B-AS-05
#[tokio::test]
async fn client_id_in_the_body_may_repeat_the_header_but_not_contradict_it() {
    let bank = Bank::start().await;
    let header = basic("robot", "robot-secret");
    let with = |client_id| [FOR_ITSELF[0], FOR_ITSELF[1], ("client_id", client_id)];
    granted(ask(&bank, &[&header], &with("robot")).await).await;
    refused(ask(&bank, &[&header], &with("bank-api")).await, "invalid_client").await;
}

#[tokio::test]
async fn a_request_of_nobody_is_refused() {
    let bank = Bank::start().await;
    refused(ask(&bank, &[], &FOR_ITSELF).await, "invalid_client").await;
    let secret_alone = [FOR_ITSELF[0], ("client_secret", "robot-secret")];
    refused(ask(&bank, &[], &secret_alone).await, "invalid_client").await;
}

#[tokio::test]
async fn a_disabled_client_gets_nothing() {
    let bank = Bank::start().await;
    granted(ROBOT.post(&bank, "/token", &FOR_ITSELF).await).await;
    bank.disable_client("robot").await;
    refused(ROBOT.post(&bank, "/token", &FOR_ITSELF).await, "invalid_client").await;
}

#[tokio::test]
async fn a_client_that_is_registered_for_nothing_gets_nothing() {
    let bank = Bank::start().await;
    refused(BANK_API.post(&bank, "/token", &FOR_ITSELF[..1]).await, "invalid_scope").await;
}
