//! How the gateway reaches an API.

use serde::{Deserialize, Deserializer, Serialize};

/// How the gateway reaches an API; what is absent is as it is by default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gateway {
    /// What the API is told of who calls.
    #[serde(default, skip_serializing_if = "is_default")]
    pub identity: Identity,
    /// Whether `Authorization` and `DPoP` are passed on.
    #[serde(default, skip_serializing_if = "is_default")]
    pub pass_authorization: bool,
    /// The web origins whose scripts may call it, and read the gateway's own answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub origins: Vec<String>,
    /// In which headers it is told where a call came from.
    #[serde(default, skip_serializing_if = "is_default")]
    pub forwarded: Forwarded,
    /// The `Host` that upstreams see; absent: that of the API's identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Whether HTTP/2 is spoken to upstreams.
    #[serde(default, skip_serializing_if = "is_default")]
    pub http2: bool,
    /// How long a connection may take, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect: Option<i64>,
    /// How long an upstream may take to begin its answer, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_byte: Option<i64>,
    /// How long may pass between two pieces of a body, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle: Option<i64>,
    /// How long a call may take from beginning to end, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole: Option<i64>,
    /// The largest body of a request, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_limit: Option<u64>,
    /// How upstreams are asked whether they are well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<HealthCheck>,
    /// Files with the only roots that upstreams' certificates may come from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roots: Vec<String>,
    /// With which certificate the gateway shows itself to upstreams.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_certificate: Option<CertificateFiles>,
}

/// How an upstream is asked whether it is well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthCheck {
    /// What is asked for.
    pub path: String,
    /// How often, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<i64>,
}

/// A certificate with its private key. The files are read where the gateway runs; the key never goes into the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateFiles {
    /// The certificate, and those that lead to an authority.
    pub cert: String,
    /// Its private key.
    pub key: String,
}

/// What an API is told of who calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Identity {
    /// In headers `Sekisho-…`.
    #[default]
    Headers,
    /// As a signed JWT in `Authorization`.
    Jwt,
}

/// In which headers an API is told where a call came from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Forwarded {
    /// `X-Forwarded-For`, `-Proto`, `-Host`.
    #[default]
    XForwarded,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// One text, or a list of them.
pub(super) fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        One(String),
        More(Vec<String>),
    }
    Ok(match Written::deserialize(deserializer)? {
        Written::One(one) => vec![one],
        Written::More(more) => more,
    })
}
