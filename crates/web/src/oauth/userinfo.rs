//! `/userinfo`, by GET and POST.
//!
//! Spec: OpenID Connect Core §5.3.1, RFC 6750 §2 and §3, FAPI 1.0 Baseline §6.2.1
//!
//! Deliberately not: a token in the query (RFC 9700 §4.3.2).

use ::oauth::{
    issue::Answer,
    userinfo::{UserinfoRefusal, userinfo},
};
use axum::{
    http::{HeaderMap, StatusCode},
    response::Response,
};
use protocol::form::Form;

use super::bearer_tokens;
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
    echo_interaction_id(call, response.headers_mut());
    response
}

/// "shall set the response header `x-fapi-interaction-id` to the value received" (FAPI 1.0 Baseline §6.2.1), which is a
/// UUID or nothing that is repeated here.
fn echo_interaction_id(call: &Call, headers: &mut HeaderMap) {
    const NAME: &str = "x-fapi-interaction-id";
    if let Some(id) = call.headers.get(NAME).filter(|id| is_uuid(id.as_bytes())) {
        tracing::info!(?id, "the client's interaction id");
        headers.insert(NAME, id.clone());
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
    let result = match presented_token(call, form) {
        Ok(token) => userinfo(&call.realm, &token).await,
        Err(refusal) => Err(refusal),
    };
    match result {
        Ok(Answer::Json(claims)) => respond::json(StatusCode::OK, &claims),
        Ok(Answer::Jwt(token)) => respond::jwt("application/jwt", token),
        Err(refusal) => refuse(call, &refusal),
    }
}

/// "Clients MUST NOT use more than one method to transmit the token in each request" (RFC 6750 §2).
fn presented_token(call: &Call, form: Option<&Form>) -> Result<String, UserinfoRefusal> {
    let mut tokens: Vec<String> = bearer_tokens(call)
        .collect::<Option<_>>()
        .ok_or(UserinfoRefusal::InvalidToken)?;
    if let Some(form) = form {
        tokens.extend(form.all("access_token").map(str::to_owned));
    }
    let is_in_query = form_urlencoded::parse(call.query().as_bytes()).any(|(name, _)| name == "access_token");
    if is_in_query || tokens.len() > 1 {
        return Err(UserinfoRefusal::SeveralTokens);
    }
    tokens.pop().ok_or(UserinfoRefusal::TokenMissing)
}

fn refuse(call: &Call, refusal: &UserinfoRefusal) -> Response {
    let is_missing = matches!(refusal, UserinfoRefusal::TokenMissing);
    respond::bearer_error(call, refusal.code(), refusal, is_missing)
}
