//! Metadata and keys: public, and cached by whoever asks.
//!
//! Spec: RFC 8414 §3, OpenID Connect Discovery §4, RFC 7517 §5.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use realm::JWKS_MAX_AGE;
use serde::Serialize;

use crate::extract::Call;

/// Both metadata documents: they are the same.
pub async fn metadata(call: Call) -> Response {
    let bytes = call
        .realm
        .documents
        .metadata
        .get_or_init(|| json(&::oauth::discovery::metadata(&call.realm)));
    public(bytes, "application/json")
}

/// The key set.
pub async fn jwks(call: Call) -> Response {
    let bytes = call.realm.documents.jwks.get_or_init(|| json(&call.realm.key_set()));
    public(bytes, "application/jwk-set+json")
}

pub(super) fn json(value: &impl Serialize) -> Arc<[u8]> {
    serde_json::to_vec(value).unwrap_or_default().into()
}

pub(super) fn public(bytes: &Arc<[u8]>, content_type: &'static str) -> Response {
    let mut response = Response::new(Body::from(Bytes::from_owner(Arc::clone(bytes))));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Ok(value) = HeaderValue::from_str(&format!("public, max-age={JWKS_MAX_AGE}")) {
        headers.insert(header::CACHE_CONTROL, value);
    }
    response
}

/// Answers a CORS preflight.
pub async fn preflight() -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    response
        .headers_mut()
        .insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    response
}
