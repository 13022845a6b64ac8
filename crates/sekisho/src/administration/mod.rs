//! The administration: what operators do, as functions over the realms, whoever asks.
//!
//! The command line carries a [`Command`] out itself, or sends it to the running server, which does; both answer the
//! same JSON.

mod api_keys;
mod apis;
mod apply;
mod audit;
mod authenticators;
mod clients;
mod command;
mod diff;
pub mod doctor;
mod error;
mod explain;
mod export;
mod grants;
mod initial_access_tokens;
mod keys;
mod outbox;
mod plan;
mod policies;
#[cfg(test)]
pub(crate) mod tests;
mod users;

use std::sync::Arc;

use authn::password::PasswordPool;
pub(crate) use realm::is_own_scope;
use realm::{
    RealmContext, Realms,
    trail::{self, Trail},
};
use serde_json::{Value, json};
use storage::Store;

pub(crate) use self::explain::explain;
pub use self::{
    apply::{Secrets, apply},
    audit::Query as AuditQuery,
    command::{Action, Command},
    diff::FieldChange,
    error::{AdminError, AdminErrorKind},
    export::export,
    plan::{PlannedChange, Verb, plan},
};
use crate::config::{RealmFile, ServerConfig};

/// What a server does at start: each realm file is applied; a database without any realm gets the default one, unless
/// the configuration says which realms there are. `now` is in unix seconds.
pub async fn apply_at_start(
    store: &Store,
    secrets: &Secrets<'_>,
    config: &ServerConfig,
    now: i64,
) -> Result<Vec<PlannedChange>, AdminError> {
    let trail = Trail {
        command: Some("serve"),
        ..Trail::default()
    };
    let applied = async {
        let mut changes = apply_again(store, secrets, &config.realms, now).await?;
        if !config.names_realms && store.realms().await?.is_empty() {
            let default = [RealmFile::empty(&config.default_issuer())];
            changes.extend(apply_again(store, secrets, &default, now).await?);
        }
        Ok(changes)
    };
    trail::follow(trail, applied).await
}

/// Nodes of one database may start at the same moment and apply the same files, and keys may be made meanwhile: whoever
/// loses looks again.
async fn apply_again(
    store: &Store,
    secrets: &Secrets<'_>,
    files: &[RealmFile],
    now: i64,
) -> Result<Vec<PlannedChange>, AdminError> {
    for _ in 0..3 {
        match apply(store, secrets, files, now).await {
            Err(error) if error.kind == AdminErrorKind::Conflict => {}
            settled => return settled,
        }
    }
    apply(store, secrets, files, now).await
}

/// Carries a command out. After a change the realms of this process are fresh.
pub async fn execute(realms: &Realms, pool: &PasswordPool, command: Command) -> Result<Value, AdminError> {
    let trail = Trail {
        command: Some(command.action.words()),
        ..Trail::default()
    };
    trail::follow(trail, carry_out(realms, pool, command)).await
}

async fn carry_out(realms: &Realms, pool: &PasswordPool, command: Command) -> Result<Value, AdminError> {
    match command.action {
        Action::Plan { files } => Ok(json!({ "changes": plan(&realms.store, &files).await? })),
        Action::Apply { files } => {
            let wrap = realms.wrap_key();
            let changes = apply_again(&realms.store, &Secrets { pool, wrap }, &files, realms.clock.now()).await?;
            realms.refresh().await?;
            Ok(json!({ "changes": changes }))
        }
        Action::Doctor => {
            realms.refresh().await?;
            Ok(json!(doctor::database::examine(realms, pool).await?))
        }
        Action::Explain { id } => explain(realms, &id).await,
        action => {
            realms.refresh().await?;
            let realm = find_realm(realms, command.realm.as_deref()).await?;
            let answer = in_realm(realms, &realm, pool, action).await?;
            realms.refresh().await?;
            Ok(answer)
        }
    }
}

async fn in_realm(
    realms: &Realms,
    realm: &RealmContext,
    pool: &PasswordPool,
    action: Action,
) -> Result<Value, AdminError> {
    match action {
        Action::Plan { .. } | Action::Apply { .. } | Action::Doctor | Action::Explain { .. } => {
            Err(AdminError::invalid("this is for no single realm", "report this"))
        }
        Action::Export => Ok(json!({ "toml": export(&realm.store, &realm.realm).await? })),
        Action::UserList { after, limit } => users::list(realm, &after, limit).await,
        Action::UserShow { user } => users::show(realm, &user).await,
        Action::UserAdd {
            username,
            password,
            password_hash,
            claims,
            groups,
        } => users::add(realm, pool, username, (password, password_hash), (claims, groups)).await,
        Action::UserSetEnabled { user, enabled } => users::set_enabled(realm, &user, enabled).await,
        Action::UserSetPassword { user, password } => users::set_password(realm, pool, &user, &password).await,
        Action::UserInvite { user, lifetime, mail } => users::invite(realm, &user, lifetime, mail).await,
        Action::UserAuthenticators { user } => authenticators::list(realm, &user).await,
        Action::UserAddToken {
            user,
            secret,
            digits,
            next,
            name,
        } => authenticators::add_token(realm, &user, (&secret, digits, next), name).await,
        Action::UserApprove { user, id } => authenticators::approve(realm, &user, &id).await,
        Action::UserRemoveAuthenticator { user, id } => authenticators::remove(realm, &user, &id).await,
        Action::ClientList => clients::list(realm).await,
        Action::ClientShow { client_id } => clients::show(realm, &client_id).await,
        Action::ClientAdd { metadata } => clients::add(realm, *metadata).await,
        Action::ClientSetEnabled { client_id, enabled } => clients::set_enabled(realm, &client_id, enabled).await,
        Action::ClientRemove { client_id } => clients::remove(realm, &client_id).await,
        Action::ClientRotateSecret { client_id } => clients::rotate_secret(realm, &client_id).await,
        Action::ClientTokenList => initial_access_tokens::list(realm).await,
        Action::ClientTokenAdd {
            uses,
            lifetime,
            note,
            scope,
        } => initial_access_tokens::add(realm, uses, lifetime, note, scope).await,
        Action::ClientTokenRevoke { id } => initial_access_tokens::revoke(realm, &id).await,
        Action::ApiList => apis::list(realm).await,
        Action::ApiShow { identifier } => apis::show(realm, &identifier).await,
        Action::ApiAdd { api } => apis::add(realm, *api).await,
        Action::ApiRemove { identifier } => apis::remove(realm, &identifier).await,
        Action::ApiKeyList { api, client_id } => api_keys::list(realm, api.as_deref(), client_id.as_deref()).await,
        Action::ApiKeyShow { key } => api_keys::show(realm, &key).await,
        Action::ApiKeyAdd {
            api,
            client_id,
            scope,
            name,
            lifetime,
        } => {
            let new = api_keys::NewKey {
                api,
                client_id,
                scope,
                name,
                lifetime,
            };
            api_keys::add(realm, new).await
        }
        Action::ApiKeyRotate { key, overlap, lifetime } => api_keys::rotate(realm, &key, overlap, lifetime).await,
        Action::ApiKeyRevoke { key } => api_keys::revoke(realm, &key).await,
        Action::KeyList => keys::list(realm).await,
        Action::KeyRotate { alg, now } => keys::rotate(realms, realm, alg, now).await,
        Action::GrantList { user } => grants::list(realm, &user).await,
        Action::GrantShow { id } => grants::show(realm, &id).await,
        Action::GrantRevoke { id } => grants::revoke(realm, &id).await,
        Action::SessionList { user } => grants::list_sessions(realm, &user).await,
        Action::SessionEnd { id } => grants::end_session(realm, &id).await,
        Action::OutboxList { state, limit } => outbox::list(realm, state.as_deref(), limit).await,
        Action::Audit { query } => audit::list(realms, realm, query).await,
        Action::PolicyReplay { policies, since } => policies::replay(realms, realm, &policies, since).await,
    }
}

/// A JSON object with one more member.
fn with(mut object: Value, member: &str, value: Value) -> Value {
    if let Some(members) = object.as_object_mut() {
        members.insert(member.to_owned(), value);
    }
    object
}

async fn find_realm(realms: &Realms, issuer: Option<&str>) -> Result<Arc<RealmContext>, AdminError> {
    let issuers = realms.issuers();
    let issuer = match (issuer, issuers.as_slice()) {
        (Some(issuer), _) => issuer,
        (None, [only]) => only.as_str(),
        (None, []) => {
            let remedy = "write a realm file and run: sekisho apply FILE";
            return Err(AdminError::not_found("there is no realm", remedy));
        }
        (None, several) => {
            let remedy = format!("add --realm with one of: {}", several.join(", "));
            return Err(AdminError::invalid("there are several realms", remedy));
        }
    };
    realms.by_issuer(issuer).await?.ok_or_else(|| {
        let remedy = match issuers.as_slice() {
            [] => "there is none: run sekisho apply FILE".to_owned(),
            known => format!("use one of: {}", known.join(", ")),
        };
        AdminError::not_found(format!("there is no realm {issuer}"), remedy)
    })
}
