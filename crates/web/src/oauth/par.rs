//! `POST /par` (RFC 9126).

use ::oauth::pushed_authorization::{PushRefusal, push};
use axum::{http::StatusCode, response::Response};
use explanation::Explain;

use super::endpoint_request;
use crate::{extract::FormCall, respond};

/// Answers a pushed authorization request.
pub async fn par(FormCall { call, form }: FormCall) -> Response {
    match push(&call.realm, &endpoint_request(&call, &form)).await {
        Ok(answer) => respond::json(StatusCode::CREATED, &answer),
        // "the authorization server returns an HTTP 429 (Too Many Requests) error" (§2.3).
        Err(refusal @ PushRefusal::TooManyWaiting) => {
            let status = StatusCode::TOO_MANY_REQUESTS.as_u16();
            respond::error_json(
                &call,
                status,
                refusal.code(),
                (&refusal.to_string(), refusal.explanation()),
            )
        }
        Err(refusal) => respond::oauth_error(&call, refusal.code(), &refusal),
    }
}
