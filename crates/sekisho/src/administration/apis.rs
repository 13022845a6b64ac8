//! `sekisho api …`

use model::{Api, AuditKind, Source};
use protocol::{Resource, Scope, SecurityProfile};
use realm::{RealmContext, audit};
use serde_json::{Value, json};
use storage::{Change, Outcome, Statement};

use super::{AdminError, AdminErrorKind, is_own_scope, with};

fn view((api, source): &(Api, Source)) -> Value {
    with(serde_json::to_value(api).unwrap_or_default(), "owner", json!(source))
}

async fn find(realm: &RealmContext, identifier: &str) -> Result<(Api, Source), AdminError> {
    let apis = realm.store.apis(realm.issuer()).await?;
    apis.into_iter()
        .find(|(api, _)| api.identifier == identifier)
        .ok_or_else(|| AdminError::not_found(format!("there is no API {identifier}"), "look at: sekisho api list"))
}

async fn commit(
    realm: &RealmContext,
    identifier: &str,
    statements: impl IntoIterator<Item = Statement>,
    kind: AuditKind,
) -> Result<(), AdminError> {
    let change = Change::new()
        .then_all(statements)
        .then(audit::event(realm, kind).detail("api", identifier))
        .then(storage::realm::raise_revision());
    match realm.store.commit(change).await? {
        Outcome::Applied => Ok(()),
        Outcome::Missed => Err(AdminError::changed_meanwhile()),
    }
}

pub(super) async fn list(realm: &RealmContext) -> Result<Value, AdminError> {
    let apis = realm.store.apis(realm.issuer()).await?;
    Ok(json!({ "apis": apis.iter().map(view).collect::<Vec<_>>() }))
}

pub(super) async fn show(realm: &RealmContext, identifier: &str) -> Result<Value, AdminError> {
    Ok(view(&find(realm, identifier).await?))
}

pub(super) async fn add(realm: &RealmContext, api: Api) -> Result<Value, AdminError> {
    let stored = realm.store.apis(realm.issuer()).await?;
    check(realm, &api, &stored).await?;
    let put = storage::api::put(realm.issuer(), &api, Source::Api, realm.now())?;
    commit(realm, &api.identifier, [put], AuditKind::ApiCreated).await?;
    Ok(view(&(api, Source::Api)))
}

/// What `check` says of an API in a file.
async fn check(realm: &RealmContext, api: &Api, stored: &[(Api, Source)]) -> Result<(), AdminError> {
    let conflict = |problem: String| AdminError::new(AdminErrorKind::Conflict, problem, "choose another");
    let identifier = api.identifier.as_str();
    if Resource::parse(identifier).is_err() || identifier == realm.issuer() {
        let problem = format!("{identifier} cannot identify an API");
        return Err(AdminError::invalid(
            problem,
            "use its public URL: https://api.example.com",
        ));
    }
    if stored.iter().any(|(other, _)| other.identifier == identifier) {
        return Err(conflict(format!("there is an API {identifier} already")));
    }
    for scope in &api.scope {
        if scope.name.contains(' ') || Scope::parse(&scope.name).is_err() || scope.name.is_empty() {
            let problem = format!("{:?} cannot be a scope", scope.name);
            return Err(AdminError::invalid(
                problem,
                "use letters, digits and :._- without spaces",
            ));
        }
        let is_taken = is_own_scope(&scope.name)
            || stored.iter().any(|(other, _)| other.find_scope(&scope.name).is_some())
            || api.scope.iter().filter(|other| other.name == scope.name).count() > 1;
        if is_taken {
            return Err(conflict(format!("there is a scope {} already", scope.name)));
        }
    }
    if let Some(profile) = api
        .profile
        .as_deref()
        .filter(|name| SecurityProfile::find(name).is_none())
    {
        return Err(AdminError::invalid(
            format!("there is no profile {profile}"),
            "use openid-core or baseline",
        ));
    }
    for client_id in &api.introspection {
        let client = realm.store.find_client(realm.issuer(), client_id).await?;
        if client.is_none_or(|client| client.metadata.is_public()) {
            let problem = format!("{client_id} is not a client with a secret");
            return Err(AdminError::invalid(problem, "make it first: sekisho client add"));
        }
    }
    Ok(())
}

pub(super) async fn remove(realm: &RealmContext, identifier: &str) -> Result<Value, AdminError> {
    let found = find(realm, identifier).await?;
    if found.1 == Source::File {
        return Err(AdminError::owned_by_file(&format!("the API {identifier}")));
    }
    let scopes = found.0.scopes();
    let clients = realm.store.clients(realm.issuer()).await?;
    let uses = |scope: &Scope| !scope.intersection(&scopes).is_empty();
    let dependents: Vec<&str> = clients
        .iter()
        .filter(|client| client.metadata.scope.as_ref().is_some_and(uses))
        .map(model::Client::id)
        .collect();
    if !dependents.is_empty() {
        let problem = format!("clients still have its scopes: {}", dependents.join(", "));
        return Err(AdminError::new(
            AdminErrorKind::Conflict,
            problem,
            "change or remove them first",
        ));
    }
    let remove = storage::api::remove(realm.issuer(), identifier);
    commit(realm, identifier, remove, AuditKind::ApiRemoved).await?;
    Ok(view(&found))
}
