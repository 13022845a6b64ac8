//! Requests of devices: made, answered once by a user, polled, and redeemed once.

use model::{DeviceRequest, DeviceRequestState};

use crate::{Row, Statement, StorageError, Store, Value, row::json};

macro_rules! columns {
    () => {
        "id, device_code_hash, user_code, client_id, details, state, authorization_id, poll_interval, polled_at, \
     created_at, expires_at"
    };
}

fn read(mut row: Row) -> Result<DeviceRequest, StorageError> {
    Ok(DeviceRequest {
        id: row.text()?,
        device_code_hash: row.bytes()?,
        user_code: row.text()?,
        client_id: row.text()?,
        details: row.json()?,
        state: {
            let state = row.text()?;
            DeviceRequestState::from_stored(&state)
                .ok_or_else(|| StorageError::Corrupt(format!("{state} is no state of a device's request")))?
        },
        authorization_id: row.opt_text()?,
        poll_interval: row.int()?,
        polled_at: row.int()?,
        created_at: row.int()?,
        expires_at: row.int()?,
    })
}

impl Store {
    /// The request that a device polls for, whatever its state.
    pub async fn find_device_request(
        &self,
        realm: &str,
        device_code_hash: &[u8],
    ) -> Result<Option<DeviceRequest>, StorageError> {
        self.query_one(
            concat!(
                "SELECT ",
                columns!(),
                " FROM device_request WHERE realm = $1 AND device_code_hash = $2"
            ),
            &[realm.into(), Value::Bytes(device_code_hash.to_vec())],
        )
        .await?
        .map(read)
        .transpose()
    }

    /// The request whose code a user entered, whatever its state.
    pub async fn find_device_request_by_user_code(
        &self,
        realm: &str,
        user_code: &str,
    ) -> Result<Option<DeviceRequest>, StorageError> {
        self.query_one(
            concat!(
                "SELECT ",
                columns!(),
                " FROM device_request WHERE realm = $1 AND user_code = $2"
            ),
            &[realm.into(), user_code.into()],
        )
        .await?
        .map(read)
        .transpose()
    }

    /// Whether fewer than `quota` requests of a client wait for their users: asked of a reader, so that a flood does not
    /// occupy the writer.
    pub async fn has_room_for_device_requests(
        &self,
        realm: &str,
        client_id: &str,
        quota: i64,
        now: i64,
    ) -> Result<bool, StorageError> {
        let last = self
            .query_one(
                "SELECT 1 FROM device_request WHERE realm = $1 AND client_id = $2 AND state = 'pending' \
                 AND expires_at > $3 LIMIT 1 OFFSET $4",
                &[realm.into(), client_id.into(), now.into(), (quota - 1).into()],
            )
            .await?;
        Ok(last.is_none())
    }
}

/// A new request; misses when one of its codes is another's, or when `quota` requests of the client wait already.
pub fn insert(realm: &str, request: &DeviceRequest, quota: i64, change_id: &str) -> Result<Statement, StorageError> {
    Ok(Statement::guard(
        "INSERT INTO device_request (realm, id, device_code_hash, user_code, client_id, details, state, \
         poll_interval, polled_at, change_id, created_at, expires_at) \
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12 \
         WHERE (SELECT count(*) FROM device_request WHERE realm = $1 AND client_id = $5 AND state = 'pending' \
         AND expires_at > $11) < $13 \
         ON CONFLICT DO NOTHING",
        vec![
            realm.into(),
            (&request.id).into(),
            Value::Bytes(request.device_code_hash.clone()),
            (&request.user_code).into(),
            (&request.client_id).into(),
            json(&request.details)?,
            request.state.as_str().into(),
            request.poll_interval.into(),
            request.polled_at.into(),
            change_id.into(),
            request.created_at.into(),
            request.expires_at.into(),
            quota.into(),
        ],
    ))
}

/// The user permitted it: misses when it was answered before or has expired.
pub fn approve(realm: &str, id: &str, authorization_id: &str, change_id: &str, now: i64) -> Statement {
    Statement::guard(
        "UPDATE device_request SET state = 'approved', authorization_id = $3, change_id = $4 \
         WHERE realm = $1 AND id = $2 AND state = 'pending' AND expires_at > $5",
        vec![
            realm.into(),
            id.into(),
            authorization_id.into(),
            change_id.into(),
            now.into(),
        ],
    )
}

/// The user did not permit it: misses as [`approve`].
pub fn deny(realm: &str, id: &str, change_id: &str, now: i64) -> Statement {
    Statement::guard(
        "UPDATE device_request SET state = 'denied', change_id = $3 \
         WHERE realm = $1 AND id = $2 AND state = 'pending' AND expires_at > $4",
        vec![realm.into(), id.into(), change_id.into(), now.into()],
    )
}

/// The device polled, and must wait `poll_interval` seconds before it polls again; misses when it polled elsewhere at the
/// same time, or the user answered.
pub fn poll(realm: &str, before: &DeviceRequest, poll_interval: i64, change_id: &str, now: i64) -> Statement {
    Statement::guard(
        "UPDATE device_request SET polled_at = $3, poll_interval = $4, change_id = $5 \
         WHERE realm = $1 AND id = $2 AND state = 'pending' AND polled_at = $6 AND poll_interval = $7",
        vec![
            realm.into(),
            (&before.id).into(),
            now.into(),
            poll_interval.into(),
            change_id.into(),
            before.polled_at.into(),
            before.poll_interval.into(),
        ],
    )
}

/// The device gets its tokens: misses the second time.
pub fn redeem(realm: &str, id: &str) -> Statement {
    Statement::guard(
        "UPDATE device_request SET state = 'used' WHERE realm = $1 AND id = $2 AND state = 'approved'",
        vec![realm.into(), id.into()],
    )
}

/// Recognises a change of this id on a device's request.
pub fn changed_by(realm: &str, id: &str, change_id: &str) -> Statement {
    Statement::new(
        "SELECT 1 FROM device_request WHERE realm = $1 AND id = $2 AND change_id = $3",
        vec![realm.into(), id.into(), change_id.into()],
    )
}
