//! `sekisho client …`

use model::{AuditKind, Client, Secret, Source};
use oauth::client_secret::{self, StoredSecret};
use protocol::ClientMetadata;
use realm::{RealmContext, audit};
use serde_json::{Value, json};
use storage::{Change, Outcome, Statement};

use super::{AdminError, AdminErrorKind, with};

fn view(client: &Client) -> Value {
    json!({
        "client_id": client.id(),
        "client_name": client.metadata.client_name,
        "enabled": client.enabled,
        "owner": client.source,
        "has_secret": client.secret_hash.is_some(),
        "created_at": client.created_at,
        "metadata": *client.metadata,
    })
}

async fn find(realm: &RealmContext, client_id: &str) -> Result<Client, AdminError> {
    let client = realm.store.find_client(realm.issuer(), client_id).await?;
    client.ok_or_else(|| {
        AdminError::not_found(
            format!("there is no client {client_id}"),
            "look at: sekisho client list",
        )
    })
}

/// A client whose settings a command may change.
async fn find_own(realm: &RealmContext, client_id: &str) -> Result<Client, AdminError> {
    let client = find(realm, client_id).await?;
    match client.source {
        Source::Api | Source::Removed | Source::Registration => Ok(client),
        Source::File => Err(AdminError::owned_by_file(&format!("the client {client_id}"))),
    }
}

async fn commit(
    realm: &RealmContext,
    client_id: &str,
    statements: Vec<Statement>,
    kind: AuditKind,
) -> Result<(), AdminError> {
    let change = Change::new()
        .then_all(statements)
        .then(audit::event(realm, kind).client(client_id))
        .then(storage::realm::raise_revision());
    match realm.store.commit(change).await? {
        Outcome::Applied => Ok(()),
        Outcome::Missed => Err(AdminError::changed_meanwhile()),
    }
}

pub(super) async fn list(realm: &RealmContext) -> Result<Value, AdminError> {
    let clients = realm.store.clients(realm.issuer()).await?;
    Ok(json!({ "clients": clients.iter().map(view).collect::<Vec<_>>() }))
}

pub(super) async fn show(realm: &RealmContext, client_id: &str) -> Result<Value, AdminError> {
    let client = find(realm, client_id).await?;
    let profiles = realm.realm.profiles.iter().map(|profile| profile.0);
    let shown = with(view(&client), "profile", client.profile(&realm.realm).name.into());
    Ok(with(shown, "profiles", json!(client.metadata.standing(profiles))))
}

pub(super) async fn add(realm: &RealmContext, metadata: ClientMetadata) -> Result<Value, AdminError> {
    check(realm, &metadata)?;
    let id = metadata.client_id.clone();
    if realm.store.find_client(realm.issuer(), &id).await?.is_some() {
        let problem = format!("there is a client {id} already");
        return Err(AdminError::new(
            AdminErrorKind::Conflict,
            problem,
            "choose another client_id",
        ));
    }
    let secret = metadata
        .token_endpoint_auth_method
        .uses_secret()
        .then(jose::random_token);
    let stored = secret.as_deref().map(|secret| store(realm, &metadata, secret));
    let client = Client {
        secret_hash: stored.as_ref().map(|stored| stored.hash.to_vec()),
        wrapped_secret: stored.and_then(|stored| stored.wrapped),
        registration_token_hash: None,
        metadata: metadata.into(),
        enabled: true,
        source: Source::Api,
        created_at: realm.now(),
    };
    let put = storage::client::put(realm.issuer(), &client, realm.now())?;
    commit(realm, &id, vec![put], AuditKind::ClientCreated).await?;
    Ok(with_secret(view(&client), secret))
}

/// What is stored of a new secret.
fn store(realm: &RealmContext, metadata: &ClientMetadata, secret: &str) -> StoredSecret {
    let (id, method) = (&metadata.client_id, metadata.token_endpoint_auth_method);
    client_secret::store(&realm.wrap, realm.issuer(), id, method, &Secret::new(secret))
}

/// What `check` says of a client in a file.
fn check(realm: &RealmContext, metadata: &ClientMetadata) -> Result<(), AdminError> {
    if metadata.client_id.is_empty() {
        return Err(AdminError::invalid("the client has no client_id", "give it one"));
    }
    if let Some(problem) = metadata.validate(realm.realm.profile.0).into_iter().next() {
        return Err(AdminError::invalid(
            format!("{} {}", problem.member, problem.problem),
            problem.remedy,
        ));
    }
    let is_offered = |name: &str| realm.realm.profiles.iter().any(|profile| profile.name == name);
    if let Some(profile) = metadata.profile.as_deref().filter(|name| !is_offered(name)) {
        let problem = format!("the realm does not offer the profile {profile}");
        return Err(AdminError::invalid(
            problem,
            "choose another, or add it to profiles in the realm file",
        ));
    }
    let is_known =
        |scope: &str| super::is_own_scope(scope) || realm.apis.iter().any(|api| api.find_scope(scope).is_some());
    if let Some(scope) = metadata
        .scope
        .iter()
        .flat_map(protocol::Scope::iter)
        .find(|scope| !is_known(scope))
    {
        return Err(AdminError::invalid(
            format!("the scope {scope} belongs to no API"),
            "look at: sekisho api list",
        ));
    }
    Ok(())
}

fn with_secret(view: Value, secret: Option<String>) -> Value {
    match secret {
        Some(secret) => with(view, "client_secret", secret.into()),
        None => view,
    }
}

/// Whether a client is enabled is not owned by a file, for the same reason as with users.
pub(super) async fn set_enabled(realm: &RealmContext, client_id: &str, enabled: bool) -> Result<Value, AdminError> {
    let client = find(realm, client_id).await?;
    let kind = if enabled {
        AuditKind::ClientEnabled
    } else {
        AuditKind::ClientDisabled
    };
    let set = storage::client::set_enabled(realm.issuer(), client_id, enabled, realm.now());
    commit(realm, client_id, vec![set], kind).await?;
    Ok(view(&Client { enabled, ..client }))
}

pub(super) async fn remove(realm: &RealmContext, client_id: &str) -> Result<Value, AdminError> {
    let client = find_own(realm, client_id).await?;
    if let Some(api) = realm
        .apis
        .iter()
        .find(|api| api.introspection.iter().any(|id| id == client_id))
    {
        let problem = format!("the API {} introspects with the client {client_id}", api.identifier);
        return Err(AdminError::new(
            AdminErrorKind::Conflict,
            problem,
            "give the API another client first",
        ));
    }
    let remove = storage::client::remove(realm.issuer(), client_id, realm.now());
    commit(realm, client_id, remove, AuditKind::ClientRemoved).await?;
    Ok(view(&client))
}

pub(super) async fn rotate_secret(realm: &RealmContext, client_id: &str) -> Result<Value, AdminError> {
    let client = find_own(realm, client_id).await?;
    if !client.metadata.token_endpoint_auth_method.uses_secret() {
        let method = client.metadata.token_endpoint_auth_method.as_str();
        let problem = format!("the client {client_id} authenticates by {method} and has no secret");
        return Err(AdminError::invalid(problem, "nothing needs to be done"));
    }
    let secret = jose::random_token();
    let stored = store(realm, &client.metadata, &secret);
    let set = storage::client::set_secret(realm.issuer(), client_id, stored.hash, stored.wrapped, realm.now());
    commit(realm, client_id, vec![set], AuditKind::ClientSecretChanged).await?;
    let client = Client {
        secret_hash: Some(stored.hash.to_vec()),
        ..client
    };
    Ok(with_secret(view(&client), Some(secret)))
}
