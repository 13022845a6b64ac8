//! Registered clients.

use std::sync::Arc;

use model::{Client, Source};
use protocol::ClientMetadata;

use crate::{Row, Statement, StorageError, Store, Value, api_key, row::json};

macro_rules! columns {
    () => {
        "metadata, secret_hash, wrapped_secret, registration_token_hash, enabled, source, created_at"
    };
}
pub(crate) use columns;

pub(crate) fn read(store: &Store, mut row: Row) -> Result<Client, StorageError> {
    Ok(Client {
        metadata: store.parsed.parse(row.text()?)?,
        secret_hash: row.opt_bytes()?,
        wrapped_secret: row.opt_bytes()?,
        registration_token_hash: row.opt_bytes()?,
        enabled: row.bool()?,
        source: Source::from_stored(&row.text()?),
        created_at: row.int()?,
    })
}

impl Store {
    /// The client of this id, disabled ones too.
    pub async fn find_client(&self, realm: &str, client_id: &str) -> Result<Option<Client>, StorageError> {
        self.query_one(
            concat!(
                "SELECT ",
                columns!(),
                " FROM client WHERE realm = $1 AND client_id = $2"
            ),
            &[realm.into(), client_id.into()],
        )
        .await?
        .map(|row| read(self, row))
        .transpose()
    }

    /// What the client behind a two-party access token is registered for: nothing when the token was revoked or the client is
    /// disabled.
    pub async fn live_client(
        &self,
        realm: &str,
        client_id: &str,
        jti: &str,
    ) -> Result<Option<Arc<ClientMetadata>>, StorageError> {
        self.query_one(
            "SELECT metadata FROM client WHERE realm = $1 AND client_id = $2 AND enabled = 1 \
             AND NOT EXISTS (SELECT 1 FROM revoked_token r WHERE r.realm = $1 AND r.jti = $3)",
            &[realm.into(), client_id.into(), jti.into()],
        )
        .await?
        .map(|mut row| self.parsed.parse(row.text()?))
        .transpose()
    }

    /// Whether fewer than `quota` clients have registered themselves: asked of a reader, so that a flood of
    /// registrations does not occupy the writer.
    pub async fn has_room_for_clients(&self, realm: &str, quota: i64) -> Result<bool, StorageError> {
        let last = self
            .query_one(
                "SELECT 1 FROM client WHERE realm = $1 AND source = 'registration' LIMIT 1 OFFSET $2",
                &[realm.into(), (quota - 1).into()],
            )
            .await?;
        Ok(last.is_none())
    }

    /// The enabled clients of a realm that authenticate by a certificate.
    pub async fn clients_with_certificates(&self, realm: &str) -> Result<Vec<Client>, StorageError> {
        self.query(
            concat!(
                "SELECT ",
                columns!(),
                " FROM client WHERE realm = $1 AND enabled = 1 \
                 AND (metadata LIKE '%\"token_endpoint_auth_method\":\"tls_client_auth\"%' \
                 OR metadata LIKE '%\"token_endpoint_auth_method\":\"self_signed_tls_client_auth\"%') ORDER BY client_id"
            ),
            &[realm.into()],
        )
        .await?
        .into_iter()
        .map(|row| read(self, row))
        .collect()
    }

    /// All clients of a realm.
    pub async fn clients(&self, realm: &str) -> Result<Vec<Client>, StorageError> {
        self.query(
            concat!(
                "SELECT ",
                columns!(),
                " FROM client WHERE realm = $1 ORDER BY client_id"
            ),
            &[realm.into()],
        )
        .await?
        .into_iter()
        .map(|row| read(self, row))
        .collect()
    }
}

/// Makes a client; misses when its id is taken.
pub fn insert(realm: &str, client: &Client, now: i64) -> Result<Statement, StorageError> {
    Ok(Statement::guard(
        "INSERT INTO client (realm, client_id, metadata, secret_hash, wrapped_secret, registration_token_hash, \
         enabled, source, created_at, updated_at, backchannel_logout_uri) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10) \
         ON CONFLICT (realm, client_id) DO NOTHING",
        values(realm, client, now)?,
    ))
}

/// Misses when more than `quota` clients have registered themselves, the one that was just made included.
pub fn within_quota(realm: &str, client_id: &str, quota: i64) -> Statement {
    Statement::guard(
        "UPDATE client SET updated_at = updated_at WHERE realm = $1 AND client_id = $2 \
         AND (SELECT count(*) FROM client WHERE realm = $1 AND source = 'registration') <= $3",
        vec![realm.into(), client_id.into(), quota.into()],
    )
}

/// A row exactly when this very registration was committed.
pub fn was_registered(realm: &str, client_id: &str, token_hash: [u8; 32]) -> Statement {
    Statement::new(
        "SELECT 1 FROM client WHERE realm = $1 AND client_id = $2 AND registration_token_hash = $3",
        vec![realm.into(), client_id.into(), token_hash.into()],
    )
}

/// A client replaces its own metadata; misses when its registration is no longer its own.
pub fn replace_own(
    realm: &str,
    metadata: &ClientMetadata,
    token_hash: [u8; 32],
    now: i64,
) -> Result<Statement, StorageError> {
    Ok(Statement::guard(
        "UPDATE client SET metadata = $3, updated_at = $4, backchannel_logout_uri = $6 \
         WHERE realm = $1 AND client_id = $2 AND registration_token_hash = $5 AND enabled = 1",
        vec![
            realm.into(),
            metadata.client_id.as_str().into(),
            json(metadata)?,
            now.into(),
            token_hash.into(),
            metadata.backchannel_logout_uri.clone().into(),
        ],
    ))
}

/// Makes or replaces a client. A client made before by somebody else keeps its owner.
pub fn put(realm: &str, client: &Client, now: i64) -> Result<Statement, StorageError> {
    Ok(Statement::guard(
        "INSERT INTO client (realm, client_id, metadata, secret_hash, wrapped_secret, registration_token_hash, \
         enabled, source, created_at, updated_at, backchannel_logout_uri) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10) \
         ON CONFLICT (realm, client_id) DO UPDATE SET metadata = excluded.metadata, \
         backchannel_logout_uri = excluded.backchannel_logout_uri, \
         secret_hash = excluded.secret_hash, wrapped_secret = excluded.wrapped_secret, \
         registration_token_hash = excluded.registration_token_hash, enabled = excluded.enabled, \
         source = excluded.source, updated_at = excluded.updated_at",
        values(realm, client, now)?,
    ))
}

fn values(realm: &str, client: &Client, now: i64) -> Result<Vec<Value>, StorageError> {
    Ok(vec![
        realm.into(),
        client.id().into(),
        json(&*client.metadata)?,
        client.secret_hash.clone().into(),
        client.wrapped_secret.clone().into(),
        client.registration_token_hash.clone().into(),
        client.enabled.into(),
        client.source.as_str().into(),
        now.into(),
        client.metadata.backchannel_logout_uri.clone().into(),
    ])
}

/// Forgets a client's secret: it needs none any more.
pub fn drop_secret(realm: &str, client_id: &str) -> Statement {
    Statement::guard(
        "UPDATE client SET secret_hash = NULL, wrapped_secret = NULL WHERE realm = $1 AND client_id = $2",
        vec![realm.into(), client_id.into()],
    )
}

/// Replaces a client's secret, and nothing else.
pub fn set_secret(
    realm: &str,
    client_id: &str,
    secret_hash: [u8; 32],
    wrapped_secret: Option<Vec<u8>>,
    now: i64,
) -> Statement {
    Statement::guard(
        "UPDATE client SET secret_hash = $3, wrapped_secret = $4, updated_at = $5 \
         WHERE realm = $1 AND client_id = $2",
        vec![
            realm.into(),
            client_id.into(),
            secret_hash.into(),
            wrapped_secret.map_or(Value::Null, Value::Bytes),
            now.into(),
        ],
    )
}

/// Turns a client on or off; off, it gets nothing and its tokens are worth nothing, at once.
pub fn set_enabled(realm: &str, client_id: &str, enabled: bool, now: i64) -> Statement {
    Statement::guard(
        "UPDATE client SET enabled = $3, updated_at = $4 WHERE realm = $1 AND client_id = $2",
        vec![realm.into(), client_id.into(), enabled.into(), now.into()],
    )
}

/// Removes a client with its API keys, and ends what it was granted.
pub fn remove(realm: &str, client_id: &str, now: i64) -> Vec<Statement> {
    let key = || vec![realm.into(), client_id.into()];
    vec![
        Statement::guard("DELETE FROM client WHERE realm = $1 AND client_id = $2", key()),
        Statement::new(
            "UPDATE grants SET ended_at = $3 WHERE realm = $1 AND client_id = $2 AND ended_at IS NULL",
            vec![realm.into(), client_id.into(), now.into()],
        ),
        api_key::remove_of_client(realm, client_id),
    ]
}
