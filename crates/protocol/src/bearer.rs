//! Access tokens in the `Authorization` header, and the challenge that answers a bad one.
//!
//! Spec: RFC 6750 §2.1 and §3, RFC 9449 §7.1, RFC 9728 §5.1, RFC 9470 §3, RFC 9110 §11
//!
//! Accepted: the scheme in any case, the `b64token` grammar. Deliberately not accepted here: tokens in the query
//! (RFC 9700 §4.3.2); tokens in the body are read by the endpoints that allow them.

use std::fmt::{self, Write};

use jose::SigningAlg;

use crate::{ErrorCode, Scope, dpop, token_response::safe_description};

/// Why a header yields no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BearerError {
    /// The credentials are for another scheme.
    #[error("the Authorization header does not use the scheme Bearer")]
    OtherScheme,
    /// The token is missing or has characters that it cannot have.
    #[error("the access token is malformed")]
    Malformed,
}

/// An access token as it was presented. A secret: no `Debug`, no `Display`.
#[derive(Clone)]
pub struct BearerToken(String);

impl BearerToken {
    /// Reads the value of an `Authorization` header.
    pub fn from_authorization(header: &str) -> Result<Self, BearerError> {
        // RFC 6750 §2.1: credentials = "Bearer" 1*SP b64token; RFC 9110 §11.1: the scheme is case-insensitive.
        let (scheme, rest) = header.split_once(' ').unwrap_or((header, ""));
        if !scheme.eq_ignore_ascii_case("Bearer") {
            return Err(BearerError::OtherScheme);
        }
        Self::from_token(rest.trim_start_matches(' '))
    }

    /// Reads the token alone, as it stands in a request body (RFC 6750 §2.2).
    pub fn from_token(token: &str) -> Result<Self, BearerError> {
        // RFC 6750 §2.1: b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="
        let body = token.trim_end_matches('=');
        let is_mark = |byte: u8| matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/');
        // Without branches, so that many bytes are looked at in one step: every call of an API brings hundreds.
        let are_allowed = body
            .bytes()
            .fold(true, |are, byte| are & (byte.is_ascii_alphanumeric() | is_mark(byte)));
        if body.is_empty() || !are_allowed {
            Err(BearerError::Malformed)
        } else {
            Ok(Self(token.to_owned()))
        }
    }

    /// The token.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The value of a `WWW-Authenticate` header. Its `Display` is the header value, always printable ASCII.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    scheme: &'static str,
    parameters: Vec<(&'static str, String)>,
}

impl Challenge {
    /// `Bearer realm="…"`. Without an error when the request had no credentials (RFC 6750 §3.1).
    pub fn bearer(realm: &str) -> Self {
        Self {
            scheme: "Bearer",
            parameters: Vec::new(),
        }
        .with("realm", realm)
    }

    /// `DPoP realm="…", algs="…"`: "An algs parameter SHOULD be included to signal to the client the JWS algorithms that
    /// are acceptable for the DPoP proof JWT" (RFC 9449 §7.1).
    pub fn dpop(realm: &str, algs: &[SigningAlg]) -> Self {
        let algs: Vec<&str> = algs.iter().map(|alg| alg.as_str()).collect();
        Self {
            scheme: dpop::SCHEME,
            parameters: Vec::new(),
        }
        .with("realm", realm)
        .with("algs", &algs.join(" "))
    }

    /// `Basic realm="…"`, for a client that failed to authenticate with the `Authorization` header (RFC 6749 §5.2).
    pub fn basic(realm: &str) -> Self {
        Self {
            scheme: "Basic",
            parameters: Vec::new(),
        }
        .with("realm", realm)
    }

    /// The scheme.
    pub const fn scheme(&self) -> &'static str {
        self.scheme
    }

    /// What went wrong.
    #[must_use]
    pub fn error(self, code: ErrorCode) -> Self {
        self.with("error", code.as_str())
    }

    /// What went wrong, for the developer.
    ///
    /// RFC 6750 §3: the value "MUST NOT include characters outside the set %x20-21 / %x23-5B / %x5D-7E"; others are
    /// replaced.
    #[must_use]
    pub fn error_description(self, description: &str) -> Self {
        self.with("error_description", &safe_description(description))
    }

    /// The scope that is needed.
    #[must_use]
    pub fn scope(self, scope: &Scope) -> Self {
        self.with("scope", &scope.to_string())
    }

    /// Where the API describes itself (RFC 9728 §5.1).
    #[must_use]
    pub fn resource_metadata(self, url: &str) -> Self {
        self.with("resource_metadata", url)
    }

    /// The authentication context classes that would do (RFC 9470 §3).
    #[must_use]
    pub fn acr_values(self, values: &str) -> Self {
        self.with("acr_values", values)
    }

    /// How old the authentication may be, in seconds (RFC 9470 §3).
    #[must_use]
    pub fn max_age(self, seconds: i64) -> Self {
        self.with("max_age", &seconds.to_string())
    }

    /// Sets a parameter. RFC 6750 §3: none of them may "appear more than once", so a second value replaces the first.
    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.parameters.retain(|(known, _)| *known != name);
        self.parameters.push((name, value.to_owned()));
        self
    }
}

impl fmt::Display for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.scheme)?;
        for (at, (name, value)) in self.parameters.iter().enumerate() {
            write!(f, "{} {name}=\"", if at == 0 { "" } else { "," })?;
            // RFC 9110 §5.6.4: within a quoted-string `"` and `\` are escaped. Everything outside printable ASCII
            // would be another header, or none: it becomes a question mark.
            for character in value.chars() {
                match character {
                    '"' | '\\' => write!(f, "\\{character}")?,
                    ' '..='~' => f.write_char(character)?,
                    _ => f.write_char('?')?,
                }
            }
            f.write_char('"')?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(header: &str) -> Result<String, BearerError> {
        BearerToken::from_authorization(header).map(|token| token.as_str().to_owned())
    }

    #[test]
    fn the_scheme_is_case_insensitive() {
        for header in ["Bearer abc", "bearer abc", "bEARER abc", "Bearer   abc"] {
            assert_eq!(token(header).as_deref(), Ok("abc"), "{header}");
        }
        assert_eq!(
            token("Bearer mF_9.B5f-4.1JqM+/~==").as_deref(),
            Ok("mF_9.B5f-4.1JqM+/~==")
        );
    }

    #[test]
    fn other_schemes_are_told_apart() {
        for header in ["Basic abc", "DPoP abc", "", "Bearerabc", " Bearer abc", "Bearer\tabc"] {
            assert_eq!(token(header), Err(BearerError::OtherScheme), "{header:?}");
        }
    }

    #[test]
    fn tokens_outside_the_grammar_are_refused() {
        for header in [
            "Bearer",
            "Bearer ",
            "Bearer =",
            "Bearer a b",
            "Bearer a,b",
            "Bearer a=b",
            "Bearer \"a\"",
            "Bearer é",
            "Bearer a\t",
        ] {
            assert_eq!(token(header), Err(BearerError::Malformed), "{header:?}");
        }
    }

    #[test]
    fn a_challenge_is_written_as_rfc_6750_shows_it() {
        assert_eq!(Challenge::bearer("example").to_string(), r#"Bearer realm="example""#);
        let refused = Challenge::bearer("example")
            .error(ErrorCode::InvalidToken)
            .error_description("The access token expired");
        assert_eq!(
            refused.to_string(),
            r#"Bearer realm="example", error="invalid_token", error_description="The access token expired""#
        );
        let scope = Scope::parse("b a").unwrap();
        let metadata = "https://api.example/.well-known/oauth-protected-resource";
        let narrow = Challenge::bearer("x")
            .error(ErrorCode::InsufficientScope)
            .scope(&scope)
            .resource_metadata(metadata);
        assert_eq!(
            narrow.to_string(),
            format!(r#"Bearer realm="x", error="insufficient_scope", scope="a b", resource_metadata="{metadata}""#)
        );
        assert_eq!(Challenge::basic("x").to_string(), r#"Basic realm="x""#);
    }

    // Conformance: DPOP-RS-03
    #[test]
    fn a_challenge_for_proofs_says_how_they_may_be_signed() {
        let challenge = Challenge::dpop("x", &[SigningAlg::Ps256, SigningAlg::Es256]).error(ErrorCode::UseDpopNonce);
        assert_eq!(
            challenge.to_string(),
            r#"DPoP realm="x", algs="PS256 ES256", error="use_dpop_nonce""#
        );
    }

    #[test]
    fn a_step_up_challenge_says_what_is_needed() {
        let challenge = Challenge::bearer("x")
            .error(ErrorCode::InsufficientUserAuthentication)
            .acr_values("urn:a urn:b")
            .max_age(5);
        assert_eq!(
            challenge.to_string(),
            r#"Bearer realm="x", error="insufficient_user_authentication", acr_values="urn:a urn:b", max_age="5""#
        );
    }

    #[test]
    fn values_cannot_break_out_of_their_quotes() {
        let challenge = Challenge::bearer("a\" b\\ c\r\nSet-Cookie: d=é");
        assert_eq!(challenge.to_string(), r#"Bearer realm="a\" b\\ c??Set-Cookie: d=?""#);
        let described = Challenge::bearer("x").error_description("say \"no\"\n");
        assert_eq!(
            described.to_string(),
            r#"Bearer realm="x", error_description="say 'no'?""#
        );
    }

    #[test]
    fn a_parameter_appears_once() {
        assert_eq!(
            Challenge::bearer("x").max_age(1).max_age(2).to_string(),
            r#"Bearer realm="x", max_age="2""#
        );
    }
}
