//! `POST /par`: a client hands in its authorization request itself, and gets a reference that the browser will bring.
//!
//! Spec: RFC 9126 §2 to §4 and §7, FAPI 2.0 Security Profile §5.3.2.2, FAPI 1.0 Advanced §5.2.2-18, RFC 9449 §10.1
//!
//! What is pushed is held to the rules of the authorization endpoint (`authorize/validate.rs`), and again when it is
//! answered. Public clients push as they do everything: by saying who they are. Not accepted: `request_uri`. Deliberately
//! not: redirect URIs that are not registered (§2.4).
//!
//! A pushed request is a row under the hash of its reference. It is used up by the change that issues its code, or when
//! the user refuses, not by a visit: browsers and messengers open links ahead of their users (FAPI 2.0 Security Profile
//! §5.3.2.2, note 3).

use explanation::{Explain, Explanation, catalogue::pushed_request};
use jose::{random_token, sha256};
use model::{PushedRequest, flow};
use protocol::{
    error_code::ErrorCode,
    form::twice,
    pushed_authorization::{EXPIRES_IN, PushedAuthorizationResponse, request_uri},
};
use realm::RealmContext;
use storage::{Change, StorageError, pushed_request as rows};

use crate::{
    EndpointRequest, Fault,
    authorize::{AuthorizeRefusal, validate_pushed},
    client_auth::{self, ClientAuthRefusal},
};

/// How many requests of a client may wait for their users' browsers at once.
const QUOTA: i64 = 10_000;
/// How long a row outlives every flow that can answer it, in seconds.
const SLACK: i64 = 60;

/// Why a client gets no reference.
#[derive(Debug, thiserror::Error)]
pub enum PushRefusal {
    /// A parameter came twice.
    #[error("the parameter {0} may appear only once")]
    DuplicateParameter(String),
    /// The client did not prove who it is.
    #[error(transparent)]
    Client(#[from] ClientAuthRefusal),
    /// The request is elsewhere.
    #[error("request_uri cannot be pushed: send the parameters themselves, or a signed request object in request")]
    RequestUri,
    /// The authorization endpoint would refuse the request.
    #[error(transparent)]
    Request(#[from] AuthorizeRefusal),
    /// Too many wait already.
    #[error("too many pushed requests of this client wait for their users: try again in a minute")]
    TooManyWaiting,
    /// A failure of this server.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl PushRefusal {
    /// The registered error code (RFC 9126 §2.3: those of the token endpoint and of the authorization endpoint).
    pub fn code(&self) -> ErrorCode {
        match self {
            // "The request_uri authorization request parameter MUST NOT be provided in this case" (§2.1).
            Self::DuplicateParameter(_) | Self::RequestUri => ErrorCode::InvalidRequest,
            Self::Client(refusal) => refusal.code(),
            Self::Request(refusal) => refusal.code(),
            Self::TooManyWaiting => ErrorCode::TemporarilyUnavailable,
            Self::Fault(fault) if fault.is_temporary() => ErrorCode::TemporarilyUnavailable,
            Self::Fault(_) => ErrorCode::ServerError,
        }
    }
}

impl Explain for PushRefusal {
    fn explanation(&self) -> Explanation {
        match self {
            Self::DuplicateParameter(name) => twice(name),
            Self::Client(refusal) => refusal.explanation(),
            Self::RequestUri => (&pushed_request::REQUEST_URI).into(),
            Self::Request(refusal) => refusal.explanation(),
            Self::TooManyWaiting => (&pushed_request::TOO_MANY_WAITING).into(),
            Self::Fault(fault) => fault.explanation(),
        }
    }
}

impl From<StorageError> for PushRefusal {
    fn from(error: StorageError) -> Self {
        Self::Fault(error.into())
    }
}

/// Answers a pushed authorization request.
pub async fn push(
    realm: &RealmContext,
    request: &EndpointRequest<'_>,
) -> Result<PushedAuthorizationResponse, PushRefusal> {
    if let Some(name) = request.form.duplicate() {
        return Err(PushRefusal::DuplicateParameter(name.to_owned()));
    }
    let client = client_auth::authenticate(realm, request).await?;
    if request.form.first("request_uri").is_some() {
        return Err(PushRefusal::RequestUri);
    }
    let details = validate_pushed(realm, &client, request.form).await?;
    let (issuer, now, client_id) = (realm.issuer(), realm.now(), client.client().id());
    if !realm
        .store
        .has_room_for_pushed_requests(issuer, client_id, QUOTA, now)
        .await?
    {
        return Err(PushRefusal::TooManyWaiting);
    }
    let request_uri = request_uri(&random_token());
    let new = PushedRequest {
        id: sha256(request_uri.as_bytes()).to_vec(),
        client_id: client_id.to_owned(),
        details,
        answered_at: None,
        created_at: now,
        visit_until: now + EXPIRES_IN,
        expires_at: now + EXPIRES_IN + flow::LIFETIME + SLACK,
    };
    let _ = realm
        .store
        .commit(Change::new().then(rows::insert(issuer, &new)?))
        .await?;
    Ok(PushedAuthorizationResponse {
        request_uri,
        expires_in: EXPIRES_IN,
    })
}
