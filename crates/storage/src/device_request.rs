//! Requests of devices: made, and found by either of their codes.

use model::DeviceRequest;

use crate::{
    Row, Statement, StorageError, Store, Value,
    polled_request::{self, polled_columns},
    row::json,
};

macro_rules! columns {
    () => {
        concat!(polled_columns!(), ", device_code_hash, user_code, details")
    };
}

fn read(mut row: Row) -> Result<DeviceRequest, StorageError> {
    Ok(DeviceRequest {
        polled: polled_request::read(&mut row)?,
        device_code_hash: row.bytes()?,
        user_code: row.text()?,
        details: row.json()?,
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

    /// The request of this id, whatever its state.
    pub async fn find_device_request_by_id(
        &self,
        realm: &str,
        id: &str,
    ) -> Result<Option<DeviceRequest>, StorageError> {
        self.query_one(
            concat!(
                "SELECT ",
                columns!(),
                " FROM device_request WHERE realm = $1 AND id = $2"
            ),
            &[realm.into(), id.into()],
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
            (&request.polled.id).into(),
            Value::Bytes(request.device_code_hash.clone()),
            (&request.user_code).into(),
            (&request.polled.client_id).into(),
            json(&request.details)?,
            request.polled.state.as_str().into(),
            request.polled.poll_interval.into(),
            request.polled.polled_at.into(),
            change_id.into(),
            request.polled.created_at.into(),
            request.polled.expires_at.into(),
            quota.into(),
        ],
    ))
}
