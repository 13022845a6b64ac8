//! Which API a token is for, and how much of the granted scope it needs there.
//!
//! Spec: RFC 8707 §2, RFC 9068 §3
//!
//! Accepted: several `resource` parameters, each an identifier of an API or the issuer itself (for UserInfo).
//! Deliberately not accepted: one token for the scopes of several APIs that were not named, since each could use it at
//! the other.

use explanation::{Explain, Explanation, catalogue};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{ErrorCode, Scope, characters::is_uri_text, scope::OPENID};

/// Why a `resource` is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResourceError {
    /// Not an absolute URI.
    #[error("resource must be an absolute URI")]
    NotAbsolute,
    /// It has a fragment.
    #[error("resource must not have a fragment")]
    Fragment,
}

impl Explain for ResourceError {
    fn explanation(&self) -> Explanation {
        let expected = match self {
            Self::NotAbsolute => "an absolute URI",
            Self::Fragment => "no fragment",
        };
        Explanation::from(&catalogue::scope::RESOURCE_MALFORMED).expected(expected)
    }
}

/// A `resource` parameter: the identifier of an API.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Resource(String);

impl Resource {
    /// Checks the form of a `resource` parameter; whether there is such an API is another question.
    pub fn parse(text: &str) -> Result<Self, ResourceError> {
        // RFC 8707 §2: "Its value MUST be an absolute URI, as specified by Section 4.3 of [RFC3986]. The URI MUST NOT
        // include a fragment component."
        if text.contains('#') {
            return Err(ResourceError::Fragment);
        }
        if !is_uri_text(text) || Url::parse(text).is_err() {
            return Err(ResourceError::NotAbsolute);
        }
        Ok(Self(text.to_owned()))
    }

    /// The identifier as it was sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Resource {
    type Error = ResourceError;

    fn try_from(text: String) -> Result<Self, ResourceError> {
        Self::parse(&text)
    }
}

impl From<Resource> for String {
    fn from(resource: Resource) -> Self {
        resource.0
    }
}

/// Decides the audience of an access token.
///
/// - With `resource`: the named ones, each of which must be one of `apis` or the issuer.
/// - Without: the one API that owns all granted API scopes, plus the issuer (UserInfo) when `openid` was granted.
/// - Neither API scopes nor `openid`: nobody, so that the token opens nothing.
///
/// `apis` are the realm's APIs with the scopes that each owns. The only error is `invalid_target`.
pub fn audience(
    requested: &[Resource],
    granted: &Scope,
    apis: &[(&str, &Scope)],
    issuer: &str,
) -> Result<Vec<String>, ErrorCode> {
    if !requested.is_empty() {
        let mut named: Vec<String> = Vec::new();
        for resource in requested.iter().map(Resource::as_str) {
            // RFC 8707 §2: invalid_target when the resource is "invalid, missing, unknown, or malformed".
            if resource != issuer && !apis.iter().any(|(identifier, _)| *identifier == resource) {
                return Err(ErrorCode::InvalidTarget);
            }
            if !named.iter().any(|known| known == resource) {
                named.push(resource.to_owned());
            }
        }
        return Ok(named);
    }
    let api_scopes = granted.filter(|token| apis.iter().any(|(_, scope)| scope.contains(token)));
    let mut found = Vec::new();
    if !api_scopes.is_empty() {
        let mut owners = apis.iter().filter(|(_, scope)| api_scopes.is_subset_of(scope));
        match (owners.next(), owners.next()) {
            (Some((identifier, _)), None) => found.push((*identifier).to_owned()),
            _ => return Err(ErrorCode::InvalidTarget),
        }
    }
    if granted.contains(OPENID) {
        found.push(issuer.to_owned());
    }
    Ok(found)
}

/// The part of the granted scope that a token with this audience needs.
///
/// RFC 8707 §2.2: the server may "apply narrowing scope based on the resource". A scope that APIs own stays only where
/// one of them is in the audience; scopes that no API owns (those of OpenID Connect) stay.
pub fn scope_for_audience(audience: &[String], granted: &Scope, apis: &[(&str, &Scope)]) -> Scope {
    granted.filter(|token| {
        let mut owners = apis.iter().filter(|(_, scope)| scope.contains(token)).peekable();
        owners.peek().is_none() || owners.any(|(identifier, _)| audience.iter().any(|known| known == identifier))
    })
}

#[cfg(test)]
mod tests;
