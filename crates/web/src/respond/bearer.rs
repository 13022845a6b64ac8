//! Refusals of endpoints that a Bearer token opens.
//!
//! Spec: RFC 6750 §3 and §3.1

use std::fmt::{Debug, Display};

use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::Response,
};
use protocol::{bearer::Challenge, error_code::ErrorCode};

use super::oauth_error;
use crate::extract::Call;

/// A refusal with its challenge, unless the failure is this server's. `is_missing`: the request had no token.
pub fn bearer_error(call: &Call, code: ErrorCode, refusal: &(impl Display + Debug), is_missing: bool) -> Response {
    let mut response = oauth_error(call, code, refusal);
    if matches!(code, ErrorCode::ServerError | ErrorCode::TemporarilyUnavailable) {
        return response;
    }
    let mut challenge = Challenge::bearer(call.realm.issuer());
    // "If the request lacks any authentication information […] the resource server SHOULD NOT include an error code
    // or other error information" (§3.1).
    if is_missing {
        *response.body_mut() = Body::empty();
        response.headers_mut().remove(header::CONTENT_TYPE);
    } else {
        challenge = challenge.error(code).error_description(&refusal.to_string());
    }
    if let Ok(value) = HeaderValue::from_str(&challenge.to_string()) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
    response
}
