//! `POST /introspect` (RFC 7662).

use axum::{http::StatusCode, response::Response};

use super::endpoint_request;
use crate::{extract::FormCall, respond};

/// Answers an introspection request.
pub async fn introspect(FormCall { call, form }: FormCall) -> Response {
    match ::oauth::introspection::introspect(&call.realm, &endpoint_request(&call, &form)).await {
        Ok(answer) => respond::json(StatusCode::OK, &answer),
        Err(refusal) => respond::oauth_error(&call, refusal.code(), &refusal),
    }
}
