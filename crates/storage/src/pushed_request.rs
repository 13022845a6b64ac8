//! Requests that clients have pushed: visited any number of times, answered once.

use model::PushedRequest;

use crate::{Row, Statement, StorageError, Store, Value, row::json};

fn read(mut row: Row) -> Result<PushedRequest, StorageError> {
    Ok(PushedRequest {
        id: row.bytes()?,
        client_id: row.text()?,
        details: row.json()?,
        answered_at: row.opt_int()?,
        created_at: row.int()?,
        visit_until: row.int()?,
        expires_at: row.int()?,
    })
}

impl Store {
    /// The request of this id, answered or not.
    pub async fn find_pushed_request(&self, realm: &str, id: &[u8]) -> Result<Option<PushedRequest>, StorageError> {
        self.query_one(
            "SELECT id, client_id, details, answered_at, created_at, visit_until, expires_at FROM pushed_request \
             WHERE realm = $1 AND id = $2",
            &[realm.into(), Value::Bytes(id.to_vec())],
        )
        .await?
        .map(read)
        .transpose()
    }

    /// Whether fewer than `quota` requests of a client wait for their users' browsers: asked of a reader, so that a flood
    /// does not occupy the writer. Some more may get through at once.
    pub async fn has_room_for_pushed_requests(
        &self,
        realm: &str,
        client_id: &str,
        quota: i64,
        now: i64,
    ) -> Result<bool, StorageError> {
        let last = self
            .query_one(
                "SELECT 1 FROM pushed_request WHERE realm = $1 AND client_id = $2 AND answered_at IS NULL \
                 AND visit_until > $3 LIMIT 1 OFFSET $4",
                &[realm.into(), client_id.into(), now.into(), (quota - 1).into()],
            )
            .await?;
        Ok(last.is_none())
    }
}

/// A new request. Its id is new, so that whoever finds it there already has written it.
pub fn insert(realm: &str, request: &PushedRequest) -> Result<Statement, StorageError> {
    Ok(Statement::new(
        "INSERT INTO pushed_request (realm, id, client_id, details, created_at, visit_until, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        vec![
            realm.into(),
            Value::Bytes(request.id.clone()),
            (&request.client_id).into(),
            json(&request.details)?,
            request.created_at.into(),
            request.visit_until.into(),
            request.expires_at.into(),
        ],
    ))
}

/// This request, unanswered, becomes answered: misses the second time.
pub fn answer(realm: &str, id: &[u8], now: i64) -> Statement {
    Statement::guard(
        "UPDATE pushed_request SET answered_at = $3 WHERE realm = $1 AND id = $2 AND answered_at IS NULL",
        vec![realm.into(), Value::Bytes(id.to_vec()), now.into()],
    )
}
