//! `sekisho api key …`: keys with which clients call an API for themselves.

use model::{ApiKey, ApiKeyState, AuditKind, Client, Secret, api_key_hash, new_id};
use oauth::api_key::{is_possible, scope_at};
use protocol::{ApiKeySecret, ClientMetadata, Scope};
use realm::{RealmContext, audit};
use serde_json::{Value, json};
use storage::{Change, Outcome, Statement};

use super::{AdminError, AdminErrorKind, with};

/// How long a key may live, and a replaced one beside its successor, in seconds.
const LONGEST: i64 = 3660 * 24 * 3600;
const MAKE_ANOTHER: &str = "make a new one: sekisho api key add";
/// How long a name may be, in bytes.
const LONGEST_NAME: usize = 200;

/// What a new key is to be.
pub(super) struct NewKey {
    pub api: String,
    pub client_id: String,
    /// Without it, all that the client is registered for there.
    pub scope: Option<Scope>,
    pub name: String,
    pub lifetime: i64,
}

fn view(realm: &RealmContext, key: &ApiKey, client: Option<&ClientMetadata>) -> Value {
    json!({
        "id": key.id,
        "name": key.name,
        "state": key.state(realm.now()).as_str(),
        "client_id": key.client_id,
        "client_name": client.and_then(|client| client.client_name.as_deref()),
        "owner": client.and_then(|client| client.owner.as_deref()),
        "api": key.api,
        "scope": key.scope,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "last_used_at": key.last_used_at,
        "revoked_at": key.revoked_at,
        "replaced_by": key.replaced_by,
    })
}

fn told(key: &ApiKey, event: audit::Event) -> audit::Event {
    event
        .client(&key.client_id)
        .detail("id", key.id.as_str())
        .detail("api", key.api.as_str())
}

/// The key of this id, or the key itself, as it was found somewhere.
async fn find(realm: &RealmContext, key: &Secret) -> Result<ApiKey, AdminError> {
    let (store, issuer) = (&realm.store, realm.issuer());
    let text = key.expose();
    let found = if ApiKeySecret::is_meant(text) {
        let secret = ApiKeySecret::parse(text)
            .map_err(|error| AdminError::invalid(error.to_string(), "copy it whole, or name the key by its id"))?;
        let presented = store.presented_api_key(issuer, api_key_hash(issuer, secret.as_str()));
        presented.await?.map(|presented| presented.key)
    } else {
        store.find_api_key(issuer, text).await?
    };
    found.ok_or_else(|| AdminError::not_found("there is no such API key", "look at: sekisho api key list"))
}

async fn client_of(realm: &RealmContext, client_id: &str) -> Result<Client, AdminError> {
    let client = realm.store.find_client(realm.issuer(), client_id).await?;
    client.ok_or_else(|| {
        let problem = format!("there is no client {client_id}");
        AdminError::not_found(problem, "look at: sekisho client list")
    })
}

pub(super) async fn list(
    realm: &RealmContext,
    api: Option<&str>,
    client_id: Option<&str>,
) -> Result<Value, AdminError> {
    let keys = realm.store.api_keys(realm.issuer()).await?;
    let clients = realm.store.clients(realm.issuer()).await?;
    let is_asked = |key: &&ApiKey| {
        api.is_none_or(|api| key.api == api) && client_id.is_none_or(|client_id| key.client_id == client_id)
    };
    let shown = |key: &ApiKey| {
        let client = clients.iter().find(|client| client.id() == key.client_id);
        view(realm, key, client.map(|client| &*client.metadata))
    };
    let views: Vec<Value> = keys.iter().filter(is_asked).map(shown).collect();
    Ok(json!({ "api_keys": views }))
}

pub(super) async fn show(realm: &RealmContext, key: &Secret) -> Result<Value, AdminError> {
    let key = find(realm, key).await?;
    let client = client_of(realm, &key.client_id).await?;
    Ok(view(realm, &key, Some(&client.metadata)))
}

/// Makes a key, and shows it this once.
pub(super) async fn add(realm: &RealmContext, new: NewKey) -> Result<Value, AdminError> {
    let client = client_of(realm, &new.client_id).await?;
    let scope = check(realm, &client, &new)?;
    let (secret, key) = make(realm, new, scope);
    let event = told(&key, audit::event(realm, AuditKind::ApiKeyCreated))
        .detail("name", key.name.as_str())
        .detail("scope", key.scope.to_string());
    let change = Change::new()
        .then_all(storage::api_key::insert(realm.issuer(), &key))
        .then(event);
    match realm.store.commit(change).await? {
        Outcome::Applied => Ok(with_key(realm, &key, &client, &secret)),
        Outcome::Missed => Err(AdminError::changed_meanwhile()),
    }
}

/// What the key will permit, if it can be made.
fn check(realm: &RealmContext, client: &Client, new: &NewKey) -> Result<Scope, AdminError> {
    let (api, id) = (new.api.as_str(), client.id());
    if !realm.apis.iter().any(|known| known.identifier == api) {
        return Err(AdminError::not_found(
            format!("there is no API {api}"),
            "look at: sekisho api list",
        ));
    }
    if new.name.len() > LONGEST_NAME || new.name.chars().any(char::is_control) {
        return Err(AdminError::invalid(
            "the name is too long, or has control characters",
            "use up to 200 bytes of text",
        ));
    }
    check_lifetime(new.lifetime)?;
    if !is_possible(realm, &client.metadata, api) {
        let problem = format!(
            "the client {id} can have no key for {api}: it is public, or a security profile wants tokens that are bound to \
             a key"
        );
        return Err(AdminError::invalid(
            problem,
            "let it get access tokens, or make a confidential client for it",
        ));
    }
    let registered = scope_at(realm, &client.metadata, api);
    let scope = new.scope.clone().unwrap_or_else(|| registered.clone());
    if let Some(name) = scope.difference(&registered).iter().next() {
        let problem = format!("the client {id} is not registered for the scope {name} of {api}");
        return Err(AdminError::invalid(problem, format!("use some of: {registered}")));
    }
    if scope.is_empty() {
        let problem = format!("the key would permit nothing: the client {id} is registered for no scope of {api}");
        return Err(AdminError::invalid(problem, "register the client for it first"));
    }
    Ok(scope)
}

fn check_lifetime(lifetime: i64) -> Result<(), AdminError> {
    if (1..=LONGEST).contains(&lifetime) {
        Ok(())
    } else {
        Err(AdminError::invalid(
            "the key would not live, or longer than ten years",
            "write a duration as 90d",
        ))
    }
}

fn make(realm: &RealmContext, new: NewKey, scope: Scope) -> (ApiKeySecret, ApiKey) {
    let secret = ApiKeySecret::from_random([jose::random_bytes(), jose::random_bytes()]);
    let key = ApiKey {
        id: new_id(),
        key_hash: api_key_hash(realm.issuer(), secret.as_str()).to_vec(),
        client_id: new.client_id,
        api: new.api,
        scope,
        name: new.name,
        created_at: realm.now(),
        expires_at: realm.now() + new.lifetime,
        revoked_at: None,
        replaced_by: None,
        last_used_at: None,
    };
    (secret, key)
}

fn with_key(realm: &RealmContext, key: &ApiKey, client: &Client, secret: &ApiKeySecret) -> Value {
    with(
        view(realm, key, Some(&client.metadata)),
        "api_key",
        secret.as_str().into(),
    )
}

/// A successor with the same rights; the old key works on for the overlap. It lives as long as the old one was to live,
/// unless it is said otherwise.
pub(super) async fn rotate(
    realm: &RealmContext,
    key: &Secret,
    overlap: i64,
    lifetime: Option<i64>,
) -> Result<Value, AdminError> {
    let old = find(realm, key).await?;
    if old.state(realm.now()) != ApiKeyState::Good {
        return Err(has_ended(realm, &old, MAKE_ANOTHER));
    }
    if !(0..=LONGEST).contains(&overlap) {
        return Err(AdminError::invalid(
            "the keys cannot overlap for so long",
            "write a duration as 7d",
        ));
    }
    let client = client_of(realm, &old.client_id).await?;
    let new = NewKey {
        api: old.api.clone(),
        client_id: old.client_id.clone(),
        scope: Some(old.scope.intersection(&scope_at(realm, &client.metadata, &old.api))),
        name: old.name.clone(),
        lifetime: lifetime.unwrap_or(old.expires_at - old.created_at),
    };
    let scope = check(realm, &client, &new)?;
    let (secret, successor) = make(realm, new, scope);
    let (issuer, now) = (realm.issuer(), realm.now());
    let event = told(&old, audit::event(realm, AuditKind::ApiKeyRotated))
        .detail("replaced_by", successor.id.as_str())
        .detail("ends_at", old.expires_at.min(now + overlap));
    let replace = storage::api_key::replace(issuer, &old.id, &successor.id, now + overlap, now);
    let change = Change::new()
        .then(replace)
        .then_all(storage::api_key::insert(issuer, &successor))
        .then(event);
    match realm.store.commit(change).await? {
        Outcome::Applied => Ok(with_key(realm, &successor, &client, &secret)),
        Outcome::Missed => Err(has_ended(realm, &old, MAKE_ANOTHER)),
    }
}

/// The key opens nothing any more, at once.
pub(super) async fn revoke(realm: &RealmContext, key: &Secret) -> Result<Value, AdminError> {
    let key = find(realm, key).await?;
    let revoke: Statement = storage::api_key::revoke(realm.issuer(), &key.id, realm.now());
    let event = told(&key, audit::event(realm, AuditKind::ApiKeyRevoked));
    match realm.store.commit(Change::new().then(revoke).then(event)).await? {
        Outcome::Applied => {
            let now = Some(realm.now());
            Ok(view(realm, &ApiKey { revoked_at: now, ..key }, None))
        }
        Outcome::Missed => Err(has_ended(realm, &key, "nothing needs to be done")),
    }
}

fn has_ended(realm: &RealmContext, key: &ApiKey, remedy: &str) -> AdminError {
    let state = key.state(realm.now()).as_str();
    let problem = format!(
        "the API key {} has ended or was replaced already: it is {state}",
        key.id
    );
    AdminError::new(AdminErrorKind::Conflict, problem, remedy)
}
