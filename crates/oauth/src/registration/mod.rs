//! `POST /register`: a client registers itself.
//!
//! Spec: RFC 7591 §3, OpenID Connect Registration §3
//!
//! 1. Is it offered here, and who asks? An initial access token is looked up; anybody is counted by address.
//! 2. What the client says of itself, overlaid with what a software statement says of it.
//! 3. Whether that is sound, whether it is this client's to have, and whether the addresses that the server is to call
//!    may be called.
//! 4. One change: the client appears, within the quota; the initial access token loses a use.
//!
//! Nothing heavy comes before step 1 is done, and no document of the client's is fetched but the list of its sector.
//! Deliberately not: an own `client_id` or `client_secret`, scopes of APIs without an operator's word.

mod checks;
mod manage;
mod refusal;
mod software_statement;
mod throttle;

use std::net::IpAddr;

use model::{
    Actor, AuditKind, Client, InitialAccessToken, Registration, Secret, Source, initial_token_hash,
    registration_token_hash,
};
use protocol::{BearerToken, ClientInformation, ClientMetadata, registration_request};
use realm::{RealmContext, audit};
use serde_json::{Map, Value};
use storage::{Change, Outcome, initial_access_token};

use self::checks::Rights;
pub use self::{
    manage::{read, remove, update},
    refusal::RegistrationRefusal,
    software_statement::StatementRefusal,
};
use crate::client_secret::{self, StoredSecret};

/// How many clients of a realm may have registered themselves before anybody else is turned away. Who has an initial
/// access token is not.
pub const QUOTA: i64 = 10_000;

/// What the endpoint gets of a request.
pub struct RegistrationRequest<'a> {
    /// All `Authorization` headers.
    pub authorization: Vec<&'a str>,
    /// The caller's network address.
    pub address: IpAddr,
    /// The members of the JSON object in the body.
    pub members: Map<String, Value>,
}

/// Where clients register themselves.
pub fn endpoint(realm: &RealmContext) -> String {
    realm.url("/register")
}

/// Registers a client.
pub async fn register(
    realm: &RealmContext,
    request: RegistrationRequest<'_>,
) -> Result<ClientInformation, RegistrationRefusal> {
    // Step 1
    let token = admit(realm, &request).await?;

    // Step 2
    let mut members = request.members;
    let vouched = software_statement::overlay(realm, &mut members, None).await?;
    let mut metadata = registration_request::parse(members)?;

    // Step 3
    let of_token = token.as_ref().and_then(|token| token.scope.clone()).unwrap_or_default();
    let rights = Rights {
        scope: of_token.union(&vouched.scope),
        acts_alone: token.is_some() || vouched.acts_alone,
    };
    checks::check(realm, &metadata, &rights).await?;
    // "All registered metadata", with the defaults (RFC 7591 §3.2.1).
    metadata.id_token_signed_response_alg = Some(metadata.id_token_alg(realm.realm.profile.0));

    // Step 4
    metadata.client_id = jose::b64::encode(jose::random_bytes::<16>());
    let (secret, stored) = new_secret(realm, &metadata).unzip();
    let registration_token = jose::random_token();
    let client = Client {
        secret_hash: stored.as_ref().map(|stored| stored.hash.to_vec()),
        wrapped_secret: stored.and_then(|stored| stored.wrapped),
        registration_token_hash: Some(
            registration_token_hash(realm.issuer(), &metadata.client_id, &registration_token).to_vec(),
        ),
        metadata: metadata.into(),
        enabled: true,
        source: Source::Registration,
        created_at: realm.now(),
    };
    commit(realm, &client, token.as_ref(), &registration_token).await?;
    Ok(information(realm, &client, secret, registration_token))
}

/// Who may register here: whoever has an initial access token; without one anybody, where that is allowed and not too
/// often from one address.
async fn admit(
    realm: &RealmContext,
    request: &RegistrationRequest<'_>,
) -> Result<Option<InitialAccessToken>, RegistrationRefusal> {
    let offered = realm.realm.registration;
    if !offered.is_offered() {
        return Err(RegistrationRefusal::Off);
    }
    match (presented_token(&request.authorization), offered) {
        (Ok(token), _) => find_token(realm, &token).await.map(Some),
        (Err(RegistrationRefusal::TokenMissing), Registration::Open) => {
            throttle::reserve(realm, &throttle::lane_of_address(request.address)).await?;
            if realm.store.has_room_for_clients(realm.issuer(), QUOTA).await? {
                Ok(None)
            } else {
                Err(RegistrationRefusal::Full)
            }
        }
        (Err(refusal), _) => Err(refusal),
    }
}

/// The one token in the `Authorization` header (RFC 6750 §2.1).
fn presented_token(authorization: &[&str]) -> Result<BearerToken, RegistrationRefusal> {
    match authorization {
        [] => Err(RegistrationRefusal::TokenMissing),
        [one] => BearerToken::from_authorization(one).map_err(|_| RegistrationRefusal::InvalidToken),
        _ => Err(RegistrationRefusal::InvalidToken),
    }
}

async fn find_token(realm: &RealmContext, token: &BearerToken) -> Result<InitialAccessToken, RegistrationRefusal> {
    let hash = initial_token_hash(realm.issuer(), token.as_str());
    realm
        .store
        .find_initial_access_token(realm.issuer(), hash)
        .await?
        .filter(|token| token.is_good(realm.now()))
        .ok_or(RegistrationRefusal::InvalidToken)
}

/// The client appears. With a token, the token loses a use in the same change; without one, the quota must not be
/// exceeded.
async fn commit(
    realm: &RealmContext,
    client: &Client,
    token: Option<&InitialAccessToken>,
    registration_token: &str,
) -> Result<(), RegistrationRefusal> {
    let (issuer, id, now) = (realm.issuer(), client.id(), realm.now());
    let (permission, missed) = match token {
        Some(token) => (
            initial_access_token::use_once(issuer, &token.id, now),
            RegistrationRefusal::InvalidToken,
        ),
        None => (
            storage::client::within_quota(issuer, id, QUOTA),
            RegistrationRefusal::Full,
        ),
    };
    let hash = registration_token_hash(issuer, id, registration_token);
    let change = Change::new()
        .then(storage::client::insert(issuer, client, now)?)
        .then(permission)
        .then(registered(realm, token, client))
        .recognised_by(storage::client::was_registered(issuer, id, hash));
    match realm.store.commit(change).await? {
        Outcome::Applied => Ok(()),
        Outcome::Missed => Err(missed),
    }
}

/// That a client has registered itself, and with which initial access token.
fn registered(realm: &RealmContext, token: Option<&InitialAccessToken>, client: &Client) -> audit::Event {
    let event = audit::event(realm, AuditKind::ClientCreated)
        .by(Actor::Client)
        .client(client.id());
    match token {
        Some(token) => event.detail("initial_access_token", token.id.as_str()),
        None => event,
    }
}

/// A secret of 256 random bits, with what is kept of it; none for a method that uses none.
fn new_secret(realm: &RealmContext, metadata: &ClientMetadata) -> Option<(String, StoredSecret)> {
    let (id, method) = (&metadata.client_id, metadata.token_endpoint_auth_method);
    let secret = method.uses_secret().then(jose::random_token)?;
    let stored = client_secret::store(&realm.wrap, realm.issuer(), id, method, &Secret::new(&secret));
    Some((secret, stored))
}

/// What the client learns; the secret only when it was made just now.
fn information(
    realm: &RealmContext,
    client: &Client,
    secret: Option<String>,
    registration_token: String,
) -> ClientInformation {
    ClientInformation {
        metadata: ClientMetadata::clone(&client.metadata),
        client_id_issued_at: client.created_at,
        client_secret_expires_at: secret.is_some().then_some(0),
        client_secret: secret,
        registration_client_uri: format!("{}/{}", endpoint(realm), client.id()),
        registration_access_token: registration_token,
    }
}
