//! How the token comes with the request.

use std::sync::atomic::Ordering;

use axum::body::Body;
use http::header::AUTHORIZATION;
use http::{Request, StatusCode};
use serde_json::json;

use super::issuer::Issuer;
use super::{app, body, both, challenge, send};

const METADATA: &str = r#"resource_metadata="https://api.example/.well-known/oauth-protected-resource""#;

#[tokio::test]
async fn without_a_token_the_challenge_has_no_error_code() {
    let issuer = Issuer::start().await;
    let app = app(&both(&issuer.url).build().unwrap());
    for request in [
        Request::get("/accounts"),
        Request::get("/accounts").header(AUTHORIZATION, "Basic YTpi"),
    ] {
        let response = send(&app, request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(
            challenge(&response),
            format!(r#"Bearer realm="https://api.example", {METADATA}"#)
        );
    }
    assert_eq!(issuer.introspections.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_token_in_the_query_is_refused() {
    let issuer = Issuer::start().await;
    issuer.issue_opaque("good", json!({}));
    let app = app(&both(&issuer.url).build().unwrap());
    for request in [
        Request::get("/accounts?access_token=good"),
        Request::get("/accounts?access_token=good").header(AUTHORIZATION, "Bearer good"),
    ] {
        let response = send(&app, request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        assert!(challenge(&response).contains(r#"error="invalid_request""#));
        assert_eq!(body(response).await["error"], "invalid_request");
    }
}

#[tokio::test]
async fn there_must_be_exactly_one_authorization_header() {
    let issuer = Issuer::start().await;
    issuer.issue_opaque("good", json!({}));
    let app = app(&both(&issuer.url).build().unwrap());
    let one = || Request::get("/accounts").header(AUTHORIZATION, "Bearer good");
    let response = send(&app, one().body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), StatusCode::OK);
    let two = one().header(AUTHORIZATION, "Bearer good");
    let response = send(&app, two.body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn every_401_says_where_the_metadata_is_and_is_not_stored() {
    let issuer = Issuer::start().await;
    let app = app(&both(&issuer.url).build().unwrap());
    let request = Request::get("/accounts").header(AUTHORIZATION, "Bearer unknown");
    let response = send(&app, request.body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert!(challenge(&response).ends_with(METADATA), "{}", challenge(&response));
    assert_eq!(response.headers()["cache-control"], "no-store");
}
