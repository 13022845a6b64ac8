//! What the authorization endpoint is asked to answer with.
//!
//! Spec: RFC 6749 §3.1.1, OAuth 2.0 Multiple Response Type Encoding Practices §2–5
//!
//! Accepted: every non-empty combination of `code`, `id_token` and `token`, in any order. Not accepted: `none`,
//! unknown words, a word twice. Which combinations a client may use is its registration's and its profile's matter.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The response type is empty, repeats a word, or has an unknown one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the response_type is not supported")]
pub struct ResponseTypeError;

/// A set of `code`, `id_token` and `token`; never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ResponseType {
    code: bool,
    id_token: bool,
    token: bool,
}

impl ResponseType {
    /// `code`: the authorization code grant.
    pub const CODE: Self = Self {
        code: true,
        id_token: false,
        token: false,
    };
    /// `token`: the implicit grant of RFC 6749.
    pub const TOKEN: Self = Self {
        code: false,
        id_token: false,
        token: true,
    };
    /// `id_token`: the implicit flow of OpenID Connect without an access token.
    pub const ID_TOKEN: Self = Self {
        code: false,
        id_token: true,
        token: false,
    };

    /// Reads a `response_type` parameter: "the order of values does not matter" (RFC 6749 §3.1.1).
    pub fn parse(text: &str) -> Result<Self, ResponseTypeError> {
        let mut parsed = Self {
            code: false,
            id_token: false,
            token: false,
        };
        for word in text.split(' ') {
            let flag = match word {
                "code" => &mut parsed.code,
                "id_token" => &mut parsed.id_token,
                "token" => &mut parsed.token,
                _ => return Err(ResponseTypeError),
            };
            if std::mem::replace(flag, true) {
                return Err(ResponseTypeError);
            }
        }
        Ok(parsed)
    }

    /// Whether an authorization code is asked for.
    pub const fn has_code(self) -> bool {
        self.code
    }

    /// Whether an ID Token is asked for from the authorization endpoint.
    pub const fn has_id_token(self) -> bool {
        self.id_token
    }

    /// Whether an access token is asked for from the authorization endpoint.
    pub const fn has_token(self) -> bool {
        self.token
    }

    /// Whether any token travels through the browser (implicit and hybrid): the `implicit` grant type is needed.
    pub const fn is_implicit_or_hybrid(self) -> bool {
        self.id_token || self.token
    }
}

impl fmt::Display for ResponseType {
    /// In the order in which the registered names are written: `code id_token token`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [("code", self.code), ("id_token", self.id_token), ("token", self.token)];
        for (at, (word, _)) in words.iter().filter(|(_, there)| *there).enumerate() {
            if at > 0 {
                f.write_str(" ")?;
            }
            f.write_str(word)?;
        }
        Ok(())
    }
}

impl FromStr for ResponseType {
    type Err = ResponseTypeError;

    fn from_str(text: &str) -> Result<Self, ResponseTypeError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for ResponseType {
    type Error = ResponseTypeError;

    fn try_from(text: String) -> Result<Self, ResponseTypeError> {
        Self::parse(&text)
    }
}

impl From<ResponseType> for String {
    fn from(response_type: ResponseType) -> Self {
        response_type.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_words_does_not_matter() {
        assert_eq!(
            ResponseType::parse("token id_token code"),
            ResponseType::parse("code id_token token")
        );
        assert_eq!(
            ResponseType::parse("token id_token").unwrap().to_string(),
            "id_token token"
        );
        assert_eq!(ResponseType::parse("code").unwrap(), ResponseType::CODE);
    }

    #[test]
    fn unknown_empty_and_repeated_words_are_refused() {
        for bad in [
            "",
            "none",
            "code none",
            "Code",
            "code code",
            "code  token",
            " code",
            "code,token",
        ] {
            assert_eq!(ResponseType::parse(bad), Err(ResponseTypeError), "{bad:?}");
        }
    }

    #[test]
    fn only_code_alone_keeps_tokens_out_of_the_browser() {
        assert!(!ResponseType::CODE.is_implicit_or_hybrid());
        for other in [
            "token",
            "id_token",
            "code token",
            "code id_token",
            "id_token token",
            "code id_token token",
        ] {
            assert!(ResponseType::parse(other).unwrap().is_implicit_or_hybrid(), "{other}");
        }
    }

    #[test]
    fn serde_writes_the_canonical_string() {
        let parsed: ResponseType = serde_json::from_str(r#""token code""#).unwrap();
        assert!(parsed.has_code() && parsed.has_token() && !parsed.has_id_token());
        assert_eq!(serde_json::to_string(&parsed).unwrap(), r#""code token""#);
        assert!(serde_json::from_str::<ResponseType>(r#""""#).is_err());
    }
}
