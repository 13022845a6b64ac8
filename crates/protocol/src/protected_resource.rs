//! What an API says of itself, and where.
//!
//! Spec: RFC 9728 §2, §3.1, §3.2 and §3.3
//!
//! Made from what is known of the API alone, so that it cannot say something else than what is checked. Deliberately
//! not: signed metadata (§2.2), and the addresses of documentation, policy and terms, which nothing here knows.

use jose::SigningAlg;
use serde::Serialize;
use url::Url;

use crate::Scope;

/// What stands between the host of an API and its path (RFC 9728 §3).
pub const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// The document. "Parameters with zero values MUST be omitted from the response" (RFC 9728 §3.2).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ProtectedResourceMetadata {
    /// The identifier, as it was written: it "MUST be identical" to the one that was asked about (RFC 9728 §3.3).
    pub resource: String,
    /// Whose tokens it takes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub authorization_servers: Vec<String>,
    /// Its name, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_name: Option<String>,
    /// What can be asked for there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scopes_supported: Vec<String>,
    /// How a token is sent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bearer_methods_supported: Vec<&'static str>,
    /// Whether tokens may be bound to certificates there (RFC 8705).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub tls_client_certificate_bound_access_tokens: bool,
    /// What can be asked for there in detail (RFC 9396).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub authorization_details_types_supported: Vec<String>,
    /// How proofs may be signed there (RFC 9449).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dpop_signing_alg_values_supported: Vec<SigningAlg>,
}

impl ProtectedResourceMetadata {
    /// An API that takes tokens of these issuers in the header.
    pub fn new(resource: &str, issuers: &[&str], scopes: &Scope) -> Self {
        Self {
            resource: resource.to_owned(),
            authorization_servers: issuers.iter().map(|issuer| (*issuer).to_owned()).collect(),
            scopes_supported: scopes.iter().map(str::to_owned).collect(),
            bearer_methods_supported: vec!["header"],
            ..Self::default()
        }
    }
}

/// Where the document of an API is.
///
/// RFC 9728 §3.1: inserted "between the host component and the path and/or query components, if any"; "any terminating
/// slash (/) following the host component MUST be removed".
pub fn place(resource: &Url) -> Url {
    let mut place = resource.clone();
    let path = if resource.path() == "/" { "" } else { resource.path() };
    place.set_path(&format!("{WELL_KNOWN}{path}"));
    place
}

/// The same of an identifier as it was written; `None` when it is no URL.
pub fn place_of(identifier: &str) -> Option<String> {
    Url::parse(identifier).ok().map(|url| place(&url).into())
}

/// The identifiers that a document at this host and path can be about: the scheme is not seen behind a proxy, and a lone
/// slash was removed. Empty when no document can be there.
pub fn identifiers(authority: &str, path: &str, query: Option<&str>) -> Vec<String> {
    let Some(rest) = path.strip_prefix(WELL_KNOWN) else {
        return Vec::new();
    };
    let authority = authority.to_ascii_lowercase();
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    let paths: &[&str] = match rest {
        "" => &["", "/"],
        path if path.starts_with('/') => &[path],
        _ => &[],
    };
    let of_path = |path: &&str| ["https", "http"].map(|scheme| format!("{scheme}://{authority}{path}{query}"));
    paths.iter().flat_map(of_path).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_well_known_part_is_inserted_before_path_and_query() {
        for (resource, expected) in [
            (
                "https://api.example",
                "https://api.example/.well-known/oauth-protected-resource",
            ),
            (
                "https://api.example/",
                "https://api.example/.well-known/oauth-protected-resource",
            ),
            (
                "https://api.example/bank/v1",
                "https://api.example/.well-known/oauth-protected-resource/bank/v1",
            ),
            (
                "https://api.example?k=1",
                "https://api.example/.well-known/oauth-protected-resource?k=1",
            ),
        ] {
            assert_eq!(place_of(resource).as_deref(), Some(expected));
            let url = Url::parse(expected).unwrap();
            let found = identifiers(url.authority(), url.path(), url.query());
            assert!(found.contains(&resource.to_owned()), "{found:?}");
        }
        assert_eq!(place_of("api"), None);
    }

    #[test]
    fn no_document_is_beside_its_place() {
        assert_eq!(identifiers("api.example", "/accounts", None), [""; 0]);
        assert_eq!(
            identifiers("api.example", &format!("{WELL_KNOWN}s/x"), None),
            [""; 0],
            "another name"
        );
        assert_eq!(
            identifiers("API.example:8443", &format!("{WELL_KNOWN}/v1"), None),
            ["https://api.example:8443/v1", "http://api.example:8443/v1"]
        );
    }

    #[test]
    fn what_is_not_there_is_left_out() {
        let metadata = ProtectedResourceMetadata::new("https://api.example", &[], &Scope::default());
        assert_eq!(
            serde_json::to_value(metadata).unwrap(),
            serde_json::json!({ "resource": "https://api.example", "bearer_methods_supported": ["header"] })
        );
    }
}
