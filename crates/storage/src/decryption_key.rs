//! Keys that decrypt what clients send; private parts are wrapped before they get here.

use jose::{JweAlg, Jwk};

use crate::{Row, Statement, StorageError, Store, Value, row::json};

/// A key as stored.
#[derive(Debug, Clone)]
pub struct DecryptionKeyRow {
    /// The key id (RFC 7638 thumbprint).
    pub kid: String,
    /// The algorithm.
    pub alg: JweAlg,
    /// PKCS #8, wrapped.
    pub private_key: Vec<u8>,
    /// What is published while it is the newest of its algorithm.
    pub public_jwk: Jwk,
    /// When it was made, unix seconds.
    pub created_at: i64,
    /// Until when it decrypts, unix seconds.
    pub expires_at: i64,
}

fn read(mut row: Row) -> Result<DecryptionKeyRow, StorageError> {
    Ok(DecryptionKeyRow {
        kid: row.text()?,
        alg: JweAlg::parse(&row.text()?).ok_or_else(|| StorageError::Corrupt("decryption_key: unknown alg".into()))?,
        private_key: row.bytes()?,
        public_jwk: row.json()?,
        created_at: row.int()?,
        expires_at: row.int()?,
    })
}

impl Store {
    /// The keys of a realm that decrypt, newest first.
    pub async fn decryption_keys(&self, realm: &str, now: i64) -> Result<Vec<DecryptionKeyRow>, StorageError> {
        self.query(
            "SELECT kid, alg, private_key, public_jwk, created_at, expires_at FROM decryption_key \
             WHERE realm = $1 AND expires_at > $2 ORDER BY created_at DESC, kid",
            &[realm.into(), now.into()],
        )
        .await?
        .into_iter()
        .map(read)
        .collect()
    }
}

/// A new key.
pub fn insert(realm: &str, key: &DecryptionKeyRow) -> Result<Statement, StorageError> {
    Ok(Statement::new(
        "INSERT INTO decryption_key (realm, kid, alg, private_key, public_jwk, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        vec![
            realm.into(),
            (&key.kid).into(),
            key.alg.as_str().into(),
            Value::Bytes(key.private_key.clone()),
            json(&key.public_jwk)?,
            key.created_at.into(),
            key.expires_at.into(),
        ],
    ))
}

/// Forgets the keys that were made before: what was encrypted to them cannot be read any more.
pub fn forget_before(realm: &str, created_at: i64) -> Statement {
    Statement::new(
        "DELETE FROM decryption_key WHERE realm = $1 AND created_at < $2",
        vec![realm.into(), created_at.into()],
    )
}
