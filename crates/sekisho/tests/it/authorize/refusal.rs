//! Errors that the client learns of (RFC 6749 §4.1.2.1, RFC 9207 §2).

use testkit::Answer;

use crate::{
    bank::Bank,
    request::{JS, Request, WEB, error},
};

// Conformance: A2.0-callback B30 B43 B147 SEED1-22 F2-AZ-05 ISS-01 BCP-26
#[tokio::test]
async fn an_error_goes_back_with_state_and_issuer() {
    let bank = Bank::start().await;
    let callback = Request::code("openid")
        .with("prompt", "none")
        .open(&bank, &bank.browser())
        .await
        .callback();
    assert!(callback.url.as_str().starts_with(&format!("{WEB}?")) && !callback.in_fragment);
    assert_eq!(error(&callback), "login_required");
    assert_eq!(callback.get("state"), Some("the state"));
    assert_eq!(callback.get("iss"), Some(bank.issuer.as_str()));
    let names: Vec<&str> = callback.parameters.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["error", "error_description", "state", "iss"]);
}

// Conformance: B25
#[tokio::test]
async fn an_error_without_state_invents_none() {
    let bank = Bank::start().await;
    let request = Request::code("openid").with("prompt", "none").without("state");
    assert_eq!(request.open(&bank, &bank.browser()).await.callback().get("state"), None);
}

// Conformance: B25 oidcc-prompt-none-not-logged-in
#[tokio::test]
async fn a_state_comes_back_unchanged_whatever_is_in_it() {
    let bank = Bank::start().await;
    let long = "aB3-._~".repeat(19);
    for state in [
        &long,
        "a+b c%20d&e=f#g\"<>'é漢😀",
        " ",
        "\r\nLocation: https://evil.example",
    ] {
        let request = Request::code("openid").with("prompt", "none").with("state", state);
        let callback = request.open(&bank, &bank.browser()).await.callback();
        assert_eq!(callback.get("state"), Some(state));
    }
}

#[tokio::test]
async fn a_refusal_by_redirect_carries_its_id_in_a_header_alone() {
    let bank = Bank::start().await;
    let request = Request::code("openid").with("prompt", "none");
    let response = bank.http.get(request.url(&bank)).send().await.unwrap();
    assert_eq!(response.status(), 303);
    let id = response.headers()["sekisho-explain"].to_str().unwrap();
    assert!(!id.is_empty() && !response.headers()["location"].to_str().unwrap().contains(id));
}

// Conformance: B30 B38
#[tokio::test]
async fn errors_travel_as_the_answer_would() {
    let bank = Bank::start().await;
    let browser = bank.browser();
    for (request, in_fragment) in [
        (Request::code("openid"), false),
        (Request::code("openid").with("response_mode", "query"), false),
        (Request::code("openid").with("response_mode", "fragment"), true),
        (Request::implicit("token", "accounts:read"), true),
        (Request::implicit("id_token", "openid"), true),
        (
            Request::implicit("id_token token", "openid").with("response_mode", "fragment"),
            true,
        ),
    ] {
        let callback = request.with("prompt", "none").open(&bank, &browser).await.callback();
        assert_eq!(
            (error(&callback), callback.in_fragment),
            ("login_required", in_fragment),
            "{}",
            callback.url
        );
        assert_eq!(callback.url.query().is_some(), !in_fragment);
    }
}

// Conformance: B12
#[tokio::test]
async fn a_repeated_parameter_is_refused() {
    let bank = Bank::start().await;
    for name in [
        "scope",
        "response_type",
        "nonce",
        "prompt",
        "code_challenge",
        "code_challenge_method",
        "max_age",
        "x",
    ] {
        let request = Request::code("openid").also(name, "one").also(name, "one");
        let callback = request.open(&bank, &bank.browser()).await.callback();
        assert_eq!(
            (error(&callback), callback.get("state")),
            ("invalid_request", Some("the state")),
            "{name}"
        );
    }
}

// Conformance: B12
#[tokio::test]
async fn a_state_that_came_twice_is_not_sent_back() {
    let bank = Bank::start().await;
    let request = Request::code("openid").also("state", "another");
    let callback = request.open(&bank, &bank.browser()).await.callback();
    assert_eq!((error(&callback), callback.get("state")), ("invalid_request", None));
}

#[tokio::test]
async fn an_empty_parameter_counts_as_left_out() {
    let bank = Bank::start().await;
    let request = Request::code("openid")
        .also("prompt", "")
        .also("prompt", "")
        .also("max_age", "");
    assert!(request.open(&bank, &bank.browser()).await.page().has("sign-in"));
}

// Conformance: B11 B26 oidcc-claims-locales oidcc-ensure-request-with-unknown-parameter-succeeds OP-08
#[tokio::test]
async fn a_parameter_that_nobody_knows_is_ignored() {
    let bank = Bank::start().await;
    let request = Request::code("openid")
        .also("extra", "foobar")
        .also("display", "popup")
        .also("claims_locales", "se");
    let request = request.also("acr_values", "1 2");
    assert!(
        request
            .walk(&bank, &bank.browser(), "alice")
            .await
            .get("code")
            .is_some()
    );
}

// Conformance: B21 B22 oidcc-alternate-happy-flow
#[tokio::test]
async fn the_order_of_parameters_and_scopes_does_not_matter() {
    let bank = Bank::start().await;
    let mut parameters = Request::code("email accounts:read openid");
    for (name, value) in parameters.clone().parameters().into_iter().rev() {
        parameters = parameters.with(name, value);
    }
    let callback = parameters.walk(&bank, &bank.browser(), "alice").await;
    let response = parameters.redeem(&bank, &callback).await;
    assert!(response["id_token"].is_string());
}

// Conformance: A2.0-error-response B49
#[tokio::test]
async fn descriptions_hold_only_the_characters_that_the_specification_allows() {
    let bank = Bank::start().await;
    for request in [
        Request::code("openid \"quoted\\\u{e9}\r\n"),
        Request::code("openid").with("response_type", "\"\\é\n"),
        Request::code("openid").also("\"\\é\n", "1").also("\"\\é\n", "2"),
        Request::code("openid").with("prompt", "\"é"),
        Request::code("openid").with("resource", "\"é\\"),
    ] {
        let Answer::Callback(callback) = request.open(&bank, &bank.browser()).await else {
            panic!("no error")
        };
        let description = callback.get("error_description").unwrap_or("");
        let is_allowed = |c: char| matches!(c, ' '..='!' | '#'..='[' | ']'..='~');
        assert!(description.chars().all(is_allowed), "{description}");
    }
}

#[tokio::test]
async fn the_answer_of_an_implicit_client_goes_to_its_own_address() {
    let bank = Bank::start().await;
    let request = Request::implicit("token", "accounts:read").with("prompt", "none");
    let callback = request.open(&bank, &bank.browser()).await.callback();
    assert!(callback.url.as_str().starts_with(&format!("{JS}#")));
}
