//! What kind of token somebody presents or asks for in an exchange.
//!
//! Spec: RFC 8693 §3
//!
//! Accepted: access tokens, ID tokens and JWTs. Deliberately not: refresh tokens, which belong to one client alone, and
//! SAML assertions.

/// A token type identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenType {
    /// An access token of this server.
    AccessToken,
    /// An ID token of this server.
    IdToken,
    /// A JWT, whoever made it.
    Jwt,
}

impl TokenType {
    /// Every type.
    pub const ALL: [Self; 3] = [Self::AccessToken, Self::IdToken, Self::Jwt];

    /// The identifier on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccessToken => "urn:ietf:params:oauth:token-type:access_token",
            Self::IdToken => "urn:ietf:params:oauth:token-type:id_token",
            Self::Jwt => "urn:ietf:params:oauth:token-type:jwt",
        }
    }

    /// Reads an identifier; `None` when it is not one of these.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_read_back_as_themselves() {
        for known in TokenType::ALL {
            assert_eq!(TokenType::parse(known.as_str()), Some(known));
        }
        assert_eq!(TokenType::parse("urn:ietf:params:oauth:token-type:refresh_token"), None);
        assert_eq!(TokenType::parse("access_token"), None);
    }
}
