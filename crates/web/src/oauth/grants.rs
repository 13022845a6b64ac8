//! `/grants/{grant_id}` (Grant Management for OAuth 2.0): GET asks, DELETE revokes.

use ::oauth::{
    grant_management::{GrantManagementRefusal, query, revoke},
    token_access::AccessRefusal,
};
use axum::{
    extract::Path,
    http::StatusCode,
    response::{IntoResponse, Response},
};

use super::access_token;
use crate::{extract::Call, respond};

/// `GET /grants/{grant_id}`.
pub async fn query_grant(id: Option<Path<String>>, call: Call) -> Response {
    let id = named(id);
    let answer = match access_token::presented(&call, None) {
        Ok(request) => query(&call.realm, &request, &id).await,
        Err(refusal) => Err(refusal.into()),
    };
    match answer {
        Ok(grant) => respond::json(StatusCode::OK, &grant),
        Err(refusal) => refuse(&call, &refusal),
    }
}

/// `DELETE /grants/{grant_id}`.
pub async fn revoke_grant(id: Option<Path<String>>, call: Call) -> Response {
    let id = named(id);
    let answer = match access_token::presented(&call, None) {
        Ok(request) => revoke(&call.realm, &request, &id).await,
        Err(refusal) => Err(refusal.into()),
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

fn refuse(call: &Call, refusal: &GrantManagementRefusal) -> Response {
    // Whoever may ask, but for something that is not there, needs no other token.
    if matches!(refusal, GrantManagementRefusal::UnknownGrant) {
        return respond::oauth_error(call, refusal.code(), refusal);
    }
    let is_missing = matches!(refusal, GrantManagementRefusal::Token(AccessRefusal::Missing));
    access_token::refuse(call, refusal.code(), refusal, is_missing)
}
