//! Opaque tokens, by introspection.

use std::sync::atomic::Ordering;

use axum::body::Body;
use http::header::AUTHORIZATION;
use http::{Request, StatusCode};
use serde_json::json;

use super::issuer::{CLIENT_ID, CLIENT_SECRET, Issuer};
use super::{API, app, body, both, challenge, get_with, send, status};
use crate::ResourceServer;

#[tokio::test]
async fn an_active_token_reaches_the_handler_with_its_content() {
    let issuer = Issuer::start().await;
    issuer.issue_opaque("good", json!({}));
    let response = get_with(&app(&both(&issuer.url).build().unwrap()), "/accounts", "good").await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(
        body(response).await,
        json!({"sub": "alice", "client_id": "app", "scope": "accounts:read openid"})
    );
}

#[tokio::test]
async fn an_issuer_may_have_a_path() {
    let issuer = Issuer::start_at("/realms/bank").await;
    issuer.issue_opaque("good", json!({}));
    assert_eq!(
        status(&app(&both(&issuer.url).build().unwrap()), "good").await,
        StatusCode::OK
    );
}

#[tokio::test]
async fn metadata_may_be_where_openid_connect_wants_it() {
    let issuer = Issuer::start_at("/realms/bank").await;
    issuer.openid_only.store(true, Ordering::SeqCst);
    issuer.issue_opaque("good", json!({}));
    assert_eq!(
        status(&app(&both(&issuer.url).build().unwrap()), "good").await,
        StatusCode::OK
    );
}

// Conformance: F2-RS-02
#[tokio::test]
async fn inactive_and_misdirected_tokens_are_invalid() {
    let issuer = Issuer::start().await;
    let app = app(&both(&issuer.url).build().unwrap());
    issuer.issue_opaque("for-another", json!({"aud": "https://other.example"}));
    issuer.issue_opaque("for-nobody", json!({"aud": []}));
    issuer.issue_opaque("from-another", json!({"iss": "https://other.example"}));
    issuer.issue_opaque("old", json!({"exp": 1_700_000_000}));
    issuer.issue_opaque("dpop", json!({"token_type": "DPoP"}));
    issuer.issue_opaque("bound", json!({"cnf": {"x5t#S256": "x"}}));
    for token in [
        "unknown",
        "for-another",
        "for-nobody",
        "from-another",
        "old",
        "dpop",
        "bound",
    ] {
        let response = get_with(&app, "/accounts", token).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{token}");
        assert!(challenge(&response).contains(r#"error="invalid_token""#), "{token}");
        assert_eq!(body(response).await["error"], "invalid_token");
    }
}

// Conformance: F1B-RS-04 F2-RS-02
#[tokio::test]
async fn a_revoked_token_is_refused_at_the_next_call() {
    let issuer = Issuer::start().await;
    let app = app(&both(&issuer.url).build().unwrap());
    issuer.issue_opaque("t", json!({}));
    assert_eq!(status(&app, "t").await, StatusCode::OK);
    issuer.revoke("t");
    assert_eq!(status(&app, "t").await, StatusCode::UNAUTHORIZED);
    assert_eq!(issuer.introspections.load(Ordering::SeqCst), 2);
    assert_eq!(issuer.metadata_fetches.load(Ordering::SeqCst), 1);
}

// Conformance: F1B-RS-05 F2-RS-03
#[tokio::test]
async fn missing_scope_is_403_and_the_challenge_names_what_is_needed() {
    let issuer = Issuer::start().await;
    let app = app(&both(&issuer.url).build().unwrap());
    issuer.issue_opaque("reader", json!({}));
    issuer.issue_opaque("payer", json!({"scope": "payments:write accounts:read"}));
    let pay = |token: &str| {
        let request = Request::post("/payments").header(AUTHORIZATION, format!("Bearer {token}"));
        request.body(Body::empty()).unwrap()
    };
    assert_eq!(send(&app, pay("payer")).await.status(), StatusCode::OK);
    let response = send(&app, pay("reader")).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    let challenge = challenge(&response);
    assert!(challenge.contains(r#"error="insufficient_scope""#), "{challenge}");
    assert!(
        challenge.contains(r#"scope="accounts:read payments:write""#),
        "{challenge}"
    );
}

#[tokio::test]
async fn a_route_without_a_scope_still_needs_a_token() {
    let issuer = Issuer::start().await;
    let app = app(&both(&issuer.url).build().unwrap());
    issuer.issue_opaque("t", json!({"scope": ""}));
    assert_eq!(get_with(&app, "/me", "t").await.status(), StatusCode::OK);
    assert_eq!(get_with(&app, "/me", "x").await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn without_jwks_a_jwt_is_introspected_too() {
    let issuer = Issuer::start().await;
    let server = ResourceServer::builder(&*issuer.url, API).introspection(CLIENT_ID, CLIENT_SECRET);
    let app = app(&server.build().unwrap());
    issuer.issue_opaque("a.b.c", json!({}));
    assert_eq!(status(&app, "a.b.c").await, StatusCode::OK);
    assert_eq!(issuer.jwks_fetches.load(Ordering::SeqCst), 0);
}
