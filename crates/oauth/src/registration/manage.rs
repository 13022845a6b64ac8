//! `/register/{client_id}`: a client reads, replaces and ends its own registration.
//!
//! Spec: RFC 7592 §2, OpenID Connect Registration §4
//!
//! Accepted: the registration access token as a Bearer token in the header. It stays the same, and so does the secret,
//! unless the client registers an authentication method that its secret does not do for.
//! Deliberately not: clients that a file or a command made; clients that were disabled. They, and clients that are
//! gone, are answered as a wrong token is, so that nobody learns which clients there are.

use model::{Actor, AuditKind, Client, Source, registration_token_hash};
use protocol::{
    BearerToken, ClientInformation, ClientMetadata, MetadataProblem,
    registration_request::{self, CHOSEN_BY_SERVER},
};
use realm::{RealmContext, audit};
use serde_json::{Map, Value};
use storage::{Change, Outcome, client};

use super::{
    RegistrationRefusal,
    checks::{self, Rights},
    information, new_secret, presented_token, software_statement, throttle,
};

/// A client that showed its registration access token. Made only here.
struct Owner {
    client: Client,
    token: BearerToken,
    token_hash: [u8; 32],
}

/// RFC 7592 §2.1: what is registered. The secret is not in it: only its hash is kept.
pub async fn read(
    realm: &RealmContext,
    client_id: &str,
    authorization: &[&str],
) -> Result<ClientInformation, RegistrationRefusal> {
    let Owner { client, token, .. } = authenticate(realm, client_id, authorization).await?;
    Ok(information(realm, &client, None, token.as_str().to_owned()))
}

/// RFC 7592 §2.2: what is sent replaces what is registered, all of it.
pub async fn update(
    realm: &RealmContext,
    client_id: &str,
    authorization: &[&str],
    mut members: Map<String, Value>,
) -> Result<ClientInformation, RegistrationRefusal> {
    let owner = authenticate(realm, client_id, authorization).await?;
    throttle::reserve(realm, &throttle::lane_of_client(client_id)).await?;
    check_server_chosen(realm, &owner.client, &members)?;

    let known = owner.client.metadata.software_statement.as_deref();
    let vouched = software_statement::overlay(realm, &mut members, known).await?;
    let mut metadata = registration_request::parse(members)?;
    metadata.client_id = client_id.to_owned();

    // What the operator permitted once stays permitted; what the client gives up is gone.
    let former = &owner.client.metadata;
    let rights = Rights {
        scope: former.scope.clone().unwrap_or_default().union(&vouched.scope),
        acts_alone: vouched.acts_alone || former.grant_types.iter().any(|grant| !grant.is_permitted_by_user()),
    };
    checks::check(realm, &metadata, &rights).await?;
    // "All registered metadata", with the defaults (RFC 7591 §3.2.1).
    metadata.id_token_signed_response_alg = Some(metadata.id_token_alg(realm.realm.profile.0));

    let secret = replace(realm, &owner, &metadata).await?;
    let client = Client {
        metadata: metadata.into(),
        ..owner.client
    };
    Ok(information(realm, &client, secret, owner.token.as_str().to_owned()))
}

/// RFC 7592 §2.3: the client is forgotten, and everything that it was granted ends.
pub async fn remove(realm: &RealmContext, client_id: &str, authorization: &[&str]) -> Result<(), RegistrationRefusal> {
    authenticate(realm, client_id, authorization).await?;
    let change = Change::new()
        .then_all(client::remove(realm.issuer(), client_id, realm.now()))
        .then(by_itself(realm, AuditKind::ClientRemoved, client_id));
    match realm.store.commit(change).await? {
        Outcome::Applied => Ok(()),
        Outcome::Missed => Err(RegistrationRefusal::InvalidToken),
    }
}

fn by_itself(realm: &RealmContext, kind: AuditKind, client_id: &str) -> audit::Event {
    audit::event(realm, kind).by(Actor::Client).client(client_id)
}

async fn authenticate(
    realm: &RealmContext,
    client_id: &str,
    authorization: &[&str],
) -> Result<Owner, RegistrationRefusal> {
    if !realm.realm.registration.is_offered() {
        return Err(RegistrationRefusal::Off);
    }
    let token = presented_token(authorization)?;
    let token_hash = registration_token_hash(realm.issuer(), client_id, token.as_str());
    let is_its_own = |client: &Client| {
        let stored = client.registration_token_hash.as_deref();
        client.enabled
            && client.source == Source::Registration
            && stored.is_some_and(|stored| jose::constant_time_eq(stored, &token_hash))
    };
    let client = realm.store.find_client(realm.issuer(), client_id).await?;
    let client = client.filter(is_its_own).ok_or(RegistrationRefusal::InvalidToken)?;
    Ok(Owner {
        client,
        token,
        token_hash,
    })
}

/// RFC 7592 §2.2: the request "MUST NOT include" what only the server says; it MUST include `client_id`, and a
/// `client_secret` in it "MUST match the currently issued client secret".
fn check_server_chosen(
    realm: &RealmContext,
    client: &Client,
    members: &Map<String, Value>,
) -> Result<(), MetadataProblem> {
    let text = |name: &str| members.get(name).and_then(Value::as_str);
    if text("client_id") != Some(client.id()) {
        let problem = "is missing, or not the one of this client";
        return Err(MetadataProblem::new(
            "client_id",
            problem,
            "send the client_id as it was issued",
        ));
    }
    let is_same = |secret: &str| client.is_secret(realm.issuer(), &model::Secret::new(secret));
    if members.contains_key("client_secret") && !text("client_secret").is_some_and(is_same) {
        let problem = "is not the secret of this client";
        return Err(MetadataProblem::new(
            "client_secret",
            problem,
            "leave it out, or send it as it was issued",
        ));
    }
    let others = CHOSEN_BY_SERVER
        .iter()
        .filter(|name| !name.ends_with("_id") && !name.ends_with("_secret"));
    match others.copied().find(|name| members.contains_key(*name)) {
        None => Ok(()),
        Some(name) => Err(MetadataProblem::new(
            name,
            "cannot be changed by the client",
            "leave it out",
        )),
    }
}

/// Commits, and answers the secret if a new one had to be made: one that does for the method is not replaced.
async fn replace(
    realm: &RealmContext,
    owner: &Owner,
    metadata: &ClientMetadata,
) -> Result<Option<String>, RegistrationRefusal> {
    let (issuer, id, now) = (realm.issuer(), owner.client.id(), realm.now());
    let method = metadata.token_endpoint_auth_method;
    let does_not_do = (method.uses_secret() && owner.client.secret_hash.is_none())
        || (method.needs_recoverable_secret() && owner.client.wrapped_secret.is_none());
    let (told, stored) = does_not_do.then(|| new_secret(realm, metadata)).flatten().unzip();
    let of_secret = match stored {
        Some(stored) => Some(client::set_secret(issuer, id, stored.hash, stored.wrapped, now)),
        None if method.uses_secret() => None,
        None => Some(client::drop_secret(issuer, id)),
    };
    let change = Change::new()
        .then(client::replace_own(issuer, metadata, owner.token_hash, now)?)
        .then_all(of_secret)
        .then(by_itself(realm, AuditKind::ClientChanged, id).detail("new_secret", told.is_some()));
    match realm.store.commit(change).await? {
        Outcome::Applied => Ok(told),
        Outcome::Missed => Err(RegistrationRefusal::InvalidToken),
    }
}
