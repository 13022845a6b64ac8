//! `POST /device_authorization` (RFC 8628 §3.1).

use ::oauth::device_authorization::DeviceAuthorizationRefusal;
use axum::{http::StatusCode, response::Response};
use explanation::Explain;

use super::endpoint_request;
use crate::{extract::FormCall, respond};

/// Answers a device authorization request.
pub async fn device_authorization(FormCall { call, form }: FormCall) -> Response {
    let request = endpoint_request(&call, &form);
    match ::oauth::device_authorization::device_authorization(&call.realm, &request).await {
        Ok(answer) => respond::json(StatusCode::OK, &answer),
        // Not a failure of this server: its developer is to know.
        Err(refusal @ DeviceAuthorizationRefusal::TooManyWaiting) => respond::error_json(
            &call,
            refusal.code().status(),
            refusal.code(),
            (&refusal.to_string(), refusal.explanation()),
        ),
        Err(refusal) => respond::oauth_error(&call, refusal.code(), &refusal),
    }
}
