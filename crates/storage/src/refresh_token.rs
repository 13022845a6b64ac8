//! Families of refresh tokens.

use model::RefreshFamily;
use protocol::{Confirmation, scope::Scope};

use crate::{Row, Statement, StorageError, Store, Value, row::json};

fn read(mut row: Row) -> Result<RefreshFamily, StorageError> {
    Ok(RefreshFamily {
        family: row.text()?,
        authorization_id: row.text()?,
        client_id: row.text()?,
        key_id: row.int()?,
        generation: row.int()?,
        rotated_at: row.int()?,
        scope: Scope::parse(&row.text()?).map_err(|error| StorageError::Corrupt(error.to_string()))?,
        cnf: cnf(row.opt_text()?)?,
        expires_at: row.int()?,
        ended_at: row.opt_int()?,
    })
}

fn cnf(text: Option<String>) -> Result<Option<Confirmation>, StorageError> {
    text.map(|text| serde_json::from_str(&text))
        .transpose()
        .map_err(|error| StorageError::Corrupt(error.to_string()))
}

impl Store {
    /// The family of this id, whatever its state.
    pub async fn find_refresh_family(&self, realm: &str, family: &str) -> Result<Option<RefreshFamily>, StorageError> {
        self.query_one(
            "SELECT family, authorization_id, client_id, key_id, generation, rotated_at, scope, cnf, expires_at, ended_at \
             FROM refresh_token WHERE realm = $1 AND family = $2",
            &[realm.into(), family.into()],
        )
        .await?
        .map(read)
        .transpose()
    }

    /// The family that began with an authorization, as long as its first token is the living one.
    pub async fn find_first_refresh_family(
        &self,
        realm: &str,
        authorization_id: &str,
    ) -> Result<Option<RefreshFamily>, StorageError> {
        self.query_one(
            "SELECT family, authorization_id, client_id, key_id, generation, rotated_at, scope, cnf, expires_at, ended_at \
             FROM refresh_token WHERE realm = $1 AND authorization_id = $2 AND generation = 1 AND ended_at IS NULL LIMIT 1",
            &[realm.into(), authorization_id.into()],
        )
        .await?
        .map(read)
        .transpose()
    }
}

/// A new family.
pub fn insert(realm: &str, family: &RefreshFamily, change_id: &str, now: i64) -> Result<Statement, StorageError> {
    let cnf = family.cnf.as_ref().map(json).transpose()?.unwrap_or(Value::Null);
    Ok(Statement::guard(
        "INSERT INTO refresh_token (realm, family, authorization_id, client_id, key_id, generation, rotated_at, \
         scope, cnf, change_id, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
         ON CONFLICT DO NOTHING",
        vec![
            realm.into(),
            (&family.family).into(),
            (&family.authorization_id).into(),
            (&family.client_id).into(),
            family.key_id.into(),
            family.generation.into(),
            family.rotated_at.into(),
            family.scope.to_string().into(),
            cnf,
            change_id.into(),
            now.into(),
            family.expires_at.into(),
        ],
    ))
}

/// The next generation appears; misses when another request was first, or the family ended.
pub fn rotate(realm: &str, family: &RefreshFamily, change_id: &str, now: i64, expires_at: i64) -> Statement {
    Statement::guard(
        "UPDATE refresh_token SET generation = generation + 1, rotated_at = $4, expires_at = $5, change_id = $6 \
         WHERE realm = $1 AND family = $2 AND generation = $3 AND ended_at IS NULL",
        vec![
            realm.into(),
            (&family.family).into(),
            family.generation.into(),
            now.into(),
            expires_at.into(),
            change_id.into(),
        ],
    )
}

/// A token that is not rotated was used: its idle time begins again.
pub fn keep_alive(realm: &str, family: &RefreshFamily, expires_at: i64) -> Statement {
    Statement::guard(
        "UPDATE refresh_token SET expires_at = $3 WHERE realm = $1 AND family = $2 AND ended_at IS NULL",
        vec![realm.into(), (&family.family).into(), expires_at.into()],
    )
}

/// Recognises a change of this id on a family.
pub fn changed_by(realm: &str, family: &str, change_id: &str) -> Statement {
    Statement::new(
        "SELECT 1 FROM refresh_token WHERE realm = $1 AND family = $2 AND change_id = $3",
        vec![realm.into(), family.into(), change_id.into()],
    )
}

/// Ends a family.
pub fn end(realm: &str, family: &str, now: i64) -> Statement {
    Statement::new(
        "UPDATE refresh_token SET ended_at = $3 WHERE realm = $1 AND family = $2 AND ended_at IS NULL",
        vec![realm.into(), family.into(), now.into()],
    )
}
