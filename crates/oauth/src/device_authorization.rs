//! `POST /device_authorization`: a device without a browser asks for a code that its user enters elsewhere.
//!
//! Spec: RFC 8628 §3.1 and §3.2, RFC 6749 §5.2 (errors), RFC 9396 §3.
//!
//! Scope and resources are held to the same rules as at the authorization endpoint. Anybody can claim to be a public
//! client, so how many requests of a client wait is limited.

use explanation::{
    Explain, Explanation,
    catalogue::{grant_type, polled},
};
use jose::{random_bytes, random_token, sha256};
use model::{Client, DeviceRequest, DeviceRequestDetails, PolledRequest, new_id};
use protocol::{
    device_authorization::{DeviceAuthorizationResponse, INTERVAL, LIFETIME, UserCode},
    error_code::ErrorCode,
    form::twice,
    grant_type::GrantType,
    scope::Scope,
};
use realm::RealmContext;
use storage::{Change, Outcome, Polled, StorageError, device_request};

use crate::{
    EndpointRequest, Fault,
    authorization_details::{self, DetailsRefusal},
    client_auth::{self, ClientAuthRefusal},
    scope_policy::{self, ScopeRefusal},
};

/// How many requests of a client may wait for their users at once.
const QUOTA: i64 = 10_000;
/// How often another user code is drawn when one is taken: of 2^34 codes, that is a rare thing even once.
const ATTEMPTS: usize = 5;

/// Why a device gets no codes.
#[derive(Debug, thiserror::Error)]
pub enum DeviceAuthorizationRefusal {
    /// A parameter came twice.
    #[error("the parameter {0} may appear only once")]
    DuplicateParameter(String),
    /// The client did not prove who it is.
    #[error(transparent)]
    Client(#[from] ClientAuthRefusal),
    /// The client did not register the grant.
    #[error("the client is not registered for the grant_type {}", GrantType::DeviceCode.as_str())]
    GrantTypeNotRegistered,
    /// The scope or the resource is not possible for this client.
    #[error(transparent)]
    Scope(#[from] ScopeRefusal),
    /// The authorization details are not possible.
    #[error(transparent)]
    Details(#[from] DetailsRefusal),
    /// Grants are managed from the authorization endpoint.
    #[error("grants are managed from the authorization endpoint alone: leave out {0}")]
    GrantManagement(&'static str),
    /// Too many wait already.
    #[error("too many requests of this client wait for their users: try again in some minutes")]
    TooManyWaiting,
    /// A failure of this server.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl DeviceAuthorizationRefusal {
    /// The registered error code (RFC 6749 §5.2, RFC 8707 §2).
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::DuplicateParameter(_) | Self::GrantManagement(_) => ErrorCode::InvalidRequest,
            Self::Client(refusal) => refusal.code(),
            Self::GrantTypeNotRegistered => ErrorCode::UnauthorizedClient,
            Self::Scope(refusal) => refusal.code(),
            Self::Details(refusal) => refusal.code(),
            Self::TooManyWaiting => ErrorCode::TemporarilyUnavailable,
            Self::Fault(fault) if fault.is_temporary() => ErrorCode::TemporarilyUnavailable,
            Self::Fault(_) => ErrorCode::ServerError,
        }
    }
}

impl Explain for DeviceAuthorizationRefusal {
    fn explanation(&self) -> Explanation {
        let reason = match self {
            Self::DuplicateParameter(name) => return twice(name),
            Self::Client(refusal) => return refusal.explanation(),
            Self::GrantTypeNotRegistered => {
                return Explanation::from(&grant_type::NOT_REGISTERED).found(GrantType::DeviceCode.as_str());
            }
            Self::Scope(refusal) => return refusal.explanation(),
            Self::Details(refusal) => return refusal.explanation(),
            Self::GrantManagement(name) => return Explanation::from(&polled::GRANT_MANAGED).found(name),
            Self::TooManyWaiting => &polled::TOO_MANY_WAITING,
            Self::Fault(fault) => return fault.explanation(),
        };
        reason.into()
    }
}

impl From<StorageError> for DeviceAuthorizationRefusal {
    fn from(error: StorageError) -> Self {
        Self::Fault(error.into())
    }
}

/// Answers a device authorization request.
pub async fn device_authorization(
    realm: &RealmContext,
    request: &EndpointRequest<'_>,
) -> Result<DeviceAuthorizationResponse, DeviceAuthorizationRefusal> {
    if let Some(name) = request.form.duplicate() {
        return Err(DeviceAuthorizationRefusal::DuplicateParameter(name.to_owned()));
    }
    // Ignoring them would answer a request that the client did not make.
    for name in ["grant_management_action", "grant_id"] {
        if request.form.first(name).is_some() {
            return Err(DeviceAuthorizationRefusal::GrantManagement(name));
        }
    }
    let client = client_auth::authenticate(realm, request).await?;
    let client = client.client();
    if !client.metadata.allows_grant_type(GrantType::DeviceCode) {
        return Err(DeviceAuthorizationRefusal::GrantTypeNotRegistered);
    }
    let asked = Scope::parse(request.form.first("scope").unwrap_or_default()).map_err(ScopeRefusal::from)?;
    let resources = scope_policy::resources(request.form)?;
    let authorization_details = authorization_details::asked(request.form)?;
    authorization_details::check(realm, &client.metadata, &authorization_details)?;
    let scope = scope_policy::for_user_at(realm, client, (&asked, &authorization_details), &resources, true)?;
    let details = DeviceRequestDetails {
        scope,
        resource: resources.iter().map(|resource| resource.as_str().to_owned()).collect(),
        authorization_details,
    };
    let (device_code, user_code) = commit(realm, client, details).await?;
    let verification_uri = format!("{}/device", realm.issuer());
    Ok(DeviceAuthorizationResponse {
        device_code,
        verification_uri_complete: format!("{verification_uri}?user_code={user_code}"),
        verification_uri,
        user_code: user_code.to_string(),
        expires_in: LIFETIME,
        interval: INTERVAL,
    })
}

/// The request appears under codes that no other has.
async fn commit(
    realm: &RealmContext,
    client: &Client,
    details: DeviceRequestDetails,
) -> Result<(String, UserCode), DeviceAuthorizationRefusal> {
    let (issuer, now) = (realm.issuer(), realm.now());
    for _ in 0..ATTEMPTS {
        if !realm
            .store
            .has_room_for_device_requests(issuer, client.id(), QUOTA, now)
            .await?
        {
            return Err(DeviceAuthorizationRefusal::TooManyWaiting);
        }
        let device_code = random_token();
        let user_code = UserCode::from_number(u64::from_be_bytes(random_bytes()));
        let new = DeviceRequest {
            polled: PolledRequest::new(new_id(), client.id(), INTERVAL, now, LIFETIME),
            device_code_hash: sha256(device_code.as_bytes()).to_vec(),
            user_code: user_code.as_str().to_owned(),
            details: details.clone(),
        };
        let change_id = new_id();
        let change = Change::new()
            .then(device_request::insert(issuer, &new, QUOTA, &change_id)?)
            .recognised_by(Polled::Device.changed_by(issuer, &new.polled.id, &change_id));
        if realm.store.commit(change).await? == Outcome::Applied {
            return Ok((device_code, user_code));
        }
    }
    Err(Fault::Contended.into())
}
