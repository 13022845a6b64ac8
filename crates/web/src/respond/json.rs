//! JSON answers, OAuth errors as JSON, and answers that are a JWT.
//!
//! Spec: RFC 6749 §5.1, §5.2.

use std::fmt::{Debug, Display};

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use explanation::{Explain, Explanation};
use protocol::{bearer::Challenge, error_code::ErrorCode, token_response::ErrorResponse};
use serde::Serialize;

use super::{Told, no_store, refused};
use crate::{extract::Call, oauth::NonceNeeded};

/// A JSON answer that nobody may keep.
pub fn json(status: StatusCode, value: &impl Serialize) -> Response {
    let body = serde_json::to_vec(value).unwrap_or_default();
    let mut response = of_type("application/json", body);
    *response.status_mut() = status;
    response
}

/// An answer that is a token as a whole, and that nobody may keep.
pub fn jwt(media_type: &'static str, token: String) -> Response {
    of_type(media_type, token)
}

fn of_type(media_type: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    no_store(response.headers_mut());
    response
}

/// A refusal with the status that its code has. What failed here is logged and not told. A client that could not be
/// authenticated gets a challenge with its 401 (RFC 6749 §5.2).
pub fn oauth_error(call: &Call, code: ErrorCode, refusal: &(impl Display + Debug + Explain)) -> Response {
    oauth_error_with(call, code.status(), code, refusal)
}

/// The same with another status than the code's own: where tokens are taken, some codes have one of their own there.
pub fn oauth_error_with(
    call: &Call,
    status: u16,
    code: ErrorCode,
    refusal: &(impl Display + Debug + Explain),
) -> Response {
    let why = refusal.explanation();
    let is_fault = matches!(code, ErrorCode::ServerError | ErrorCode::TemporarilyUnavailable);
    if is_fault && why.retry_after.is_none() {
        tracing::error!(?refusal, "a request failed");
        let text = "the server cannot answer right now; try again in a moment";
        return error_json(call, status, code, (text, why));
    }
    tracing::debug!(?refusal, "the reason of a refusal");
    let status = why
        .retry_after
        .map_or(status, |_| StatusCode::TOO_MANY_REQUESTS.as_u16());
    let mut response = error_json(call, status, code, (&refusal.to_string(), why));
    if code == ErrorCode::UseDpopNonce {
        response.extensions_mut().insert(NonceNeeded);
    }
    if code == ErrorCode::InvalidClient {
        let challenge = Challenge::basic(call.realm.issuer()).to_string();
        if let Ok(value) = HeaderValue::from_str(&challenge) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
        }
    }
    response
}

/// An OAuth error with this status, and why.
pub fn error_json(call: &Call, status: u16, code: ErrorCode, (text, why): (&str, Explanation)) -> Response {
    tracing::info!(error = code.as_str(), status, reason = text, "refused");
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    let in_a_moment = (status == StatusCode::SERVICE_UNAVAILABLE).then_some(1);
    let retry_after = why.retry_after.or(in_a_moment);
    refused(
        call,
        Told {
            status: status.as_u16(),
            code,
            description: text,
            why,
        },
    );
    let mut response = json(status, &ErrorResponse::new(code, text));
    if let Some(seconds) = retry_after {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
