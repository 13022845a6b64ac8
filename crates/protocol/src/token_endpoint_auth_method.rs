//! How a client shows who it is at the token endpoint.
//!
//! Spec: RFC 7591 §2 (`token_endpoint_auth_method`), RFC 6749 §2.3.1, OpenID Connect Core §9, RFC 7523 §2.2,
//! RFC 8705 §2.1.1, §2.2.1

use serde::{Deserialize, Serialize};

use crate::assertion::SIGNING_ALGS;

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
    /// An assertion, authenticated with the secret (HMAC).
    ClientSecretJwt,
    /// An assertion, signed with a private key.
    PrivateKeyJwt,
    /// The certificate of the connection, for which an authority vouches.
    TlsClientAuth,
    /// The certificate of the connection, which the client registered.
    SelfSignedTlsClientAuth,
}

impl TokenEndpointAuthMethod {
    /// Every method.
    pub const ALL: &[Self] = &[
        Self::None,
        Self::ClientSecretBasic,
        Self::ClientSecretPost,
        Self::ClientSecretJwt,
        Self::PrivateKeyJwt,
        Self::TlsClientAuth,
        Self::SelfSignedTlsClientAuth,
    ];

    /// The name as it is written on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::ClientSecretJwt => "client_secret_jwt",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::TlsClientAuth => "tls_client_auth",
            Self::SelfSignedTlsClientAuth => "self_signed_tls_client_auth",
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

    /// Whether a client with this method is known by the certificate of its connection.
    pub const fn uses_certificate(self) -> bool {
        matches!(self, Self::TlsClientAuth | Self::SelfSignedTlsClientAuth)
    }

    /// Whether a client with this method holds a secret that it shares with the server.
    pub const fn uses_secret(self) -> bool {
        matches!(
            self,
            Self::ClientSecretBasic | Self::ClientSecretPost | Self::ClientSecretJwt
        )
    }

    /// The algorithms with which a client that authenticates so makes its assertions; none where it makes none.
    pub const fn signing_algs(self) -> &'static [&'static str] {
        match (self, SIGNING_ALGS) {
            (Self::PrivateKeyJwt, [signatures @ .., _]) => signatures,
            (Self::ClientSecretJwt, [.., mac]) => std::slice::from_ref(mac),
            _ => &[],
        }
    }

    /// Whether the server needs the secret itself, not only its hash: a MAC is made with it.
    pub const fn needs_recoverable_secret(self) -> bool {
        matches!(self, Self::ClientSecretJwt)
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
            assert!(!(method.is_public() && method.uses_secret()));
            assert!(method.uses_secret() || !method.needs_recoverable_secret());
        }
        assert_eq!(TokenEndpointAuthMethod::parse("client_secret"), None);
    }

    #[test]
    fn assertions_are_made_with_the_algorithms_that_can_be_verified() {
        let signatures = jose::SigningAlg::ALL.map(jose::SigningAlg::as_str);
        assert_eq!(TokenEndpointAuthMethod::PrivateKeyJwt.signing_algs(), signatures);
        assert_eq!(TokenEndpointAuthMethod::ClientSecretJwt.signing_algs(), [jose::HS256]);
        assert!(TokenEndpointAuthMethod::ClientSecretPost.signing_algs().is_empty());
    }
}
