//! An API: a protected resource with its scopes.

mod gateway;

use std::collections::BTreeMap;

use jose::SigningAlg;
pub use protocol::Route;
use protocol::{acr::Acr, limit::Limit, scope::Scope};
use serde::{Deserialize, Serialize};

use crate::Localized;
pub use gateway::{CertificateFiles, Forwarded, Gateway, HealthCheck, Identity};

/// A protected resource (RFC 8707 `resource`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Api {
    /// The public URL of the API, which is its resource identifier.
    pub identifier: String,
    /// The name that users see.
    pub name: String,
    /// What its access tokens look like.
    #[serde(default)]
    pub token_format: TokenFormat,
    /// The algorithm of its JWT access tokens; absent: ES256.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing_alg: Option<SigningAlg>,
    /// The least profile that a client must follow to get a token for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// The least level of assurance of the user's authentication.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<Acr>,
    /// What could go wrong (the X.1254 impact table): category → level.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub impact: BTreeMap<String, String>,
    /// The scopes that it owns.
    #[serde(default)]
    pub scope: Vec<ApiScope>,
    /// What can be asked for in detail there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authorization_details: Vec<DetailsType>,
    /// The API's own credentials: clients that may introspect tokens meant for it.
    #[serde(default)]
    pub introspection: Vec<String>,
    /// Where the gateway forwards to: one upstream, or several.
    #[serde(
        default,
        deserialize_with = "gateway::one_or_more",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub upstream: Vec<String>,
    /// How the gateway reaches them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<Gateway>,
    /// The paths that are protected; no call gets through that none of them is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub route: Vec<Route>,
    /// How many calls get through.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limit: Vec<Limit>,
}

impl Api {
    /// All scopes that this API owns. Their names were checked when the API was written; an API with a name that is
    /// no scope-token owns nothing.
    pub fn scopes(&self) -> Scope {
        Scope::from_tokens(self.scope.iter().map(|scope| scope.name.as_str())).unwrap_or_default()
    }

    /// The scope of this name.
    pub fn find_scope(&self, name: &str) -> Option<&ApiScope> {
        self.scope.iter().find(|scope| scope.name == name)
    }
}

/// A scope of an API and what it lets an app do, in the user's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiScope {
    /// The scope-token.
    pub name: String,
    /// What it permits: locale → text.
    #[serde(default)]
    pub description: Localized,
}

/// A type of authorization details (RFC 9396 §2.1): what an app may ask for in it, and how the user is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DetailsType {
    /// Its name, unique in the realm.
    #[serde(rename = "type")]
    pub name: String,
    /// What its objects look like, as a JSON Schema.
    #[serde(default)]
    pub schema: serde_json::Value,
    /// What an object permits, in the user's words: locale → text with `{member}` in the places of values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub consent: Localized,
    /// The list of which the user may leave out items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choose: Option<String>,
    /// Whether a permission is remembered; otherwise each object is a transaction of its own, asked for each time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub remember: bool,
}

/// What an access token looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenFormat {
    /// Sealed: only this server can read it; the API introspects, so revocation is immediate.
    #[default]
    Opaque,
    /// RFC 9068: the API checks the signature; valid until it expires.
    Jwt,
}
