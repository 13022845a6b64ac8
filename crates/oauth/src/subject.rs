//! Who the user is to a client: the `sub`, and the `sid` of their session, in everything that the client sees.
//!
//! Spec: OpenID Connect Core §8 and §8.1
//!
//! A pairwise `sub` is an HMAC of sector and user under a key of the realm: "not reversible by any party other than
//! the OpenID Provider", the same for all clients of a sector, and no row. Inside this server, and to the
//! organisation's own APIs, users go by their one subject identifier.

use jose::{b64, constant_time_eq, hmac_sha256};
use model::User;
use protocol::{ClientMetadata, SubjectType, sector_identifier};
use realm::RealmContext;

use crate::Fault;

/// The `sub` by which a client knows a user.
///
/// A pairwise client whose sector cannot be said is a fault: to fall back to the public identifier would tell what it
/// must not know.
pub fn of(realm: &RealmContext, client: &ClientMetadata, user_id: &str) -> Result<String, Fault> {
    Ok(match sector(client)? {
        None => user_id.to_owned(),
        Some(sector) => name_in(&sector, user_id, pairwise_key(realm)?),
    })
}

/// The user whom a client knows by this `sub`. A pairwise one cannot be reversed: it is looked for among those who have
/// permitted the client something.
pub async fn find(realm: &RealmContext, client: &ClientMetadata, sub: &str) -> Result<Option<User>, Fault> {
    let Some(sector) = sector(client)? else {
        return Ok(realm.store.find_user(realm.issuer(), sub).await?);
    };
    let key = pairwise_key(realm)?;
    let users = realm
        .store
        .users_of_client(realm.issuer(), &client.client_id, realm.now())
        .await?;
    let is_meant = |user: &&String| constant_time_eq(name_in(&sector, user, key).as_bytes(), sub.as_bytes());
    match users.iter().find(is_meant) {
        Some(id) => Ok(realm.store.find_user(realm.issuer(), id).await?),
        None => Ok(None),
    }
}

/// The `sid` by which a client knows a session. The clients of a browser share the session: its id would tell those of
/// different sectors what their `sub` hides.
pub fn session(realm: &RealmContext, client: &ClientMetadata, session_id: &str) -> Result<String, Fault> {
    Ok(match sector(client)? {
        None => session_id.to_owned(),
        // A key of its own, derived: no session is ever called as a user is.
        Some(sector) => name_in(&sector, session_id, &hmac_sha256(pairwise_key(realm)?, b"sessions")),
    })
}

/// The sector of a pairwise client; none for a public one.
fn sector(client: &ClientMetadata) -> Result<Option<String>, Fault> {
    match client.subject_type {
        SubjectType::Public => Ok(None),
        SubjectType::Pairwise => sector_identifier::of(client)
            .map(Some)
            .map_err(|error| Fault::Sector(client.client_id.clone(), error)),
    }
}

fn pairwise_key(realm: &RealmContext) -> Result<&[u8; 32], Fault> {
    realm
        .seals
        .pairwise_key()
        .ok_or(Fault::NotReady("pairwise subject identifiers"))
}

fn name_in(sector: &str, id: &str, key: &[u8; 32]) -> String {
    // No host has a NUL in it: two different pairs never make the same text.
    let pair = [sector.as_bytes(), &[0], id.as_bytes()].concat();
    b64::encode(hmac_sha256(key, &pair))
}
