//! Which clients the user of a session is signed in to, and the calls that are owed to them when it ends.
//!
//! The calls are selected by the very change that ends the session, so that no client that was signed in to at that
//! moment is missed, whoever ends it.

use model::Client;

use crate::{Statement, StorageError, Store, Value, client, outbox};

/// That the user of a session is signed in to a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionClient {
    /// The session.
    pub session_id: String,
    /// The client.
    pub client_id: String,
    /// The id that the call will have, unique among all calls.
    pub call_id: String,
    /// What the call will be about: its payload.
    pub notice: String,
    /// When (unix seconds) the session ends by itself.
    pub expires_at: i64,
}

impl Store {
    /// The enabled clients that the user of a session is signed in to, ended sessions too; at most `limit`.
    pub async fn clients_of_session(
        &self,
        realm: &str,
        session_id: &str,
        limit: i64,
    ) -> Result<Vec<Client>, StorageError> {
        let rows = self
            .query(
                concat!(
                    "SELECT ",
                    client::columns!(),
                    " FROM client WHERE realm = $1 AND enabled = 1 AND client_id IN \
                     (SELECT s.client_id FROM session_client s WHERE s.realm = $1 AND s.session_id = $2) \
                     ORDER BY client_id LIMIT $3"
                ),
                &[Value::from(realm), session_id.into(), limit.into()],
            )
            .await?;
        rows.into_iter().map(|row| client::read(self, row)).collect()
    }
}

/// Remembers a sign-in to a client, once for a session.
pub fn put(realm: &str, new: SessionClient) -> Statement {
    Statement::new(
        "INSERT INTO session_client (realm, session_id, client_id, call_id, notice, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (realm, session_id, client_id) \
         DO UPDATE SET notice = excluded.notice, expires_at = excluded.expires_at",
        vec![
            realm.into(),
            new.session_id.into(),
            new.client_id.into(),
            new.call_id.into(),
            new.notice.into(),
            new.expires_at.into(),
        ],
    )
}

/// A session lives longer.
pub(crate) fn extend(realm: &str, session_id: &str, expires_at: i64) -> Statement {
    Statement::new(
        "UPDATE session_client SET expires_at = $3 WHERE realm = $1 AND session_id = $2",
        vec![realm.into(), session_id.into(), expires_at.into()],
    )
}

/// The calls of a session: a part of the change that ends it.
pub(crate) fn owe_calls(realm: &str, session_id: &str, now: i64) -> Statement {
    Statement::new(
        "INSERT INTO outbox (id, realm, kind, destination, payload, state, attempts, next_attempt_at, \
           leased_until, created_at, expires_at) \
         SELECT s.call_id, s.realm, 'logout', c.backchannel_logout_uri, s.notice, 'pending', 0, $3, 0, $3, $4 \
         FROM session_client s JOIN client c ON c.realm = s.realm AND c.client_id = s.client_id \
         WHERE s.realm = $1 AND s.session_id = $2 AND c.enabled = 1 AND c.backchannel_logout_uri IS NOT NULL",
        vec![
            realm.into(),
            session_id.into(),
            now.into(),
            (now + outbox::GIVE_UP_AFTER).into(),
        ],
    )
}

/// The calls of all living sessions of a user: a part of the change that ends them, before it does.
pub(crate) fn owe_calls_of_user(realm: &str, user_id: &str, now: i64) -> Statement {
    Statement::new(
        "INSERT INTO outbox (id, realm, kind, destination, payload, state, attempts, next_attempt_at, \
           leased_until, created_at, expires_at) \
         SELECT s.call_id, s.realm, 'logout', c.backchannel_logout_uri, s.notice, 'pending', 0, $3, 0, $3, $4 \
         FROM session_client s JOIN client c ON c.realm = s.realm AND c.client_id = s.client_id \
         JOIN session u ON u.realm = s.realm AND u.id = s.session_id \
         WHERE s.realm = $1 AND u.user_id = $2 AND u.ended_at IS NULL \
         AND c.enabled = 1 AND c.backchannel_logout_uri IS NOT NULL",
        vec![
            realm.into(),
            user_id.into(),
            now.into(),
            (now + outbox::GIVE_UP_AFTER).into(),
        ],
    )
}
