//! Requests that clients make in the background: made, and found by their client or their user.

use model::CibaRequest;

use crate::{
    Row, Statement, StorageError, Store, Value,
    polled_request::{self, polled_columns},
    row::json,
};

macro_rules! columns {
    () => {
        concat!(polled_columns!(), ", auth_req_id_hash, user_id, details, notification")
    };
}

fn read(mut row: Row) -> Result<CibaRequest, StorageError> {
    Ok(CibaRequest {
        polled: polled_request::read(&mut row)?,
        auth_req_id_hash: row.bytes()?,
        user_id: row.text()?,
        details: row.json()?,
        notification: row.opt_bytes()?,
    })
}

/// How many requests may wait.
#[derive(Debug, Clone, Copy)]
pub struct Quota {
    /// Of one client.
    pub client: i64,
    /// For one user.
    pub user: i64,
}

impl Store {
    /// The request that a client polls for, whatever its state.
    pub async fn find_ciba_request(
        &self,
        realm: &str,
        auth_req_id_hash: &[u8],
    ) -> Result<Option<CibaRequest>, StorageError> {
        self.query_one(
            concat!(
                "SELECT ",
                columns!(),
                " FROM ciba_request WHERE realm = $1 AND auth_req_id_hash = $2"
            ),
            &[realm.into(), Value::Bytes(auth_req_id_hash.to_vec())],
        )
        .await?
        .map(read)
        .transpose()
    }

    /// The request of this id, whatever its state.
    pub async fn find_ciba_request_by_id(&self, realm: &str, id: &str) -> Result<Option<CibaRequest>, StorageError> {
        self.query_one(
            concat!("SELECT ", columns!(), " FROM ciba_request WHERE realm = $1 AND id = $2"),
            &[realm.into(), id.into()],
        )
        .await?
        .map(read)
        .transpose()
    }

    /// What waits for a user, the oldest first, at most `limit`.
    pub async fn ciba_requests_of_user(
        &self,
        realm: &str,
        user_id: &str,
        now: i64,
        limit: i64,
    ) -> Result<Vec<CibaRequest>, StorageError> {
        self.query(
            concat!(
                "SELECT ",
                columns!(),
                " FROM ciba_request WHERE realm = $1 AND user_id = $2 AND state = 'pending' AND expires_at > $3 \
                 ORDER BY created_at, id LIMIT $4"
            ),
            &[realm.into(), user_id.into(), now.into(), limit.into()],
        )
        .await?
        .into_iter()
        .map(read)
        .collect()
    }

    /// When the newest request for a user was made, unix seconds, whatever became of it; rows are kept for a while.
    pub async fn newest_ciba_request_of_user(&self, realm: &str, user_id: &str) -> Result<Option<i64>, StorageError> {
        self.query_one(
            "SELECT created_at FROM ciba_request WHERE realm = $1 AND user_id = $2 ORDER BY created_at DESC LIMIT 1",
            &[realm.into(), user_id.into()],
        )
        .await?
        .map(|mut row| row.int())
        .transpose()
    }

    /// Whether fewer requests than the quota wait: asked of a reader, so that a flood does not occupy the writer.
    pub async fn has_room_for_ciba_requests(
        &self,
        realm: &str,
        request: &CibaRequest,
        quota: Quota,
    ) -> Result<bool, StorageError> {
        let now = request.polled.created_at;
        let of_client = self
            .query_one(
                "SELECT 1 FROM ciba_request WHERE realm = $1 AND client_id = $2 AND state = 'pending' \
                 AND expires_at > $3 LIMIT 1 OFFSET $4",
                &[
                    realm.into(),
                    (&request.polled.client_id).into(),
                    now.into(),
                    (quota.client - 1).into(),
                ],
            )
            .await?;
        let of_user = self
            .query_one(
                "SELECT 1 FROM ciba_request WHERE realm = $1 AND user_id = $2 AND state = 'pending' \
                 AND expires_at > $3 LIMIT 1 OFFSET $4",
                &[
                    realm.into(),
                    (&request.user_id).into(),
                    now.into(),
                    (quota.user - 1).into(),
                ],
            )
            .await?;
        Ok(of_client.is_none() && of_user.is_none())
    }
}

/// A new request; misses when as many wait as may.
pub fn insert(realm: &str, request: &CibaRequest, quota: Quota, change_id: &str) -> Result<Statement, StorageError> {
    let polled = &request.polled;
    Ok(Statement::guard(
        "INSERT INTO ciba_request (realm, id, auth_req_id_hash, client_id, user_id, details, notification, state, \
         poll_interval, polled_at, change_id, created_at, expires_at) \
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13 \
         WHERE (SELECT count(*) FROM ciba_request WHERE realm = $1 AND client_id = $4 AND state = 'pending' \
         AND expires_at > $12) < $14 \
         AND (SELECT count(*) FROM ciba_request WHERE realm = $1 AND user_id = $5 AND state = 'pending' \
         AND expires_at > $12) < $15 \
         ON CONFLICT DO NOTHING",
        vec![
            realm.into(),
            (&polled.id).into(),
            Value::Bytes(request.auth_req_id_hash.clone()),
            (&polled.client_id).into(),
            (&request.user_id).into(),
            json(&request.details)?,
            request.notification.clone().into(),
            polled.state.as_str().into(),
            polled.poll_interval.into(),
            polled.polled_at.into(),
            change_id.into(),
            polled.created_at.into(),
            polled.expires_at.into(),
            quota.client.into(),
            quota.user.into(),
        ],
    ))
}
