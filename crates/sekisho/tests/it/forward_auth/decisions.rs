//! Calls, and what the proxy is told.

use reqwest::Response;
use serde_json::Value;
use storage::Change;

use crate::{
    app::{ROBOT, WEB_APP, granted, header, text},
    authorization_details::{asking, payment, tokens},
    bank::Bank,
    explain::recorded::explain,
};

use super::{ask, ask_of, bank, challenges, identity};

async fn token(bank: &Bank, scope: &str) -> String {
    text(&WEB_APP.tokens(bank, scope).await, "access_token").to_owned()
}

async fn robots_token(bank: &Bank) -> String {
    let form = [("grant_type", "client_credentials"), ("scope", "accounts:read")];
    let tokens = granted(ROBOT.post(bank, "/token", &form).await).await;
    text(&tokens, "access_token").to_owned()
}

#[tokio::test]
async fn a_call_with_a_good_token_goes_on_and_the_api_learns_who_calls() {
    let bank = bank().await;
    let user = token(&bank, "accounts:read").await;
    let alice = bank.user_id("alice").await;
    for (method, uri) in [
        ("GET", "/accounts"),
        ("GET", "/accounts/1?page=2"),
        ("HEAD", "/accounts/1"),
        ("DELETE", "/accounts/1"),
        ("GET", "/accounts/caf%C3%A9"),
    ] {
        let response = ask(&bank, method, uri, Some(&user)).await;
        assert_eq!(response.status(), 200, "{method} {uri}");
        assert_eq!(header(&response, "cache-control"), "no-store");
        let learned = identity(&response);
        assert_eq!(learned, [&alice, "web-app", "accounts:read", "urn:sekisho:acr:loa2"]);
    }
    let response = ask(&bank, "GET", "/accounts", Some(&robots_token(&bank).await)).await;
    assert_eq!(response.status(), 200);
    assert_eq!(identity(&response), ["robot", "robot", "accounts:read", ""]);
    let response = ask(&bank, "GET", "/health", None).await;
    assert_eq!((response.status().as_u16(), identity(&response)), (200, [""; 4]));
}

/// The error in an answer that is this status; without one there is no body.
async fn error(response: Response, status: u16) -> String {
    let what = response.url().to_string();
    assert_eq!(response.status(), status, "{what}");
    assert!(!header(&response, "sekisho-explain").is_empty());
    assert_eq!(identity(&response), [""; 4]);
    let challenges = challenges(&response);
    let body = response.text().await.unwrap();
    let error = if body.is_empty() {
        String::new()
    } else {
        let body: Value = serde_json::from_str(&body).unwrap();
        text(&body, "error").to_owned()
    };
    if status == 401 {
        // One line, since nginx passes on one, with a challenge for each scheme.
        assert_eq!(challenges.len(), 1, "{challenges:?}");
        assert!(challenges[0].contains("Bearer realm=") && challenges[0].contains("DPoP realm="));
        let told = format!("error=\"{error}\"");
        assert_eq!(challenges[0].contains(&told), !error.is_empty(), "{challenges:?}");
    }
    error
}

#[tokio::test]
async fn a_token_that_does_not_reach_is_challenged() {
    let bank = bank().await;
    let (good, robot) = (token(&bank, "accounts:read").await, robots_token(&bank).await);
    let other_api = token(&bank, "reports:read").await;
    let own = token(&bank, "openid").await;
    bank.clock.advance(301);
    let weak = "insufficient_user_authentication";
    for (method, uri, token, status, expected) in [
        ("GET", "/accounts", None, 401, ""),
        ("GET", "/accounts", Some("nonsense"), 401, "invalid_token"),
        ("GET", "/accounts", Some("a b"), 403, "invalid_request"),
        ("GET", "/accounts", Some(own.as_str()), 401, "invalid_token"),
        ("GET", "/accounts", Some(other_api.as_str()), 401, "invalid_token"),
        (
            "GET",
            "/accounts?access_token=x",
            Some(good.as_str()),
            403,
            "invalid_request",
        ),
        ("POST", "/payments", Some(good.as_str()), 403, "insufficient_scope"),
        ("DELETE", "/accounts/1", Some(good.as_str()), 401, weak),
        ("GET", "/statement", Some(good.as_str()), 401, weak),
        ("GET", "/statement", Some(robot.as_str()), 401, weak),
    ] {
        let told = error(ask(&bank, method, uri, token).await, status).await;
        assert_eq!(told, expected, "{method} {uri}");
    }
}

/// nginx knows 401 and 403 alone: what would be 400 or 404 elsewhere is 403 here.
#[tokio::test]
async fn a_call_of_another_path_or_one_that_could_be_two_is_403() {
    let bank = bank().await;
    let good = token(&bank, "accounts:read").await;
    for (method, uri) in [
        ("PUT", "/accounts/1"),
        ("GET", "/"),
        ("GET", "/Accounts/1"),
        ("GET", "/accounts/../payments"),
        ("GET", "/accounts/%2e%2e/payments"),
        ("GET", "/accounts%2F1"),
        ("GET", "/accounts%5C1"),
        ("GET", "/accounts/%252e"),
        ("GET", "/accounts/%00"),
        ("GET", "//accounts"),
        ("GET", "accounts"),
        ("GET", "https://api.example.com/accounts"),
    ] {
        let told = error(ask(&bank, method, uri, Some(&good)).await, 403).await;
        assert_eq!(told, "invalid_request", "{method} {uri}");
    }
}

#[tokio::test]
async fn an_api_is_found_by_its_host_and_no_other_answers_for_it() {
    let bank = bank().await;
    let good = format!("Bearer {}", token(&bank, "accounts:read").await);
    let fields = [("authorization", good.as_str())];
    for (host, status) in [
        ("api.example.com", 200),
        ("API.example.com:443", 200),
        ("api.example.com.", 403),
        ("api.example.com:8443", 403),
        ("x@api.example.com", 403),
        ("reports.example.com", 403),
        ("localhost", 403),
    ] {
        let response = ask_of(&bank, host, ("GET", "/accounts"), &fields).await;
        assert_eq!(response.status(), status, "{host}");
    }
}

#[tokio::test]
async fn what_was_taken_back_a_moment_ago_is_refused_now() {
    let bank = bank().await;
    let (revoked, ended) = (token(&bank, "accounts:read").await, token(&bank, "accounts:read").await);
    for token in [&revoked, &ended] {
        assert_eq!(ask(&bank, "GET", "/accounts", Some(token)).await.status(), 200);
    }
    WEB_APP.post(&bank, "/revoke", &[("token", revoked.as_str())]).await;
    assert_eq!(ask(&bank, "GET", "/accounts", Some(&revoked)).await.status(), 401);
    assert_eq!(ask(&bank, "GET", "/accounts", Some(&ended)).await.status(), 200);
    bank.end_grant("alice", "web-app").await;
    assert_eq!(ask(&bank, "GET", "/accounts", Some(&ended)).await.status(), 401);
}

#[tokio::test]
async fn a_route_that_looks_into_the_body_cannot_be_asked_about_here() {
    let bank = bank().await;
    let tokens = tokens(&bank, &asking(&serde_json::json!([payment("12.30")]))).await;
    let bearer = format!("Bearer {}", text(&tokens, "access_token"));
    let fields = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let response = ask_of(&bank, "payments.example.com", ("POST", "/payments"), &fields).await;
    assert_eq!(response.status(), 403);
    let id = header(&response, "sekisho-explain").to_owned();
    assert!(response.text().await.unwrap().contains("looks into the body"));
    assert_eq!(explain(&bank, &id).await.unwrap()["failed"]["name"], "gate.body_hidden");
}

#[tokio::test]
async fn a_refusal_can_be_explained_with_what_the_call_had_passed() {
    let bank = bank().await;
    let good = token(&bank, "accounts:read").await;
    let response = ask(&bank, "POST", "/payments", Some(&good)).await;
    let told = explain(&bank, header(&response, "sekisho-explain")).await.unwrap();
    assert_eq!((&told["method"], &told["path"]), (&"POST".into(), &"/payments".into()));
    assert_eq!(
        (&told["issuer"], &told["client_id"]),
        (&bank.issuer.as_str().into(), &"web-app".into())
    );
    assert_eq!(told["failed"]["name"], "gate.insufficient_scope");
    assert_eq!(told["failed"]["expected"], "payments:write");
    let passed = told["passed"].to_string();
    for check in [
        "route known",
        "access token alive",
        "token's key proven",
        "token meant for this API",
    ] {
        assert!(passed.contains(check), "{check}: {passed}");
    }
}

#[tokio::test]
async fn other_rules_count_as_soon_as_they_are_applied() {
    let bank = bank().await;
    let good = token(&bank, "accounts:read").await;
    assert_eq!(ask(&bank, "GET", "/accounts", Some(&good)).await.status(), 200);
    let realms = &bank.running.realms;
    let apis = realms.store.apis(&bank.issuer).await.unwrap();
    let (mut api, source) = apis
        .into_iter()
        .find(|(api, _)| api.identifier == "https://api.example.com")
        .unwrap();
    api.route.retain(|route| route.path != "/accounts/**");
    let put = storage::api::put(&bank.issuer, &api, source, bank.clock.now()).unwrap();
    bank.change(Change::new().then(put).then(storage::realm::raise_revision()))
        .await;
    realms.refresh().await.unwrap();
    assert_eq!(ask(&bank, "GET", "/accounts", Some(&good)).await.status(), 403);
}
