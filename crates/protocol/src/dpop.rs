//! Proofs of possession: a JWT that a client makes for one request, with a key that its tokens are bound to.
//!
//! Spec: RFC 9449 §4.2, §4.3 and §11.1, FAPI 2.0 Security Profile §5.3.2.1-13
//!
//! Accepted: headers and claims that are not known here, `nbf` and `exp` among them; an `htu` with query and fragment, or
//! in another spelling of the same URL; times with fractions. Not accepted: more than one header, a private key, an
//! algorithm that is not allowed, a proof of more than [`LONGEST_PROOF`] bytes. Whether the proof was seen before, and
//! whether its nonce is one that was given out, are questions for whoever keeps state: see [`SeenProofs`] and
//! [`NonceKey`].

mod nonce;
mod seen;
mod target;

use explanation::{Explain, Explanation, catalogue::dpop};
use jose::{JwsError, SelfSigned, SelfSignedError, SigningAlg, UnverifiedJwt, b64, sha256, sha256_of_parts};
use serde_json::{Map, Value};

pub use self::{
    nonce::{NONCE_LIFETIME, NonceKey, NonceUse},
    seen::{SeenProofs, Unseen},
    target::TargetUri,
};

use crate::{ErrorCode, assertion::MAX_AHEAD, explained::of_jws, numeric_date};

/// The header field with the proof.
pub const HEADER: &str = "DPoP";
/// The header field by which a server gives out a nonce (§8).
pub const NONCE_HEADER: &str = "DPoP-Nonce";
/// The authentication scheme, and the `token_type` (§5, §7.1).
pub const SCHEME: &str = "DPoP";
/// The `typ` of a proof (§4.2).
pub const TYP: &str = "dpop+jwt";
/// The longest proof that is looked at, in bytes: an RSA key of 8192 bits and its signature leave more than half of it.
pub const LONGEST_PROOF: usize = 8 * 1024;
/// For how long a proof can be used after it was made, in seconds.
pub const MAX_AGE: i64 = 60;
/// For how long a proof must be remembered that was just used, in seconds: it may have been made by a clock that is ahead.
pub const WINDOW: i64 = MAX_AGE + MAX_AHEAD;

/// What is wrong with a proof. The texts tell the client's developer what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// §4.3-1.
    #[error("more than one DPoP header was sent")]
    Repeated,
    /// Longer than anything that is needed.
    #[error("the DPoP proof is longer than {LONGEST_PROOF} bytes")]
    TooLong,
    /// §4.3-2, -5, -6: no JWT, or its algorithm, key or signature.
    #[error("the DPoP proof is not valid: {0}")]
    Jwt(#[from] SelfSignedError),
    /// §4.3-4.
    #[error("the DPoP proof needs the header typ with the value {TYP}")]
    Type,
    /// §4.3-5: an algorithm that this client may not use.
    #[error("the DPoP proof is signed by an algorithm that is not allowed here; see dpop_signing_alg_values_supported")]
    Algorithm,
    /// §4.3-3.
    #[error("the DPoP proof has no {0}")]
    Missing(&'static str),
    /// A claim of the wrong type.
    #[error("the claim {0} of the DPoP proof is malformed")]
    Malformed(&'static str),
    /// §4.3-8.
    #[error("the DPoP proof is for another HTTP method (htm)")]
    Method,
    /// §4.3-9.
    #[error("the DPoP proof is for another URL (htu)")]
    Target,
    /// §4.3-11.
    #[error("the DPoP proof is too old: make a new one for each request")]
    Old,
    /// §4.3-11.
    #[error("the DPoP proof was made in the future (iat): check the clock")]
    NotYet,
    /// §4.3-12.
    #[error("the DPoP proof is for another access token (ath)")]
    AccessToken,
    /// §11.1.
    #[error("the DPoP proof was used before: make a new one, with a jti of its own, for each request")]
    Used,
}

impl ProofError {
    /// "`invalid_dpop_proof` is used to indicate that the DPoP proof itself was deemed invalid" (§7.1).
    pub const fn code(&self) -> ErrorCode {
        ErrorCode::InvalidDpopProof
    }
}

impl Explain for ProofError {
    fn explanation(&self) -> Explanation {
        let reason = match self {
            Self::Repeated => &dpop::REPEATED,
            Self::TooLong => &dpop::TOO_LONG,
            Self::Jwt(SelfSignedError::NoKey | SelfSignedError::BadKey) => &dpop::NO_KEY,
            Self::Jwt(SelfSignedError::PrivateKey) => &dpop::PRIVATE_KEY,
            Self::Jwt(SelfSignedError::Jws(error)) => of_jws(*error),
            Self::Type => return Explanation::from(&dpop::TYPE).expected(TYP),
            Self::Algorithm => &dpop::ALGORITHM,
            Self::Missing(name) => return Explanation::from(&dpop::MISSING_CLAIM).expected(name),
            Self::Malformed(name) => return Explanation::from(&dpop::MALFORMED_CLAIM).found(name),
            Self::Method => &dpop::METHOD,
            Self::Target => &dpop::TARGET,
            Self::Old => &dpop::OLD,
            Self::NotYet => &dpop::NOT_YET,
            Self::AccessToken => &dpop::ACCESS_TOKEN,
            Self::Used => &dpop::USED,
        };
        reason.into()
    }
}

impl From<JwsError> for ProofError {
    fn from(error: JwsError) -> Self {
        Self::Jwt(error.into())
    }
}

/// The request that a proof must be for.
#[derive(Clone, Copy, Debug)]
pub struct ProofCheck<'a> {
    /// Its method.
    pub method: &'a str,
    /// The names of its URL: a server may be known by two.
    pub targets: &'a [TargetUri],
    /// The access token that it brings; none where a token is asked for.
    pub access_token: Option<&'a str>,
    /// The algorithms that are taken.
    pub algs: &'a [SigningAlg],
    /// Now, unix seconds.
    pub now: i64,
}

/// A proof that is right in itself. Made only by [`ProofCheck::check`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    jkt: String,
    alg: SigningAlg,
    nonce: Option<String>,
    iat: i64,
    id: [u8; 32],
}

impl Proof {
    /// The thumbprint of the key (`jkt`, RFC 9449 §6.1).
    pub fn jkt(&self) -> &str {
        &self.jkt
    }

    /// The algorithm that it was signed with.
    pub const fn alg(&self) -> SigningAlg {
        self.alg
    }

    /// The nonce in it.
    pub fn nonce(&self) -> Option<&str> {
        self.nonce.as_deref()
    }

    /// When it was made, unix seconds, by the client's clock.
    pub const fn iat(&self) -> i64 {
        self.iat
    }

    /// What tells it from every other one: a hash of its key, its `jti`, and what it is for. The key is in it so that
    /// nobody can use up the `jti` of somebody else.
    pub const fn id(&self) -> &[u8; 32] {
        &self.id
    }
}

impl ProofCheck<'_> {
    /// Checks the proof in the `DPoP` header fields of a request. `None`: there is no such header.
    pub fn check(&self, headers: &[&str]) -> Result<Option<Proof>, ProofError> {
        match headers {
            [] => Ok(None),
            [proof] => self.check_one(proof).map(Some),
            _ => Err(ProofError::Repeated),
        }
    }

    fn check_one(&self, proof: &str) -> Result<Proof, ProofError> {
        if proof.len() > LONGEST_PROOF {
            return Err(ProofError::TooLong);
        }
        let proof = UnverifiedJwt::parse(proof)?;
        // RFC 8725 §3.11: what was signed for something else is no proof.
        if proof.header().typ.as_deref() != Some(TYP) {
            return Err(ProofError::Type);
        }
        let signed = SelfSigned::verify(&proof, self.algs)?;
        let claims = &signed.verified.claims;
        let (jti, htm, htu) = (text(claims, "jti")?, text(claims, "htm")?, text(claims, "htu")?);
        let iat = time(claims, "iat")?;
        // RFC 9110 §9.1: a method is case-sensitive.
        if htm != self.method {
            return Err(ProofError::Method);
        }
        let target = self.target(htu)?;
        self.check_time(iat)?;
        self.check_access_token(claims)?;
        Ok(Proof {
            id: sha256_of_parts([signed.thumbprint.as_str(), jti, htm, target.as_str()].map(str::as_bytes)),
            jkt: signed.thumbprint,
            alg: signed.alg,
            nonce: claims
                .get("nonce")
                .map(|_| text(claims, "nonce"))
                .transpose()?
                .map(str::to_owned),
            iat,
        })
    }

    /// The one of the names that `htu` is. They are in their one spelling, so what is the same text needs no reading.
    fn target(&self, htu: &str) -> Result<&TargetUri, ProofError> {
        if let Some(target) = self.targets.iter().find(|target| target.as_str() == htu) {
            return Ok(target);
        }
        let named = TargetUri::parse(htu).ok_or(ProofError::Malformed("htu"))?;
        self.targets
            .iter()
            .find(|target| **target == named)
            .ok_or(ProofError::Target)
    }

    /// "servers MUST only accept DPoP proofs for a limited time after their creation" (§11.1).
    fn check_time(&self, iat: i64) -> Result<(), ProofError> {
        if iat > self.now.saturating_add(MAX_AHEAD) {
            return Err(ProofError::NotYet);
        }
        if iat < self.now.saturating_sub(MAX_AGE) {
            return Err(ProofError::Old);
        }
        Ok(())
    }

    fn check_access_token(&self, claims: &Map<String, Value>) -> Result<(), ProofError> {
        let Some(token) = self.access_token else {
            return Ok(());
        };
        let hash = b64::encode(sha256(token.as_bytes()));
        if jose::constant_time_eq(hash.as_bytes(), text(claims, "ath")?.as_bytes()) {
            Ok(())
        } else {
            Err(ProofError::AccessToken)
        }
    }
}

fn text<'a>(claims: &'a Map<String, Value>, name: &'static str) -> Result<&'a str, ProofError> {
    match claims.get(name) {
        None => Err(ProofError::Missing(name)),
        Some(Value::String(text)) if !text.is_empty() => Ok(text),
        Some(_) => Err(ProofError::Malformed(name)),
    }
}

fn time(claims: &Map<String, Value>, name: &'static str) -> Result<i64, ProofError> {
    let value = claims.get(name).ok_or(ProofError::Missing(name))?;
    numeric_date::seconds(value).ok_or(ProofError::Malformed(name))
}

#[cfg(test)]
mod tests;
