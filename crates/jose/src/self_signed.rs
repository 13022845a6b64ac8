//! A JWT that is about a key: it brings the key in its header, and is signed with it.
//! Spec: RFC 7515 §4.1.3, RFC 9449 §4.2
//!
//! That it verifies says that whoever made it holds that key, and nothing else: anybody can make a key. Deliberately
//! apart from [`KeySet`](crate::KeySet), whose keys somebody has registered or published.

use serde::Deserialize as _;

use crate::{Jwk, JwkError, JwsError, SigningAlg, UnverifiedJwt, Verified};

/// Why a JWT shows no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelfSignedError {
    /// The header has no `jwk`.
    #[error("the header has no jwk")]
    NoKey,
    /// The `jwk` is private or symmetric: whoever sent it has given it away.
    #[error("the jwk in the header holds a private key: send the public one alone")]
    PrivateKey,
    /// The `jwk` is no key of a known type, or one of its members is missing.
    #[error("the jwk in the header is malformed")]
    BadKey,
    /// The signature or what it covers.
    #[error(transparent)]
    Jws(#[from] JwsError),
}

/// A JWT that its own key has signed. Only [`SelfSigned::verify`] makes one.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SelfSigned {
    /// What the signature covers.
    pub verified: Verified,
    /// The algorithm of the signature.
    pub alg: SigningAlg,
    /// The thumbprint of the key (RFC 7638, SHA-256).
    pub thumbprint: String,
}

impl SelfSigned {
    /// Checks the signature of `token` with the key in its header; `allowed`: the algorithms that it may have.
    pub fn verify(token: &UnverifiedJwt, allowed: &[SigningAlg]) -> Result<Self, SelfSignedError> {
        let header = token.header();
        if header.crit {
            return Err(JwsError::CriticalExtension.into());
        }
        let alg = SigningAlg::parse(&header.alg)
            .filter(|alg| allowed.contains(alg))
            .ok_or(JwsError::AlgNotAllowed)?;
        let key = token.own_key().ok_or(SelfSignedError::NoKey)?;
        if Jwk::has_private_member(key) {
            return Err(SelfSignedError::PrivateKey);
        }
        let key = Jwk::deserialize(key).map_err(|_| SelfSignedError::BadKey)?;
        if !key.fits(alg) {
            return Err(JwsError::UnfitKey.into());
        }
        key.verify(alg, token.signing_input(), token.signature())?;
        Ok(Self {
            verified: Verified::from_checked(token),
            alg,
            thumbprint: key.thumbprint().map_err(|_: JwkError| SelfSignedError::BadKey)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{Signer as _, SigningKey, b64};

    fn signed(key: &SigningKey, header: &Value) -> UnverifiedJwt {
        let input = format!("{}.{}", b64::encode(header.to_string()), b64::encode(r#"{"a":1}"#));
        let signature = b64::encode(key.sign(input.as_bytes()).unwrap());
        UnverifiedJwt::parse(&format!("{input}.{signature}")).ok().unwrap()
    }

    fn public(key: &SigningKey) -> Value {
        serde_json::to_value(key.public_jwk()).unwrap()
    }

    fn error(key: &SigningKey, header: &Value) -> SelfSignedError {
        SelfSigned::verify(&signed(key, header), &SigningAlg::ALL).unwrap_err()
    }

    #[test]
    fn a_token_that_its_own_key_signed_shows_that_key() {
        for alg in SigningAlg::ALL {
            let (key, _) = SigningKey::generate(alg).unwrap();
            let token = signed(&key, &json!({"alg": alg, "jwk": public(&key), "kid": "another name"}));
            let shown = SelfSigned::verify(&token, &[alg]).unwrap();
            assert_eq!((shown.alg, shown.thumbprint.as_str()), (alg, key.kid()));
            assert_eq!(shown.verified.claims["a"], 1);
            let others: Vec<SigningAlg> = SigningAlg::ALL.into_iter().filter(|other| *other != alg).collect();
            let refused = SelfSigned::verify(&token, &others).unwrap_err();
            assert_eq!(refused, JwsError::AlgNotAllowed.into());
        }
    }

    #[test]
    fn a_token_without_a_key_or_by_another_key_shows_none() {
        let ((key, _), (other, _)) = (
            SigningKey::generate(SigningAlg::Es256).unwrap(),
            SigningKey::generate(SigningAlg::Es256).unwrap(),
        );
        let header = |jwk: Value| json!({"alg": "ES256", "jwk": jwk});
        assert_eq!(error(&key, &json!({"alg": "ES256"})), SelfSignedError::NoKey);
        assert_eq!(error(&key, &header(public(&other))), JwsError::BadSignature.into());
        for jwk in [json!("text"), json!({}), json!({"kty": "EC", "crv": 1})] {
            assert_eq!(error(&key, &header(jwk.clone())), SelfSignedError::BadKey, "{jwk}");
        }
        let unfit = json!({"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA"});
        assert_eq!(error(&key, &header(unfit)), JwsError::UnfitKey.into());
        let mut private = public(&key);
        private["d"] = json!("AA");
        assert_eq!(error(&key, &header(private)), SelfSignedError::PrivateKey);
        let symmetric = json!({"kty": "oct", "k": "AA"});
        assert_eq!(error(&key, &header(symmetric)), SelfSignedError::PrivateKey);
    }

    #[test]
    fn no_algorithm_of_secrets_none_or_unknown_extensions() {
        let (key, _) = SigningKey::generate(SigningAlg::Es256).unwrap();
        for alg in ["none", "HS256", "ES512", "es256"] {
            let header = json!({"alg": alg, "jwk": public(&key)});
            assert_eq!(error(&key, &header), JwsError::AlgNotAllowed.into(), "{alg}");
        }
        let critical = json!({"alg": "ES256", "jwk": public(&key), "crit": ["b64"], "b64": true});
        assert_eq!(error(&key, &critical), JwsError::CriticalExtension.into());
    }
}
