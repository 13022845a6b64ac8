//! `response_type` and `response_mode` (RFC 6749 §3.1.1, Multiple Response Types §2.1).

use crate::{
    bank::Bank,
    request::{Request, error},
};

// Conformance: B13 oidcc-response-type-missing SEED1-20
#[tokio::test]
async fn a_missing_response_type_is_an_invalid_request() {
    let bank = Bank::start().await;
    assert_eq!(
        Request::code("openid").without("response_type").error(&bank).await,
        "invalid_request"
    );
    assert_eq!(
        Request::code("openid").with("response_type", "").error(&bank).await,
        "invalid_request"
    );
}

// Conformance: B14
#[tokio::test]
async fn an_unknown_response_type_is_unsupported() {
    let bank = Bank::start().await;
    for unknown in ["cod", "Code", "code code", "code none", "none", "device", " "] {
        let request = Request::code("openid").with("response_type", unknown);
        assert_eq!(request.error(&bank).await, "unsupported_response_type", "{unknown}");
    }
}

// Conformance: B14 B146 BCP-08
#[tokio::test]
async fn a_client_of_the_profile_baseline_gets_no_token_from_here() {
    let bank = Bank::start().await;
    for implicit in [
        "token",
        "id_token",
        "id_token token",
        "code token",
        "code id_token",
        "code id_token token",
    ] {
        let request = Request::code("openid").with("response_type", implicit);
        let callback = request.open(&bank, &bank.browser()).await.callback();
        assert_eq!(
            (error(&callback), callback.in_fragment),
            ("unsupported_response_type", true),
            "{implicit}"
        );
    }
}

// Conformance: BCP-08
#[tokio::test]
async fn a_response_type_that_is_not_registered_is_refused() {
    let bank = Bank::start().await;
    for other in ["code", "code token", "code id_token"] {
        let request = Request::implicit(other, "openid");
        assert_eq!(request.error(&bank).await, "unauthorized_client", "{other}");
    }
}

#[tokio::test]
async fn an_unknown_response_mode_is_refused_by_the_usual_way() {
    let bank = Bank::start().await;
    for mode in ["JWT", "web_message", "Query", "query fragment"] {
        let callback = Request::code("openid")
            .with("response_mode", mode)
            .open(&bank, &bank.browser())
            .await
            .callback();
        assert_eq!(
            (error(&callback), callback.in_fragment),
            ("invalid_request", false),
            "{mode}"
        );
    }
}

// Conformance: B40
#[tokio::test]
async fn a_code_can_come_in_the_fragment_when_the_client_asks_for_that() {
    let bank = Bank::start().await;
    let request = Request::code("openid").with("response_mode", "fragment");
    let callback = request.walk(&bank, &bank.browser(), "alice").await;
    assert!(callback.in_fragment && callback.url.query().is_none());
    assert!(request.redeem(&bank, &callback).await["id_token"].is_string());
}
