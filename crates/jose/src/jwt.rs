//! Making a signed JWT.
//! Spec: RFC 7519 §7.1, RFC 7515 §5.1, RFC 8725 §3.11 (explicit typing)

use serde::Serialize;

use crate::{Signer, SigningError, b64};

/// Why a JWT could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SignJwtError {
    /// The claims do not serialise to JSON.
    #[error("the claims are not JSON")]
    Claims(#[source] serde_json::Error),
    /// The signer did not sign.
    #[error(transparent)]
    Signing(#[from] SigningError),
}

/// Signs `claims` as a compact JWS with the header parameters `alg`, `kid` and `typ`.
///
/// `typ`: what kind of token it is (`JWT`, `at+jwt`, …), so that none can be taken for another.
pub fn sign_jwt(signer: &dyn Signer, typ: &str, claims: &impl Serialize) -> Result<String, SignJwtError> {
    #[derive(Serialize)]
    struct Header<'a> {
        alg: &'static str,
        kid: &'a str,
        typ: &'a str,
    }
    let header = Header {
        alg: signer.alg().as_str(),
        kid: signer.kid(),
        typ,
    };
    let header = serde_json::to_vec(&header).map_err(SignJwtError::Claims)?;
    let claims = serde_json::to_vec(claims).map_err(SignJwtError::Claims)?;
    let mut token = b64::encode(header);
    token.push('.');
    token.push_str(&b64::encode(claims));
    let signature = signer.sign(token.as_bytes())?;
    token.push('.');
    token.push_str(&b64::encode(signature));
    Ok(token)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{SignJwtError, sign_jwt};
    use crate::{Signer, SigningAlg, SigningError, UnverifiedJwt};

    struct Broken;

    impl Signer for Broken {
        fn alg(&self) -> SigningAlg {
            SigningAlg::Es256
        }
        fn kid(&self) -> &'static str {
            "hsm-1"
        }
        fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError> {
            if message.len() > 100 {
                Err(SigningError)
            } else {
                Ok(vec![1])
            }
        }
    }

    #[test]
    fn the_header_names_algorithm_key_and_type() {
        let token = sign_jwt(&Broken, "at+jwt", &json!({"sub": "a"})).unwrap();
        let token = UnverifiedJwt::parse(&token).ok().unwrap();
        assert_eq!(token.header().alg, "ES256");
        assert_eq!(token.header().kid.as_deref(), Some("hsm-1"));
        assert_eq!(token.header().typ.as_deref(), Some("at+jwt"));
    }

    #[test]
    fn a_signer_that_fails_makes_no_token() {
        let claims = json!({"sub": "a".repeat(100)});
        assert!(matches!(
            sign_jwt(&Broken, "JWT", &claims),
            Err(SignJwtError::Signing(_))
        ));
    }

    #[test]
    fn claims_that_are_not_json_make_no_token() {
        let claims = std::collections::HashMap::from([(vec![1u8], 1)]);
        assert!(matches!(
            sign_jwt(&Broken, "JWT", &claims),
            Err(SignJwtError::Claims(_))
        ));
    }
}
