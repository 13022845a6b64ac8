//! Access tokens that were revoked one by one: a row until the token would have expired.

use crate::Statement;

/// Revokes one access token; misses when it was revoked before.
pub fn insert(realm: &str, jti: &str, expires_at: i64) -> Statement {
    Statement::guard(
        "INSERT INTO revoked_token (realm, jti, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        vec![realm.into(), jti.into(), expires_at.into()],
    )
}
