//! The check of a JWT that was authenticated with a secret which both sides share.
//! Spec: RFC 7518 §3.2, RFC 7515 §5.2
//!
//! Accepted: HS256 with a secret of 32 bytes or more. Deliberately kept apart from signatures: [`SigningAlg`] and
//! [`KeySet`] know no HMAC, and a [`MacKey`] is made from the bytes of a secret, never from a JWK or a header. So no
//! verifier can be made to take a public key for a secret (RFC 8725 §2.1).
//!
//! [`SigningAlg`]: crate::SigningAlg
//! [`KeySet`]: crate::KeySet

use crate::{JwsError, UnverifiedJwt, Verified, constant_time_eq, hmac_sha256};

/// The name of HMAC with SHA-256 in the header parameter `alg`.
pub const HS256: &str = "HS256";
/// The shortest secret, in bytes.
pub const SHORTEST_MAC_SECRET: usize = 32;

/// A secret is too short to make a MAC with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a secret for HS256 needs {SHORTEST_MAC_SECRET} bytes or more")]
pub struct ShortSecret;

/// A secret that authenticates JWTs. It has no `Debug`.
pub struct MacKey<'a>(&'a [u8]);

impl<'a> MacKey<'a> {
    /// Takes the bytes of a secret.
    pub fn new(secret: &'a [u8]) -> Result<Self, ShortSecret> {
        // RFC 7518 §3.2: "A key of the same size as the hash output […] or larger MUST be used with this algorithm."
        if secret.len() < SHORTEST_MAC_SECRET {
            return Err(ShortSecret);
        }
        Ok(Self(secret))
    }

    /// Checks that `token` was made with this secret, by HS256.
    pub fn verify(&self, token: &UnverifiedJwt) -> Result<Verified, JwsError> {
        let header = token.header();
        if header.crit {
            return Err(JwsError::CriticalExtension);
        }
        if header.alg != HS256 {
            return Err(JwsError::AlgNotAllowed);
        }
        let mac = hmac_sha256(self.0, token.signing_input());
        if constant_time_eq(&mac, token.signature()) {
            Ok(Verified::from_checked(token))
        } else {
            Err(JwsError::BadSignature)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::b64;

    const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";

    fn made(header: &Value, secret: &[u8]) -> UnverifiedJwt {
        let input = format!("{}.{}", b64::encode(header.to_string()), b64::encode(r#"{"iss":"a"}"#));
        let mac = b64::encode(hmac_sha256(secret, input.as_bytes()));
        UnverifiedJwt::parse(&format!("{input}.{mac}")).ok().unwrap()
    }

    fn verify(header: &Value, secret: &[u8]) -> Result<Verified, JwsError> {
        MacKey::new(SECRET).ok().unwrap().verify(&made(header, secret))
    }

    #[test]
    fn rfc7515_appendix_a_1() {
        let secret =
            b64::decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
                .unwrap();
        let token = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let token = UnverifiedJwt::parse(token).ok().unwrap();
        let verified = MacKey::new(&secret).ok().unwrap().verify(&token).unwrap();
        assert_eq!(verified.claims["iss"], "joe");
    }

    #[test]
    fn only_hs256_with_this_very_secret_is_taken() {
        assert!(verify(&json!({"alg": "HS256"}), SECRET).is_ok());
        let other = b"another secret that is long enough";
        assert_eq!(verify(&json!({"alg": "HS256"}), other), Err(JwsError::BadSignature));
        for alg in ["none", "hs256", "HS512", "RS256", "ES256"] {
            let refused = verify(&json!({"alg": alg}), SECRET);
            assert_eq!(refused, Err(JwsError::AlgNotAllowed), "{alg}");
        }
        let critical = json!({"alg": "HS256", "crit": ["b64"], "b64": false});
        assert_eq!(verify(&critical, SECRET), Err(JwsError::CriticalExtension));
    }

    // Conformance: SEED1-03 OP-25
    #[test]
    fn a_short_secret_makes_no_key() {
        assert!(MacKey::new(&SECRET[..31]).is_err());
        assert!(MacKey::new(b"").is_err());
    }
}
