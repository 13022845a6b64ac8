//! `POST /introspect`.
//!
//! Spec: RFC 7662 §2, RFC 9701 §4

use ::oauth::{introspection, issue::Answer};
use axum::{
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use protocol::introspection::{JWT_MEDIA_TYPE, wants_jwt};

use super::endpoint_request;
use crate::{extract::FormCall, respond};

/// Answers an introspection request.
pub async fn introspect(FormCall { call, form }: FormCall) -> Response {
    let request = endpoint_request(&call, &form);
    match introspection::introspect(&call.realm, &request, accepts_jwt(&call.headers)).await {
        Ok(Answer::Json(response)) => respond::json(StatusCode::OK, &response),
        Ok(Answer::Jwt(token)) => respond::jwt(JWT_MEDIA_TYPE, token),
        Err(refusal) => respond::oauth_error(&call, refusal.code(), &refusal),
    }
}

fn accepts_jwt(headers: &HeaderMap) -> bool {
    let mut values = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok());
    values.any(wants_jwt)
}
