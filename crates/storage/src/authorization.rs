//! Authorizations: the rows behind codes and user tokens.

use std::sync::Arc;

use model::{Authorization, AuthorizationContext, User};
use protocol::{AuthorizationDetails, claims::ClaimNames, client_metadata::ClientMetadata, scope::Scope};

use crate::{Row, Statement, StorageError, Store, Value, row::json, user};

macro_rules! columns {
    () => {
        "id, grant_id, user_id, client_id, session_id, scope, audience, details, auth_time, code_hash, \
     code_expires_at, code_used_at, offline, created_at, expires_at, ended_at"
    };
}

/// A user, beside other tables.
macro_rules! users_columns {
    () => {
        "u.id, u.username, u.claims, u.group_names, u.password_hash, u.proofing, u.enabled, u.source, u.created_at, \
         u.updated_at"
    };
}

/// The authorization `$2` that its grant and its user still stand behind, at `$3`.
macro_rules! living {
    () => {
        " FROM authorizations a \
         JOIN grants g ON g.realm = a.realm AND g.id = a.grant_id \
         JOIN users u ON u.realm = a.realm AND u.id = a.user_id \
         WHERE a.realm = $1 AND a.id = $2 AND a.ended_at IS NULL AND a.expires_at > $3 \
         AND g.ended_at IS NULL AND g.expires_at > $3 AND u.enabled = 1"
    };
}

fn scope(text: &str) -> Result<Scope, StorageError> {
    Scope::parse(text).map_err(|error| StorageError::Corrupt(error.to_string()))
}

fn read(row: &mut Row) -> Result<Authorization, StorageError> {
    Ok(Authorization {
        id: row.text()?,
        grant_id: row.text()?,
        user_id: row.text()?,
        client_id: row.text()?,
        session_id: row.text()?,
        scope: scope(&row.text()?)?,
        audience: row.json()?,
        details: row.json()?,
        auth_time: row.int()?,
        code_hash: row.opt_bytes()?,
        code_expires_at: row.opt_int()?,
        code_used_at: row.opt_int()?,
        offline: row.bool()?,
        created_at: row.int()?,
        expires_at: row.int()?,
        ended_at: row.opt_int()?,
    })
}

/// What the rows say of a token that names an authorization.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveAuthorization {
    /// What was granted and is still permitted.
    pub scope: Scope,
    /// What was granted in detail.
    pub authorization_details: AuthorizationDetails,
    /// For whom.
    pub audience: Vec<String>,
    /// Who permitted.
    pub user_id: String,
    /// The user's name to sign in with.
    pub username: String,
    /// The client.
    pub client_id: String,
    /// What the client is registered for.
    pub client_metadata: Arc<ClientMetadata>,
}

/// The part of an authorization's details that its tokens need.
#[derive(serde::Deserialize)]
struct InDetail {
    #[serde(default)]
    authorization_details: AuthorizationDetails,
}

fn permit(details: &mut AuthorizationContext, claims: &ClaimNames) {
    details.permitted_claims.retain(|claim| claims.contains(claim));
}

impl Store {
    /// The authorization that a code belongs to, whatever its state.
    pub async fn find_authorization_by_code(
        &self,
        realm: &str,
        code_hash: &[u8],
    ) -> Result<Option<Authorization>, StorageError> {
        self.query_one(
            concat!(
                "SELECT ",
                columns!(),
                " FROM authorizations WHERE realm = $1 AND code_hash = $2"
            ),
            &[realm.into(), Value::Bytes(code_hash.to_vec())],
        )
        .await?
        .map(|mut row| read(&mut row))
        .transpose()
    }

    /// An authorization that its user and grant still stand behind, with what of its scope and claims the grant still
    /// permits; and that user.
    pub async fn find_living_authorization(
        &self,
        realm: &str,
        id: &str,
        now: i64,
    ) -> Result<Option<(Authorization, User)>, StorageError> {
        let row = self
            .query_one(
                concat!(
                    "SELECT g.scope, g.claims, ",
                    users_columns!(),
                    ", a.id, a.grant_id, a.user_id, a.client_id, a.session_id, a.scope, a.audience, a.details, a.auth_time, \
                     a.code_hash, a.code_expires_at, a.code_used_at, a.offline, a.created_at, a.expires_at, a.ended_at",
                    living!()
                ),
                &[realm.into(), id.into(), now.into()],
            )
            .await?;
        row.map(|mut row| {
            let (permitted, claims): (Scope, ClaimNames) = (scope(&row.text()?)?, row.json()?);
            let user = user::read(&mut row)?;
            let mut authorization = read(&mut row)?;
            authorization.scope = authorization.scope.intersection(&permitted);
            permit(&mut authorization.details, &claims);
            Ok((authorization, user))
        })
        .transpose()
    }

    /// The user whom an authorization is about, and what was asked for about them, with what of the claims the grant still
    /// permits; none when [`Self::find_living_authorization`] finds none.
    pub async fn find_living_user(
        &self,
        realm: &str,
        id: &str,
        now: i64,
    ) -> Result<Option<(AuthorizationContext, User)>, StorageError> {
        let row = self
            .query_one(
                concat!("SELECT g.claims, a.details, ", users_columns!(), living!()),
                &[realm.into(), id.into(), now.into()],
            )
            .await?;
        row.map(|mut row| {
            let (claims, mut details): (ClaimNames, AuthorizationContext) = (row.json()?, row.json()?);
            permit(&mut details, &claims);
            Ok((details, user::read(&mut row)?))
        })
        .transpose()
    }

    /// What stands behind an access token of an authorization: nothing when the token, the authorization, the
    /// grant, the user or the client was ended, disabled or revoked.
    pub async fn live_authorization(
        &self,
        realm: &str,
        id: &str,
        jti: &str,
        now: i64,
    ) -> Result<Option<LiveAuthorization>, StorageError> {
        let row = self
            .query_one(
                "SELECT a.scope, g.scope, a.details, a.audience, a.user_id, u.username, a.client_id, c.metadata \
                 FROM authorizations a \
                 JOIN grants g ON g.realm = a.realm AND g.id = a.grant_id \
                 JOIN users u ON u.realm = a.realm AND u.id = a.user_id \
                 JOIN client c ON c.realm = a.realm AND c.client_id = a.client_id \
                 WHERE a.realm = $1 AND a.id = $2 AND a.ended_at IS NULL AND a.expires_at > $4 \
                 AND g.ended_at IS NULL AND g.expires_at > $4 AND u.enabled = 1 AND c.enabled = 1 \
                 AND NOT EXISTS (SELECT 1 FROM revoked_token r WHERE r.realm = $1 AND r.jti = $3)",
                &[realm.into(), id.into(), jti.into(), now.into()],
            )
            .await?;
        row.map(|mut row| {
            Ok(LiveAuthorization {
                scope: scope(&row.text()?)?.intersection(&scope(&row.text()?)?),
                authorization_details: row.json::<InDetail>()?.authorization_details,
                audience: row.json()?,
                user_id: row.text()?,
                username: row.text()?,
                client_id: row.text()?,
                client_metadata: self.parsed.parse(row.text()?)?,
            })
        })
        .transpose()
    }
}

/// A new authorization.
pub fn insert(realm: &str, authorization: &Authorization, change_id: &str) -> Result<Statement, StorageError> {
    Ok(Statement::guard(
        "INSERT INTO authorizations (realm, id, grant_id, user_id, client_id, session_id, scope, audience, details, \
         auth_time, code_hash, code_expires_at, offline, change_id, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) ON CONFLICT DO NOTHING",
        vec![
            realm.into(),
            (&authorization.id).into(),
            (&authorization.grant_id).into(),
            (&authorization.user_id).into(),
            (&authorization.client_id).into(),
            (&authorization.session_id).into(),
            authorization.scope.to_string().into(),
            json(&authorization.audience)?,
            json(&authorization.details)?,
            authorization.auth_time.into(),
            authorization.code_hash.clone().map_or(Value::Null, Value::Bytes),
            authorization.code_expires_at.into(),
            authorization.offline.into(),
            change_id.into(),
            authorization.created_at.into(),
            authorization.expires_at.into(),
        ],
    ))
}

/// This code, unused, becomes used; with a refresh token the authorization lives as long as its grant. Misses when it was used before or its authorization ended.
pub fn redeem(realm: &str, id: &str, offline: bool, change_id: &str, now: i64) -> Statement {
    Statement::guard(
        "UPDATE authorizations SET code_used_at = $3, offline = $4, change_id = $5, \
         expires_at = CASE WHEN $4 = 1 THEN (SELECT g.expires_at FROM grants g \
         WHERE g.realm = $1 AND g.id = authorizations.grant_id) ELSE expires_at END \
         WHERE realm = $1 AND id = $2 AND code_used_at IS NULL AND ended_at IS NULL",
        vec![realm.into(), id.into(), now.into(), offline.into(), change_id.into()],
    )
}

/// Recognises a change of this id on an authorization.
pub fn changed_by(realm: &str, id: &str, change_id: &str) -> Statement {
    Statement::new(
        "SELECT 1 FROM authorizations WHERE realm = $1 AND id = $2 AND change_id = $3",
        vec![realm.into(), id.into(), change_id.into()],
    )
}

/// Ends an authorization with everything that came from it.
pub fn end(realm: &str, id: &str, now: i64) -> Statement {
    Statement::new(
        "UPDATE authorizations SET ended_at = $3 WHERE realm = $1 AND id = $2 AND ended_at IS NULL",
        vec![realm.into(), id.into(), now.into()],
    )
}

/// The same, by a change of this id, which then knows whether it was this one that ended it; see
/// [`crate::audit_event::Provided`].
pub fn end_by(realm: &str, id: &str, change_id: &str, now: i64) -> Statement {
    Statement::new(
        "UPDATE authorizations SET ended_at = $3, change_id = $4 WHERE realm = $1 AND id = $2 AND ended_at IS NULL",
        vec![realm.into(), id.into(), now.into(), change_id.into()],
    )
}

/// Ends all authorizations of a user, those that hold a refresh token too. The grants stay.
pub fn end_all_of_user(realm: &str, user_id: &str, now: i64) -> Statement {
    Statement::new(
        "UPDATE authorizations SET ended_at = $3 WHERE realm = $1 AND ended_at IS NULL \
         AND grant_id IN (SELECT id FROM grants WHERE realm = $1 AND user_id = $2)",
        vec![realm.into(), user_id.into(), now.into()],
    )
}
