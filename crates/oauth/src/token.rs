//! `POST /token`, in five phases that a grant cannot forget.
//!
//! Spec: RFC 6749 §3.2, §5; OpenID Connect Core §3.1.3.

use explanation::{
    Explain, Explanation,
    catalogue::{binding, form, grant_type as catalogue},
};
use model::Client;
use protocol::{error_code::ErrorCode, form::twice, grant_type::GrantType, token_response::TokenResponse};
use realm::{RealmContext, trail};

use crate::{
    EndpointRequest, Fault,
    client_auth::{self, ClientAuthRefusal},
    grants::{self, GrantRefusal},
    sender_constraint::{self, SenderRefusal},
    token_binding,
};

/// Why no token was given.
#[derive(Debug, thiserror::Error)]
pub enum TokenRefusal {
    /// A parameter came twice.
    #[error("the parameter {0} may appear only once")]
    DuplicateParameter(String),
    /// No grant type.
    #[error("the parameter grant_type is missing")]
    GrantTypeMissing,
    /// A grant type that this server does not offer.
    #[error("this grant_type is not offered; see grant_types_supported in the metadata")]
    UnsupportedGrantType,
    /// A grant type that the client did not register.
    #[error("the client is not registered for the grant_type {0}")]
    GrantTypeNotRegistered(&'static str),
    /// A grant type that only clients use who prove who they are.
    #[error("public clients cannot use the grant_type {0}: use a client with credentials")]
    PublicClient(&'static str),
    /// The client did not prove who it is.
    #[error(transparent)]
    Client(#[from] ClientAuthRefusal),
    /// The token cannot be bound to a key as it must be.
    #[error(transparent)]
    Sender(#[from] SenderRefusal),
    /// The grant's own checks.
    #[error(transparent)]
    Grant(#[from] GrantRefusal),
    /// A failure of this server.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl TokenRefusal {
    /// The registered error code (RFC 6749 §5.2).
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::DuplicateParameter(_) | Self::GrantTypeMissing => ErrorCode::InvalidRequest,
            Self::UnsupportedGrantType => ErrorCode::UnsupportedGrantType,
            // "The authenticated client is not authorized to use this authorization grant type" (§5.2).
            Self::GrantTypeNotRegistered(_) | Self::PublicClient(_) => ErrorCode::UnauthorizedClient,
            Self::Client(refusal) => refusal.code(),
            Self::Sender(refusal) => refusal.code(),
            Self::Grant(refusal) => refusal.code(),
            Self::Fault(fault) if fault.is_temporary() => ErrorCode::TemporarilyUnavailable,
            Self::Fault(_) => ErrorCode::ServerError,
        }
    }
}

impl Explain for TokenRefusal {
    fn explanation(&self) -> Explanation {
        match self {
            Self::DuplicateParameter(name) => twice(name),
            Self::GrantTypeMissing => Explanation::from(&form::MISSING).expected("grant_type"),
            Self::UnsupportedGrantType => (&catalogue::UNSUPPORTED).into(),
            Self::GrantTypeNotRegistered(name) => Explanation::from(&catalogue::NOT_REGISTERED).found(name),
            Self::PublicClient(name) => Explanation::from(&catalogue::PUBLIC_CLIENT).found(name),
            Self::Client(refusal) => refusal.explanation(),
            Self::Sender(refusal) => refusal.explanation(),
            Self::Grant(refusal) => refusal.explanation(),
            Self::Fault(fault) => fault.explanation(),
        }
    }
}

/// Answers a token request.
pub async fn token(realm: &RealmContext, request: &EndpointRequest<'_>) -> Result<TokenResponse, TokenRefusal> {
    // Phase 1: parse. "Request and response parameters MUST NOT be included more than once" (RFC 6749 §3.2).
    if let Some(name) = request.form.duplicate() {
        return Err(TokenRefusal::DuplicateParameter(name.to_owned()));
    }
    let grant_type = request.form.first("grant_type").ok_or(TokenRefusal::GrantTypeMissing)?;
    let grant_type = GrantType::parse(grant_type).ok_or(TokenRefusal::UnsupportedGrantType)?;
    let grant = grants::find(grant_type).ok_or(TokenRefusal::UnsupportedGrantType)?;

    // Phase 2: who is the client? (RFC 6749 §2.3)
    let client = client_auth::authenticate(realm, request).await?;

    // Phase 3: may it use this grant, and does it hold the key that its tokens must be bound to?
    check_registered(client.client(), grant_type)?;
    if client.is_public() && grant_type.is_for_confidential_clients() {
        return Err(TokenRefusal::PublicClient(grant_type.as_str()));
    }
    trail::passed(&catalogue::REGISTERED);
    let profile = client.client().profile(&realm.realm);
    let cnf = sender_constraint::bind(&client.client().metadata, profile, client.proven())?;
    let cnf = token_binding::bind(realm, &client.client().metadata, request.token_bindings, cnf)?;

    trail::passed(&binding::BOUND);

    // Phase 4: the grant's own checks, and what they cost is committed.
    let redeemed = grant.redeem(realm, &client, request.form).await?;

    // Phase 5: tokens are minted.
    Ok(crate::issue::issue(realm, redeemed, cnf)?)
}

fn check_registered(client: &Client, grant_type: GrantType) -> Result<(), TokenRefusal> {
    if client.metadata.grant_types.contains(&grant_type) {
        Ok(())
    } else {
        let registered: Vec<_> = client.metadata.grant_types.iter().map(|known| known.as_str()).collect();
        trail::compared(&catalogue::NOT_REGISTERED, &registered.join(", "), grant_type.as_str());
        Err(TokenRefusal::GrantTypeNotRegistered(grant_type.as_str()))
    }
}
