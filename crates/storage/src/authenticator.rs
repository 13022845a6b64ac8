//! Authenticators. Whatever a code, a signature or a key is good for once is a guard on its row.

use model::Authenticator;
use protocol::assurance::Method;

use crate::{Row, Statement, StorageError, Store, Value, row::json};

macro_rules! columns {
    () => {
        "id, user_id, method, name, wrapped_secret, data, lookup, counter, confirmation_hash, created_at, active_at, \
         last_used_at"
    };
}

fn read(mut row: Row) -> Result<Authenticator, StorageError> {
    let (id, user_id, method) = (row.text()?, row.text()?, row.text()?);
    Ok(Authenticator {
        id,
        user_id,
        method: Method::parse(&method).ok_or_else(|| StorageError::Corrupt(format!("no method is {method:?}")))?,
        name: row.text()?,
        wrapped_secret: row.opt_bytes()?,
        data: row.json()?,
        lookup: row.opt_text()?,
        counter: row.int()?,
        confirmation_hash: row.opt_bytes()?,
        created_at: row.int()?,
        active_at: row.opt_int()?,
        last_used_at: row.opt_int()?,
    })
}

impl Store {
    /// What a user has, the oldest first, whether or not it counts.
    pub async fn authenticators_of_user(&self, realm: &str, user_id: &str) -> Result<Vec<Authenticator>, StorageError> {
        self.query(
            concat!(
                "SELECT ",
                columns!(),
                " FROM authenticator WHERE realm = $1 AND user_id = $2 ORDER BY created_at, id"
            ),
            &[realm.into(), user_id.into()],
        )
        .await?
        .into_iter()
        .map(read)
        .collect()
    }

    /// The one of a method that is found by this.
    pub async fn find_authenticator_by_lookup(
        &self,
        realm: &str,
        method: Method,
        lookup: &str,
    ) -> Result<Option<Authenticator>, StorageError> {
        self.query_one(
            concat!(
                "SELECT ",
                columns!(),
                " FROM authenticator WHERE realm = $1 AND method = $2 AND lookup = $3"
            ),
            &[realm.into(), method.as_str().into(), lookup.into()],
        )
        .await?
        .map(read)
        .transpose()
    }

    /// The one that waits for this confirmation.
    pub async fn find_authenticator_to_confirm(
        &self,
        realm: &str,
        confirmation_hash: &[u8],
    ) -> Result<Option<Authenticator>, StorageError> {
        self.query_one(
            concat!(
                "SELECT ",
                columns!(),
                " FROM authenticator WHERE realm = $1 AND confirmation_hash = $2"
            ),
            &[realm.into(), Value::Bytes(confirmation_hash.to_vec())],
        )
        .await?
        .map(read)
        .transpose()
    }
}

/// A new one; misses when another one is found by the same.
pub fn insert(realm: &str, new: &Authenticator) -> Result<Statement, StorageError> {
    Ok(Statement::guard(
        "INSERT INTO authenticator (realm, id, user_id, method, name, wrapped_secret, data, lookup, counter, \
         confirmation_hash, created_at, active_at, last_used_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT DO NOTHING",
        vec![
            realm.into(),
            (&new.id).into(),
            (&new.user_id).into(),
            new.method.as_str().into(),
            (&new.name).into(),
            new.wrapped_secret.clone().into(),
            json(&new.data)?,
            new.lookup.clone().into(),
            new.counter.into(),
            new.confirmation_hash.clone().into(),
            new.created_at.into(),
            new.active_at.into(),
            new.last_used_at.into(),
        ],
    ))
}

/// Its counter grows to `to`; misses when it has come as far already, or when it does not count.
pub fn advance(realm: &str, id: &str, to: i64, now: i64) -> Statement {
    Statement::guard(
        "UPDATE authenticator SET counter = $3, last_used_at = $4 \
         WHERE realm = $1 AND id = $2 AND counter < $3 AND active_at <= $4",
        vec![realm.into(), id.into(), to.into(), now.into()],
    )
}

/// What is known of it changes by a use; misses when it was used meanwhile, or when it does not count. `used` has the
/// counter of before.
pub fn replace(realm: &str, used: &Authenticator, counter: i64, now: i64) -> Result<Statement, StorageError> {
    Ok(Statement::guard(
        "UPDATE authenticator SET wrapped_secret = $4, data = $5, counter = $6, last_used_at = $7 \
         WHERE realm = $1 AND id = $2 AND counter = $3 AND active_at <= $7",
        vec![
            realm.into(),
            (&used.id).into(),
            used.counter.into(),
            used.wrapped_secret.clone().into(),
            json(&used.data)?,
            counter.into(),
            now.into(),
        ],
    ))
}

/// It counts from `active_at` on, and nothing more is to be confirmed; misses when that was said before.
pub fn activate(realm: &str, id: &str, active_at: i64) -> Statement {
    Statement::guard(
        "UPDATE authenticator SET active_at = $3, confirmation_hash = NULL \
         WHERE realm = $1 AND id = $2 AND (active_at IS NULL OR active_at > $3)",
        vec![realm.into(), id.into(), active_at.into()],
    )
}

/// Its user calls it something else.
pub fn rename(realm: &str, user_id: &str, id: &str, name: &str) -> Statement {
    Statement::guard(
        "UPDATE authenticator SET name = $4 WHERE realm = $1 AND user_id = $2 AND id = $3",
        vec![realm.into(), user_id.into(), id.into(), name.into()],
    )
}

/// The user has it no more.
pub fn remove(realm: &str, user_id: &str, id: &str) -> Statement {
    Statement::guard(
        "DELETE FROM authenticator WHERE realm = $1 AND user_id = $2 AND id = $3",
        vec![realm.into(), user_id.into(), id.into()],
    )
}
