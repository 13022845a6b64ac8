//! Private signing keys.
//! Spec: RFC 7518 §3, RFC 8037 §3.1, RFC 7638 (key ids), RFC 5208 and RFC 5958 (PKCS #8)

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
    RsaKeyPair,
};

use crate::{Jwk, JwkError, SigningAlg, b64};

/// Who can sign: a key in memory, or one that lives in a hardware module or a key service.
pub trait Signer: Send + Sync {
    /// The algorithm of every signature.
    fn alg(&self) -> SigningAlg;
    /// The key id that verifiers find the public key by.
    fn kid(&self) -> &str;
    /// Signs `message`; the signature is in the form that JWS wants (RFC 7518 §3).
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError>;
}

/// The signer did not sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signing key did not sign")]
pub struct SigningError;

/// Why there is no usable key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Making a key failed.
    #[error("the key could not be generated")]
    Generate,
    /// The document holds no key for the algorithm: malformed, of another type or curve, or of a size
    /// outside 2048–8192 bits (RSA).
    #[error("not a PKCS #8 private key for {0}")]
    Rejected(SigningAlg),
    /// Its public half makes no JWK.
    #[error(transparent)]
    Jwk(#[from] JwkError),
}

/// A private key, parsed once. It has no `Debug`, and its private half cannot be read back.
pub struct SigningKey {
    alg: SigningAlg,
    pair: Pair,
    /// With `kid`, `alg` and `use`.
    public: Jwk,
    kid: String,
}

enum Pair {
    Rsa(Box<RsaKeyPair>),
    Ecdsa(Box<EcdsaKeyPair>),
    Ed25519(Box<Ed25519KeyPair>),
}

impl SigningKey {
    /// Makes a key: RSA with 2048 bits, P-256, or Ed25519. Also answers its PKCS #8 document, which the
    /// caller wraps before storing it. An RSA key takes a noticeable part of a second.
    pub fn generate(alg: SigningAlg) -> Result<(Self, Vec<u8>), KeyError> {
        let pkcs8 = match alg {
            SigningAlg::Rs256 | SigningAlg::Ps256 => {
                let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError::Generate)?;
                let document: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| KeyError::Generate)?;
                document.as_ref().to_vec()
            }
            SigningAlg::Es256 => EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
                .map_err(|_| KeyError::Generate)?
                .as_ref()
                .to_vec(),
            SigningAlg::EdDsa => Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new())
                .map_err(|_| KeyError::Generate)?
                .as_ref()
                .to_vec(),
        };
        Ok((Self::from_pkcs8(alg, &pkcs8)?, pkcs8))
    }

    /// Reads an unencrypted PKCS #8 document.
    pub fn from_pkcs8(alg: SigningAlg, pkcs8: &[u8]) -> Result<Self, KeyError> {
        let rejected = |_| KeyError::Rejected(alg);
        let mut public = Jwk {
            alg: Some(alg.as_str().to_owned()),
            use_: Some("sig".to_owned()),
            ..Jwk::of_type(alg.key_type())
        };
        let pair = match alg {
            SigningAlg::Rs256 | SigningAlg::Ps256 => {
                let pair = RsaKeyPair::from_pkcs8(pkcs8).map_err(rejected)?;
                let key = pair.public_key();
                public.n = Some(b64::encode(key.modulus().big_endian_without_leading_zero()));
                public.e = Some(b64::encode(key.exponent().big_endian_without_leading_zero()));
                Pair::Rsa(Box::new(pair))
            }
            SigningAlg::Es256 => {
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).map_err(rejected)?;
                // SEC 1 §2.3.3: 04 ‖ x ‖ y
                let (_, coordinates) = pair
                    .public_key()
                    .as_ref()
                    .split_first()
                    .ok_or(KeyError::Rejected(alg))?;
                let (x, y) = coordinates.split_at(coordinates.len() / 2);
                public.crv = Some("P-256".to_owned());
                public.x = Some(b64::encode(x));
                public.y = Some(b64::encode(y));
                Pair::Ecdsa(Box::new(pair))
            }
            SigningAlg::EdDsa => {
                let pair = Ed25519KeyPair::from_pkcs8(pkcs8).map_err(rejected)?;
                public.crv = Some("Ed25519".to_owned());
                public.x = Some(b64::encode(pair.public_key()));
                Pair::Ed25519(Box::new(pair))
            }
        };
        let kid = public.thumbprint()?;
        public.kid = Some(kid.clone());
        Ok(Self { alg, pair, public, kid })
    }

    /// The public half, with `kid`, `alg` and `use`: what the JWKS shows.
    pub fn public_jwk(&self) -> Jwk {
        self.public.clone()
    }

    /// The algorithm of every signature.
    pub fn alg(&self) -> SigningAlg {
        self.alg
    }

    /// The thumbprint of the public half (RFC 7638, SHA-256, base64url).
    pub fn kid(&self) -> &str {
        &self.kid
    }
}

impl Signer for SigningKey {
    fn alg(&self) -> SigningAlg {
        self.alg
    }

    fn kid(&self) -> &str {
        &self.kid
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let padding = match self.alg {
                    SigningAlg::Ps256 => &RSA_PSS_SHA256,
                    _ => &RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(padding, &random, message, &mut signature)
                    .map_err(|_| SigningError)?;
                Ok(signature)
            }
            Pair::Ecdsa(pair) => pair
                .sign(&random, message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(|_| SigningError),
            Pair::Ed25519(pair) => pair
                .try_sign(message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(|_| SigningError),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SigningKey;
    use crate::{Signer, SigningAlg};

    #[test]
    fn a_key_survives_its_pkcs8_document() {
        for alg in SigningAlg::ALL {
            let (key, pkcs8) = SigningKey::generate(alg).unwrap();
            let again = SigningKey::from_pkcs8(alg, &pkcs8).unwrap();
            assert_eq!(again.public_jwk(), key.public_jwk());
            assert_eq!(again.kid(), key.kid());
            let signature = again.sign(b"message").unwrap();
            let public = key.public_jwk();
            assert!(public.verify(alg, b"message", &signature).is_ok());
            assert!(public.verify(alg, b"massage", &signature).is_err());
        }
    }

    #[test]
    fn the_public_jwk_names_its_thumbprint_algorithm_and_use() {
        let (key, _) = SigningKey::generate(SigningAlg::Es256).unwrap();
        let jwk = key.public_jwk();
        assert_eq!(jwk.kid.as_deref(), Some(key.kid()));
        assert_eq!(jwk.thumbprint().unwrap(), key.kid());
        assert_eq!(jwk.alg.as_deref(), Some("ES256"));
        assert_eq!(jwk.use_.as_deref(), Some("sig"));
    }

    #[test]
    fn a_document_of_another_type_or_cut_short_is_rejected() {
        let (_, pkcs8) = SigningKey::generate(SigningAlg::Es256).unwrap();
        for alg in [SigningAlg::Rs256, SigningAlg::Ps256, SigningAlg::EdDsa] {
            assert!(SigningKey::from_pkcs8(alg, &pkcs8).is_err());
        }
        let cut = &pkcs8[..pkcs8.len() - 1];
        assert!(SigningKey::from_pkcs8(SigningAlg::Es256, cut).is_err());
    }

    #[test]
    fn signers_can_be_shared_between_threads() {
        fn shared<T: Signer + Send + Sync + 'static>() {}
        shared::<SigningKey>();
    }
}
