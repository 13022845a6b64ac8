//! Who the user is to a client: the `sub` in everything that the client sees.
//!
//! Spec: OpenID Connect Core §8 and §8.1
//!
//! A pairwise `sub` is an HMAC of sector and user under a key of the realm: "not reversible by any party other than
//! the OpenID Provider", the same for all clients of a sector, and no row. Inside this server, and to the
//! organisation's own APIs, users go by their one subject identifier.

use jose::{b64, hmac_sha256};
use protocol::{ClientMetadata, SubjectType, sector_identifier};
use realm::RealmContext;

use crate::Fault;

/// The `sub` by which a client knows a user.
///
/// A pairwise client whose sector cannot be said is a fault: to fall back to the public identifier would tell what it
/// must not know.
pub fn of(realm: &RealmContext, client: &ClientMetadata, user_id: &str) -> Result<String, Fault> {
    if client.subject_type == SubjectType::Public {
        return Ok(user_id.to_owned());
    }
    let sector = sector_identifier::of(client).map_err(|error| Fault::Sector(client.client_id.clone(), error))?;
    let key = realm
        .seals
        .pairwise_key()
        .ok_or(Fault::NotReady("pairwise subject identifiers"))?;
    // No host has a NUL in it: two different pairs never make the same text.
    let pair = [sector.as_bytes(), &[0], user_id.as_bytes()].concat();
    Ok(b64::encode(hmac_sha256(key, &pair)))
}
