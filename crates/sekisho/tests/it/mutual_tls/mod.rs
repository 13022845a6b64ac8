//! Clients that connect with certificates. RFC 8705, RFC 9440.

mod aliases;
mod bound;
mod files;
mod listener;
mod metadata;
mod proxy;
mod self_signed_tls_client_auth;
mod tls_client_auth;

use reqwest::{RequestBuilder, Response};
use serde_json::Value;
use testkit::pki::{Authority, Identity};

use crate::app::{Server, bank_and, granted};

/// A request as the proxy passes it on, to which this certificate was shown.
pub fn with(request: RequestBuilder, identity: &Identity) -> RequestBuilder {
    let (name, value) = identity.client_cert();
    let request = request.header(name, value);
    if identity.intermediates.is_empty() {
        return request;
    }
    let (name, value) = identity.client_cert_chain();
    request.header(name, value)
}

/// Posts a form as a client behind the proxy, with this certificate.
pub async fn post(server: &impl Server, path: &str, shown: Option<&Identity>, form: &[(&str, &str)]) -> Response {
    let request = server.http().post(server.at(path)).form(form);
    let request = match shown {
        Some(identity) => with(request, identity),
        None => request,
    };
    request.send().await.unwrap()
}

/// The test realm that believes these authorities, with more TOML at its end.
pub fn believing(ca: &[&Authority], crl: &[String], more: &str) -> impl FnOnce(&str) -> String + use<> {
    let list = |texts: Vec<String>| {
        let texts: Vec<String> = texts.iter().map(|text| format!("'''{text}'''")).collect();
        texts.join(", ")
    };
    let top = format!(
        "client_ca = [{}]\ncrl = [{}]\n",
        list(ca.iter().map(|ca| ca.pem()).collect()),
        list(crl.to_vec())
    );
    let more = more.to_owned();
    move |issuer| top + &bank_and(&more)(issuer)
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
pub async fn introspected(server: &impl Server, token: &str) -> Value {
    let request = server.http().post(server.at("/introspect")).form(&[("token", token)]);
    let request = request.basic_auth("bank-api", Some("bank-api-secret"));
    granted(request.send().await.unwrap()).await
}
