//! An authorization server that cannot be asked: nothing passes, and the client may try again.

use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use http::StatusCode;
use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use serde_json::json;

use super::issuer::{CLIENT_ID, Issuer};
use super::{API, app, both, get_with, status};
use crate::ResourceServer;
use crate::refreshing::PAUSE;

async fn assert_unavailable(app: &Router, token: &str) {
    let response = get_with(app, "/accounts", token).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.headers()[RETRY_AFTER], "5");
    assert!(!response.headers().contains_key(WWW_AUTHENTICATE));
}

#[tokio::test]
async fn a_server_that_is_down_means_503() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", nobody.local_addr().unwrap());
    drop(nobody);
    let app = app(&both(&url).build().unwrap());
    assert_unavailable(&app, "opaque").await;
    assert_unavailable(&app, "eyJhbGciOiJFUzI1NiJ9.e30.AA").await;
}

#[tokio::test]
async fn errors_and_redirects_mean_503_and_are_not_followed() {
    let issuer = Issuer::start().await;
    let app = app(&both(&issuer.url).build().unwrap());
    issuer.issue_opaque("good", json!({}));
    assert_eq!(status(&app, "good").await, StatusCode::OK);
    for answer in [500, 503, 404, 401, 302, 307, 308] {
        issuer.answer_with(answer);
        assert_unavailable(&app, "good").await;
    }
    issuer.answer_with(200);
    assert_eq!(status(&app, "good").await, StatusCode::OK);
}

#[tokio::test]
async fn an_answer_that_is_no_introspection_response_means_503() {
    let issuer = Issuer::start().await;
    let app = app(&both(&issuer.url).build().unwrap());
    issuer.issue_opaque("odd", json!({"active": "yes"}));
    assert_unavailable(&app, "odd").await;
}

#[tokio::test]
async fn wrong_credentials_of_the_api_are_not_the_callers_fault() {
    let issuer = Issuer::start().await;
    issuer.issue_opaque("good", json!({}));
    let builder = ResourceServer::builder(&*issuer.url, API).introspection(CLIENT_ID, "wrong");
    assert_unavailable(&app(&builder.build().unwrap()), "good").await;
}

#[tokio::test]
async fn metadata_of_another_issuer_or_malformed_is_not_used() {
    for (member, value) in [
        ("issuer", "https://other.example"),
        ("introspection_endpoint", "introspect"),
    ] {
        let issuer = Issuer::start().await;
        issuer.issue_opaque("good", json!({}));
        issuer.metadata.lock().unwrap()[member] = json!(value);
        assert_unavailable(&app(&both(&issuer.url).build().unwrap()), "good").await;
        assert_eq!(issuer.introspections.load(Ordering::SeqCst), 0, "{member}");
    }
}

#[tokio::test]
async fn a_server_that_comes_back_is_noticed_after_the_pause() {
    let issuer = Issuer::start().await;
    issuer.issue_opaque("good", json!({}));
    issuer.answer_with(500);
    let builder = both(&issuer.url);
    let clock = builder.clock.clone();
    let app = app(&builder.build().unwrap());
    assert_unavailable(&app, "good").await;
    issuer.answer_with(200);
    assert_unavailable(&app, "good").await;
    clock.advance(PAUSE);
    assert_eq!(status(&app, "good").await, StatusCode::OK);
}

#[tokio::test]
async fn keys_that_are_known_outlive_a_failed_fetch() {
    let issuer = Issuer::start().await;
    let builder = both(&issuer.url);
    let clock = builder.clock.clone();
    let app = app(&builder.build().unwrap());
    let token = issuer.issue_jwt(&issuer.new_key(true), json!({}));
    assert_eq!(status(&app, &token).await, StatusCode::OK);
    issuer.answer_with(500);
    clock.advance(Duration::from_hours(1));
    assert_eq!(status(&app, &token).await, StatusCode::OK);
    assert!(issuer.jwks_fetches.load(Ordering::SeqCst) >= 2, "it was tried");
    // A key that was never seen is another matter: the token is refused, as if the issuer did not have it.
    clock.advance(PAUSE);
    let unknown = issuer.issue_jwt(&issuer.new_key(false), json!({}));
    assert_eq!(status(&app, &unknown).await, StatusCode::UNAUTHORIZED);
}
