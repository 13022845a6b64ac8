//! Recognised devices of users.

use model::RecognisedDevice;

use crate::{Row, Statement, StorageError, Store};

/// How many devices of a user are kept; the oldest make room.
const KEPT: i64 = 50;

macro_rules! columns {
    () => {
        "id, user_id, user_agent, network, created_at, seen_at, expires_at"
    };
}

fn read(mut row: Row) -> Result<RecognisedDevice, StorageError> {
    Ok(RecognisedDevice {
        id: row.text()?,
        user_id: row.text()?,
        user_agent: row.text()?,
        network: row.text()?,
        created_at: row.int()?,
        seen_at: row.int()?,
        expires_at: row.int()?,
    })
}

impl Store {
    /// Whether this device of a user is recognised.
    pub async fn is_recognised(&self, realm: &str, user_id: &str, id: &str, now: i64) -> Result<bool, StorageError> {
        let row = self
            .query_one(
                "SELECT 1 FROM device WHERE realm = $1 AND user_id = $2 AND id = $3 AND expires_at > $4",
                &[realm.into(), user_id.into(), id.into(), now.into()],
            )
            .await?;
        Ok(row.is_some())
    }

    /// The recognised devices of a user, the last seen first.
    pub async fn devices_of_user(
        &self,
        realm: &str,
        user_id: &str,
        now: i64,
    ) -> Result<Vec<RecognisedDevice>, StorageError> {
        self.query(
            concat!(
                "SELECT ",
                columns!(),
                " FROM device WHERE realm = $1 AND user_id = $2 AND expires_at > $3 ORDER BY seen_at DESC, id"
            ),
            &[realm.into(), user_id.into(), now.into()],
        )
        .await?
        .into_iter()
        .map(read)
        .collect()
    }
}

/// A device is seen for the first time. Of too many the oldest are forgotten.
pub fn insert(realm: &str, device: &RecognisedDevice) -> [Statement; 2] {
    let insert = Statement::new(
        "INSERT INTO device (realm, id, user_id, user_agent, network, created_at, seen_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
        vec![
            realm.into(),
            (&device.id).into(),
            (&device.user_id).into(),
            (&device.user_agent).into(),
            (&device.network).into(),
            device.created_at.into(),
            device.seen_at.into(),
            device.expires_at.into(),
        ],
    );
    let make_room = Statement::new(
        "DELETE FROM device WHERE realm = $1 AND user_id = $2 AND id <> $3 AND id NOT IN \
         (SELECT id FROM device WHERE realm = $1 AND user_id = $2 ORDER BY seen_at DESC, id LIMIT $4)",
        vec![realm.into(), (&device.user_id).into(), (&device.id).into(), KEPT.into()],
    );
    [insert, make_room]
}

/// A device is seen again. One that was forgotten meanwhile stays so.
pub fn seen(realm: &str, device: &RecognisedDevice) -> Statement {
    Statement::new(
        "UPDATE device SET user_agent = $4, network = $5, seen_at = $6, expires_at = $7 \
         WHERE realm = $1 AND user_id = $2 AND id = $3",
        vec![
            realm.into(),
            (&device.user_id).into(),
            (&device.id).into(),
            (&device.user_agent).into(),
            (&device.network).into(),
            device.seen_at.into(),
            device.expires_at.into(),
        ],
    )
}

/// Forgets a device of a user; misses when there is none.
pub fn forget(realm: &str, user_id: &str, id: &str) -> Statement {
    Statement::guard(
        "DELETE FROM device WHERE realm = $1 AND user_id = $2 AND id = $3",
        vec![realm.into(), user_id.into(), id.into()],
    )
}

/// Forgets all devices of a user.
pub fn forget_all(realm: &str, user_id: &str) -> Statement {
    Statement::new(
        "DELETE FROM device WHERE realm = $1 AND user_id = $2",
        vec![realm.into(), user_id.into()],
    )
}
