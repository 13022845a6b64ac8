//! How a client shows who it is at the token endpoint.
//!
//! Spec: RFC 7591 §2 (`token_endpoint_auth_method`), RFC 6749 §2.3.1, OpenID Connect Core §9

use serde::{Deserialize, Serialize};

/// A registered client authentication method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenEndpointAuthMethod {
    /// A public client: it has no secret and says only its `client_id`.
    None,
    /// Identifier and secret in the `Authorization` header.
    ClientSecretBasic,
    /// Identifier and secret in the request body.
    ClientSecretPost,
}

impl TokenEndpointAuthMethod {
    /// Every method.
    pub const ALL: &[Self] = &[Self::None, Self::ClientSecretBasic, Self::ClientSecretPost];

    /// The name as it is written on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
        }
    }

    /// Reads a name from the wire; `None` when it is not one of these.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|method| method.as_str() == text)
    }

    /// Whether a client with this method is public (RFC 6749 §2.1).
    pub const fn is_public(self) -> bool {
        matches!(self, Self::None)
    }

    /// Whether a client with this method holds a secret that the server stores as a hash.
    pub const fn uses_secret(self) -> bool {
        matches!(self, Self::ClientSecretBasic | Self::ClientSecretPost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_as_themselves() {
        for &method in TokenEndpointAuthMethod::ALL {
            assert_eq!(TokenEndpointAuthMethod::parse(method.as_str()), Some(method));
            assert_eq!(serde_json::to_value(method).unwrap(), method.as_str());
            assert_ne!(method.is_public(), method.uses_secret());
        }
        assert_eq!(TokenEndpointAuthMethod::parse("client_secret"), None);
    }
}
