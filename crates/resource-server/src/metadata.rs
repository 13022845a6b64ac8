//! The API's own metadata.
//! Spec: RFC 9728 §2 and §3

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE};
use protocol::{ProtectedResourceMetadata, Scope, protected_resource};
use url::Url;

use crate::builder::PROOF_ALGS;

/// The document, and where it is.
pub(crate) struct Metadata {
    /// For challenges.
    pub(crate) url: String,
    path: String,
    document: Arc<str>,
}

impl Metadata {
    /// `resource` as a URL and as it was written; the document must repeat it as it was written (RFC 9728 §3.3).
    pub(crate) fn new(url: &Url, resource: &str, issuer: &str, scopes: &Scope) -> Self {
        let document = ProtectedResourceMetadata {
            dpop_signing_alg_values_supported: PROOF_ALGS.to_vec(),
            ..ProtectedResourceMetadata::new(resource, &[issuer], scopes)
        };
        let place = protected_resource::place(url);
        Self {
            path: place.path().to_owned(),
            url: place.into(),
            // A struct of strings always serialises.
            document: serde_json::to_string(&document).unwrap_or_default().into(),
        }
    }
}

pub(crate) fn router(metadata: &Metadata) -> Router {
    let document = Arc::clone(&metadata.document);
    let answer = move || {
        let document = Arc::clone(&document);
        async move {
            let headers = [
                (CONTENT_TYPE, "application/json"),
                (CACHE_CONTROL, "public, max-age=3600"),
                // Apps that run in a browser look it up, too.
                (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
            ];
            (headers, document.to_string())
        }
    };
    // The path comes from an identifier, in which a colon or an asterisk is nothing special.
    Router::new().without_v07_checks().route(&metadata.path, get(answer))
}

#[cfg(test)]
mod tests {
    use protocol::Scope;
    use serde_json::{Value, json};

    use super::Metadata;

    fn metadata(resource: &str) -> Metadata {
        let scopes = Scope::parse("payments:write accounts:read").unwrap();
        Metadata::new(&resource.parse().unwrap(), resource, "https://id.example", &scopes)
    }

    #[test]
    fn any_path_can_be_routed() {
        for path in ["", "/:a/*b", "/{id}", "/a%20b", "/a b/", "/口座"] {
            let resource = format!("https://api.example{path}");
            let _ = super::router(&metadata(&resource));
        }
    }

    #[test]
    fn the_document_says_who_issues_and_how_tokens_are_sent() {
        let document: Value = serde_json::from_str(&metadata("https://api.example").document).unwrap();
        assert_eq!(
            document,
            json!({
                "resource": "https://api.example",
                "authorization_servers": ["https://id.example"],
                "scopes_supported": ["accounts:read", "payments:write"],
                "bearer_methods_supported": ["header"],
                "dpop_signing_alg_values_supported": ["PS256", "ES256", "EdDSA"]
            })
        );
    }
}
