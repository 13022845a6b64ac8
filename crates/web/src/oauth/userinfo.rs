//! `/userinfo`, by GET and POST.
//!
//! Spec: OpenID Connect Core §5.3.1, RFC 6750 §2 and §3, RFC 9449 §7, FAPI 1.0 Baseline §6.2.1

use ::oauth::{
    issue::Answer,
    token_access::AccessRefusal,
    userinfo::{UserinfoRefusal, userinfo},
};
use axum::{
    http::{HeaderMap, HeaderValue, StatusCode},
    response::Response,
};
use protocol::{InteractionId, form::Form, interaction_id};

use super::access_token;
use crate::{
    extract::{Call, FormCall},
    respond,
};

/// `GET /userinfo`.
pub async fn userinfo_get(call: Call) -> Response {
    answer(&call, None).await
}

/// `POST /userinfo`, the token in the header or in the body.
pub async fn userinfo_post(FormCall { call, form }: FormCall) -> Response {
    answer(&call, Some(&form)).await
}

async fn answer(call: &Call, form: Option<&Form>) -> Response {
    let mut response = told(call, form).await;
    tell_interaction_id(call, response.headers_mut());
    response
}

/// "shall set the response header x-fapi-interaction-id to the value received from the corresponding FAPI client request
/// header or to a RFC4122 UUID value if the request header was not provided" (FAPI 1.0 Baseline §6.2.1-11), and log it.
fn tell_interaction_id(call: &Call, headers: &mut HeaderMap) {
    let sent = call.header(interaction_id::HEADER).and_then(InteractionId::parse);
    let id = sent.unwrap_or_else(|| InteractionId::from_random(jose::random_bytes()));
    tracing::info!(interaction_id = %id, "UserInfo answers");
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        headers.insert(interaction_id::HEADER, value);
    }
}

async fn told(call: &Call, form: Option<&Form>) -> Response {
    let result = match access_token::presented(call, form) {
        Ok(request) => userinfo(&call.realm, &request).await,
        Err(refusal) => Err(refusal.into()),
    };
    match result {
        Ok(Answer::Json(claims)) => respond::json(StatusCode::OK, &claims),
        Ok(Answer::Jwt(token)) => respond::jwt("application/jwt", token),
        Err(refusal) => refuse(call, &refusal),
    }
}

fn refuse(call: &Call, refusal: &UserinfoRefusal) -> Response {
    let is_missing = matches!(refusal, UserinfoRefusal::Token(AccessRefusal::Missing));
    access_token::refuse(call, refusal.code(), refusal, is_missing)
}
