//! Proof Key for Code Exchange: the code is worth something only to the one who asked for it.
//!
//! Spec: RFC 7636 §4.1–4.6, RFC 9700 §2.1.1 and §4.8.2, OAuth Token Binding §5.1, §5.2
//!
//! Accepted: `S256`; and `TB-S256` and `referred_tb`, which bind the code to a key of Token Binding, where realm and profile
//! let them. Deliberately not accepted: `plain`, by name or by leaving the method out (which means `plain`):
//! whoever sees the request could redeem the code.

use explanation::{Explain, Explanation, catalogue::pkce};
use serde::{Deserialize, Serialize};

use crate::{characters::is_unreserved, token_binding::TokenBindingId};

/// The `code_challenge_method` of everybody.
pub const S256: &str = "S256";
/// The key that the client uses with this server takes the place of the secret (OAuth Token Binding §5.1).
pub const TB_S256: &str = "TB-S256";
/// The key that the browser uses with the client does (OAuth Token Binding §5.2): also the challenge that is sent, for
/// which the key that came with the request is put in.
pub const REFERRED_TB: &str = "referred_tb";
/// The verifier of [`TB_S256`], which says that the connection is it.
const PROVIDED_TB: &str = "provided_tb";

/// Of what a challenge is the hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    S256,
    Provided,
    Referred,
}

const METHODS: [(&str, Method); 3] = [
    (S256, Method::S256),
    (TB_S256, Method::Provided),
    (REFERRED_TB, Method::Referred),
];

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

impl Explain for PkceError {
    fn explanation(&self) -> Explanation {
        let reason = match self {
            Self::MalformedChallenge => &pkce::MALFORMED_CHALLENGE,
            Self::PlainRefused => return Explanation::from(&pkce::PLAIN).with("S256", "plain"),
            Self::UnknownMethod => return Explanation::from(&pkce::UNKNOWN_METHOD).expected("S256"),
            Self::MissingVerifier => &pkce::MISSING_VERIFIER,
            Self::UnexpectedVerifier => &pkce::UNEXPECTED_VERIFIER,
            Self::MalformedVerifier => &pkce::MALFORMED_VERIFIER,
            Self::Mismatch => &pkce::MISMATCH,
        };
        reason.into()
    }
}

/// A `code_challenge` with its method.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct CodeChallenge(Method, String);

impl CodeChallenge {
    /// Reads the parameters `code_challenge` and `code_challenge_method` of an authorization request.
    pub fn parse(challenge: &str, method: Option<&str>) -> Result<Self, PkceError> {
        // RFC 7636 §4.3: code_challenge_method "defaults to "plain" if not present in the request".
        // RFC 9700 §2.1.1: clients should use methods that do not expose the verifier; only S256 is such a method.
        let name = method.filter(|name| *name != "plain").ok_or(PkceError::PlainRefused)?;
        let known = METHODS.iter().find(|(known, _)| *known == name);
        let (_, method) = known.ok_or(PkceError::UnknownMethod)?;
        // RFC 7636 §4.2: code-challenge = 43*128unreserved
        if is_43_to_128_unreserved(challenge) {
            Ok(Self(*method, challenge.to_owned()))
        } else {
            Err(PkceError::MalformedChallenge)
        }
    }

    /// The challenge of a verifier, as a client makes it.
    pub fn of_verifier(verifier: &str) -> Self {
        // RFC 7636 §4.2: code_challenge = BASE64URL-ENCODE(SHA256(ASCII(code_verifier)))
        Self(Method::S256, jose::b64::encode(jose::sha256(verifier.as_bytes())))
    }

    /// Whether a key of Token Binding takes the place of the secret.
    pub fn is_token_bound(&self) -> bool {
        self.0 != Method::S256
    }

    /// The `code_challenge` as it was sent.
    pub fn as_str(&self) -> &str {
        &self.1
    }

    /// Whether this is the hash of what `verifier` stands for. `provided` is the hash of the key that the connection proved.
    fn check(&self, verifier: &str, provided: Option<&str>) -> Result<(), PkceError> {
        let hash = match self.0 {
            // RFC 7636 §4.1: code-verifier = 43*128unreserved
            Method::S256 if !is_43_to_128_unreserved(verifier) => return Err(PkceError::MalformedVerifier),
            Method::S256 => Some(Self::of_verifier(verifier).1),
            Method::Provided if verifier != PROVIDED_TB => return Err(PkceError::MalformedVerifier),
            Method::Provided => provided.map(str::to_owned),
            Method::Referred => TokenBindingId::parse(verifier).ok().map(|id| id.hash()),
        };
        // RFC 7636 §4.6: "If the values are not equal, an error response indicating "invalid_grant" MUST be returned."
        if hash.is_some_and(|hash| jose::constant_time_eq(hash.as_bytes(), self.1.as_bytes())) {
            Ok(())
        } else {
            Err(PkceError::Mismatch)
        }
    }
}

impl TryFrom<String> for CodeChallenge {
    type Error = PkceError;

    fn try_from(challenge: String) -> Result<Self, PkceError> {
        match challenge.split_once(' ') {
            Some((method, challenge)) => Self::parse(challenge, Some(method)),
            None => Self::parse(&challenge, Some(S256)),
        }
    }
}

impl From<CodeChallenge> for String {
    fn from(challenge: CodeChallenge) -> Self {
        let named = METHODS.iter().find(|(_, method)| *method == challenge.0);
        match named {
            Some((name, method)) if *method != Method::S256 => format!("{name} {}", challenge.1),
            _ => challenge.1,
        }
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
/// `provided` is the hash of the key that the connection of the token request proved by Token Binding.
///
/// Whether a challenge is needed at all was decided at the authorization request, by the client's profile.
pub fn check_code_verifier(
    challenge: Option<&CodeChallenge>,
    verifier: Option<&str>,
    provided: Option<&str>,
) -> Result<PkceVerified, PkceError> {
    match (challenge, verifier) {
        (None, None) => {}
        // RFC 7636 §4.6: the server verifies it "by calculating the code challenge from the received code_verifier".
        (Some(_), None) => return Err(PkceError::MissingVerifier),
        // RFC 9700 §4.8.2: "if there was no code_challenge in the authorization request, a request to the token
        // endpoint containing a code_verifier is rejected": somebody removed it on the way.
        (None, Some(_)) => return Err(PkceError::UnexpectedVerifier),
        (Some(challenge), Some(verifier)) => challenge.check(verifier, provided)?,
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
        assert!(check_code_verifier(Some(&challenge()), Some(VERIFIER), None).is_ok());
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
            check_code_verifier(Some(&challenge()), Some(&other), None),
            Err(PkceError::Mismatch)
        );
        // The challenge itself, which everyone saw, is not the verifier.
        assert_eq!(
            check_code_verifier(Some(&challenge()), Some(CHALLENGE), None),
            Err(PkceError::Mismatch)
        );
    }

    #[test]
    fn a_verifier_is_needed_exactly_when_there_was_a_challenge() {
        assert_eq!(
            check_code_verifier(Some(&challenge()), None, None),
            Err(PkceError::MissingVerifier)
        );
        assert_eq!(
            check_code_verifier(None, Some(VERIFIER), None),
            Err(PkceError::UnexpectedVerifier)
        );
        assert!(check_code_verifier(None, None, None).is_ok());
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
                check_code_verifier(Some(&challenge()), Some(bad), None),
                Err(PkceError::MalformedVerifier)
            );
        }
    }

    const ID: &str = "AgBBQEOO9GRFP-LM0hoWw6-2i318BsuuUum5AL8bt1szlr1EFfp5DMXMNW3O8WjcIXr2DKJnI4xnuGsE6GywQd9RbD0";
    const HASH: &str = "rBlgOyMY4teiuJMDgOwkrpsAjPyI07D2WsEM-dnq6eE";

    // Conformance: TB-09
    #[test]
    fn token_binding_section_5_1() {
        let bound = CodeChallenge::parse(HASH, Some(TB_S256)).unwrap();
        assert!(bound.is_token_bound() && !challenge().is_token_bound());
        let check = |verifier, provided| check_code_verifier(Some(&bound), Some(verifier), provided);
        assert!(check("provided_tb", Some(HASH)).is_ok());
        assert_eq!(check("provided_tb", None), Err(PkceError::Mismatch));
        assert_eq!(check("provided_tb", Some(CHALLENGE)), Err(PkceError::Mismatch));
        for wrong in [ID, HASH, VERIFIER] {
            assert_eq!(check(wrong, Some(HASH)), Err(PkceError::MalformedVerifier));
        }
        // A connection is no secret for S256.
        let plain = check_code_verifier(Some(&challenge()), Some("provided_tb"), Some(CHALLENGE));
        assert_eq!(plain, Err(PkceError::MalformedVerifier));
    }

    // Conformance: TB-10
    #[test]
    fn token_binding_section_5_2() {
        let bound = CodeChallenge::parse(HASH, Some(REFERRED_TB)).unwrap();
        let check = |verifier| check_code_verifier(Some(&bound), Some(verifier), Some(HASH));
        assert!(check(ID).is_ok());
        for wrong in ["provided_tb", HASH, &ID.replace("RFP", "RFQ")] {
            assert_eq!(check(wrong), Err(PkceError::Mismatch), "{wrong}");
        }
        // No key came with the request, so none was put in.
        let none = CodeChallenge::parse(REFERRED_TB, Some(REFERRED_TB));
        assert_eq!(none, Err(PkceError::MalformedChallenge));
    }

    #[test]
    fn serde_keeps_the_challenge() {
        for method in [TB_S256, REFERRED_TB] {
            let bound = CodeChallenge::parse(HASH, Some(method)).unwrap();
            let text = serde_json::to_string(&bound).unwrap();
            assert_eq!(serde_json::from_str::<CodeChallenge>(&text).unwrap(), bound);
        }
        let text = serde_json::to_string(&challenge()).unwrap();
        assert_eq!(serde_json::from_str::<CodeChallenge>(&text).unwrap(), challenge());
        assert!(serde_json::from_str::<CodeChallenge>(r#""short""#).is_err());
    }
}
