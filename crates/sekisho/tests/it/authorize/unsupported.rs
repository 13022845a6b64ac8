//! Parameters that are refused by name, rather than ignored (OpenID Connect Core §6.1, §6.2, §7.2.1).

use crate::{bank::Bank, request::Request};

#[tokio::test]
async fn a_request_object_is_refused() {
    let bank = Bank::start().await;
    // {"alg":"none"} . {} .
    let request = Request::code("openid").with("request", "eyJhbGciOiJub25lIn0.e30.");
    assert_eq!(request.error(&bank).await, "request_not_supported");
}

#[tokio::test]
async fn a_request_uri_is_refused_and_never_fetched() {
    let bank = Bank::start().await;
    for uri in [
        "https://app.example.com/request.jwt",
        "urn:ietf:params:oauth:request_uri:x",
        "http://127.0.0.1:1/",
    ] {
        let request = Request::code("openid").with("request_uri", uri);
        assert_eq!(request.error(&bank).await, "request_uri_not_supported");
    }
}

#[tokio::test]
async fn a_registration_is_refused() {
    let bank = Bank::start().await;
    assert_eq!(
        Request::code("openid").with("registration", "{}").error(&bank).await,
        "registration_not_supported"
    );
}

#[tokio::test]
async fn claims_that_are_no_json_object_are_refused() {
    let bank = Bank::start().await;
    for bad in ["[]", "{", "name"] {
        assert_eq!(
            Request::code("openid").with("claims", bad).error(&bank).await,
            "invalid_request",
            "{bad}"
        );
    }
}
