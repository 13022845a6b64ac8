//! Access tokens that were revoked one by one: a row until the token would have expired.

use model::Client;

use crate::{Statement, StorageError, Store};

impl Store {
    /// The client behind a two-party access token: none when the token was revoked or the client is disabled.
    pub async fn live_client(&self, realm: &str, client_id: &str, jti: &str) -> Result<Option<Client>, StorageError> {
        let revoked = self
            .query_one(
                "SELECT 1 FROM revoked_token WHERE realm = $1 AND jti = $2",
                &[realm.into(), jti.into()],
            )
            .await?;
        if revoked.is_some() {
            return Ok(None);
        }
        Ok(self
            .find_client(realm, client_id)
            .await?
            .filter(|client| client.enabled))
    }
}

/// Revokes one access token.
pub fn insert(realm: &str, jti: &str, expires_at: i64) -> Statement {
    Statement::new(
        "INSERT INTO revoked_token (realm, jti, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        vec![realm.into(), jti.into(), expires_at.into()],
    )
}
