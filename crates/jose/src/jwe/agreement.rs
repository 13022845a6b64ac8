//! A key that both sides compute, and a key that is wrapped by it.
//! Spec: RFC 7518 §4.6 (ECDH-ES), §4.4 (AES Key Wrap), RFC 8037 §3.2 (X25519)

use aws_lc_rs::{
    agreement::{self, ECDH_P256, ParsedPublicKey, PrivateKey, UnparsedPublicKey, X25519},
    kdf::{SskdfDigestAlgorithmId, get_sskdf_digest_algorithm, sskdf_digest},
    key_wrap::{AES_256, AesKek, KeyWrap as _},
};
use serde::Serialize;
use zeroize::Zeroizing;

use super::JweError;
use crate::{JweAlg, JweEnc, Jwk, b64, jwk::coordinate};

/// The length of the key that wraps, in bytes.
const WRAPPING_KEY: usize = 32;
/// What wrapping adds, in bytes.
const WRAPPED: usize = 8;

/// A curve on which keys are agreed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Curve {
    P256,
    X25519,
}

/// A public key of the sender, for one message (RFC 7518 §4.6.1.1).
#[derive(Serialize)]
pub(super) struct EphemeralKey {
    kty: &'static str,
    crv: &'static str,
    x: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<String>,
}

impl Curve {
    /// The curve of a key, if it is one of these.
    pub(super) fn of(key: &Jwk) -> Option<Self> {
        match (key.kty.as_str(), key.crv.as_deref()?) {
            ("EC", "P-256") => Some(Self::P256),
            ("OKP", "X25519") => Some(Self::X25519),
            _ => None,
        }
    }

    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::P256 => ("EC", "P-256"),
            Self::X25519 => ("OKP", "X25519"),
        }
    }

    pub(super) fn algorithm(self) -> &'static agreement::Algorithm {
        match self {
            Self::P256 => &ECDH_P256,
            Self::X25519 => &X25519,
        }
    }

    /// The point of a public key of this curve. `None`: malformed, or off the curve, which an attacker would choose to
    /// learn the other side's private key bit by bit.
    pub(super) fn parse(self, key: &Jwk) -> Option<ParsedPublicKey> {
        let point = match self {
            Self::P256 => key.p256_point()?,
            Self::X25519 => coordinate(key.x.as_deref())?,
        };
        ParsedPublicKey::try_from(UnparsedPublicKey::new(self.algorithm(), point)).ok()
    }
}

impl EphemeralKey {
    /// The public half of a key.
    pub(super) fn of(curve: Curve, private: &PrivateKey) -> Result<Self, JweError> {
        let public = private.compute_public_key().map_err(|_| JweError::Failed)?;
        let (x, y) = match curve {
            Curve::P256 => {
                // SEC 1 §2.3.3: 04 ‖ x ‖ y
                let (_, coordinates) = public.as_ref().split_first().ok_or(JweError::Failed)?;
                let (x, y) = coordinates.split_at(coordinates.len() / 2);
                (b64::encode(x), Some(b64::encode(y)))
            }
            Curve::X25519 => (b64::encode(public.as_ref()), None),
        };
        let (kty, crv) = curve.names();
        Ok(Self { kty, crv, x, y })
    }

    /// The same as a key of a set.
    pub(super) fn into_jwk(self) -> Jwk {
        Jwk {
            crv: Some(self.crv.to_owned()),
            x: Some(self.x),
            y: self.y,
            ..Jwk::of_type(self.kty)
        }
    }
}

/// What both sides put into the derivation besides the secret (RFC 7518 §4.6.2).
pub(super) struct Info<'a> {
    pub(super) alg: JweAlg,
    pub(super) enc: JweEnc,
    /// `apu`, decoded.
    pub(super) sender: &'a [u8],
    /// `apv`, decoded.
    pub(super) recipient: &'a [u8],
}

impl Info<'_> {
    /// The length of the derived key: it encrypts the content, or wraps what does.
    fn key_len(&self) -> usize {
        match self.alg {
            JweAlg::EcdhEs => self.enc.key_len(),
            _ => WRAPPING_KEY,
        }
    }

    /// `OtherInfo`: the name of `alg`, or of `enc` when the key is used directly; both parties' information; the length
    /// of the key in bits.
    fn bytes(&self) -> Option<Vec<u8>> {
        let name = match self.alg {
            JweAlg::EcdhEs => self.enc.as_str(),
            other => other.as_str(),
        };
        let mut bytes = Vec::new();
        for part in [name.as_bytes(), self.sender, self.recipient] {
            bytes.extend(u32::try_from(part.len()).ok()?.to_be_bytes());
            bytes.extend(part);
        }
        bytes.extend(u32::try_from(self.key_len() * 8).ok()?.to_be_bytes());
        Some(bytes)
    }
}

/// The key that the owner of `private` and the owner of `public` agree on.
pub(super) fn agree(
    private: &PrivateKey,
    public: &ParsedPublicKey,
    info: &Info<'_>,
) -> Result<Zeroizing<Vec<u8>>, JweError> {
    agreement::agree(private, public.clone(), JweError::UnfitKey, |secret| {
        let hash = get_sskdf_digest_algorithm(SskdfDigestAlgorithmId::Sha256).ok_or(JweError::Failed)?;
        let mut key = Zeroizing::new(vec![0; info.key_len()]);
        sskdf_digest(hash, secret, &info.bytes().ok_or(JweError::Failed)?, &mut key).map_err(|_| JweError::Failed)?;
        Ok(key)
    })
}

/// Wraps a content key.
pub(super) fn wrap(wrapping_key: &[u8], content_key: &[u8]) -> Result<Vec<u8>, JweError> {
    let kek = AesKek::new(&AES_256, wrapping_key).map_err(|_| JweError::Failed)?;
    let mut wrapped = vec![0; content_key.len() + WRAPPED];
    kek.wrap(content_key, &mut wrapped).map_err(|_| JweError::Failed)?;
    Ok(wrapped)
}

/// Unwraps a content key of this length.
pub(super) fn unwrap(wrapping_key: &[u8], wrapped: &[u8], length: usize) -> Option<Zeroizing<Vec<u8>>> {
    if wrapped.len() != length + WRAPPED {
        return None;
    }
    let kek = AesKek::new(&AES_256, wrapping_key).ok()?;
    let mut key = Zeroizing::new(vec![0; length]);
    kek.unwrap(wrapped, &mut key).ok()?;
    Some(key)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn jwk(json: serde_json::Value) -> Jwk {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn rfc7518_appendix_c() {
        let alice = jwk(json!({"kty": "EC", "crv": "P-256",
            "x": "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0",
            "y": "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps"}));
        let bob = b64::decode("VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw").unwrap();
        let bob = PrivateKey::from_private_key(&ECDH_P256, &bob).unwrap();
        let info = Info {
            alg: JweAlg::EcdhEs,
            enc: JweEnc::A128Gcm,
            sender: b"Alice",
            recipient: b"Bob",
        };
        let key = agree(&bob, &Curve::P256.parse(&alice).unwrap(), &info).unwrap();
        assert_eq!(b64::encode(&*key), "VqqN6vgjbSBcIijNcacQGg");
    }

    #[test]
    fn rfc3394_section_4_6() {
        let wrapping_key: Vec<u8> = (0..32).collect();
        let key: Vec<u8> = (0..16).map(|n| n * 0x11).chain(0..16).collect();
        let wrapped = wrap(&wrapping_key, &key).unwrap();
        assert_eq!(
            wrapped,
            [
                0x28, 0xC9, 0xF4, 0x04, 0xC4, 0xB8, 0x10, 0xF4, 0xCB, 0xCC, 0xB3, 0x5C, 0xFB, 0x87, 0xF8, 0x26, 0x3F,
                0x57, 0x86, 0xE2, 0xD8, 0x0E, 0xD3, 0x26, 0xCB, 0xC7, 0xF0, 0xE7, 0x1A, 0x99, 0xF4, 0x3B, 0xFB, 0x98,
                0x8B, 0x9B, 0x7A, 0x02, 0xDD, 0x21
            ]
        );
        assert_eq!(unwrap(&wrapping_key, &wrapped, 32).unwrap().as_slice(), key);
        assert!(unwrap(&wrapping_key, &wrapped, 16).is_none());
        assert!(unwrap(&[7; 32], &wrapped, 32).is_none());
    }

    #[test]
    fn a_point_off_the_curve_is_no_key() {
        let on = json!({"kty": "EC", "crv": "P-256",
            "x": "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0",
            "y": "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps"});
        assert!(Curve::P256.parse(&jwk(on.clone())).is_some());
        let mut off = on.clone();
        off["y"] = on["x"].clone();
        assert!(Curve::P256.parse(&jwk(off)).is_none());
        let mut short = on;
        short["y"] = "AA".into();
        assert!(Curve::P256.parse(&jwk(short)).is_none());
    }

    /// With a point of small order the agreed secret would be known to everybody (RFC 7748 §6.1).
    #[test]
    fn a_point_of_small_order_agrees_on_nothing() {
        let zero = jwk(json!({"kty": "OKP", "crv": "X25519", "x": b64::encode([0; 32])}));
        let private = PrivateKey::generate(&X25519).unwrap();
        let info = Info {
            alg: JweAlg::EcdhEs,
            enc: JweEnc::A128Gcm,
            sender: b"",
            recipient: b"",
        };
        let agreed = agree(&private, &Curve::X25519.parse(&zero).unwrap(), &info);
        assert_eq!(agreed.err(), Some(JweError::UnfitKey));
    }
}
