//! Clients that connect with certificates. RFC 8705, RFC 9440.

mod listener;
mod proxy;

use reqwest::{Client, Response};
use serde_json::Value;
use testkit::pki::Identity;

use crate::app::{Server, granted};

/// Posts a form as a client behind the proxy, with this certificate.
pub async fn post(server: &impl Server, path: &str, shown: Option<&Identity>, form: &[(&str, &str)]) -> Response {
    let mut request = server.http().post(server.at(path)).form(form);
    if let Some(identity) = shown {
        let (name, value) = identity.client_cert();
        request = request.header(name, value);
        if !identity.intermediates.is_empty() {
            let (name, value) = identity.client_cert_chain();
            request = request.header(name, value);
        }
    }
    request.send().await.unwrap()
}

/// The form of a client that wants a token for itself.
pub const AS_ITSELF: (&str, &str) = ("grant_type", "client_credentials");

/// A client of two parties whose tokens are bound to its certificate; its secret is `<client_id>-secret`.
pub const BOUND: &str = r#"
[[client]]
client_id                  = "bound"
client_secret              = "bound-secret"
grant_types                = ["client_credentials"]
response_types             = []
token_endpoint_auth_method = "client_secret_post"
scope                      = "accounts:read reports:read"
tls_client_certificate_bound_access_tokens = true
"#;

/// What [`BOUND`] sends for a token.
pub const BOUND_FORM: [(&str, &str); 4] = [
    AS_ITSELF,
    ("client_id", "bound"),
    ("client_secret", "bound-secret"),
    ("scope", "accounts:read"),
];

/// What the API of the bank learns of a token.
pub async fn introspected(server: &impl Server, http: &Client, token: &str) -> Value {
    let request = http.post(server.at("/introspect")).form(&[("token", token)]);
    let request = request.basic_auth("bank-api", Some("bank-api-secret"));
    granted(request.send().await.unwrap()).await
}
