//! `POST /bc-authorize`: a client has a user asked whom it knows and who is not at its own device.
//!
//! Spec: CIBA §7.1, §7.2, §7.3 and §13, FAPI-CIBA §5.2.2
//!
//! Two steps: [`validate`] finds out what is asked of whom, [`accept`] writes it down. In between, whoever knows how users
//! prove things checks the user's code (§7.1.2). Nothing is used up before all is right.
//!
//! Whoever can have users asked can annoy them, so how many requests wait is limited, per client and per user.

mod hint;
mod signed;

use explanation::{
    Explain, Explanation,
    catalogue::{ciba as catalogue, grant_type, polled},
};
use jose::{random_token, sha256};
use model::{CibaRequest, CibaRequestDetails, Client, PolledRequest, User, new_id};
use protocol::{
    AuthorizationDetails, BackchannelAuthenticationRequest, BackchannelAuthenticationResponse, ClientMetadata,
    Confirmation, RequestError, TokenDeliveryMode, backchannel_authentication::INTERVAL, error_code::ErrorCode,
    form::twice, grant_type::GrantType, resource_indicator::Resource, scope::Scope,
};
use realm::RealmContext;
use storage::{
    Change, Outcome, Polled, StorageError,
    ciba_request::{self, Quota},
    outbox::{self, NewCall},
};

use self::signed::Once;
use crate::{
    EndpointRequest, Fault,
    authorization_details::{self, DetailsRefusal},
    ciba::Callback,
    client_auth::{self, AuthenticatedClient, ClientAuthRefusal},
    scope_policy::{self, ScopeRefusal},
    sender_constraint::{self, SenderRefusal},
};

/// How many requests may wait at once.
const QUOTA: Quota = Quota {
    client: 10_000,
    user: 10,
};
/// A user gets at most one mail in this time, in seconds, whoever asks.
const BETWEEN_NOTICES: i64 = 60;

/// Why nobody is asked.
#[derive(Debug, thiserror::Error)]
pub enum BackchannelAuthenticationRefusal {
    /// A parameter came twice.
    #[error("the parameter {0} may appear only once")]
    DuplicateParameter(String),
    /// The client did not prove who it is.
    #[error(transparent)]
    Client(#[from] ClientAuthRefusal),
    /// The client did not register the grant.
    #[error("the client is not registered for the grant_type {}", GrantType::Ciba.as_str())]
    GrantTypeNotRegistered,
    /// What it asks cannot be asked like this.
    #[error("{}", .0.description)]
    Request(#[from] RequestError),
    /// The scope or the resource is not possible for this client.
    #[error(transparent)]
    Scope(#[from] ScopeRefusal),
    /// The details are not possible.
    #[error(transparent)]
    Details(#[from] DetailsRefusal),
    /// Tokens that are to be pushed cannot be bound to a key as they must be.
    #[error(transparent)]
    Sender(#[from] SenderRefusal),
    /// The hint names nobody who could be asked.
    #[error("the hint names no user who can be asked here")]
    UnknownUser,
    /// The user is only asked by whoever knows their code.
    #[error("this user has a code without which they are not asked: ask them for it and send it as user_code")]
    UserCodeMissing,
    /// It is another one.
    #[error("the user_code is not the one of this user: ask them for it again")]
    UserCodeWrong,
    /// It was guessed too often.
    #[error("too many wrong codes were sent for this user: try again in {0} seconds")]
    TooManyGuesses(i64),
    /// The signed request was used before.
    #[error("the signed request was used before: make a new one, with a jti of its own, for each request")]
    Used,
    /// Too many wait already.
    #[error("too many requests of this client, or for this user, wait for an answer: try again in some minutes")]
    TooManyWaiting,
    /// There is no place to check a code right now.
    #[error("too many codes are being checked right now: try again in a moment")]
    Busy,
    /// A failure of this server.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl BackchannelAuthenticationRefusal {
    /// The registered error code (CIBA §13, RFC 8707 §2). `access_denied` is among those of §13, for servers that make
    /// decisions of their own about who may ask; this one makes none.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::DuplicateParameter(_) | Self::Used => ErrorCode::InvalidRequest,
            Self::Client(refusal) => refusal.code(),
            Self::GrantTypeNotRegistered => ErrorCode::UnauthorizedClient,
            Self::Request(error) => error.code,
            Self::Scope(refusal) => refusal.code(),
            Self::Details(refusal) => refusal.code(),
            Self::Sender(refusal) => refusal.code(),
            Self::UnknownUser => ErrorCode::UnknownUserId,
            Self::UserCodeMissing => ErrorCode::MissingUserCode,
            Self::UserCodeWrong | Self::TooManyGuesses(_) => ErrorCode::InvalidUserCode,
            Self::TooManyWaiting | Self::Busy => ErrorCode::TemporarilyUnavailable,
            Self::Fault(fault) if fault.is_temporary() => ErrorCode::TemporarilyUnavailable,
            Self::Fault(_) => ErrorCode::ServerError,
        }
    }
}

impl Explain for BackchannelAuthenticationRefusal {
    fn explanation(&self) -> Explanation {
        let reason = match self {
            Self::DuplicateParameter(name) => return twice(name),
            Self::Client(refusal) => return refusal.explanation(),
            Self::GrantTypeNotRegistered => {
                return Explanation::from(&grant_type::NOT_REGISTERED).found(GrantType::Ciba.as_str());
            }
            Self::Request(error) => return error.explanation(),
            Self::Scope(refusal) => return refusal.explanation(),
            Self::Details(refusal) => return refusal.explanation(),
            Self::Sender(refusal) => return refusal.explanation(),
            Self::UnknownUser => &catalogue::UNKNOWN_USER,
            Self::UserCodeMissing => &catalogue::USER_CODE_MISSING,
            Self::UserCodeWrong => &catalogue::USER_CODE_WRONG,
            Self::TooManyGuesses(_) => &catalogue::TOO_MANY_GUESSES,
            Self::Used => &catalogue::USED,
            Self::TooManyWaiting => &polled::TOO_MANY_WAITING,
            Self::Busy => &catalogue::BUSY,
            Self::Fault(fault) => return fault.explanation(),
        };
        reason.into()
    }
}

impl From<StorageError> for BackchannelAuthenticationRefusal {
    fn from(error: StorageError) -> Self {
        Self::Fault(error.into())
    }
}

/// A request that may be put to its user. Made only by [`validate`].
pub struct ValidRequest {
    request: BackchannelAuthenticationRequest,
    mode: TokenDeliveryMode,
    /// Who asks.
    pub client: Client,
    /// Who is to be asked.
    pub user: User,
    scope: Scope,
    authorization_details: AuthorizationDetails,
    resources: Vec<Resource>,
    cnf: Option<Confirmation>,
    once: Option<Once>,
}

impl ValidRequest {
    /// Whether the client asks its users for the code that they agreed upon with this server. If it does not, nobody's
    /// code is demanded of it.
    pub fn uses_user_code(&self) -> bool {
        self.client.metadata.backchannel_user_code_parameter
    }

    /// For how long it waits, in seconds.
    pub fn expires_in(&self) -> i64 {
        self.request.expires_in
    }

    /// The code that it sent.
    pub fn user_code(&self) -> Option<&str> {
        self.request.user_code.as_deref()
    }
}

/// Finds out what is asked of whom.
pub async fn validate(
    realm: &RealmContext,
    request: &EndpointRequest<'_>,
) -> Result<ValidRequest, BackchannelAuthenticationRefusal> {
    if let Some(name) = request.form.duplicate() {
        return Err(BackchannelAuthenticationRefusal::DuplicateParameter(name.to_owned()));
    }
    // §7.2-1. "shall only support Confidential Clients" (FAPI-CIBA §5.2.2-1).
    let authenticated = client_auth::authenticate(realm, request)
        .await?
        .require_confidential()?;
    let client = authenticated.client();
    let mode = mode(&client.metadata)?;
    // §7.2-2.
    let (parameters, once) = signed::parameters(realm, client, request.form).await?;
    // §7.2-3 and §7.2-6.
    let asked = BackchannelAuthenticationRequest::parse(&parameters, mode)?;
    let authorization_details = authorization_details::asked(&parameters)?;
    authorization_details::check(realm, &client.metadata, &authorization_details)?;
    check_context(realm, client, &asked, &authorization_details)?;
    let resources = scope_policy::resources(&parameters)?;
    let rights = (&asked.scope, &authorization_details);
    let scope = scope_policy::for_user_at(realm, client, rights, &resources, true)?;
    let cnf = bound_to(realm, &authenticated, mode)?;
    // §7.2-4 and §7.2-5.
    let user = hint::user(realm, client, &asked.hint)
        .await?
        .filter(|user| user.enabled)
        .ok_or(BackchannelAuthenticationRefusal::UnknownUser)?;
    Ok(ValidRequest {
        request: asked,
        mode,
        client: client.clone(),
        user,
        scope,
        authorization_details,
        resources,
        cnf,
        once,
    })
}

fn mode(client: &ClientMetadata) -> Result<TokenDeliveryMode, BackchannelAuthenticationRefusal> {
    client
        .backchannel_token_delivery_mode
        .filter(|_| client.allows_grant_type(GrantType::Ciba))
        .ok_or(BackchannelAuthenticationRefusal::GrantTypeNotRegistered)
}

/// FAPI-CIBA §5.2.2-2: "shall ensure unique authorization context exists in the authorization request or require a
/// `binding_message`".
fn check_context(
    realm: &RealmContext,
    client: &Client,
    asked: &BackchannelAuthenticationRequest,
    details: &AuthorizationDetails,
) -> Result<(), RequestError> {
    let has_context = asked.binding_message.is_some() || !details.is_empty();
    if client.profile(&realm.realm).authorization_context_required && !has_context {
        return Err(RequestError::new(
            &catalogue::CONTEXT_MISSING,
            "send a binding_message or authorization_details: they tell the user which of several requests this is",
        ));
    }
    Ok(())
}

/// "OPs who wish to implement this functionality should keep some record of the key material that was presented at the
/// Backchannel Authentication Endpoint" (§5): for who fetches tokens, what the token request proves counts instead.
fn bound_to(
    realm: &RealmContext,
    client: &AuthenticatedClient,
    mode: TokenDeliveryMode,
) -> Result<Option<Confirmation>, SenderRefusal> {
    if mode.fetches() {
        return Ok(None);
    }
    let (registered, proven) = (client.client(), client.proven());
    sender_constraint::bind(&registered.metadata, registered.profile(&realm.realm), proven)
}

/// Writes the request down, and has the user told by `notice`.
pub async fn accept(
    realm: &RealmContext,
    valid: ValidRequest,
    notice: Option<NewCall>,
) -> Result<BackchannelAuthenticationResponse, BackchannelAuthenticationRefusal> {
    let (issuer, now) = (realm.issuer(), realm.now());
    let auth_req_id = random_token();
    let expires_in = valid.request.expires_in;
    let new = new_request(realm, &valid, &auth_req_id)?;
    if !realm.store.has_room_for_ciba_requests(issuer, &new, QUOTA).await? {
        return Err(BackchannelAuthenticationRefusal::TooManyWaiting);
    }
    let newest = realm.store.newest_ciba_request_of_user(issuer, &valid.user.id).await?;
    let may_tell = newest.is_none_or(|newest| newest + BETWEEN_NOTICES <= now);
    if let Some(once) = &valid.once
        && !once.consume(realm, &valid.client).await?
    {
        return Err(BackchannelAuthenticationRefusal::Used);
    }
    let change_id = new_id();
    let change = Change::new()
        .then(ciba_request::insert(issuer, &new, QUOTA, &change_id)?)
        .then_all(notice.filter(|_| may_tell).map(|call| outbox::enqueue(call, now)))
        .recognised_by(Polled::Ciba.changed_by(issuer, &new.polled.id, &change_id));
    match realm.store.commit(change).await? {
        Outcome::Applied => Ok(BackchannelAuthenticationResponse {
            auth_req_id,
            expires_in,
            // "only be present if the Client is registered to use the Poll or Ping modes" (§7.3).
            interval: valid.mode.fetches().then_some(INTERVAL),
        }),
        Outcome::Missed => Err(BackchannelAuthenticationRefusal::TooManyWaiting),
    }
}

fn new_request(realm: &RealmContext, valid: &ValidRequest, auth_req_id: &str) -> Result<CibaRequest, Fault> {
    let ValidRequest { request, resources, .. } = valid;
    let polled = PolledRequest::new(new_id(), valid.client.id(), INTERVAL, realm.now(), request.expires_in);
    let notification = request.client_notification_token.as_ref().map(|token| {
        let callback = Callback {
            auth_req_id: auth_req_id.to_owned(),
            client_notification_token: token.clone(),
        };
        callback.wrap(realm, &polled.id)
    });
    let defaults = &valid.client.metadata.default_acr_values;
    let acr_values = if request.acr_values.is_empty() {
        defaults
    } else {
        &request.acr_values
    };
    let message = request.binding_message.as_ref();
    Ok(CibaRequest {
        polled,
        auth_req_id_hash: sha256(auth_req_id.as_bytes()).to_vec(),
        user_id: valid.user.id.clone(),
        details: CibaRequestDetails {
            scope: valid.scope.clone(),
            resource: resources.iter().map(|resource| resource.as_str().to_owned()).collect(),
            authorization_details: valid.authorization_details.clone(),
            binding_message: message.map(|message| message.as_str().to_owned()),
            acr_values: acr_values.clone(),
            request_context: request.request_context.clone(),
            cnf: valid.cnf.clone(),
        },
        notification: notification.transpose()?,
    })
}
