//! JWT access tokens, by the issuer's keys.

use std::sync::atomic::Ordering;
use std::time::Duration;

use http::StatusCode;
use serde_json::json;

use super::issuer::Issuer;
use super::{API, app, both, status};
use crate::ResourceServer;
use crate::refreshing::PAUSE;

#[tokio::test]
async fn a_signed_token_passes_without_introspection_and_with_one_fetch() {
    let issuer = Issuer::start().await;
    let app = app(&both(&issuer.url).build().unwrap());
    let key = issuer.new_key(true);
    for _ in 0..3 {
        assert_eq!(status(&app, &issuer.issue_jwt(&key, json!({}))).await, StatusCode::OK);
    }
    assert_eq!(issuer.jwks_fetches.load(Ordering::SeqCst), 1);
    assert_eq!(issuer.introspections.load(Ordering::SeqCst), 0);
}

// Conformance: F2-RS-02
#[tokio::test]
async fn a_token_for_another_api_from_another_issuer_expired_or_without_scope_is_refused() {
    let issuer = Issuer::start().await;
    let app = app(&both(&issuer.url).build().unwrap());
    let key = issuer.new_key(true);
    for (changes, expected) in [
        (json!({"aud": "https://other.example"}), StatusCode::UNAUTHORIZED),
        (json!({"iss": "https://other.example"}), StatusCode::UNAUTHORIZED),
        (json!({"exp": 1_700_000_000}), StatusCode::UNAUTHORIZED),
        (json!({"scope": "openid"}), StatusCode::FORBIDDEN),
    ] {
        let token = issuer.issue_jwt(&key, changes.clone());
        assert_eq!(status(&app, &token).await, expected, "{changes}");
    }
}

#[tokio::test]
async fn a_rotated_key_is_fetched_when_its_first_token_comes() {
    let issuer = Issuer::start().await;
    let builder = both(&issuer.url);
    let clock = builder.clock.clone();
    let app = app(&builder.build().unwrap());
    let old = issuer.new_key(true);
    assert_eq!(status(&app, &issuer.issue_jwt(&old, json!({}))).await, StatusCode::OK);

    let new = issuer.new_key(true);
    clock.advance(PAUSE);
    assert_eq!(status(&app, &issuer.issue_jwt(&new, json!({}))).await, StatusCode::OK);
    assert_eq!(status(&app, &issuer.issue_jwt(&old, json!({}))).await, StatusCode::OK);
    assert_eq!(issuer.jwks_fetches.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_storm_of_unknown_keys_is_one_fetch() {
    let issuer = Issuer::start().await;
    let builder = both(&issuer.url);
    let clock = builder.clock.clone();
    let app = app(&builder.build().unwrap());
    let good = issuer.issue_jwt(&issuer.new_key(true), json!({}));
    assert_eq!(status(&app, &good).await, StatusCode::OK);
    clock.advance(PAUSE);

    let mut storm = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let forged = issuer.issue_jwt(&issuer.new_key(false), json!({}));
        let app = app.clone();
        storm.spawn(async move { status(&app, &forged).await });
    }
    for status in storm.join_all().await {
        assert_eq!(status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(issuer.jwks_fetches.load(Ordering::SeqCst), 2);
    assert_eq!(status(&app, &good).await, StatusCode::OK);
}

#[tokio::test]
async fn a_withdrawn_key_is_dropped_when_max_age_is_over() {
    let issuer = Issuer::start().await;
    *issuer.cache_control.lock().unwrap() = "max-age=60";
    let builder = both(&issuer.url);
    let clock = builder.clock.clone();
    let app = app(&builder.build().unwrap());
    let token = issuer.issue_jwt(&issuer.new_key(true), json!({}));
    assert_eq!(status(&app, &token).await, StatusCode::OK);

    issuer.keys.lock().unwrap().clear();
    clock.advance(Duration::from_secs(59));
    assert_eq!(status(&app, &token).await, StatusCode::OK);
    clock.advance(Duration::from_secs(1));
    assert_eq!(status(&app, &token).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_only_looks_like_a_jwt_fetches_nothing() {
    let issuer = Issuer::start().await;
    let app = app(&both(&issuer.url).build().unwrap());
    for token in ["a.b.c", "..", "eyJhbGciOiJub25lIn0.e30"] {
        assert_eq!(status(&app, token).await, StatusCode::UNAUTHORIZED, "{token}");
    }
    assert_eq!(issuer.jwks_fetches.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn with_jwks_alone_opaque_tokens_are_refused() {
    let issuer = Issuer::start().await;
    let app = app(&ResourceServer::builder(&*issuer.url, API).jwks().build().unwrap());
    issuer.issue_opaque("opaque", json!({}));
    assert_eq!(status(&app, "opaque").await, StatusCode::UNAUTHORIZED);
    let token = issuer.issue_jwt(&issuer.new_key(true), json!({}));
    assert_eq!(status(&app, &token).await, StatusCode::OK);
}
