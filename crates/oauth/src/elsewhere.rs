//! What a user decides about a request that came another way than through their browser.
//!
//! Spec: RFC 8628 §3.3 and §5.4, CIBA §8, RFC 6749 §10.2
//!
//! The user is always asked, whatever was permitted before and whoever made the app: only the user can say whether the
//! request is theirs. The authorization appears with the approval, so that it can be taken back before the client polls.

use model::{AuditKind, Authorization, AuthorizationContext, Client, PolledRequest, new_id};
use protocol::{Acr, AuthorizationDetails, Demand, grant_type::GrantType, resource_indicator::Resource, scope::Scope};
use realm::{RealmContext, audit};
use storage::{Change, Outcome, Polled, Statement, StorageError, authorization, session};

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

/// A request that its user may answer. Made only by [`WaitingRequest::of`].
pub struct WaitingRequest {
    kind: Polled,
    polled: PolledRequest,
    /// Who asks.
    pub client: Client,
    /// For what.
    pub scope: Scope,
    /// And for what in detail.
    pub authorization_details: AuthorizationDetails,
    /// Of which APIs.
    pub audience: Vec<String>,
    resources: Vec<Resource>,
    /// The levels of authentication that the client prefers.
    pub(crate) acr_values: Vec<String>,
}

impl WaitingRequest {
    /// The request as it can be asked now, not as it could when it was made. `None`: it was answered, it has expired, or
    /// its client may not ask for anything any more.
    pub(crate) async fn of(
        realm: &RealmContext,
        kind: Polled,
        polled: PolledRequest,
        (scope, authorization_details): (Scope, AuthorizationDetails),
        resource: &[String],
    ) -> Result<Option<Self>, StorageError> {
        if !polled.is_waiting(realm.now()) {
            return Ok(None);
        }
        let grant_type = match kind {
            Polled::Device => GrantType::DeviceCode,
            Polled::Ciba => GrantType::Ciba,
        };
        let client = realm.store.find_client(realm.issuer(), &polled.client_id).await?;
        let is_allowed = |client: &Client| client.enabled && client.metadata.allows_grant_type(grant_type);
        let Some(client) = client.filter(is_allowed) else {
            return Ok(None);
        };
        let resources: Vec<Resource> = resource.iter().filter_map(|text| Resource::parse(text).ok()).collect();
        let scope = scope.intersection(scope_policy::registered(realm, &client.metadata));
        // What was asked for in detail stands whole or not at all.
        let is_possible = authorization_details::check(realm, &client.metadata, &authorization_details).is_ok();
        let asked = (&scope, &authorization_details);
        let audience = scope_policy::audience(realm, &client, asked, &resources).unwrap_or_default();
        let is_something = !scope.is_empty() || !authorization_details.is_empty();
        let can_be_asked = is_possible && is_something && !audience.is_empty();
        Ok(can_be_asked.then_some(Self {
            kind,
            polled,
            client,
            scope,
            authorization_details,
            audience,
            resources,
            acr_values: Vec::new(),
        }))
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.polled.id
    }

    /// When it expires, unix seconds.
    pub fn expires_at(&self) -> i64 {
        self.polled.expires_at
    }

    const fn approved(&self) -> AuditKind {
        match self.kind {
            Polled::Device => AuditKind::DeviceApproved,
            Polled::Ciba => AuditKind::CibaApproved,
        }
    }

    const fn refused(&self) -> AuditKind {
        match self.kind {
            Polled::Device => AuditKind::DeviceRefused,
            Polled::Ciba => AuditKind::CibaRefused,
        }
    }

    /// What it demands of the user's authentication, together with its APIs.
    pub fn demand(&self, realm: &RealmContext) -> Demand {
        Demand {
            wanted: self.acr_values.iter().filter_map(|text| Acr::of_wire(text)).collect(),
            is_essential: false,
            least: scope_policy::least_acr(realm, &self.audience),
            ..Demand::default()
        }
    }

    /// What the user is asked to permit: such a request cannot ask for single claims.
    pub fn asked(&self) -> Permission {
        Permission {
            scope: self.scope.clone(),
            authorization_details: self.authorization_details.clone(),
            ..Permission::default()
        }
    }
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
    scope_policy::check_assurance(realm, &waiting.audience, person.assurance(realm.now()).acr)?;
    Ok(question(realm, waiting, person).await?)
}

/// The same, whether or not the user's authentication is good enough to answer it.
pub async fn question(realm: &RealmContext, waiting: &WaitingRequest, person: &Person) -> Result<ConsentNeeded, Fault> {
    let known = realm
        .store
        .find_grant(realm.issuer(), &person.user.id, waiting.client.id())
        .await?;
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
    /// The client will learn of it.
    Taken,
    /// What is left of the scope opens nothing: ask again.
    Nothing,
    /// The session ended meanwhile.
    SignedOut,
    /// Somebody answered before, or the request expired.
    TooLate,
}

/// The user permits `permitted` (what was left ticked). `told`: how the client learns of it, if it does not poll.
pub(crate) async fn approve(
    realm: &RealmContext,
    waiting: &WaitingRequest,
    person: &Person,
    permitted: &Permission,
    told: Option<Statement>,
) -> Result<Answered, Fault> {
    let (issuer, now) = (realm.issuer(), realm.now());
    let asked = waiting.asked();
    let permitted = permitted.intersection(&asked);
    let rights = (&permitted.scope, &permitted.authorization_details);
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
        let event = consented.event(realm, waiting.approved(), &new);
        let change_id = new_id();
        let change = grant_change
            .then(session::still_alive(issuer, &person.session.id))
            .then(waiting.kind.approve(issuer, waiting.id(), &new.id, &change_id, now))
            .then(authorization::insert(issuer, &new, &change_id)?)
            .then_all(told.clone())
            .then(event.detail("request", waiting.id()))
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
pub(crate) async fn deny(
    realm: &RealmContext,
    waiting: &WaitingRequest,
    told: Option<Statement>,
) -> Result<Answered, Fault> {
    let (issuer, id, change_id) = (realm.issuer(), waiting.id(), new_id());
    let change = Change::new()
        .then(waiting.kind.deny(issuer, id, &change_id, realm.now()))
        .then_all(told)
        .then(
            audit::event(realm, waiting.refused())
                .client(waiting.client.id())
                .detail("request", id),
        )
        .recognised_by(waiting.kind.changed_by(issuer, id, &change_id));
    Ok(match realm.store.commit(change).await? {
        Outcome::Applied => Answered::Taken,
        Outcome::Missed => Answered::TooLate,
    })
}

async fn is_waiting(realm: &RealmContext, waiting: &WaitingRequest) -> Result<bool, StorageError> {
    let (store, issuer, id) = (&realm.store, realm.issuer(), waiting.id());
    let polled = match waiting.kind {
        Polled::Device => store
            .find_device_request_by_id(issuer, id)
            .await?
            .map(|found| found.polled),
        Polled::Ciba => store
            .find_ciba_request_by_id(issuer, id)
            .await?
            .map(|found| found.polled),
    };
    Ok(polled.is_some_and(|polled| polled.is_waiting(realm.now())))
}

fn new_authorization(
    realm: &RealmContext,
    waiting: &WaitingRequest,
    person: &Person,
    grant_id: String,
    (permitted, audience): (&Permission, &[String]),
) -> Authorization {
    let preferred: Vec<&str> = waiting.acr_values.iter().map(String::as_str).collect();
    let assurance = person.assurance(realm.now());
    let acr = assurance.acr.stated(&preferred);
    let resources = waiting.resources.iter();
    Authorization {
        id: new_id(),
        grant_id,
        user_id: person.user.id.clone(),
        client_id: waiting.client.id().to_owned(),
        session_id: person.session.id.clone(),
        scope: permitted.scope.clone(),
        audience: audience.to_vec(),
        details: AuthorizationContext {
            resource: resources.map(|resource| resource.as_str().to_owned()).collect(),
            authorization_details: permitted.authorization_details.clone(),
            ..AuthorizationContext::authenticated(acr, assurance.amr)
        },
        auth_time: person.session.auth_time,
        code_hash: None,
        code_expires_at: None,
        code_used_at: None,
        // Whoever signs out of the browser after approving does not mean the other device.
        offline: scope_policy::gives_refresh_token(&waiting.client, &permitted.scope),
        created_at: realm.now(),
        // With a refresh token it will live as long as its grant.
        expires_at: waiting.expires_at() + realm.realm.lifetimes.access_token + SLACK,
        ended_at: None,
    }
}
