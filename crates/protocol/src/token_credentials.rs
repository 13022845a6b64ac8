//! An access token as it is presented to whatever it protects: by which scheme, and the token.
//!
//! Spec: RFC 6750 §2.1, RFC 9449 §7.1, RFC 9110 §11.1
//!
//! Accepted: either scheme in any case.

use crate::{BearerError, BearerToken, dpop};

/// The authentication schemes of access tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenScheme {
    /// Whoever has the token may use it.
    Bearer,
    /// Whoever has the token and proves its key.
    Dpop,
}

/// An access token and the scheme by which it came. A secret: no `Debug`, no `Display`.
#[derive(Clone)]
pub struct TokenCredentials {
    /// The scheme.
    pub scheme: TokenScheme,
    /// The token.
    pub token: BearerToken,
}

impl TokenCredentials {
    /// Reads the value of an `Authorization` header.
    pub fn from_authorization(header: &str) -> Result<Self, BearerError> {
        // Both schemes have one grammar: RFC 9449 §7.1 repeats that of RFC 6750 §2.1.
        let (scheme, rest) = header.split_once(' ').unwrap_or((header, ""));
        let scheme = if scheme.eq_ignore_ascii_case(dpop::SCHEME) {
            TokenScheme::Dpop
        } else if scheme.eq_ignore_ascii_case("Bearer") {
            TokenScheme::Bearer
        } else {
            return Err(BearerError::OtherScheme);
        };
        let token = BearerToken::from_token(rest.trim_start_matches(' '))?;
        Ok(Self { scheme, token })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(header: &str) -> Result<(TokenScheme, String), BearerError> {
        TokenCredentials::from_authorization(header).map(|read| (read.scheme, read.token.as_str().to_owned()))
    }

    // Conformance: B88 fapi2-security-profile-final-access-token-type-header-case-sensitivity
    #[test]
    fn the_schemes_are_read_in_any_case() {
        for header in ["DPoP abc", "dPoP abc", "DPOP   abc", "dpop abc"] {
            assert_eq!(read(header), Ok((TokenScheme::Dpop, "abc".to_owned())), "{header}");
        }
        for header in ["Bearer abc", "bEARER abc"] {
            assert_eq!(read(header), Ok((TokenScheme::Bearer, "abc".to_owned())), "{header}");
        }
    }

    #[test]
    fn other_schemes_and_what_is_no_token_are_refused() {
        for header in ["Basic abc", "DPoPabc", "", " DPoP abc", "DPoP\tabc"] {
            assert_eq!(read(header), Err(BearerError::OtherScheme), "{header:?}");
        }
        for header in ["DPoP", "DPoP ", "DPoP a b", "DPoP a,b"] {
            assert_eq!(read(header), Err(BearerError::Malformed), "{header:?}");
        }
    }
}
