//! Sessions, and the flows that were completed in them.

use model::Session;

use crate::{Row, Statement, StorageError, Store, Value, row::json, session_client};

macro_rules! columns {
    () => {
        "id, user_id, secret_hash, flow_id, auth_time, proofs, user_agent, address, created_at, \
     seen_at, remembered, expires_at, ended_at"
    };
}

fn read(mut row: Row) -> Result<Session, StorageError> {
    Ok(Session {
        id: row.text()?,
        user_id: row.text()?,
        secret_hash: row.bytes()?,
        flow_id: row.text()?,
        auth_time: row.int()?,
        proofs: row.json()?,
        user_agent: row.text()?,
        address: row.text()?,
        created_at: row.int()?,
        seen_at: row.int()?,
        is_remembered: row.bool()?,
        expires_at: row.int()?,
        ended_at: row.opt_int()?,
    })
}

impl Store {
    /// The session of this id, ended ones too.
    pub async fn find_session(&self, realm: &str, id: &str) -> Result<Option<Session>, StorageError> {
        self.query_one(
            concat!("SELECT ", columns!(), " FROM session WHERE realm = $1 AND id = $2"),
            &[realm.into(), id.into()],
        )
        .await?
        .map(read)
        .transpose()
    }

    /// Whether a flow was completed.
    pub async fn is_flow_used(&self, realm: &str, flow_id: &str) -> Result<bool, StorageError> {
        let row = self
            .query_one(
                "SELECT 1 FROM used_flow WHERE realm = $1 AND id = $2",
                &[realm.into(), flow_id.into()],
            )
            .await?;
        Ok(row.is_some())
    }

    /// Whether a user has signed in before, as far as rows that are still kept tell: a session, or a grant made in
    /// one. Sessions are deleted soon after they expired, grants live longer.
    pub async fn has_signed_in_before(&self, realm: &str, user_id: &str) -> Result<bool, StorageError> {
        let row = self
            .query_one(
                "SELECT 1 WHERE EXISTS (SELECT 1 FROM session WHERE realm = $1 AND user_id = $2) \
                 OR EXISTS (SELECT 1 FROM grants WHERE realm = $1 AND user_id = $2 AND ended_at IS NULL)",
                &[realm.into(), user_id.into()],
            )
            .await?;
        Ok(row.is_some())
    }

    /// The living sessions of a user, newest first.
    pub async fn sessions_of_user(&self, realm: &str, user_id: &str, now: i64) -> Result<Vec<Session>, StorageError> {
        self.query(
            concat!(
                "SELECT ",
                columns!(),
                " FROM session WHERE realm = $1 AND user_id = $2 AND ended_at IS NULL AND expires_at > $3 \
                 ORDER BY created_at DESC, id DESC"
            ),
            &[realm.into(), user_id.into(), now.into()],
        )
        .await?
        .into_iter()
        .map(read)
        .collect()
    }
}

/// A new session.
pub fn insert(realm: &str, session: &Session) -> Result<Statement, StorageError> {
    Ok(Statement::guard(
        "INSERT INTO session (realm, id, user_id, secret_hash, flow_id, auth_time, proofs, user_agent, address, \
         created_at, expires_at, seen_at, remembered) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT DO NOTHING",
        vec![
            realm.into(),
            (&session.id).into(),
            (&session.user_id).into(),
            Value::Bytes(session.secret_hash.clone()),
            (&session.flow_id).into(),
            session.auth_time.into(),
            json(&session.proofs)?,
            (&session.user_agent).into(),
            (&session.address).into(),
            session.created_at.into(),
            session.expires_at.into(),
            session.seen_at.into(),
            session.is_remembered.into(),
        ],
    ))
}

/// The same user authenticated again in a living session: new secret, new authentication. The id stays.
pub fn renew(realm: &str, session: &Session) -> Result<Vec<Statement>, StorageError> {
    let renew = Statement::guard(
        "UPDATE session SET secret_hash = $4, flow_id = $5, auth_time = $6, proofs = $7, expires_at = $8, \
         seen_at = $9, remembered = $10 \
         WHERE realm = $1 AND id = $2 AND user_id = $3 AND ended_at IS NULL",
        vec![
            realm.into(),
            (&session.id).into(),
            (&session.user_id).into(),
            Value::Bytes(session.secret_hash.clone()),
            (&session.flow_id).into(),
            session.auth_time.into(),
            json(&session.proofs)?,
            session.expires_at.into(),
            session.seen_at.into(),
            session.is_remembered.into(),
        ],
    );
    Ok(vec![
        renew,
        session_client::extend(realm, &session.id, session.expires_at),
    ])
}

/// The browser of a session was heard of.
pub fn seen(realm: &str, id: &str, now: i64) -> Statement {
    Statement::new(
        "UPDATE session SET seen_at = $3 WHERE realm = $1 AND id = $2 AND seen_at < $3 AND ended_at IS NULL",
        vec![realm.into(), id.into(), now.into()],
    )
}

/// The user proved something more in a living session, of which nothing changed meanwhile: `before` is the hash of the
/// secret that its cookie had. Id and end stay.
pub fn prove(realm: &str, session: &Session, before: &[u8]) -> Result<Statement, StorageError> {
    Ok(Statement::guard(
        "UPDATE session SET secret_hash = $4, auth_time = $5, proofs = $6 \
         WHERE realm = $1 AND id = $2 AND user_id = $3 AND ended_at IS NULL AND secret_hash = $7",
        vec![
            realm.into(),
            (&session.id).into(),
            (&session.user_id).into(),
            Value::Bytes(session.secret_hash.clone()),
            session.auth_time.into(),
            json(&session.proofs)?,
            Value::Bytes(before.to_vec()),
        ],
    ))
}

/// Guards that a session is still alive when something is granted in it.
pub fn still_alive(realm: &str, id: &str) -> Statement {
    Statement::guard(
        "UPDATE session SET ended_at = NULL WHERE realm = $1 AND id = $2 AND ended_at IS NULL",
        vec![realm.into(), id.into()],
    )
}

/// Ends a session of a user, and the authorizations made in it that hold no refresh token; clients that want to be
/// told are owed a call.
pub fn end(realm: &str, user_id: &str, id: &str, now: i64) -> Vec<Statement> {
    vec![
        Statement::guard(
            "UPDATE session SET ended_at = $4 WHERE realm = $1 AND id = $2 AND user_id = $3 AND ended_at IS NULL",
            vec![realm.into(), id.into(), user_id.into(), now.into()],
        ),
        session_client::owe_calls(realm, id, now),
        Statement::new(
            "UPDATE authorizations SET ended_at = $3 \
             WHERE realm = $1 AND session_id = $2 AND offline = 0 AND ended_at IS NULL",
            vec![realm.into(), id.into(), now.into()],
        ),
    ]
}

/// Ends all sessions of a user, and the user's authorizations that hold no refresh token; clients that want to be told
/// are owed a call for each session.
pub fn end_all_of_user(realm: &str, user_id: &str, now: i64) -> Vec<Statement> {
    vec![
        session_client::owe_calls_of_user(realm, user_id, now),
        Statement::new(
            "UPDATE session SET ended_at = $3 WHERE realm = $1 AND user_id = $2 AND ended_at IS NULL",
            vec![realm.into(), user_id.into(), now.into()],
        ),
        // By grant, not by session: a living authorization has a living grant, but its session's row may be gone.
        Statement::new(
            "UPDATE authorizations SET ended_at = $3 WHERE realm = $1 AND offline = 0 AND ended_at IS NULL \
             AND grant_id IN (SELECT id FROM grants WHERE realm = $1 AND user_id = $2 AND ended_at IS NULL)",
            vec![realm.into(), user_id.into(), now.into()],
        ),
    ]
}

/// Marks a flow as completed; misses when it was completed before.
pub fn use_flow(realm: &str, flow_id: &str, expires_at: i64) -> Statement {
    Statement::guard(
        "INSERT INTO used_flow (realm, id, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        vec![realm.into(), flow_id.into(), expires_at.into()],
    )
}
