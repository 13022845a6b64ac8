//! A signed JWT in compact form, before and after its signature was checked.
//! Spec: RFC 7515 §3.1, §4.1, §5.2; RFC 7519 §7.2; RFC 8725 §3
//!
//! Accepted: three base64url parts, header and payload JSON objects without duplicate members, at most
//! [`MAX_JWT_BYTES`]. Deliberately not: the JSON serialisation, detached or unencoded payloads, JWE, keys
//! or URLs of keys in the header (`jku`, `x5c`, `x5u` are never looked at; `jwk` is kept for what is about that key, see
//! [`SelfSigned`](crate::SelfSigned)).

use serde_json::{Map, Value};

use crate::{b64, strict_json};

/// The longest token that is looked at, in bytes.
pub const MAX_JWT_BYTES: usize = 16 * 1024;

/// Why a token is not a validly signed JWT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JwsError {
    /// Longer than [`MAX_JWT_BYTES`].
    #[error("the token is too long")]
    TooLong,
    /// Not three parts of base64url.
    #[error("the token is not a compact JWS")]
    NotCompact,
    /// The header is no JSON object with a string `alg`, or one of its members is repeated or of the wrong type.
    #[error("the header is malformed")]
    BadHeader,
    /// The payload is no JSON object, or one of its members is repeated.
    #[error("the payload is not a JSON object with unique members")]
    BadClaims,
    /// The header has `crit`: extensions that are not understood here (RFC 7515 §4.1.11).
    #[error("the header demands extensions (`crit`)")]
    CriticalExtension,
    /// `alg` is unknown, `none`, or not among those allowed here.
    #[error("the algorithm is not allowed")]
    AlgNotAllowed,
    /// No key of the set has this `kid`; or there is no `kid`, and no key fits the algorithm. The set may be
    /// out of date.
    #[error("no key of the set is named by the token")]
    UnknownKey,
    /// The key of this `kid` is of another type, for another algorithm or use, too weak, or malformed.
    #[error("the key does not fit the algorithm")]
    UnfitKey,
    /// The signature does not verify.
    #[error("the signature is wrong")]
    BadSignature,
}

/// The header parameters that matter. Anything else in the header is ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JwsHeader {
    /// `alg` as sent; it may be `none` or anything else.
    pub alg: String,
    /// `kid`: which key.
    pub kid: Option<String>,
    /// `typ`: what kind of token.
    pub typ: Option<String>,
    /// Whether there is a `crit`, whatever is in it.
    pub crit: bool,
}

impl JwsHeader {
    fn from_members(members: &Map<String, Value>) -> Result<Self, JwsError> {
        let text = |name: &str| match members.get(name) {
            None => Ok(None),
            Some(Value::String(value)) => Ok(Some(value.clone())),
            Some(_) => Err(JwsError::BadHeader),
        };
        Ok(Self {
            alg: text("alg")?.ok_or(JwsError::BadHeader)?,
            kid: text("kid")?,
            typ: text("typ")?,
            crit: members.contains_key("crit"),
        })
    }
}

/// A JWT of which nothing is known but its form. It has no `Debug`: it may be somebody's access token.
pub struct UnverifiedJwt {
    header: JwsHeader,
    /// The member `jwk` of the header, whatever it is.
    own_key: Option<Value>,
    claims: Map<String, Value>,
    /// Header and payload as they were sent, with the dot between them.
    signing_input: Vec<u8>,
    signature: Vec<u8>,
}

impl UnverifiedJwt {
    /// Takes a compact JWS apart.
    pub fn parse(token: &str) -> Result<Self, JwsError> {
        if token.len() > MAX_JWT_BYTES {
            return Err(JwsError::TooLong);
        }
        let (signing_input, signature) = token.rsplit_once('.').ok_or(JwsError::NotCompact)?;
        let (header, claims) = signing_input.split_once('.').ok_or(JwsError::NotCompact)?;
        // A further dot is not in the alphabet, so the five parts of a JWE fail here.
        let header = b64::decode(header).ok_or(JwsError::NotCompact)?;
        let claims = b64::decode(claims).ok_or(JwsError::NotCompact)?;
        let signature = b64::decode(signature).ok_or(JwsError::NotCompact)?;
        let mut header = strict_json::object(&header).ok_or(JwsError::BadHeader)?;
        Ok(Self {
            header: JwsHeader::from_members(&header)?,
            own_key: header.remove("jwk"),
            claims: strict_json::object(&claims).ok_or(JwsError::BadClaims)?,
            signing_input: signing_input.as_bytes().to_vec(),
            signature,
        })
    }

    /// The header. Nothing in it is trustworthy yet.
    pub fn header(&self) -> &JwsHeader {
        &self.header
    }

    /// The claims, which anybody may have written: good for finding out whose keys to ask for, and no more.
    pub fn claims_unverified(&self) -> &Map<String, Value> {
        &self.claims
    }

    pub(crate) fn own_key(&self) -> Option<&Value> {
        self.own_key.as_ref()
    }

    pub(crate) fn signing_input(&self) -> &[u8] {
        &self.signing_input
    }

    pub(crate) fn signature(&self) -> &[u8] {
        &self.signature
    }
}

/// What a valid signature covers. Only [`KeySet::verify`](crate::KeySet::verify),
/// [`MacKey::verify`](crate::MacKey::verify) and [`SelfSigned::verify`](crate::SelfSigned::verify) make one. Issuer, audience and times are still to be checked.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Verified {
    /// The header.
    pub header: JwsHeader,
    /// The claims.
    pub claims: Map<String, Value>,
}

impl Verified {
    pub(crate) fn from_checked(token: &UnverifiedJwt) -> Self {
        Self {
            header: token.header.clone(),
            claims: token.claims.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{JwsError, MAX_JWT_BYTES, UnverifiedJwt};
    use crate::b64;

    fn token(header: &str, claims: &str) -> String {
        format!("{}.{}.{}", b64::encode(header), b64::encode(claims), b64::encode("s"))
    }

    fn error(token: &str) -> JwsError {
        UnverifiedJwt::parse(token).err().expect("is refused")
    }

    #[test]
    fn header_and_claims_are_readable() {
        let jwt = UnverifiedJwt::parse(&token(
            r#"{"alg":"none","kid":"k","typ":"at+jwt","crit":[],"x":1}"#,
            r#"{"iss":"https://id.example"}"#,
        ))
        .ok()
        .unwrap();
        assert_eq!(jwt.header().alg, "none");
        assert_eq!(jwt.header().kid.as_deref(), Some("k"));
        assert_eq!(jwt.header().typ.as_deref(), Some("at+jwt"));
        assert!(jwt.header().crit);
        assert_eq!(jwt.claims_unverified()["iss"], "https://id.example");
    }

    #[test]
    fn only_three_parts_of_base64url_are_a_compact_jws() {
        let good = token(r#"{"alg":"ES256"}"#, "{}");
        assert!(UnverifiedJwt::parse(&good).is_ok());
        for bad in [
            String::new(),
            "..".to_owned() + ".",
            "a.b".to_owned(),
            good.clone() + ".AA.AA",
            good.clone() + "=",
            format!(" {good}"),
        ] {
            assert_eq!(error(&bad), JwsError::NotCompact, "{bad}");
        }
    }

    #[test]
    fn a_header_without_alg_or_with_repeated_or_mistyped_members_is_refused() {
        for header in [
            "{}",
            "[]",
            r#"{"alg":1}"#,
            r#"{"alg":"RS256","alg":"none"}"#,
            r#"{"alg":"RS256","kid":1}"#,
            r#"{"alg":"RS256","typ":null}"#,
        ] {
            assert_eq!(error(&token(header, "{}")), JwsError::BadHeader, "{header}");
        }
    }

    #[test]
    fn claims_must_be_an_object_with_unique_members() {
        for claims in ["[]", "\"x\"", r#"{"sub":"a","sub":"b"}"#, "{"] {
            assert_eq!(
                error(&token(r#"{"alg":"RS256"}"#, claims)),
                JwsError::BadClaims,
                "{claims}"
            );
        }
    }

    #[test]
    fn the_size_is_limited() {
        let frame = token(r#"{"alg":"RS256"}"#, r#"{"x":""}"#).len();
        let filler = |n: usize| "a".repeat(n);
        let fits = token(
            r#"{"alg":"RS256"}"#,
            &format!(r#"{{"x":"{}"}}"#, filler((MAX_JWT_BYTES - frame) / 4 * 3)),
        );
        assert!(fits.len() <= MAX_JWT_BYTES);
        assert!(UnverifiedJwt::parse(&fits).is_ok());
        assert_eq!(error(&filler(MAX_JWT_BYTES + 1)), JwsError::TooLong);
    }
}
