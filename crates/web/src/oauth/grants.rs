//! `/grants/{grant_id}` (Grant Management for OAuth 2.0): GET asks, DELETE revokes.

use ::oauth::grant_management::{GrantManagementRefusal, query, revoke};
use axum::{
    extract::Path,
    http::StatusCode,
    response::{IntoResponse, Response},
};

use super::bearer_tokens;
use crate::{extract::Call, respond};

/// `GET /grants/{grant_id}`.
pub async fn query_grant(id: Option<Path<String>>, call: Call) -> Response {
    let id = named(id);
    let answer = match presented_token(&call) {
        Ok(token) => query(&call.realm, &token, &id).await,
        Err(refusal) => Err(refusal),
    };
    match answer {
        Ok(grant) => respond::json(StatusCode::OK, &grant),
        Err(refusal) => refuse(&call, &refusal),
    }
}

/// `DELETE /grants/{grant_id}`.
pub async fn revoke_grant(id: Option<Path<String>>, call: Call) -> Response {
    let id = named(id);
    let answer = match presented_token(&call) {
        Ok(token) => revoke(&call.realm, &token, &id).await,
        Err(refusal) => Err(refusal),
    };
    match answer {
        Ok(()) => {
            tracing::info!(grant = id, "revoked by its client");
            let mut response = StatusCode::NO_CONTENT.into_response();
            respond::no_store(response.headers_mut());
            response
        }
        Err(refusal) => refuse(&call, &refusal),
    }
}

/// The id in the address. The endpoint's own address names no grant: it is answered like one that does not exist.
fn named(id: Option<Path<String>>) -> String {
    id.map(|Path(id)| id).unwrap_or_default()
}

fn presented_token(call: &Call) -> Result<String, GrantManagementRefusal> {
    let mut tokens = bearer_tokens(call);
    match (tokens.next(), tokens.next()) {
        (None, _) => Err(GrantManagementRefusal::TokenMissing),
        (Some(Some(token)), None) => Ok(token),
        _ => Err(GrantManagementRefusal::InvalidToken),
    }
}

fn refuse(call: &Call, refusal: &GrantManagementRefusal) -> Response {
    // Whoever may ask, but for something that is not there, needs no other token.
    if matches!(refusal, GrantManagementRefusal::UnknownGrant) {
        return respond::oauth_error(call, refusal.code(), refusal);
    }
    let is_missing = matches!(refusal, GrantManagementRefusal::TokenMissing);
    respond::bearer_error(call, refusal.code(), refusal, is_missing)
}
