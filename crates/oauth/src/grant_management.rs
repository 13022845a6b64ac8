//! `/grants/{grant_id}`: a client asks about a grant that it manages, or revokes it.
//!
//! Spec: Grant Management for OAuth 2.0 (Implementer's Draft 1) §6
//!
//! The token is the client's own, from the `client_credentials` grant, with the scope of the action. A grant id is no
//! secret, so it opens nothing; of others' grants a client learns no more than that they are not its own.

use explanation::{
    Explain, Explanation,
    catalogue::{grant_management as catalogue, token},
};
use model::{Actor, AuditKind, Grant};
use protocol::{
    claims,
    error_code::ErrorCode,
    grant_management::{GrantResource, GrantedScope, QUERY_SCOPE, REVOKE_SCOPE},
    scope::Scope,
};
use realm::{RealmContext, audit};
use storage::{Change, StorageError, grant};

use crate::{
    Fault,
    token_access::{self, AccessRefusal, TokenRequest},
};

/// Why a grant is not told about, or not revoked.
#[derive(Debug, thiserror::Error)]
pub enum GrantManagementRefusal {
    /// The token does not open it.
    #[error(transparent)]
    Token(#[from] AccessRefusal),
    /// A token that is not meant for this server.
    #[error("the access token is not meant for the grant management endpoint")]
    WrongAudience,
    /// The token has not the scope of the action.
    #[error("the access token does not have the scope {0}")]
    InsufficientScope(&'static str),
    /// No living grant of this client.
    #[error("there is no such grant of this client, or it has ended")]
    UnknownGrant,
    /// A failure of this server.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl GrantManagementRefusal {
    /// The registered error code (§6.6, RFC 6750 §3.1).
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Token(refusal) => refusal.code(),
            Self::WrongAudience => ErrorCode::InvalidToken,
            Self::InsufficientScope(_) => ErrorCode::InsufficientScope,
            Self::UnknownGrant => ErrorCode::InvalidGrantId,
            Self::Fault(fault) if fault.is_temporary() => ErrorCode::TemporarilyUnavailable,
            Self::Fault(_) => ErrorCode::ServerError,
        }
    }
}

impl Explain for GrantManagementRefusal {
    fn explanation(&self) -> Explanation {
        match self {
            Self::Token(refusal) => refusal.explanation(),
            Self::WrongAudience => (&token::WRONG_AUDIENCE).into(),
            Self::InsufficientScope(scope) => Explanation::from(&token::INSUFFICIENT_SCOPE).expected(scope),
            Self::UnknownGrant => (&catalogue::UNKNOWN).into(),
            Self::Fault(fault) => fault.explanation(),
        }
    }
}

impl From<StorageError> for GrantManagementRefusal {
    fn from(error: StorageError) -> Self {
        Self::Fault(error.into())
    }
}

/// What a grant permits now.
pub async fn query(
    realm: &RealmContext,
    request: &TokenRequest<'_>,
    id: &str,
) -> Result<GrantResource, GrantManagementRefusal> {
    let grant = find(realm, request, QUERY_SCOPE, id).await?;
    let of_scope = claims::of_scope(&grant.scope).map(str::to_owned);
    Ok(GrantResource {
        scopes: by_resource(realm, &grant.scope),
        claims: of_scope.chain(grant.claims.iter().cloned()).collect(),
        authorization_details: grant.authorization_details,
        created_at: grant.created_at,
        last_updated: grant.updated_at,
        expires_at: grant.expires_at,
    })
}

/// "The AS MUST revoke the grant and all refresh tokens issued based on that particular grant, it should revoke all
/// access tokens" (§6.5).
pub async fn revoke(realm: &RealmContext, request: &TokenRequest<'_>, id: &str) -> Result<(), GrantManagementRefusal> {
    let grant = find(realm, request, REVOKE_SCOPE, id).await?;
    let end = grant::end(realm.issuer(), &grant.user_id, &grant.id, realm.now());
    // Whoever was faster has ended it as well.
    let event = audit::event(realm, AuditKind::ConsentRevoked)
        .user(&grant.user_id)
        .client(&grant.client_id)
        .by(Actor::Client)
        .detail("grant", grant.id.as_str());
    let _ = realm.store.commit(Change::new().then_all(end).then(event)).await?;
    Ok(())
}

/// The living grant of this id, of the client to whom the token belongs.
async fn find(
    realm: &RealmContext,
    request: &TokenRequest<'_>,
    scope: &'static str,
    id: &str,
) -> Result<Grant, GrantManagementRefusal> {
    let live = token_access::access(realm, request).await?;
    if !live.audience.iter().any(|audience| audience == realm.issuer()) {
        return Err(GrantManagementRefusal::WrongAudience);
    }
    if !live.scope.contains(scope) {
        return Err(GrantManagementRefusal::InsufficientScope(scope));
    }
    let is_theirs =
        |grant: &Grant| grant.managed && grant.client_id == live.token.client_id && grant.is_alive(realm.now());
    let found = realm.store.find_grant_by_id(realm.issuer(), id).await?;
    found.filter(is_theirs).ok_or(GrantManagementRefusal::UnknownGrant)
}

/// Scopes by the API that owns them; last those of OpenID Connect.
fn by_resource(realm: &RealmContext, scope: &Scope) -> Vec<GrantedScope> {
    let of_apis = realm.scopes.of_apis.iter().map(|(identifier, owned)| GrantedScope {
        scope: scope.intersection(owned),
        resource: vec![identifier.clone()],
    });
    let of_openid = GrantedScope {
        scope: scope.intersection(&realm.scopes.openid),
        resource: Vec::new(),
    };
    of_apis
        .chain([of_openid])
        .filter(|part| !part.scope.is_empty())
        .collect()
}
