//! Whom a token is encrypted for: one public key, and which of several.
//! Spec: RFC 7517 §4.2, §4.4, §4.5; RFC 7518 §4.3, §4.6; OpenID Connect Core §10.2

use aws_lc_rs::{
    agreement::{ParsedPublicKey, PrivateKey},
    rsa::{OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PublicEncryptingKey},
    signature::RsaPublicKeyComponents,
};
use zeroize::Zeroizing;

use super::{
    Envelope, JweError,
    agreement::{Curve, EphemeralKey, Info, agree, wrap},
};
use crate::{JweAlg, JweEnc, Jwk, KeySet};

/// A public key that can be encrypted to.
pub struct Recipient {
    alg: JweAlg,
    kid: Option<String>,
    key: PublicKey,
}

enum PublicKey {
    Rsa(Box<OaepPublicEncryptingKey>),
    Agreement(Curve, Box<ParsedPublicKey>),
}

impl KeySet {
    /// The key to encrypt to by `alg`: one with `use` before one without. `None`: none fits.
    pub fn recipient(&self, alg: JweAlg) -> Option<Recipient> {
        // "If there are multiple keys in the referenced JWK Set document, a kid value MUST be provided in the JOSE
        // Header" (OpenID Connect Core §10.2).
        let can_be_named = |key: &&Jwk| key.kid.is_some() || self.keys.len() == 1;
        let mut candidates: Vec<&Jwk> = self.keys.iter().filter(can_be_named).collect();
        // The sort is stable: among equals the first key of the document comes first.
        candidates.sort_by_key(|key| key.use_.is_none());
        candidates.into_iter().find_map(|key| Recipient::of(key, alg))
    }
}

impl Jwk {
    /// Whether the key says of itself that one may encrypt to it by `alg`.
    fn may_encrypt(&self, alg: JweAlg) -> bool {
        self.use_.as_deref().is_none_or(|own| own == "enc") && self.alg.as_deref().is_none_or(|own| own == alg.as_str())
    }
}

impl Recipient {
    /// The owner of a key. `None`: it is not for encryption by `alg`, of another type or curve, too weak or too large,
    /// or malformed.
    pub fn of(key: &Jwk, alg: JweAlg) -> Option<Self> {
        if !key.may_encrypt(alg) {
            return None;
        }
        let public = match alg {
            JweAlg::RsaOaep256 if key.kty == "RSA" => {
                let (n, e) = key.rsa_components()?;
                let key: PublicEncryptingKey = RsaPublicKeyComponents { n, e }.try_into().ok()?;
                PublicKey::Rsa(Box::new(OaepPublicEncryptingKey::new(key).ok()?))
            }
            JweAlg::RsaOaep256 => return None,
            JweAlg::EcdhEs | JweAlg::EcdhEsA256Kw => {
                let curve = Curve::of(key)?;
                PublicKey::Agreement(curve, Box::new(curve.parse(key)?))
            }
        };
        Some(Self {
            alg,
            kid: key.kid.clone(),
            key: public,
        })
    }

    /// Makes a key for one message, and encrypts it.
    pub fn envelope(&self, enc: JweEnc) -> Result<Envelope, JweError> {
        let (content_key, encrypted_key, epk) = match &self.key {
            PublicKey::Rsa(key) => {
                let content_key = random_key(enc)?;
                let mut encrypted = vec![0; key.ciphertext_size()];
                key.encrypt(&OAEP_SHA256_MGF1SHA256, &content_key, &mut encrypted, None)
                    .map_err(|_| JweError::UnfitKey)?;
                (content_key, encrypted, None)
            }
            PublicKey::Agreement(curve, key) => {
                let ephemeral = PrivateKey::generate(curve.algorithm()).map_err(|_| JweError::Failed)?;
                let info = Info {
                    alg: self.alg,
                    enc,
                    sender: b"",
                    recipient: b"",
                };
                let agreed = agree(&ephemeral, key, &info)?;
                let epk = Some(EphemeralKey::of(*curve, &ephemeral)?);
                if self.alg == JweAlg::EcdhEs {
                    // RFC 7518 §4.6: used directly, so the encrypted key is empty.
                    (agreed, Vec::new(), epk)
                } else {
                    let content_key = random_key(enc)?;
                    let wrapped = wrap(&agreed, &content_key)?;
                    (content_key, wrapped, epk)
                }
            }
        };
        Ok(Envelope {
            alg: self.alg,
            enc,
            kid: self.kid.clone(),
            iss: None,
            epk,
            encrypted_key,
            content_key,
        })
    }
}

fn random_key(enc: JweEnc) -> Result<Zeroizing<Vec<u8>>, JweError> {
    let mut key = Zeroizing::new(vec![0; enc.key_len()]);
    aws_lc_rs::rand::fill(&mut key).map_err(|_| JweError::Failed)?;
    Ok(key)
}
