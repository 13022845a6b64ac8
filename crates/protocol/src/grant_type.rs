//! The grant types that a client can register.
//!
//! Spec: RFC 7591 §2 (`grant_types`), RFC 6749 §4 and §6, RFC 8628 §3.4, RFC 8693 §2.1, RFC 7523 §2.1, CIBA §4

use serde::{Deserialize, Serialize};

/// A registered grant type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    /// A code from the authorization endpoint is redeemed (RFC 6749 §4.1).
    AuthorizationCode,
    /// A refresh token is redeemed (RFC 6749 §6).
    RefreshToken,
    /// The client acts on its own behalf (RFC 6749 §4.4).
    ClientCredentials,
    /// Tokens come from the authorization endpoint itself (RFC 6749 §4.2); never sent to the token endpoint.
    Implicit,
    /// The user permits it on another device (RFC 8628 §3.4).
    #[serde(rename = "urn:ietf:params:oauth:grant-type:device_code")]
    DeviceCode,
    /// A token is exchanged for another (RFC 8693 §2.1).
    #[serde(rename = "urn:ietf:params:oauth:grant-type:token-exchange")]
    TokenExchange,
    /// An assertion of a trusted issuer says for whom (RFC 7523 §2.1).
    #[serde(rename = "urn:ietf:params:oauth:grant-type:jwt-bearer")]
    JwtBearer,
    /// The client knows the user, who permits it on a device of their own (CIBA §10.1).
    #[serde(rename = "urn:openid:params:grant-type:ciba")]
    Ciba,
}

impl GrantType {
    /// Every grant type.
    pub const ALL: &[Self] = &[
        Self::AuthorizationCode,
        Self::RefreshToken,
        Self::ClientCredentials,
        Self::Implicit,
        Self::DeviceCode,
        Self::TokenExchange,
        Self::JwtBearer,
        Self::Ciba,
    ];

    /// The name as it is written on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
            Self::Implicit => "implicit",
            Self::DeviceCode => "urn:ietf:params:oauth:grant-type:device_code",
            Self::TokenExchange => "urn:ietf:params:oauth:grant-type:token-exchange",
            Self::JwtBearer => "urn:ietf:params:oauth:grant-type:jwt-bearer",
            Self::Ciba => "urn:openid:params:grant-type:ciba",
        }
    }

    /// Reads a name from the wire; `None` when it is not one of these.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|grant_type| grant_type.as_str() == text)
    }

    /// Whether a refresh token may come with what it gives (RFC 6749 §1.5, RFC 8628 §3.5, CIBA §10.1.1).
    pub const fn gives_refresh_tokens(self) -> bool {
        matches!(self, Self::AuthorizationCode | Self::DeviceCode | Self::Ciba)
    }

    /// Whether everything that comes of it was permitted by a user on a page of this server.
    pub const fn is_permitted_by_user(self) -> bool {
        matches!(
            self,
            Self::AuthorizationCode | Self::RefreshToken | Self::Implicit | Self::DeviceCode | Self::Ciba
        )
    }

    /// Whether a client must prove who it is to use it. "The client credentials grant type MUST only be used by confidential
    /// clients" (RFC 6749 §4.4). Whoever found a token must not be able to exchange it in the name of a client that proves
    /// nothing (RFC 8693 §2.1). "The Client MUST authenticate to the Backchannel Authentication Endpoint" (CIBA §7.1), or
    /// anybody could have users asked.
    pub const fn is_for_confidential_clients(self) -> bool {
        matches!(self, Self::ClientCredentials | Self::TokenExchange | Self::Ciba)
    }

    /// Whether it uses the authorization endpoint, so that redirect URIs must be registered.
    pub const fn is_redirect_based(self) -> bool {
        matches!(self, Self::AuthorizationCode | Self::Implicit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_as_themselves() {
        for &grant_type in GrantType::ALL {
            assert_eq!(GrantType::parse(grant_type.as_str()), Some(grant_type));
            assert_eq!(serde_json::to_value(grant_type).unwrap(), grant_type.as_str());
        }
        assert_eq!(GrantType::parse("password"), None);
    }
}
