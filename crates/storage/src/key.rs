//! Signing keys and the keys of sealed values; private parts are wrapped before they get here.

use jose::SigningAlg;
use model::{KeyState, SigningKeyRow};

use crate::{Row, Statement, StorageError, Store, Value, row::json};

/// A symmetric key as stored.
#[derive(Debug, Clone)]
pub struct SealingKeyRow {
    /// What it is for: `token`, `flow`, `device`, `refresh`.
    pub purpose: String,
    /// Its id, which sealed values carry in clear.
    pub id: u32,
    /// The key, wrapped.
    pub secret: Vec<u8>,
    /// When it was made, unix seconds.
    pub created_at: i64,
    /// When nothing that it sealed can be alive any more, unix seconds.
    pub expires_at: i64,
}

fn corrupt(what: &str) -> StorageError {
    StorageError::Corrupt(format!("signing_key: unknown {what}"))
}

fn read_signing(mut row: Row) -> Result<SigningKeyRow, StorageError> {
    Ok(SigningKeyRow {
        kid: row.text()?,
        alg: SigningAlg::parse(&row.text()?).ok_or_else(|| corrupt("alg"))?,
        state: KeyState::from_stored(&row.text()?).ok_or_else(|| corrupt("state"))?,
        private_key: row.bytes()?,
        public_jwk: row.json()?,
        created_at: row.int()?,
        activates_at: row.int()?,
        retired_at: row.opt_int()?,
    })
}

impl Store {
    /// All signing keys of a realm, oldest first.
    pub async fn signing_keys(&self, realm: &str) -> Result<Vec<SigningKeyRow>, StorageError> {
        self.query(
            "SELECT kid, alg, state, private_key, public_jwk, created_at, activates_at, retired_at \
             FROM signing_key WHERE realm = $1 ORDER BY created_at, kid",
            &[realm.into()],
        )
        .await?
        .into_iter()
        .map(read_signing)
        .collect()
    }

    /// All sealing keys of a realm that can still matter.
    pub async fn sealing_keys(&self, realm: &str, now: i64) -> Result<Vec<SealingKeyRow>, StorageError> {
        self.query(
            "SELECT purpose, id, secret, created_at, expires_at FROM sealing_key \
             WHERE realm = $1 AND expires_at > $2 ORDER BY id",
            &[realm.into(), now.into()],
        )
        .await?
        .into_iter()
        .map(|mut row| {
            Ok(SealingKeyRow {
                purpose: row.text()?,
                id: u32::try_from(row.int()?)
                    .map_err(|_| StorageError::Corrupt("sealing_key: id out of range".into()))?,
                secret: row.bytes()?,
                created_at: row.int()?,
                expires_at: row.int()?,
            })
        })
        .collect()
    }
}

/// A new signing key; touches nothing when it is there already.
pub fn insert_signing(realm: &str, key: &SigningKeyRow) -> Result<Statement, StorageError> {
    Ok(Statement::new(
        "INSERT INTO signing_key (realm, kid, alg, state, private_key, public_jwk, created_at, activates_at, \
         retired_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
        vec![
            realm.into(),
            (&key.kid).into(),
            key.alg.as_str().into(),
            key.state.as_str().into(),
            Value::Bytes(key.private_key.clone()),
            json(&key.public_jwk)?,
            key.created_at.into(),
            key.activates_at.into(),
            key.retired_at.into(),
        ],
    ))
}

/// Moves a signing key from one state to the next; misses when another node was first.
pub fn move_signing(
    realm: &str,
    kid: &str,
    from: KeyState,
    to: KeyState,
    activates_at: i64,
    retired_at: Option<i64>,
) -> Statement {
    Statement::guard(
        "UPDATE signing_key SET state = $4, activates_at = $5, retired_at = $6 \
         WHERE realm = $1 AND kid = $2 AND state = $3",
        vec![
            realm.into(),
            kid.into(),
            from.as_str().into(),
            to.as_str().into(),
            activates_at.into(),
            retired_at.into(),
        ],
    )
}

/// Forgets a retired key; misses when it is not retired.
pub fn remove_signing(realm: &str, kid: &str) -> Statement {
    Statement::guard(
        "DELETE FROM signing_key WHERE realm = $1 AND kid = $2 AND state = 'retired'",
        vec![realm.into(), kid.into()],
    )
}

/// A new sealing key; touches nothing when another node made one of this id first.
pub fn insert_sealing(realm: &str, key: &SealingKeyRow) -> Statement {
    Statement::new(
        "INSERT INTO sealing_key (realm, purpose, id, secret, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        vec![
            realm.into(),
            (&key.purpose).into(),
            i64::from(key.id).into(),
            Value::Bytes(key.secret.clone()),
            key.created_at.into(),
            key.expires_at.into(),
        ],
    )
}
