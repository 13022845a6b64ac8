//! The codes without which users are not asked in the background, as hashes.

use crate::{Statement, StorageError, Store};

impl Store {
    /// The PHC string of a user's code; `None`: the user has none.
    pub async fn find_backchannel_user_code(&self, realm: &str, user_id: &str) -> Result<Option<String>, StorageError> {
        self.query_one(
            "SELECT phc FROM backchannel_user_code WHERE realm = $1 AND user_id = $2",
            &[realm.into(), user_id.into()],
        )
        .await?
        .map(|mut row| row.text())
        .transpose()
    }
}

/// The user has this code from now on (a PHC string).
pub fn put(realm: &str, user_id: &str, phc: &str, now: i64) -> Statement {
    Statement::guard(
        "INSERT INTO backchannel_user_code (realm, user_id, phc, updated_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (realm, user_id) DO UPDATE SET phc = excluded.phc, updated_at = excluded.updated_at",
        vec![realm.into(), user_id.into(), phc.into(), now.into()],
    )
}

/// The user has no code any more.
pub fn remove(realm: &str, user_id: &str) -> Statement {
    Statement::guard(
        "DELETE FROM backchannel_user_code WHERE realm = $1 AND user_id = $2",
        vec![realm.into(), user_id.into()],
    )
}
