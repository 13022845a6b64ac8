//! Sealed flows that are too large for a cookie, under a quota.

use crate::{Statement, StorageError, Store, Value};

impl Store {
    /// Whether fewer than `quota` flows are kept: asked of a reader, so that a flood of large requests does not occupy
    /// the writer.
    pub async fn has_room_for_flows(&self, realm: &str, quota: i64) -> Result<bool, StorageError> {
        let last = self
            .query_one(
                "SELECT 1 FROM stored_flow WHERE realm = $1 LIMIT 1 OFFSET $2",
                &[realm.into(), (quota - 1).into()],
            )
            .await?;
        Ok(last.is_none())
    }

    /// A sealed flow kept for a browser.
    pub async fn find_stored_flow(&self, realm: &str, id: &str, now: i64) -> Result<Option<Vec<u8>>, StorageError> {
        self.query_one(
            "SELECT sealed FROM stored_flow WHERE realm = $1 AND id = $2 AND expires_at > $3",
            &[realm.into(), id.into(), now.into()],
        )
        .await?
        .map(|mut row| row.bytes())
        .transpose()
    }
}

/// Keeps a sealed flow; misses when the realm keeps `quota` of them already, so that anonymous requests cannot
/// fill the disk.
pub fn put(realm: &str, id: &str, sealed: &[u8], expires_at: i64, quota: i64) -> Statement {
    Statement::guard(
        "INSERT INTO stored_flow (realm, id, sealed, expires_at) SELECT $1, $2, $3, $4 \
         WHERE (SELECT count(*) FROM stored_flow WHERE realm = $1) < $5 \
         ON CONFLICT (realm, id) DO UPDATE SET sealed = excluded.sealed",
        vec![
            realm.into(),
            id.into(),
            Value::Bytes(sealed.to_vec()),
            expires_at.into(),
            quota.into(),
        ],
    )
}
