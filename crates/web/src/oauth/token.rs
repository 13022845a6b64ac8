//! `POST /token`.

use axum::{http::StatusCode, response::Response};

use super::endpoint_request;
use crate::{extract::FormCall, respond};

/// Answers a token request.
pub async fn token(FormCall { call, form }: FormCall) -> Response {
    match ::oauth::token::token(&call.realm, &endpoint_request(&call, &form)).await {
        Ok(answer) => respond::json(StatusCode::OK, &answer),
        Err(refusal) => respond::oauth_error(&call, refusal.code(), &refusal),
    }
}
