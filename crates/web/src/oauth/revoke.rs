//! `POST /revoke` (RFC 7009).

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};

use super::endpoint_request;
use crate::{extract::FormCall, respond};

/// Answers a revocation request; success has no body.
pub async fn revoke(FormCall { call, form }: FormCall) -> Response {
    let mut response = match ::oauth::revocation::revoke(&call.realm, &endpoint_request(&call, &form)).await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(refusal) => respond::oauth_error(&call, refusal.code(), &refusal),
    };
    respond::no_store(response.headers_mut());
    response
}
