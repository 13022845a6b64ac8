//! Registered clients.

use model::{Client, Source};

use crate::{Row, Statement, StorageError, Store, Value, row::json};

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

    /// The client behind a two-party access token: none when the token was revoked or the client is disabled.
    pub async fn live_client(&self, realm: &str, client_id: &str, jti: &str) -> Result<Option<Client>, StorageError> {
        self.query_one(
            concat!(
                "SELECT ",
                columns!(),
                " FROM client WHERE realm = $1 AND client_id = $2 AND enabled = 1 \
                 AND NOT EXISTS (SELECT 1 FROM revoked_token r WHERE r.realm = $1 AND r.jti = $3)"
            ),
            &[realm.into(), client_id.into(), jti.into()],
        )
        .await?
        .map(|row| read(self, row))
        .transpose()
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
        vec![
            realm.into(),
            client.id().into(),
            json(&*client.metadata)?,
            client.secret_hash.clone().map_or(Value::Null, Value::Bytes),
            client.wrapped_secret.clone().map_or(Value::Null, Value::Bytes),
            client.registration_token_hash.clone().map_or(Value::Null, Value::Bytes),
            client.enabled.into(),
            client.source.as_str().into(),
            now.into(),
            client
                .metadata
                .backchannel_logout_uri
                .clone()
                .map_or(Value::Null, Value::Text),
        ],
    ))
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

/// Removes a client and ends what it was granted.
pub fn remove(realm: &str, client_id: &str, now: i64) -> Vec<Statement> {
    let key = || vec![realm.into(), client_id.into()];
    vec![
        Statement::guard("DELETE FROM client WHERE realm = $1 AND client_id = $2", key()),
        Statement::new(
            "UPDATE grants SET ended_at = $3 WHERE realm = $1 AND client_id = $2 AND ended_at IS NULL",
            vec![realm.into(), client_id.into(), now.into()],
        ),
    ]
}
