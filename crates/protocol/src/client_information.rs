//! What a client learns of its registration.
//!
//! Spec: RFC 7591 §3.2.1, RFC 7592 §3, OpenID Connect Registration §3.2 and §4.3

use serde::Serialize;

use crate::ClientMetadata;

/// The answer to a registration, and to reading and replacing it. Holds secrets: no `Debug`.
#[derive(Clone, Serialize)]
pub struct ClientInformation {
    /// "All registered metadata about this client": as it is stored, with the defaults.
    #[serde(flatten)]
    pub metadata: ClientMetadata,
    /// When it registered, unix seconds.
    pub client_id_issued_at: i64,
    /// Its secret, when it was made just now: only a hash of it is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// "REQUIRED if `client_secret` is issued": 0, since it does not expire.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret_expires_at: Option<i64>,
    /// Where it reads, replaces and ends its registration.
    pub registration_client_uri: String,
    /// What it needs to do so.
    pub registration_access_token: String,
}
