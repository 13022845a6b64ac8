//! Proof Key for Code Exchange: the code is worth something only to the one who asked for it.
//!
//! Spec: RFC 7636 §4.1–4.6, RFC 9700 §2.1.1 and §4.8.2
//!
//! Accepted: `S256`. Deliberately not accepted: `plain`, by name or by leaving the method out (which means `plain`):
//! whoever sees the request could redeem the code.

use serde::{Deserialize, Serialize};

use crate::characters::is_unreserved;

/// The one supported `code_challenge_method`.
pub const S256: &str = "S256";

/// Why a challenge or a verifier is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PkceError {
    /// The challenge is not 43 to 128 unreserved characters.
    #[error("code_challenge must be 43 to 128 unreserved characters")]
    MalformedChallenge,
    /// `code_challenge_method` is `plain`, or absent, which means the same.
    #[error("code_challenge_method plain is not supported, send S256")]
    PlainRefused,
    /// Another unknown method.
    #[error("code_challenge_method is not supported, send S256")]
    UnknownMethod,
    /// The authorization request had a challenge, the token request has no verifier.
    #[error("code_verifier is missing")]
    MissingVerifier,
    /// The authorization request had no challenge, the token request has a verifier.
    #[error("code_verifier was sent but the authorization request had no code_challenge")]
    UnexpectedVerifier,
    /// The verifier is not 43 to 128 unreserved characters.
    #[error("code_verifier must be 43 to 128 unreserved characters")]
    MalformedVerifier,
    /// The verifier does not belong to the challenge.
    #[error("code_verifier does not match the code_challenge")]
    Mismatch,
}

/// A `code_challenge` with the method `S256`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct CodeChallenge(String);

impl CodeChallenge {
    /// Reads the parameters `code_challenge` and `code_challenge_method` of an authorization request.
    pub fn parse(challenge: &str, method: Option<&str>) -> Result<Self, PkceError> {
        // RFC 7636 §4.3: code_challenge_method "defaults to "plain" if not present in the request".
        // RFC 9700 §2.1.1: clients should use methods that do not expose the verifier; only S256 is such a method.
        match method {
            Some(S256) => {}
            Some("plain") | None => return Err(PkceError::PlainRefused),
            Some(_) => return Err(PkceError::UnknownMethod),
        }
        // RFC 7636 §4.2: code-challenge = 43*128unreserved
        if is_43_to_128_unreserved(challenge) {
            Ok(Self(challenge.to_owned()))
        } else {
            Err(PkceError::MalformedChallenge)
        }
    }

    /// The challenge of a verifier, as a client makes it.
    pub fn of_verifier(verifier: &str) -> Self {
        // RFC 7636 §4.2: code_challenge = BASE64URL-ENCODE(SHA256(ASCII(code_verifier)))
        Self(jose::b64::encode(jose::sha256(verifier.as_bytes())))
    }

    /// The `code_challenge` as it was sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for CodeChallenge {
    type Error = PkceError;

    fn try_from(challenge: String) -> Result<Self, PkceError> {
        Self::parse(&challenge, Some(S256))
    }
}

impl From<CodeChallenge> for String {
    fn from(challenge: CodeChallenge) -> Self {
        challenge.0
    }
}

/// Proof that the sender of the token request made the authorization request, as far as PKCE was used.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub struct PkceVerified {
    _only_the_check_makes_it: (),
}

/// Compares the `code_verifier` of a token request with the challenge of the authorization request.
///
/// Whether a challenge is needed at all was decided at the authorization request, by the client's profile.
pub fn check_code_verifier(
    challenge: Option<&CodeChallenge>,
    verifier: Option<&str>,
) -> Result<PkceVerified, PkceError> {
    match (challenge, verifier) {
        (None, None) => {}
        // RFC 7636 §4.6: the server verifies it "by calculating the code challenge from the received code_verifier".
        (Some(_), None) => return Err(PkceError::MissingVerifier),
        // RFC 9700 §4.8.2: "if there was no code_challenge in the authorization request, a request to the token
        // endpoint containing a code_verifier is rejected": somebody removed it on the way.
        (None, Some(_)) => return Err(PkceError::UnexpectedVerifier),
        (Some(challenge), Some(verifier)) => {
            // RFC 7636 §4.1: code-verifier = 43*128unreserved
            if !is_43_to_128_unreserved(verifier) {
                return Err(PkceError::MalformedVerifier);
            }
            // RFC 7636 §4.6: "If the values are not equal, an error response indicating "invalid_grant" MUST be returned."
            let computed = CodeChallenge::of_verifier(verifier);
            if !jose::constant_time_eq(computed.0.as_bytes(), challenge.0.as_bytes()) {
                return Err(PkceError::Mismatch);
            }
        }
    }
    Ok(PkceVerified {
        _only_the_check_makes_it: (),
    })
}

fn is_43_to_128_unreserved(text: &str) -> bool {
    (43..=128).contains(&text.len()) && text.bytes().all(is_unreserved)
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn challenge() -> CodeChallenge {
        CodeChallenge::parse(CHALLENGE, Some(S256)).unwrap()
    }

    #[test]
    fn rfc7636_appendix_b() {
        assert_eq!(CodeChallenge::of_verifier(VERIFIER), challenge());
        assert!(check_code_verifier(Some(&challenge()), Some(VERIFIER)).is_ok());
    }

    #[test]
    fn plain_is_refused_by_name_and_by_default() {
        assert_eq!(
            CodeChallenge::parse(CHALLENGE, Some("plain")),
            Err(PkceError::PlainRefused)
        );
        assert_eq!(CodeChallenge::parse(CHALLENGE, None), Err(PkceError::PlainRefused));
        assert_eq!(
            CodeChallenge::parse(CHALLENGE, Some("s256")),
            Err(PkceError::UnknownMethod)
        );
    }

    #[test]
    fn a_challenge_has_43_to_128_unreserved_characters() {
        for good in ["a".repeat(43), "~".repeat(128)] {
            assert!(CodeChallenge::parse(&good, Some(S256)).is_ok());
        }
        for bad in [
            "a".repeat(42),
            "a".repeat(129),
            format!("{}=", "a".repeat(43)),
            format!("{}+", "a".repeat(43)),
            String::new(),
        ] {
            assert_eq!(
                CodeChallenge::parse(&bad, Some(S256)),
                Err(PkceError::MalformedChallenge),
                "{bad}"
            );
        }
    }

    #[test]
    fn another_verifier_does_not_match() {
        let other = VERIFIER.replace('d', "e");
        assert_eq!(
            check_code_verifier(Some(&challenge()), Some(&other)),
            Err(PkceError::Mismatch)
        );
        // The challenge itself, which everyone saw, is not the verifier.
        assert_eq!(
            check_code_verifier(Some(&challenge()), Some(CHALLENGE)),
            Err(PkceError::Mismatch)
        );
    }

    #[test]
    fn a_verifier_is_needed_exactly_when_there_was_a_challenge() {
        assert_eq!(
            check_code_verifier(Some(&challenge()), None),
            Err(PkceError::MissingVerifier)
        );
        assert_eq!(
            check_code_verifier(None, Some(VERIFIER)),
            Err(PkceError::UnexpectedVerifier)
        );
        assert!(check_code_verifier(None, None).is_ok());
    }

    #[test]
    fn a_malformed_verifier_is_refused() {
        for bad in [
            "short",
            &"a".repeat(129),
            &format!("{VERIFIER}="),
            &VERIFIER.replace('d', " "),
        ] {
            assert_eq!(
                check_code_verifier(Some(&challenge()), Some(bad)),
                Err(PkceError::MalformedVerifier)
            );
        }
    }

    #[test]
    fn serde_keeps_the_challenge() {
        let text = serde_json::to_string(&challenge()).unwrap();
        assert_eq!(serde_json::from_str::<CodeChallenge>(&text).unwrap(), challenge());
        assert!(serde_json::from_str::<CodeChallenge>(r#""short""#).is_err());
    }
}
