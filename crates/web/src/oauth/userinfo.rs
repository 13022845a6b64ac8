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
use protocol::form::Form;

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
    set_interaction_id(call, response.headers_mut());
    response
}

/// "shall set the response header `x-fapi-interaction-id` to the value received …, or to a RFC4122 UUID value", and log
/// it (FAPI 1.0 Baseline §6.2.1-11 and 12). What is no UUID is not repeated.
fn set_interaction_id(call: &Call, headers: &mut HeaderMap) {
    const NAME: &str = "x-fapi-interaction-id";
    let received = call.headers.get(NAME).filter(|id| is_uuid(id.as_bytes())).cloned();
    if let Some(id) = received.or_else(|| HeaderValue::from_str(&model::new_uuid()).ok()) {
        tracing::info!(?id, "interaction id");
        headers.insert(NAME, id);
    }
}

fn is_uuid(text: &[u8]) -> bool {
    let is_in_place = |(at, byte): (usize, &u8)| match at {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    text.len() == 36 && text.iter().enumerate().all(is_in_place)
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
