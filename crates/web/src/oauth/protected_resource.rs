//! Metadata of the APIs that are protected here, at their own hosts: a gateway or a proxy sends these requests to us.
//!
//! Spec: RFC 9728 §3
//!
//! The document of the issuer itself is at its own place. Which API is meant is seen by host and path alone, so this is
//! looked up before a realm is.

use std::sync::Arc;

use axum::{
    http::{Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use explanation::catalogue::server;
use protocol::{ProtectedResourceMetadata, protected_resource};
use realm::{RealmContext, RealmError, Realms};

use super::metadata::{json, preflight, public};
use crate::respond;

/// Whether it is such a document that is asked for.
pub fn is_asked_for(path: &str) -> bool {
    path.strip_prefix(protected_resource::WELL_KNOWN)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Answers a request for one.
pub async fn protected_resource(realms: &Realms, authority: &str, method: &Method, uri: &Uri) -> Response {
    let response = match *method {
        Method::GET | Method::HEAD => match find(realms, authority, uri).await {
            Ok(Some(metadata)) => public(&json(&metadata), "application/json"),
            Ok(None) => respond::because(
                &server::NOT_FOUND,
                (
                    StatusCode::NOT_FOUND,
                    "No API that is protected here has this address.\n",
                ),
            ),
            Err(error) => {
                tracing::error!(%error, "metadata of an API cannot be made");
                respond::try_again()
            }
        },
        Method::OPTIONS => preflight().await,
        _ => (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD, OPTIONS")]).into_response(),
    };
    respond::cors(response).await
}

async fn find(realms: &Realms, authority: &str, uri: &Uri) -> Result<Option<ProtectedResourceMetadata>, RealmError> {
    let identifiers = protected_resource::identifiers(authority, uri.path(), uri.query());
    for identifier in &identifiers {
        if let Some(realm) = realms.by_issuer(identifier).await? {
            return Ok(Some(::oauth::protected_resource::of_issuer(&realm)));
        }
    }
    let found = realms.store.apis_called(&identifiers).await?;
    let Some((_, api)) = found.first() else {
        return Ok(None);
    };
    let mut protecting: Vec<Arc<RealmContext>> = Vec::new();
    for (issuer, _) in found.iter().filter(|(_, other)| other.identifier == api.identifier) {
        protecting.extend(realms.by_issuer(issuer).await?);
    }
    let protecting: Vec<&RealmContext> = protecting.iter().map(AsRef::as_ref).collect();
    Ok(Some(::oauth::protected_resource::metadata(&protecting, api)))
}
