//! `POST /revoke`: a client gives a token back.
//!
//! Spec: RFC 7009 §2. Revoking a refresh token ends its authorization with all access tokens; revoking an access
//! token ends that token alone. A token that is not known, expired or revoked already is answered with success
//! (§2.2), so that the answer tells nothing.

use explanation::{
    Explain, Explanation,
    catalogue::{form, token},
};
use model::AuditKind;
use protocol::{error_code::ErrorCode, form::twice};
use realm::{RealmContext, audit};
use storage::{Change, refresh_token, revoked_token};

use crate::{
    EndpointRequest, Fault,
    client_auth::{self, ClientAuthRefusal},
    issue::{AccessToken, refresh_token::PresentedRefreshToken},
};

/// Why nothing was revoked.
#[derive(Debug, thiserror::Error)]
pub enum RevocationRefusal {
    /// A parameter came twice.
    #[error("the parameter {0} may appear only once")]
    DuplicateParameter(String),
    /// No token.
    #[error("the parameter token is missing")]
    TokenMissing,
    /// The token of another client.
    #[error("the token was issued to another client")]
    TokenOfAnotherClient,
    /// The caller did not prove who it is.
    #[error(transparent)]
    Client(#[from] ClientAuthRefusal),
    /// A failure of this server.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl RevocationRefusal {
    /// The registered error code.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::DuplicateParameter(_) | Self::TokenMissing => ErrorCode::InvalidRequest,
            // "If this validation fails, the request is refused and the client is informed of the error" (§2.1).
            Self::TokenOfAnotherClient => ErrorCode::UnauthorizedClient,
            Self::Client(refusal) => refusal.code(),
            Self::Fault(fault) if fault.is_temporary() => ErrorCode::TemporarilyUnavailable,
            Self::Fault(_) => ErrorCode::ServerError,
        }
    }
}

impl Explain for RevocationRefusal {
    fn explanation(&self) -> Explanation {
        match self {
            Self::DuplicateParameter(name) => twice(name),
            Self::TokenMissing => Explanation::from(&form::MISSING).expected("token"),
            Self::TokenOfAnotherClient => (&token::OTHER_CLIENT).into(),
            Self::Client(refusal) => refusal.explanation(),
            Self::Fault(fault) => fault.explanation(),
        }
    }
}

impl From<storage::StorageError> for RevocationRefusal {
    fn from(error: storage::StorageError) -> Self {
        Self::Fault(error.into())
    }
}

/// Revokes a token of the client that asks.
pub async fn revoke(realm: &RealmContext, request: &EndpointRequest<'_>) -> Result<(), RevocationRefusal> {
    if let Some(name) = request.form.duplicate() {
        return Err(RevocationRefusal::DuplicateParameter(name.to_owned()));
    }
    let token = request.form.first("token").ok_or(RevocationRefusal::TokenMissing)?;
    let client = client_auth::authenticate(realm, request).await?;
    let client_id = client.client().id();
    let (issuer, now) = (realm.issuer(), realm.now());
    let event = audit::event(realm, AuditKind::TokenRevoked).client(client_id);
    // The hint is not needed: the two kinds of token do not look alike (§2.1 allows to ignore it).
    let change = if let Some(access_token) = AccessToken::read(realm, token) {
        if access_token.client_id != client_id {
            return Err(RevocationRefusal::TokenOfAnotherClient);
        }
        let event = event.detail("token", "access_token");
        Change::new()
            .then(revoked_token::insert(
                issuer,
                &access_token.jti,
                &access_token.audience,
                access_token.expires_at,
            )?)
            .then(match &access_token.authorization_id {
                Some(id) => event.detail("authorization", id.as_str()),
                None => event,
            })
    } else if let Some(presented) = PresentedRefreshToken::parse(token) {
        let family = realm.store.find_refresh_family(issuer, &presented.family).await?;
        let Some(family) = family.filter(|family| presented.is_genuine(realm, family.key_id)) else {
            return Ok(());
        };
        if family.client_id != client_id {
            return Err(RevocationRefusal::TokenOfAnotherClient);
        }
        Change::new()
            .then(refresh_token::end(issuer, &family.family, now))
            .then_all(
                event
                    .detail("token", "refresh_token")
                    .detail("authorization", family.authorization_id.as_str())
                    .ending(&family.authorization_id),
            )
    } else {
        return Ok(());
    };
    let _ = realm.store.commit(change).await?;
    Ok(())
}
