//! Access tokens that were revoked one by one: a row until the token would have expired.

use crate::{Statement, StorageError, row::json};

/// Revokes one access token, which was meant for these APIs; misses when it was revoked before.
pub fn insert(realm: &str, jti: &str, audience: &[String], expires_at: i64) -> Result<Statement, StorageError> {
    Ok(Statement::guard(
        "INSERT INTO revoked_token (realm, jti, audience, expires_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        vec![realm.into(), jti.into(), json(&audience)?, expires_at.into()],
    ))
}
