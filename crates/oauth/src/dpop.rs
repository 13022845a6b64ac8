//! The proofs that clients bring to the endpoints of this server.
//!
//! Spec: RFC 9449 §5, §7, §8, §9, §10.1 and §11
//!
//! A proof is checked before anything else about the client, its nonce included, and used up when it is known who brings
//! it: a refused proof, or one that still needs a nonce, costs nothing, and a stranger cannot fill the memory of proofs.
//! Which proofs may come without a nonce, `realm/src/node.rs` knows.

use explanation::{Explain, Explanation, catalogue::dpop as catalogue};
use protocol::{
    ErrorCode, SecurityProfile,
    dpop::{NonceUse, Proof, ProofCheck, ProofError, TargetUri, Unseen},
};
use realm::{RealmContext, trail};

use crate::Fault;

/// Why a proof is not taken.
#[derive(Debug, thiserror::Error)]
pub enum ProofRefusal {
    /// It is not right.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// It has no nonce, an old one, or that of another node.
    #[error("the DPoP proof must hold the nonce that comes in the header DPoP-Nonce of this answer")]
    NonceNeeded,
    /// More came in the last minutes than can be remembered.
    #[error("too many DPoP proofs were used in the last minutes")]
    TooMany,
    /// A failure of this server.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl ProofRefusal {
    /// The registered error code (§5, §8).
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Proof(error) => error.code(),
            Self::NonceNeeded => ErrorCode::UseDpopNonce,
            Self::TooMany => ErrorCode::TemporarilyUnavailable,
            Self::Fault(fault) if fault.is_temporary() => ErrorCode::TemporarilyUnavailable,
            Self::Fault(_) => ErrorCode::ServerError,
        }
    }
}

impl Explain for ProofRefusal {
    fn explanation(&self) -> Explanation {
        let reason = match self {
            Self::Proof(error) => return error.explanation(),
            Self::NonceNeeded => &catalogue::NONCE_NEEDED,
            Self::TooMany => &catalogue::TOO_MANY,
            Self::Fault(fault) => return fault.explanation(),
        };
        reason.into()
    }
}

/// Where a request is sent, as its proof must name it.
#[derive(Clone, Copy, Debug)]
pub enum Place<'a> {
    /// To an endpoint of this server, at this path below the issuer.
    Endpoint(&'a str),
    /// To an API, at this URL.
    Api(&'a str),
}

/// A request as far as a proof is about it.
#[derive(Clone, Copy, Debug)]
pub struct ProofRequest<'a> {
    /// All `DPoP` headers.
    pub headers: &'a [&'a str],
    /// The method.
    pub method: &'a str,
    /// Where it is sent.
    pub place: Place<'a>,
    /// The access token beside the proof: there is one where the endpoint takes tokens.
    pub access_token: Option<&'a str>,
}

impl ProofRequest<'_> {
    const fn nonce_use(&self) -> NonceUse {
        match self.access_token {
            Some(_) => NonceUse::ResourceServer,
            None => NonceUse::AuthorizationServer,
        }
    }
}

/// Checks the proof of a request; `None`: it brings none. Nothing is used up.
pub(crate) async fn check(realm: &RealmContext, request: &ProofRequest<'_>) -> Result<Option<Proof>, ProofRefusal> {
    if request.headers.is_empty() {
        return Ok(None);
    }
    let targets = targets(realm, request.place);
    let check = ProofCheck {
        method: request.method,
        targets: &targets,
        access_token: request.access_token,
        algs: &jose::SigningAlg::ALL,
        now: realm.now(),
    };
    let Some(proof) = check.check(request.headers)? else {
        return Ok(None);
    };
    for check in [&catalogue::SIGNED, &catalogue::FOR_THIS_REQUEST, &catalogue::FRESH] {
        trail::passed(check);
    }
    check_nonce(realm, request.nonce_use(), &proof).await?;
    trail::passed(&catalogue::NONCE);
    if realm.node.has_seen(&proof) {
        return Err(ProofError::Used.into());
    }
    Ok(Some(proof))
}

/// The names of an endpoint: below the issuer, and where connections with certificates go (RFC 8705 §5). An API has one.
fn targets(realm: &RealmContext, place: Place<'_>) -> Vec<TargetUri> {
    match place {
        Place::Endpoint(path) => realm.urls(path).filter_map(|name| TargetUri::parse(&name)).collect(),
        Place::Api(url) => TargetUri::parse(url).into_iter().collect(),
    }
}

/// "If the nonce claim in the DPoP proof does not exactly match a nonce recently supplied […], the authorization server
/// MUST reject the request" (§8).
async fn check_nonce(realm: &RealmContext, what_for: NonceUse, proof: &Proof) -> Result<(), ProofRefusal> {
    let (issuer, now) = (realm.issuer(), realm.now());
    let is_taken = match proof.nonce() {
        Some(nonce) => realm.node.gave(issuer, what_for, nonce, now),
        None if realm.realm.dpop_nonces => false,
        None => realm
            .node
            .holds_lease(&realm.store, issuer, now)
            .await
            .map_err(Fault::from)?,
    };
    if is_taken {
        Ok(())
    } else {
        Err(ProofRefusal::NonceNeeded)
    }
}

/// Checks that a client may sign as it has signed its proof: §4.3-5, "acceptable per local policy".
pub(crate) fn check_alg(profile: &SecurityProfile, proof: &Proof) -> Result<(), ProofRefusal> {
    if profile.signing_algs.contains(&proof.alg()) {
        Ok(())
    } else {
        Err(ProofError::Algorithm.into())
    }
}

/// Uses a proof up, now that it is known who brings it.
pub(crate) fn use_up(realm: &RealmContext, proof: &Proof) -> Result<(), ProofRefusal> {
    match realm.node.remember(proof, realm.now()) {
        Unseen::Now => {
            trail::passed(&catalogue::ONCE);
            Ok(())
        }
        Unseen::Before => Err(ProofError::Used.into()),
        Unseen::Full => Err(ProofRefusal::TooMany),
    }
}
