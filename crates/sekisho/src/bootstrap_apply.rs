//! Temporary: replaced by `administration` when that lands.
use authn::{password::PasswordPool, users::{NewUser, new_user}};
use model::{Client, Source};
use storage::{Change, Store};
use crate::config::{ClientSecret, PasswordSeed, ServerConfig};
/// Applies.
pub async fn apply_at_start(store: &Store, pool: &PasswordPool, config: &ServerConfig, now: i64) -> Result<(), String> {
    for file in &config.realms {
        let e = |e: storage::StorageError| e.to_string();
        let issuer = &file.realm.issuer;
        let mut change = Change::new().then(storage::realm::put(&file.realm, now).map_err(e)?).then(storage::realm::raise_revision());
        for api in &file.apis { change = change.then(storage::api::put(issuer, api, Source::File, now).map_err(e)?); }
        for entry in &file.clients {
            let secret_hash = match &entry.secret { Some(ClientSecret::Hash(h)) => Some(h.clone()), _ => None };
            let client = Client { metadata: entry.metadata.clone(), secret_hash, enabled: entry.enabled.unwrap_or(true), source: Source::File, created_at: now };
            change = change.then(storage::client::put(issuer, &client, now).map_err(e)?);
        }
        for entry in &file.users {
            if store.find_user_by_name(issuer, &entry.username).await.map_err(e)?.is_some() { continue; }
            let (password, password_hash) = match &entry.password { Some(PasswordSeed::Clear(s)) => (Some(s.clone()), None), Some(PasswordSeed::Hash(h)) => (None, Some(h.clone())), _ => (None, None) };
            let user = new_user(pool, NewUser { username: entry.username.clone(), password, password_hash, claims: entry.claims.clone(), groups: entry.groups.clone(), source: Source::File }, now).await.map_err(|e| e.to_string())?;
            change = change.then(storage::user::insert(issuer, &user).map_err(e)?);
        }
        let _ = store.commit(change).await.map_err(e)?;
    }
    Ok(())
}
