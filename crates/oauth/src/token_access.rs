//! Whether an access token opens an endpoint of this server (UserInfo, the management of grants), or an API behind it.
//!
//! Spec: RFC 6750 §2 and §3.1, RFC 8705 §3, RFC 9449 §7.1, §7.2 and §9, FAPI 2.0 Security Profile §5.3.4
//!
//! A token that is bound to a key is taken with that key alone: "such a protected resource MUST reject a DPoP-bound access
//! token received as a bearer token" (RFC 9449 §7.2), and one that is not bound is no token of the scheme DPoP.

use explanation::{Explain, Explanation, catalogue::token as catalogue};
use protocol::{
    ClientCertificate, Confirmation, ErrorCode, SecurityProfile,
    dpop::{Proof, ProofError},
    token_binding::TokenBindings,
    token_credentials::{TokenCredentials, TokenScheme},
};
use realm::{RealmContext, trail};

use crate::{
    Fault,
    dpop::{self, Place, ProofRefusal, ProofRequest},
    introspection::{self, LiveToken},
    issue::AccessToken,
};

/// Why a token opens nothing.
#[derive(Debug, thiserror::Error)]
pub enum AccessRefusal {
    /// No token at all: answered without an error code (RFC 6750 §3.1).
    #[error("no access token")]
    Missing,
    /// The token came in several ways, or in the query.
    #[error("send the access token once: in the Authorization header, or where it is allowed in the body of a POST")]
    Several,
    /// Not a token of this realm, expired or revoked.
    #[error("the access token is unknown, expired or revoked")]
    Invalid,
    /// Another key than the token's, or none.
    #[error(
        "the access token is bound to a key that this request does not prove: by the scheme DPoP, or by mutual TLS"
    )]
    Unproven,
    /// The scheme DPoP without a proof.
    #[error("send a proof of the token's key in the header DPoP")]
    ProofMissing,
    /// A proof that is not taken.
    #[error(transparent)]
    Proof(#[from] ProofRefusal),
    /// A failure of this server.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl AccessRefusal {
    /// The registered error code (RFC 6750 §3.1, RFC 9449 §7.1).
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Several => ErrorCode::InvalidRequest,
            Self::Missing | Self::Invalid | Self::Unproven => ErrorCode::InvalidToken,
            Self::ProofMissing => ErrorCode::InvalidDpopProof,
            Self::Proof(refusal) => refusal.code(),
            Self::Fault(fault) if fault.is_temporary() => ErrorCode::TemporarilyUnavailable,
            Self::Fault(_) => ErrorCode::ServerError,
        }
    }
}

impl Explain for AccessRefusal {
    fn explanation(&self) -> Explanation {
        let reason = match self {
            Self::Missing => &catalogue::MISSING,
            Self::Several => &catalogue::SEVERAL,
            Self::Invalid => &catalogue::INVALID,
            Self::Unproven => &catalogue::UNPROVEN,
            Self::ProofMissing => &catalogue::PROOF_MISSING,
            Self::Proof(refusal) => return refusal.explanation(),
            Self::Fault(fault) => return fault.explanation(),
        };
        reason.into()
    }
}

/// A request that brings an access token.
pub struct TokenRequest<'a> {
    /// The token.
    pub credentials: TokenCredentials,
    /// All `DPoP` headers.
    pub dpop: Vec<&'a str>,
    /// The method.
    pub method: &'a str,
    /// Where it is sent.
    pub place: Place<'a>,
    /// The certificate with which the client connected.
    pub certificate: Option<&'a ClientCertificate>,
    /// The keys that its connection proved by Token Binding.
    pub token_bindings: Option<&'a TokenBindings>,
}

/// What a request's token is worth now, if whoever sent it may use it.
pub async fn access(realm: &RealmContext, request: &TokenRequest<'_>) -> Result<LiveToken, AccessRefusal> {
    let text = request.credentials.token.as_str();
    let token = AccessToken::read(realm, text).ok_or(AccessRefusal::Invalid)?;
    let proof = match request.credentials.scheme {
        TokenScheme::Bearer => None,
        TokenScheme::Dpop => Some(check_proof(realm, request, text).await?),
    };
    trail::says_client(&token.client_id);
    let live = introspection::live(realm, token).await?.ok_or(AccessRefusal::Invalid)?;
    trail::passed(&catalogue::ALIVE);
    let proven = Confirmation {
        x5t_s256: request.certificate.map(ClientCertificate::thumbprint),
        jkt: proof.as_ref().map(|proof| proof.jkt().to_owned()),
        tbh: request.token_bindings.map(|bindings| bindings.provided.hash()),
    };
    check_binding(&live, &proven)?;
    trail::passed(&catalogue::PROVEN);
    if let Some(proof) = &proof {
        let profile: &SecurityProfile = live.client_metadata.profile_or(realm.realm.profile.0);
        dpop::check_alg(profile, proof)?;
        dpop::use_up(realm, proof)?;
    }
    Ok(live)
}

async fn check_proof(realm: &RealmContext, request: &TokenRequest<'_>, token: &str) -> Result<Proof, AccessRefusal> {
    let request = ProofRequest {
        headers: &request.dpop,
        method: request.method,
        place: request.place,
        access_token: Some(token),
    };
    dpop::check(realm, &request).await?.ok_or(AccessRefusal::ProofMissing)
}

/// The keys of the token were proven, and if one of them was proven by a proof, the token is bound to it.
fn check_binding(live: &LiveToken, proven: &Confirmation) -> Result<(), AccessRefusal> {
    let bound = live.token.cnf.clone().unwrap_or_default();
    if bound.is_proven_by(proven) && bound.jkt.is_some() == proven.jkt.is_some() {
        Ok(())
    } else {
        Err(AccessRefusal::Unproven)
    }
}

impl From<ProofError> for AccessRefusal {
    fn from(error: ProofError) -> Self {
        Self::Proof(error.into())
    }
}
