//! One public key as JSON.
//! Spec: RFC 7517 §4, RFC 7518 §6, RFC 8037 §2, RFC 7638 (thumbprint)
//!
//! Accepted: the public members of RSA, EC and OKP keys; other members are ignored. Deliberately not: any
//! private or symmetric member. Whoever sends one has given a secret away, and must hear of it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{b64, sha256};

/// RFC 7518 §3.3, §3.5, §4.3: "A key of size 2048 bits or larger MUST be used".
const MIN_RSA_BYTES: usize = 2048 / 8;
/// Larger keys only cost time.
const MAX_RSA_BYTES: usize = 8192 / 8;

/// A public key. Members that the server has no use for are dropped when it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "JwkMembers")]
pub struct Jwk {
    /// Key type: `RSA`, `EC` or `OKP`; others are kept but fit no algorithm.
    pub kty: String,
    /// Curve of an EC or OKP key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crv: Option<String>,
    /// X coordinate (EC) or the public key itself (OKP), base64url.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x: Option<String>,
    /// Y coordinate (EC), base64url.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub y: Option<String>,
    /// RSA modulus, big-endian without leading zeros, base64url.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<String>,
    /// RSA public exponent, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub e: Option<String>,
    /// Key id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// The only algorithm the key is for, if it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alg: Option<String>,
    /// `sig` or `enc`, if it says so.
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    pub use_: Option<String>,
    /// The certificate of the key, and those that vouch for it: base64 of DER (RFC 7517 §4.7).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub x5c: Vec<String>,
}

/// Why a key cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JwkError {
    /// A member of a private or symmetric key was present.
    #[error("the key contains the private member `{0}`; only public keys may be given")]
    PrivateMember(&'static str),
    /// A member that the key type needs is missing.
    #[error("the key has no `{0}`")]
    Missing(&'static str),
    /// The key type is none of RSA, EC and OKP.
    #[error("the key type `{0}` is not supported")]
    KeyType(String),
}

impl Jwk {
    /// An RSA key by its modulus and exponent, big-endian without leading zeros.
    pub fn rsa(n: &[u8], e: &[u8]) -> Self {
        Self {
            n: Some(b64::encode(n)),
            e: Some(b64::encode(e)),
            ..Self::of_type("RSA")
        }
    }

    /// A key on P-256 by its coordinates.
    pub fn p256(x: &[u8], y: &[u8]) -> Self {
        Self {
            crv: Some("P-256".to_owned()),
            x: Some(b64::encode(x)),
            y: Some(b64::encode(y)),
            ..Self::of_type("EC")
        }
    }

    pub(crate) fn of_type(kty: &str) -> Self {
        Self {
            kty: kty.to_owned(),
            crv: None,
            x: None,
            y: None,
            n: None,
            e: None,
            kid: None,
            alg: None,
            use_: None,
            x5c: Vec::new(),
        }
    }

    /// Whether some JSON looks like a private or symmetric key.
    pub(crate) fn has_private_member(key: &Value) -> bool {
        key.as_object().and_then(private_member).is_some()
    }

    /// Modulus and exponent of an RSA key whose size is acceptable.
    pub(crate) fn rsa_components(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        let n = self.n.as_deref().and_then(b64::decode)?;
        let e = self.e.as_deref().and_then(b64::decode)?;
        (MIN_RSA_BYTES..=MAX_RSA_BYTES).contains(&n.len()).then_some((n, e))
    }

    /// The point of a P-256 key, uncompressed (SEC 1 §2.3.3). Whether it is on the curve, the library checks.
    pub(crate) fn p256_point(&self) -> Option<Vec<u8>> {
        let (x, y) = (coordinate(self.x.as_deref())?, coordinate(self.y.as_deref())?);
        Some([vec![4], x, y].concat())
    }

    /// The certificate that the key came in, in DER.
    pub fn certificate(&self) -> Option<Vec<u8>> {
        STANDARD.decode(self.x5c.first()?).ok()
    }

    /// Whether it is an RSA key that is too small for any algorithm here.
    pub fn is_too_small(&self) -> bool {
        let modulus = self.n.as_deref().and_then(b64::decode);
        self.kty == "RSA" && modulus.is_some_and(|n| n.len() < MIN_RSA_BYTES)
    }

    /// The thumbprint with SHA-256, base64url (RFC 7638 §3; RFC 8037 §2 for OKP keys).
    pub fn thumbprint(&self) -> Result<String, JwkError> {
        // RFC 7638 §3.2: the required members alone, in lexicographic order, without white space. Serde
        // writes a struct's members in the order of their declaration.
        #[derive(Serialize)]
        struct Required<'a> {
            #[serde(skip_serializing_if = "Option::is_none")]
            crv: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            e: Option<&'a str>,
            kty: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            n: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            x: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            y: Option<&'a str>,
        }
        let mut required = Required {
            crv: None,
            e: None,
            kty: &self.kty,
            n: None,
            x: None,
            y: None,
        };
        match self.kty.as_str() {
            "RSA" => {
                required.e = Some(member(self.e.as_deref(), "e")?);
                required.n = Some(member(self.n.as_deref(), "n")?);
            }
            "EC" => {
                required.crv = Some(member(self.crv.as_deref(), "crv")?);
                required.x = Some(member(self.x.as_deref(), "x")?);
                required.y = Some(member(self.y.as_deref(), "y")?);
            }
            "OKP" => {
                required.crv = Some(member(self.crv.as_deref(), "crv")?);
                required.x = Some(member(self.x.as_deref(), "x")?);
            }
            other => return Err(JwkError::KeyType(other.to_owned())),
        }
        // Strings always serialise; the error is carried only because the signature of serde has one.
        let json = serde_json::to_vec(&required).map_err(|_| JwkError::Missing("kty"))?;
        Ok(b64::encode(sha256(&json)))
    }
}

/// 32 bytes, as RFC 7518 §6.2.1.2 and RFC 8037 §2 want for these curves. The length is checked here because
/// the library would take other lengths for other encodings.
pub(crate) fn coordinate(value: Option<&str>) -> Option<Vec<u8>> {
    value.and_then(b64::decode).filter(|bytes| bytes.len() == 32)
}

/// Members of private and symmetric keys (RFC 7518 §6.2.2, §6.3.2, §6.4.1; `priv` of AKP keys).
const PRIVATE_MEMBERS: [&str; 9] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"];

fn private_member(members: &Map<String, Value>) -> Option<&'static str> {
    PRIVATE_MEMBERS.into_iter().find(|name| members.contains_key(*name))
}

fn member<'a>(value: Option<&'a str>, name: &'static str) -> Result<&'a str, JwkError> {
    value.ok_or(JwkError::Missing(name))
}

/// What is read, before it is known to be public.
#[derive(Deserialize)]
struct JwkMembers {
    kty: String,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    use_: Option<String>,
    #[serde(default)]
    x5c: Vec<String>,
    /// Everything else.
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl TryFrom<JwkMembers> for Jwk {
    type Error = JwkError;

    fn try_from(members: JwkMembers) -> Result<Self, Self::Error> {
        if let Some(name) = private_member(&members.rest) {
            return Err(JwkError::PrivateMember(name));
        }
        Ok(Self {
            kty: members.kty,
            crv: members.crv,
            x: members.x,
            y: members.y,
            n: members.n,
            e: members.e,
            kid: members.kid,
            alg: members.alg,
            use_: members.use_,
            x5c: members.x5c,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Jwk;

    #[test]
    fn rfc7638_section_3_1() {
        let jwk: Jwk = serde_json::from_value(json!({
            "kty": "RSA",
            "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
            "e": "AQAB",
            "alg": "RS256",
            "kid": "2011-04-29"
        }))
        .unwrap();
        assert_eq!(jwk.thumbprint().unwrap(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn rfc8037_appendix_a_3() {
        let jwk: Jwk = serde_json::from_value(json!({
            "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
        }))
        .unwrap();
        assert_eq!(jwk.thumbprint().unwrap(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn a_thumbprint_needs_every_required_member_of_a_known_type() {
        for jwk in [
            json!({"kty": "RSA", "n": "AQ"}),
            json!({"kty": "EC", "crv": "P-256", "x": "AQ"}),
            json!({"kty": "OKP", "x": "AQ"}),
            json!({"kty": "AKP", "pub": "AQ"}),
        ] {
            let jwk: Jwk = serde_json::from_value(jwk).unwrap();
            assert!(jwk.thumbprint().is_err(), "{jwk:?}");
        }
    }

    #[test]
    fn private_and_symmetric_members_are_refused_by_name() {
        for member in super::PRIVATE_MEMBERS {
            let mut jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": "AQ"});
            jwk[member] = json!("AQ");
            let error = serde_json::from_value::<Jwk>(jwk).unwrap_err();
            assert!(error.to_string().contains(&format!("`{member}`")), "{error}");
        }
    }

    #[test]
    fn unknown_members_are_dropped_and_absent_ones_are_not_written() {
        let jwk: Jwk = serde_json::from_value(json!({
            "kty": "OKP", "crv": "Ed25519", "x": "AQ", "use": "sig", "x5t": "abc"
        }))
        .unwrap();
        assert_eq!(
            serde_json::to_value(&jwk).unwrap(),
            json!({"kty": "OKP", "crv": "Ed25519", "x": "AQ", "use": "sig"})
        );
        assert_eq!(jwk.certificate(), None);
    }

    #[test]
    fn a_certificate_is_kept_with_its_key() {
        let with = |x5c: &str| json!({"kty": "EC", "crv": "P-256", "x": "AQ", "y": "AQ", "x5c": [x5c]});
        let jwk: Jwk = serde_json::from_value(with("MAA=")).unwrap();
        assert_eq!(jwk.certificate(), Some(vec![0x30, 0]));
        assert_eq!(serde_json::to_value(&jwk).unwrap(), with("MAA="));
        let url: Jwk = serde_json::from_value(with("MAA")).unwrap();
        assert_eq!(url.certificate(), None);
    }
}
