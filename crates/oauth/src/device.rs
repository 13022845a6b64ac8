//! What a user decides about the request of a device.
//!
//! Spec: RFC 8628 §3.3 and §5.4 (somebody else's device), RFC 6749 §10.2.
//!
//! The user is always asked, whatever was permitted before and whoever made the app: only the user can say whether the
//! device is theirs. The authorization appears with the approval, so that it can be taken back before the device polls.

use model::{Authorization, AuthorizationContext, Client, DeviceRequest, new_id};
use protocol::{
    AuthorizationDetails, device_authorization::UserCode, grant_type::GrantType, resource_indicator::Resource,
    scope::Scope,
};
use realm::RealmContext;
use storage::{Change, Outcome, StorageError, authorization, device_request, session};

use crate::{
    Fault, authorization_details,
    authorize::{ConsentNeeded, Permission, Person},
    consented::{self, Approval, Consented, Known},
    scope_policy::{self, UnmetAssurance},
};

/// How often a grant that others change meanwhile is read again.
const ATTEMPTS: usize = 3;
/// How long an authorization's row outlives its last token, in seconds.
const SLACK: i64 = 60;

/// A request that its user may answer. Made only by [`find`].
pub struct WaitingRequest {
    request: DeviceRequest,
    /// The code that the device shows.
    pub user_code: UserCode,
    /// Who asks.
    pub client: Client,
    /// For what.
    pub scope: Scope,
    /// And for what in detail.
    pub authorization_details: AuthorizationDetails,
    /// Of which APIs.
    pub audience: Vec<String>,
    resources: Vec<Resource>,
}

impl WaitingRequest {
    /// What the user is asked to permit: a device cannot ask for single claims.
    pub fn asked(&self) -> Permission {
        Permission {
            scope: self.scope.clone(),
            authorization_details: self.authorization_details.clone(),
            ..Permission::default()
        }
    }
}

/// The request that waits under a code. `None`: there is none, it was answered, it has expired, or its client may not
/// ask for anything any more.
pub async fn find(realm: &RealmContext, user_code: &UserCode) -> Result<Option<WaitingRequest>, StorageError> {
    let issuer = realm.issuer();
    let found = realm
        .store
        .find_device_request_by_user_code(issuer, user_code.as_str())
        .await?
        .filter(|request| request.is_waiting(realm.now()));
    let Some(request) = found else {
        return Ok(None);
    };
    let client = realm.store.find_client(issuer, &request.client_id).await?;
    let is_allowed = |client: &Client| client.enabled && client.metadata.allows_grant_type(GrantType::DeviceCode);
    let Some(client) = client.filter(is_allowed) else {
        return Ok(None);
    };
    // What is true now, not what was true when the device asked.
    let resources: Vec<Resource> = request
        .details
        .resource
        .iter()
        .filter_map(|text| Resource::parse(text).ok())
        .collect();
    let registered = scope_policy::registered(realm, &client.metadata);
    let scope = request.details.scope.intersection(registered);
    let authorization_details = request.details.authorization_details.clone();
    // What was asked for in detail stands whole or not at all.
    let is_possible = authorization_details::check(realm, &client.metadata, &authorization_details).is_ok();
    let asked = (&scope, &authorization_details);
    let audience = scope_policy::audience(realm, &client, asked, &resources).unwrap_or_default();
    let is_something = !scope.is_empty() || !authorization_details.is_empty();
    let can_be_asked = is_possible && is_something && !audience.is_empty();
    Ok(can_be_asked.then_some(WaitingRequest {
        request,
        user_code: user_code.clone(),
        client,
        scope,
        authorization_details,
        audience,
        resources,
    }))
}

/// Why a user is not asked.
#[derive(Debug, thiserror::Error)]
pub enum AskRefusal {
    /// The user's authentication is not good enough for the API.
    #[error(transparent)]
    Assurance(#[from] UnmetAssurance),
    /// A failure of this server.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// What the user is asked.
pub async fn ask(realm: &RealmContext, waiting: &WaitingRequest, person: &Person) -> Result<ConsentNeeded, AskRefusal> {
    scope_policy::check_assurance(realm, &waiting.audience, person.session.acr)?;
    let known = realm
        .store
        .find_grant(realm.issuer(), &person.user.id, waiting.client.id())
        .await
        .map_err(Fault::from)?;
    let is_offline = scope_policy::gives_refresh_token(&waiting.client, &waiting.scope);
    Ok(ConsentNeeded {
        already: Known::Remembered(known).already(realm, &waiting.asked()),
        asked: waiting.asked(),
        offline_for: is_offline.then_some(realm.realm.lifetimes.grant),
    })
}

/// What became of the user's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    /// The device will learn of it.
    Taken,
    /// What is left of the scope opens nothing: ask again.
    Nothing,
    /// The session ended meanwhile.
    SignedOut,
    /// Somebody answered before, or the code expired.
    TooLate,
}

/// The user permits `scope` (what was left ticked).
pub async fn approve(
    realm: &RealmContext,
    waiting: &WaitingRequest,
    person: &Person,
    permitted: &Permission,
) -> Result<Answered, Fault> {
    let (issuer, now) = (realm.issuer(), realm.now());
    let asked = waiting.asked();
    let permitted = permitted.intersection(&asked);
    let scope = &permitted.scope;
    let rights = (scope, &permitted.authorization_details);
    let audience = scope_policy::audience(realm, &waiting.client, rights, &waiting.resources).unwrap_or_default();
    if permitted.opens_nothing() || audience.is_empty() {
        return Ok(Answered::Nothing);
    }
    for _ in 0..ATTEMPTS {
        let known = realm
            .store
            .find_grant(issuer, &person.user.id, waiting.client.id())
            .await?;
        let known = Known::Remembered(known);
        let consented = Consented {
            client_id: waiting.client.id(),
            user_id: &person.user.id,
            asked: &asked,
            permitted: &permitted,
            approval: Approval::Asked,
        };
        let (grant_id, grant_change) = consented::use_grant(realm, &consented, known)?;
        let new = new_authorization(realm, waiting, person, grant_id, (&permitted, &audience));
        let change_id = new_id();
        let change = grant_change
            .then(session::still_alive(issuer, &person.session.id))
            .then(device_request::approve(
                issuer,
                &waiting.request.id,
                &new.id,
                &change_id,
                now,
            ))
            .then(authorization::insert(issuer, &new, &change_id)?)
            .recognised_by(authorization::changed_by(issuer, &new.id, &change_id));
        if realm.store.commit(change).await? == Outcome::Applied {
            return Ok(Answered::Taken);
        }
        if !is_waiting(realm, waiting).await? {
            return Ok(Answered::TooLate);
        }
        let session = realm.store.find_session(issuer, &person.session.id).await?;
        if session.is_none_or(|session| session.ended_at.is_some()) {
            return Ok(Answered::SignedOut);
        }
    }
    Err(Fault::Contended)
}

/// The user does not permit it.
pub async fn deny(realm: &RealmContext, waiting: &WaitingRequest) -> Result<Answered, Fault> {
    let (issuer, id, change_id) = (realm.issuer(), &waiting.request.id, new_id());
    let change = Change::new()
        .then(device_request::deny(issuer, id, &change_id, realm.now()))
        .recognised_by(device_request::changed_by(issuer, id, &change_id));
    Ok(match realm.store.commit(change).await? {
        Outcome::Applied => Answered::Taken,
        Outcome::Missed => Answered::TooLate,
    })
}

async fn is_waiting(realm: &RealmContext, waiting: &WaitingRequest) -> Result<bool, StorageError> {
    let hash = &waiting.request.device_code_hash;
    let request = realm.store.find_device_request(realm.issuer(), hash).await?;
    Ok(request.is_some_and(|request| request.is_waiting(realm.now())))
}

fn new_authorization(
    realm: &RealmContext,
    waiting: &WaitingRequest,
    person: &Person,
    grant_id: String,
    (permitted, audience): (&Permission, &[String]),
) -> Authorization {
    Authorization {
        id: new_id(),
        grant_id,
        user_id: person.user.id.clone(),
        client_id: waiting.client.id().to_owned(),
        session_id: person.session.id.clone(),
        scope: permitted.scope.clone(),
        audience: audience.to_vec(),
        details: AuthorizationContext {
            resource: waiting.request.details.resource.clone(),
            authorization_details: permitted.authorization_details.clone(),
            ..AuthorizationContext::authenticated(person.session.acr, person.session.amr.clone())
        },
        auth_time: person.session.auth_time,
        code_hash: None,
        code_expires_at: None,
        code_used_at: None,
        // Whoever signs out of the browser after approving does not mean the device.
        offline: scope_policy::gives_refresh_token(&waiting.client, &permitted.scope),
        created_at: realm.now(),
        // With a refresh token it will live as long as its grant.
        expires_at: waiting.request.expires_at + realm.realm.lifetimes.access_token + SLACK,
        ended_at: None,
    }
}
