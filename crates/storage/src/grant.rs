//! Grants.

use model::Grant;
use protocol::{AuthorizationDetails, claims::ClaimNames, scope::Scope};

use crate::{Row, Statement, StorageError, Store, row::json};

macro_rules! columns {
    () => {
        "id, user_id, client_id, scope, claims, authorization_details, managed, created_at, updated_at, expires_at, ended_at"
    };
}

fn read(mut row: Row) -> Result<Grant, StorageError> {
    Ok(Grant {
        id: row.text()?,
        user_id: row.text()?,
        client_id: row.text()?,
        scope: Scope::parse(&row.text()?).map_err(|error| StorageError::Corrupt(error.to_string()))?,
        claims: row.json()?,
        authorization_details: row.json()?,
        managed: row.bool()?,
        created_at: row.int()?,
        updated_at: row.int()?,
        expires_at: row.int()?,
        ended_at: row.opt_int()?,
    })
}

impl Store {
    /// Who has permitted a client something, and has not taken it back.
    pub async fn users_of_client(&self, realm: &str, client_id: &str, now: i64) -> Result<Vec<String>, StorageError> {
        self.query(
            "SELECT DISTINCT user_id FROM grants WHERE realm = $1 AND client_id = $2 AND ended_at IS NULL \
             AND expires_at > $3",
            &[realm.into(), client_id.into(), now.into()],
        )
        .await?
        .into_iter()
        .map(|mut row| row.text())
        .collect()
    }

    /// What this user permits this client as far as that is remembered, unless it was taken back. It may have expired.
    pub async fn find_grant(&self, realm: &str, user_id: &str, client_id: &str) -> Result<Option<Grant>, StorageError> {
        self.query_one(
            concat!(
                "SELECT ",
                columns!(),
                " FROM grants WHERE realm = $1 AND user_id = $2 AND client_id = $3 AND managed = 0 \
                 AND ended_at IS NULL"
            ),
            &[realm.into(), user_id.into(), client_id.into()],
        )
        .await?
        .map(read)
        .transpose()
    }

    /// The grant of this id, ended ones too.
    pub async fn find_grant_by_id(&self, realm: &str, id: &str) -> Result<Option<Grant>, StorageError> {
        self.query_one(
            concat!("SELECT ", columns!(), " FROM grants WHERE realm = $1 AND id = $2"),
            &[realm.into(), id.into()],
        )
        .await?
        .map(read)
        .transpose()
    }

    /// What a user permits, all clients, newest first.
    pub async fn grants_of_user(&self, realm: &str, user_id: &str, now: i64) -> Result<Vec<Grant>, StorageError> {
        self.query(
            concat!(
                "SELECT ",
                columns!(),
                " FROM grants WHERE realm = $1 AND user_id = $2 AND ended_at IS NULL AND expires_at > $3 \
                 ORDER BY updated_at DESC, id DESC"
            ),
            &[realm.into(), user_id.into(), now.into()],
        )
        .await?
        .into_iter()
        .map(read)
        .collect()
    }
}

/// Marks a managed grant whose tokens were not fetched yet.
const UNCLAIMED: i64 = 2;

/// A new grant; a remembered one misses when there is a living one. A managed one is to be claimed, see [`claim`].
pub fn insert(realm: &str, grant: &Grant) -> Result<Statement, StorageError> {
    Ok(Statement::guard(
        "INSERT INTO grants (realm, id, user_id, client_id, scope, claims, created_at, updated_at, expires_at, \
         managed, authorization_details) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING",
        vec![
            realm.into(),
            (&grant.id).into(),
            (&grant.user_id).into(),
            (&grant.client_id).into(),
            grant.scope.to_string().into(),
            json(&grant.claims)?,
            grant.created_at.into(),
            grant.updated_at.into(),
            grant.expires_at.into(),
            (if grant.managed { UNCLAIMED } else { 0 }).into(),
            json(&grant.authorization_details)?,
        ],
    ))
}

/// The tokens of a new managed grant were fetched: it lives for its term, `term` seconds from its beginning.
pub fn claim(realm: &str, id: &str, term: i64) -> Statement {
    Statement::new(
        "UPDATE grants SET managed = 1, expires_at = created_at + $3 WHERE realm = $1 AND id = $2 AND managed = $4",
        vec![realm.into(), id.into(), term.into(), UNCLAIMED.into()],
    )
}

/// Ends the refresh tokens that came from a grant.
pub fn end_refresh_tokens(realm: &str, id: &str, now: i64) -> Statement {
    Statement::new(
        "UPDATE refresh_token SET ended_at = $3 WHERE realm = $1 AND ended_at IS NULL \
         AND authorization_id IN (SELECT id FROM authorizations WHERE realm = $1 AND grant_id = $2)",
        vec![realm.into(), id.into(), now.into()],
    )
}

/// Ends everything that came from a grant; the grant stays.
pub fn end_authorizations(realm: &str, id: &str, now: i64) -> Statement {
    Statement::new(
        "UPDATE authorizations SET ended_at = $3 WHERE realm = $1 AND grant_id = $2 AND ended_at IS NULL",
        vec![realm.into(), id.into(), now.into()],
    )
}

/// Uses a grant, perhaps wider than before; misses when it changed since it was read, or was taken back.
pub fn touch(
    realm: &str,
    before: &Grant,
    (scope, claims, details): (&Scope, &ClaimNames, &AuthorizationDetails),
    expires_at: i64,
    now: i64,
) -> Result<Statement, StorageError> {
    Ok(Statement::guard(
        "UPDATE grants SET scope = $5, claims = $6, updated_at = $7, expires_at = $8, authorization_details = $9 \
         WHERE realm = $1 AND id = $2 AND scope = $3 AND claims = $4 AND authorization_details = $10 \
         AND ended_at IS NULL",
        vec![
            realm.into(),
            (&before.id).into(),
            before.scope.to_string().into(),
            json(&before.claims)?,
            scope.to_string().into(),
            json(claims)?,
            now.into(),
            expires_at.into(),
            json(details)?,
            json(&before.authorization_details)?,
        ],
    ))
}

/// Takes a grant back: everything that came from it stops working at once.
pub fn end(realm: &str, user_id: &str, id: &str, now: i64) -> Vec<Statement> {
    vec![
        Statement::guard(
            "UPDATE grants SET ended_at = $4 WHERE realm = $1 AND id = $2 AND user_id = $3 AND ended_at IS NULL",
            vec![realm.into(), id.into(), user_id.into(), now.into()],
        ),
        end_authorizations(realm, id, now),
    ]
}
