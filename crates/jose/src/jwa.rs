//! The algorithms that are used at all: for signatures and for encryption.
//! Spec: RFC 7518 §3.3–3.5, §4.3, §4.6, §5.2, §5.3, RFC 8037 §3.1
//!
//! Accepted: RS256, PS256, ES256 and `EdDSA` with Ed25519. Deliberately not: `none`, HMAC (a verifier that
//! knows both kinds can be made to take a public key for a secret; see `mac.rs`), SHA-384 and SHA-512 variants, Ed448.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An asymmetric signature algorithm, by its JOSE name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SigningAlg {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    #[serde(rename = "RS256")]
    Rs256,
    /// RSASSA-PSS with SHA-256 and a salt of 32 bytes.
    #[serde(rename = "PS256")]
    Ps256,
    /// ECDSA on P-256 with SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// `EdDSA` on Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
}

/// The name is not one of [`SigningAlg::ALL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not one of RS256, PS256, ES256, EdDSA")]
pub struct UnknownAlg;

impl SigningAlg {
    /// Every algorithm, in the order in which metadata lists them.
    pub const ALL: [Self; 4] = [Self::Rs256, Self::Ps256, Self::Es256, Self::EdDsa];

    /// The name in the header parameter `alg`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The algorithm of that name. Names are case-sensitive (RFC 7515 §4.1.1).
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|alg| alg.as_str() == name)
    }

    /// The key type (`kty`) that the algorithm needs.
    pub fn key_type(self) -> &'static str {
        match self {
            Self::Rs256 | Self::Ps256 => "RSA",
            Self::Es256 => "EC",
            Self::EdDsa => "OKP",
        }
    }
}

impl fmt::Display for SigningAlg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for SigningAlg {
    type Err = UnknownAlg;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::parse(name).ok_or(UnknownAlg)
    }
}

/// How the key of an encrypted token reaches its recipient, by its JOSE name (RFC 7518 §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum JweAlg {
    /// RSAES OAEP with SHA-256 and MGF1 with SHA-256.
    #[serde(rename = "RSA-OAEP-256")]
    RsaOaep256,
    /// Elliptic curve Diffie-Hellman, ephemeral-static; the agreed key encrypts.
    #[serde(rename = "ECDH-ES")]
    EcdhEs,
    /// The same; the agreed key wraps the key that encrypts.
    #[serde(rename = "ECDH-ES+A256KW")]
    EcdhEsA256Kw,
}

impl JweAlg {
    /// Every algorithm, in the order in which metadata lists them.
    pub const ALL: [Self; 3] = [Self::RsaOaep256, Self::EcdhEs, Self::EcdhEsA256Kw];

    /// The name in the header parameter `alg`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RsaOaep256 => "RSA-OAEP-256",
            Self::EcdhEs => "ECDH-ES",
            Self::EcdhEsA256Kw => "ECDH-ES+A256KW",
        }
    }

    /// The algorithm of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|alg| alg.as_str() == name)
    }

    /// The keys that it can encrypt to, for people.
    pub const fn key_types(self) -> &'static str {
        match self {
            Self::RsaOaep256 => "RSA (2048 bits or more)",
            Self::EcdhEs | Self::EcdhEsA256Kw => "EC (P-256) or OKP (X25519)",
        }
    }
}

/// How the content of an encrypted token is encrypted, by its JOSE name (RFC 7518 §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum JweEnc {
    /// AES-128 in Galois/Counter Mode.
    #[serde(rename = "A128GCM")]
    A128Gcm,
    /// AES-256 in Galois/Counter Mode.
    #[serde(rename = "A256GCM")]
    A256Gcm,
    /// AES-128 in CBC mode with HMAC SHA-256: the default of OpenID Connect Registration §2.
    #[default]
    #[serde(rename = "A128CBC-HS256")]
    A128CbcHs256,
    /// AES-256 in CBC mode with HMAC SHA-512.
    #[serde(rename = "A256CBC-HS512")]
    A256CbcHs512,
}

impl JweEnc {
    /// Every algorithm, in the order in which metadata lists them.
    pub const ALL: [Self; 4] = [Self::A128Gcm, Self::A256Gcm, Self::A128CbcHs256, Self::A256CbcHs512];

    /// The name in the header parameter `enc`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::A128Gcm => "A128GCM",
            Self::A256Gcm => "A256GCM",
            Self::A128CbcHs256 => "A128CBC-HS256",
            Self::A256CbcHs512 => "A256CBC-HS512",
        }
    }

    /// The algorithm of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|enc| enc.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::{JweAlg, JweEnc, SigningAlg};

    // Conformance: F1A-ALG-03
    #[test]
    fn names_of_encryption_go_both_ways() {
        for alg in JweAlg::ALL {
            assert_eq!(JweAlg::parse(alg.as_str()), Some(alg));
            assert_eq!(serde_json::to_value(alg).unwrap(), alg.as_str());
        }
        for enc in JweEnc::ALL {
            assert_eq!(JweEnc::parse(enc.as_str()), Some(enc));
            assert_eq!(serde_json::to_value(enc).unwrap(), enc.as_str());
        }
        assert_eq!(JweAlg::parse("RSA1_5"), None);
        assert_eq!(JweAlg::parse("dir"), None);
        assert_eq!(JweEnc::parse("A192GCM"), None);
    }

    #[test]
    fn names_go_both_ways() {
        for alg in SigningAlg::ALL {
            assert_eq!(SigningAlg::parse(alg.as_str()), Some(alg));
            let json = serde_json::to_string(&alg).unwrap();
            assert_eq!(json, format!("\"{alg}\""));
            assert_eq!(serde_json::from_str::<SigningAlg>(&json).unwrap(), alg);
        }
    }

    #[test]
    fn none_hmac_and_other_spellings_are_unknown() {
        for name in ["none", "HS256", "rs256", "RS384", "ES512", "RSA1_5", ""] {
            assert_eq!(SigningAlg::parse(name), None, "{name}");
            assert!(serde_json::from_value::<SigningAlg>(name.into()).is_err());
        }
    }
}
