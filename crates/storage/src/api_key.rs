//! API keys, by the hash of the key.

use std::sync::Arc;

use model::ApiKey;
use protocol::ClientMetadata;

use crate::{Change, Row, Statement, StorageError, Store};

macro_rules! columns {
    () => {
        "k.id, k.key_hash, k.client_id, k.api, k.scope, k.name, k.created_at, k.expires_at, k.revoked_at, k.replaced_by, \
         k.last_used_at"
    };
}

/// A key with what stands behind it.
#[derive(Debug, Clone)]
pub struct PresentedApiKey {
    /// The key.
    pub key: ApiKey,
    /// What its client is registered for.
    pub client_metadata: Arc<ClientMetadata>,
    /// Whether its client is enabled.
    pub client_is_enabled: bool,
}

fn read(row: &mut Row) -> Result<ApiKey, StorageError> {
    Ok(ApiKey {
        id: row.text()?,
        key_hash: row.bytes()?,
        client_id: row.text()?,
        api: row.text()?,
        scope: row
            .text()?
            .parse()
            .map_err(|_| StorageError::Corrupt("the scope of an API key".into()))?,
        name: row.text()?,
        created_at: row.int()?,
        expires_at: row.int()?,
        revoked_at: row.opt_int()?,
        replaced_by: row.opt_text()?,
        last_used_at: row.opt_int()?,
    })
}

impl Store {
    /// The key with this hash, whatever its state; none when its client or its API is gone.
    pub async fn presented_api_key(
        &self,
        realm: &str,
        key_hash: [u8; 32],
    ) -> Result<Option<PresentedApiKey>, StorageError> {
        let row = self
            .query_one(
                concat!(
                    "SELECT ",
                    columns!(),
                    ", c.metadata, c.enabled FROM api_key k \
                     JOIN client c ON c.realm = k.realm AND c.client_id = k.client_id \
                     JOIN api a ON a.realm = k.realm AND a.identifier = k.api \
                     WHERE k.realm = $1 AND k.key_hash = $2"
                ),
                &[realm.into(), key_hash.into()],
            )
            .await?;
        row.map(|mut row| {
            Ok(PresentedApiKey {
                key: read(&mut row)?,
                client_metadata: self.parsed.parse(row.text()?)?,
                client_is_enabled: row.bool()?,
            })
        })
        .transpose()
    }

    /// The key of this id, whatever its state.
    pub async fn find_api_key(&self, realm: &str, id: &str) -> Result<Option<ApiKey>, StorageError> {
        self.query_one(
            concat!(
                "SELECT ",
                columns!(),
                " FROM api_key k WHERE k.realm = $1 AND k.id = $2"
            ),
            &[realm.into(), id.into()],
        )
        .await?
        .map(|mut row| read(&mut row))
        .transpose()
    }

    /// All keys of a realm, by API and client, the newest last.
    pub async fn api_keys(&self, realm: &str) -> Result<Vec<ApiKey>, StorageError> {
        self.query(
            concat!(
                "SELECT ",
                columns!(),
                " FROM api_key k WHERE k.realm = $1 ORDER BY k.api, k.client_id, k.created_at, k.id"
            ),
            &[realm.into()],
        )
        .await?
        .iter_mut()
        .map(read)
        .collect()
    }
}

/// Keeps a new key; misses when its client or its API is not there any more.
pub fn insert(realm: &str, key: &ApiKey) -> [Statement; 3] {
    [
        Statement::guard(
            "UPDATE client SET updated_at = updated_at WHERE realm = $1 AND client_id = $2",
            vec![realm.into(), (&key.client_id).into()],
        ),
        Statement::guard(
            "UPDATE api SET updated_at = updated_at WHERE realm = $1 AND identifier = $2",
            vec![realm.into(), (&key.api).into()],
        ),
        Statement::guard(
            "INSERT INTO api_key (realm, id, key_hash, client_id, api, scope, name, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            vec![
                realm.into(),
                (&key.id).into(),
                key.key_hash.clone().into(),
                (&key.client_id).into(),
                (&key.api).into(),
                key.scope.to_string().into(),
                (&key.name).into(),
                key.created_at.into(),
                key.expires_at.into(),
            ],
        ),
    ]
}

/// A good key gets a successor, and ends at `ends_at` if it does not end before; misses when it has one already.
pub fn replace(realm: &str, id: &str, successor: &str, ends_at: i64, now: i64) -> Statement {
    Statement::guard(
        "UPDATE api_key SET replaced_by = $3, expires_at = CASE WHEN expires_at > $4 THEN $4 ELSE expires_at END \
         WHERE realm = $1 AND id = $2 AND replaced_by IS NULL AND revoked_at IS NULL AND expires_at > $5",
        vec![realm.into(), id.into(), successor.into(), ends_at.into(), now.into()],
    )
}

/// Takes a key back; misses when it ended before.
pub fn revoke(realm: &str, id: &str, now: i64) -> Statement {
    Statement::guard(
        "UPDATE api_key SET revoked_at = $3, expires_at = $3 \
         WHERE realm = $1 AND id = $2 AND revoked_at IS NULL AND expires_at > $3",
        vec![realm.into(), id.into(), now.into()],
    )
}

/// Notes that a key was used, unless that was noted since `before`.
pub fn used(realm: &str, id: &str, now: i64, before: i64) -> Change {
    Change::new().then(Statement::new(
        "UPDATE api_key SET last_used_at = $3 \
         WHERE realm = $1 AND id = $2 AND (last_used_at IS NULL OR last_used_at <= $4)",
        vec![realm.into(), id.into(), now.into(), before.into()],
    ))
}

/// Forgets the keys of a client that is removed: another of the same name must not have them.
pub(crate) fn remove_of_client(realm: &str, client_id: &str) -> Statement {
    Statement::new(
        "DELETE FROM api_key WHERE realm = $1 AND client_id = $2",
        vec![realm.into(), client_id.into()],
    )
}

/// Forgets the keys of an API that is removed.
pub(crate) fn remove_of_api(realm: &str, identifier: &str) -> Statement {
    Statement::new(
        "DELETE FROM api_key WHERE realm = $1 AND api = $2",
        vec![realm.into(), identifier.into()],
    )
}
