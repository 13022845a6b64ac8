//! Private keys that decrypt.
//! Spec: RFC 7516 §5.2, RFC 7518 §4.3, §4.6; RFC 8725 §3.1 (a key is for one algorithm)

use aws_lc_rs::{
    agreement::PrivateKey,
    encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der},
    rsa::{KeySize, OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, PrivateDecryptingKey, PublicKey as RsaPublicKey},
};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::{
    JweError,
    agreement::{Curve, EphemeralKey, Info, agree, unwrap},
    content::{self, Sealed},
};
use crate::{JweAlg, JweEnc, Jwk, MAX_JWT_BYTES, b64, strict_json};

/// A private key for one algorithm. It has no `Debug`, and cannot be read back.
pub struct DecryptionKey {
    alg: JweAlg,
    key: Private,
    public: Jwk,
}

enum Private {
    Rsa(Box<OaepPrivateDecryptingKey>),
    Agreement(Curve, Box<PrivateKey>),
}

/// What was in a token.
pub struct Decrypted {
    /// How it was encrypted.
    pub enc: JweEnc,
    /// `kid`: for which key.
    pub kid: Option<String>,
    /// `cty`: `JWT` when a signed JWT is in it.
    pub cty: Option<String>,
    /// The content.
    pub plaintext: Vec<u8>,
}

/// For which key a token was encrypted, as far as its header says.
pub struct Addressee {
    /// The algorithm.
    pub alg: JweAlg,
    /// Its `kid`.
    pub kid: Option<String>,
}

impl Addressee {
    /// Reads the header of a compact JWE.
    pub fn of(token: &str) -> Result<Self, JweError> {
        if token.len() > MAX_JWT_BYTES {
            return Err(JweError::TooLong);
        }
        let protected = token
            .split('.')
            .next()
            .and_then(b64::decode)
            .ok_or(JweError::NotCompact)?;
        let header = Header::parse(&protected)?;
        Ok(Self {
            alg: JweAlg::parse(&header.alg).ok_or(JweError::AlgNotAllowed)?,
            kid: header.kid,
        })
    }
}

impl DecryptionKey {
    /// Makes a key: RSA with 2048 bits for RSA-OAEP-256, else one on P-256.
    pub fn generate(alg: JweAlg) -> Result<Self, JweError> {
        Self::generate_pkcs8(alg).map(|(key, _)| key)
    }

    /// Makes a key that is to be kept: with its private part as an unencrypted PKCS #8 document.
    pub fn generate_pkcs8(alg: JweAlg) -> Result<(Self, Zeroizing<Vec<u8>>), JweError> {
        let pkcs8: Pkcs8V1Der<'_> = if alg == JweAlg::RsaOaep256 {
            PrivateDecryptingKey::generate(KeySize::Rsa2048).and_then(|key| key.as_der())
        } else {
            PrivateKey::generate(Curve::P256.algorithm()).and_then(|key| key.as_der())
        }
        .map_err(|_| JweError::Failed)?;
        let pkcs8 = Zeroizing::new(pkcs8.as_ref().to_vec());
        Ok((Self::from_pkcs8(alg, &pkcs8)?, pkcs8))
    }

    /// Reads such a document.
    pub fn from_pkcs8(alg: JweAlg, pkcs8: &[u8]) -> Result<Self, JweError> {
        if alg == JweAlg::RsaOaep256 {
            return Self::rsa(PrivateDecryptingKey::from_pkcs8(pkcs8).map_err(|_| JweError::UnfitKey)?);
        }
        let private =
            PrivateKey::from_private_key_der(Curve::P256.algorithm(), pkcs8).map_err(|_| JweError::UnfitKey)?;
        Self::agreement(alg, Curve::P256, private)
    }

    /// Makes a key on X25519.
    pub fn generate_x25519(alg: JweAlg) -> Result<Self, JweError> {
        let private = PrivateKey::generate(Curve::X25519.algorithm()).map_err(|_| JweError::Failed)?;
        Self::agreement(alg, Curve::X25519, private)
    }

    fn rsa(private: PrivateDecryptingKey) -> Result<Self, JweError> {
        let der: PublicKeyX509Der<'_> = private.public_key().as_der().map_err(|_| JweError::Failed)?;
        let public = RsaPublicKey::from_der(der.as_ref()).map_err(|_| JweError::Failed)?;
        let number = |bytes: &[u8]| Some(b64::encode(bytes));
        let public = Jwk {
            kty: "RSA".to_owned(),
            crv: None,
            x: None,
            y: None,
            n: number(public.modulus().big_endian_without_leading_zero()),
            e: number(public.exponent().big_endian_without_leading_zero()),
            kid: None,
            alg: None,
            use_: None,
            x5c: Vec::new(),
        };
        let key = OaepPrivateDecryptingKey::new(private).map_err(|_| JweError::Failed)?;
        Self::named(JweAlg::RsaOaep256, Private::Rsa(Box::new(key)), public)
    }

    pub(super) fn agreement(alg: JweAlg, curve: Curve, private: PrivateKey) -> Result<Self, JweError> {
        let public = EphemeralKey::of(curve, &private)?.into_jwk();
        Self::named(alg, Private::Agreement(curve, Box::new(private)), public)
    }

    fn named(alg: JweAlg, key: Private, public: Jwk) -> Result<Self, JweError> {
        let public = Jwk {
            kid: Some(public.thumbprint().map_err(|_| JweError::Failed)?),
            alg: Some(alg.as_str().to_owned()),
            use_: Some("enc".to_owned()),
            ..public
        };
        Ok(Self { alg, key, public })
    }

    /// The public key, with `kid` (its thumbprint), `alg` and `use`.
    pub fn public_jwk(&self) -> &Jwk {
        &self.public
    }

    /// Decrypts a compact JWE. Its `kid` is not compared: whoever has several keys chooses by it.
    pub fn decrypt(&self, token: &str) -> Result<Decrypted, JweError> {
        if token.len() > MAX_JWT_BYTES {
            return Err(JweError::TooLong);
        }
        let parts: Vec<&str> = token.split('.').collect();
        let [protected, encrypted_key, iv, ciphertext, tag] = parts.as_slice() else {
            return Err(JweError::NotCompact);
        };
        let decode = |part: &str| b64::decode(part).ok_or(JweError::NotCompact);
        let header = Header::parse(&decode(protected)?)?;
        if header.alg != self.alg.as_str() {
            return Err(JweError::AlgNotAllowed);
        }
        let enc = JweEnc::parse(&header.enc).ok_or(JweError::AlgNotAllowed)?;
        let sealed = Sealed {
            iv: decode(iv)?,
            ciphertext: decode(ciphertext)?,
            tag: decode(tag)?,
        };
        let content_key = self.content_key(&header, enc, &decode(encrypted_key)?)?;
        let plaintext =
            content::open(enc, &content_key, protected.as_bytes(), &sealed).ok_or(JweError::Undecryptable)?;
        Ok(Decrypted {
            enc,
            kid: header.kid,
            cty: header.cty,
            plaintext,
        })
    }

    fn content_key(&self, header: &Header, enc: JweEnc, encrypted: &[u8]) -> Result<Zeroizing<Vec<u8>>, JweError> {
        match &self.key {
            Private::Rsa(key) => {
                let mut plain = Zeroizing::new(vec![0; key.min_output_size()]);
                let length = key
                    .decrypt(&OAEP_SHA256_MGF1SHA256, encrypted, &mut plain, None)
                    .map_err(|_| JweError::Undecryptable)?
                    .len();
                plain.truncate(length);
                Ok(plain)
            }
            Private::Agreement(curve, private) => {
                let epk = header.epk.as_ref().ok_or(JweError::BadHeader)?;
                let public = Some(*curve)
                    .filter(|curve| Curve::of(epk) == Some(*curve))
                    .and_then(|curve| curve.parse(epk))
                    .ok_or(JweError::UnfitKey)?;
                let info = Info {
                    alg: self.alg,
                    enc,
                    sender: &header.apu,
                    recipient: &header.apv,
                };
                let agreed = agree(private, &public, &info)?;
                if self.alg == JweAlg::EcdhEs {
                    // RFC 7516 §5.2, step 10: "verify that the JWE Encrypted Key value is an empty octet sequence".
                    return encrypted.is_empty().then_some(agreed).ok_or(JweError::Undecryptable);
                }
                unwrap(&agreed, encrypted, enc.key_len()).ok_or(JweError::Undecryptable)
            }
        }
    }
}

/// The header parameters that matter.
struct Header {
    alg: String,
    enc: String,
    kid: Option<String>,
    cty: Option<String>,
    epk: Option<Jwk>,
    apu: Vec<u8>,
    apv: Vec<u8>,
}

impl Header {
    fn parse(bytes: &[u8]) -> Result<Self, JweError> {
        let members = strict_json::object(bytes).ok_or(JweError::BadHeader)?;
        if members.contains_key("crit") || members.contains_key("zip") {
            return Err(JweError::Extension);
        }
        let party = |name| match text(&members, name)? {
            None => Ok(Vec::new()),
            Some(value) => b64::decode(value).ok_or(JweError::BadHeader),
        };
        Ok(Self {
            alg: text(&members, "alg")?.ok_or(JweError::BadHeader)?,
            enc: text(&members, "enc")?.ok_or(JweError::BadHeader)?,
            kid: text(&members, "kid")?,
            cty: text(&members, "cty")?,
            epk: members
                .get("epk")
                .map(|key| serde_json::from_value(key.clone()).map_err(|_| JweError::BadHeader))
                .transpose()?,
            apu: party("apu")?,
            apv: party("apv")?,
        })
    }
}

fn text(members: &Map<String, Value>, name: &str) -> Result<Option<String>, JweError> {
    match members.get(name) {
        None => Ok(None),
        Some(Value::String(value)) => Ok(Some(value.clone())),
        Some(_) => Err(JweError::BadHeader),
    }
}
