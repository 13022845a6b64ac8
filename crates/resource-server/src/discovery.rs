//! Where the issuer's endpoints are.
//! Spec: RFC 8414 §3, OpenID Connect Discovery §4
//!
//! Accepted: the document at RFC 8414's place, else the one at OpenID Connect's. Deliberately not: a document
//! that names another issuer, endpoints without TLS (unless the issuer itself is on loopback).

use std::sync::Arc;
use std::time::Duration;

use reqwest::Client;
use serde::Deserialize;
use url::Url;

use crate::Unavailable;
use crate::clock::Clock;
use crate::http_client::{self, SendError};
use crate::refreshing::{Fetched, Refreshing};

/// Endpoints hardly ever move, and a move is announced well ahead.
const FRESH_FOR: Duration = Duration::from_hours(1);

/// What an API needs of the issuer's metadata.
#[derive(Deserialize)]
pub(crate) struct Endpoints {
    issuer: String,
    pub(crate) introspection_endpoint: Option<Url>,
    pub(crate) jwks_uri: Option<Url>,
    pub(crate) revocation_events_endpoint: Option<Url>,
}

impl Endpoints {
    /// Whether the document may be used for this issuer.
    fn check(&self, issuer: &Url, issuer_text: &str) -> Result<(), Unavailable> {
        // RFC 8414 §3.3: "The "issuer" value returned MUST be identical to the authorization server's issuer
        // identifier value […]. If these values are not identical, the data contained in the response MUST NOT
        // be used."
        if self.issuer != issuer_text {
            return Err(Unavailable::new("its metadata names another issuer"));
        }
        let endpoints = [
            &self.introspection_endpoint,
            &self.jwks_uri,
            &self.revocation_events_endpoint,
        ];
        for endpoint in endpoints.into_iter().flatten() {
            if endpoint.scheme() != "https" && endpoint.scheme() != issuer.scheme() {
                return Err(Unavailable::new("its metadata names an endpoint without TLS"));
            }
        }
        Ok(())
    }
}

pub(crate) struct Discovery {
    issuer: Url,
    /// As the program wrote it, which is how tokens and metadata must spell it.
    issuer_text: String,
    http: Client,
    found: Arc<Refreshing<Endpoints>>,
}

impl Discovery {
    pub(crate) fn new(issuer: Url, issuer_text: String, http: Client, clock: Clock) -> Self {
        Self {
            issuer,
            issuer_text,
            http,
            found: Refreshing::new(clock),
        }
    }

    pub(crate) async fn endpoints(self: &Arc<Self>) -> Result<Arc<Endpoints>, Unavailable> {
        let this = Arc::clone(self);
        let fetch = async move { this.fetch().await };
        self.found.get(|_| true, fetch).await
    }

    async fn fetch(&self) -> Result<Fetched<Endpoints>, Unavailable> {
        let [oauth, openid] = places(&self.issuer);
        let endpoints: Endpoints = match http_client::json(self.http.get(oauth)).await {
            Ok((_, endpoints)) => endpoints,
            Err(SendError::Status(_)) => http_client::json(self.http.get(openid)).await?.1,
            Err(SendError::Unavailable(error)) => return Err(error),
        };
        endpoints.check(&self.issuer, &self.issuer_text)?;
        Ok(Fetched {
            value: endpoints,
            fresh_for: FRESH_FOR,
        })
    }
}

/// RFC 8414 §3.1 puts the well-known part between host and path; OpenID Connect Discovery §4.1 behind the path.
fn places(issuer: &Url) -> [Url; 2] {
    let path = issuer.path().trim_end_matches('/').to_owned();
    let at = |path: &str| {
        let mut url = issuer.clone();
        url.set_path(path);
        url
    };
    [
        at(&format!("/.well-known/oauth-authorization-server{path}")),
        at(&format!("{path}/.well-known/openid-configuration")),
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Endpoints, places};

    #[test]
    fn a_document_must_name_the_same_issuer_and_endpoints_with_tls() {
        let usable = |issuer: &str, named: &str, endpoint: &str| {
            let document = json!({"issuer": named, "introspection_endpoint": endpoint, "jwks_uri": endpoint});
            let endpoints: Endpoints = serde_json::from_value(document).unwrap();
            endpoints.check(&issuer.parse().unwrap(), issuer).is_ok()
        };
        assert!(usable(
            "https://id.example",
            "https://id.example",
            "https://mtls.example/i"
        ));
        assert!(usable(
            "http://localhost:8080",
            "http://localhost:8080",
            "http://localhost:8080/i"
        ));
        assert!(!usable(
            "https://id.example",
            "https://id.example/",
            "https://id.example/i"
        ));
        assert!(!usable(
            "https://id.example",
            "https://id.example.evil",
            "https://id.example/i"
        ));
        assert!(!usable(
            "https://id.example",
            "https://id.example",
            "http://id.example/i"
        ));
        assert!(!usable(
            "http://localhost:8080",
            "http://localhost:8080",
            "file:///etc/passwd"
        ));
    }

    #[test]
    fn the_well_known_part_is_inserted_or_appended() {
        let places = |issuer: &str| places(&issuer.parse().unwrap()).map(String::from);
        assert_eq!(
            places("https://id.example"),
            [
                "https://id.example/.well-known/oauth-authorization-server",
                "https://id.example/.well-known/openid-configuration"
            ]
        );
        assert_eq!(
            places("https://id.example/bank/"),
            [
                "https://id.example/.well-known/oauth-authorization-server/bank",
                "https://id.example/bank/.well-known/openid-configuration"
            ]
        );
    }
}
