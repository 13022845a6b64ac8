//! Rows that only the administration asks for.

use std::collections::HashMap;

use model::{Grant, Source, User};
use storage::{Statement, StorageError, Store};

/// How the row of a user says that a file named the user once, and no longer does. Everybody else reads it as made by
/// the administration, who may enable the user again; a file that names the user again gets it back.
const REMOVED: &str = "removed";

/// Who a user belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UserOwner {
    File,
    RemovedFromFile,
    Api,
}

/// The users that files name or named: id → owner.
pub(super) async fn users_of_files(store: &Store, realm: &str) -> Result<HashMap<String, UserOwner>, StorageError> {
    let rows = store
        .query(
            "SELECT id, source FROM users WHERE realm = $1 AND source <> 'api'",
            &[realm.into()],
        )
        .await?;
    rows.into_iter()
        .map(|mut row| {
            let (id, source) = (row.text()?, row.text()?);
            let owner = match source.as_str() {
                REMOVED => UserOwner::RemovedFromFile,
                source if source == Source::File.as_str() => UserOwner::File,
                _ => UserOwner::Api,
            };
            Ok((id, owner))
        })
        .collect()
}

/// A file no longer names a user: off, and nobody's.
pub(super) fn remove_user_from_file(realm: &str, user: &User, now: i64) -> Statement {
    Statement::guard(
        "UPDATE users SET enabled = 0, source = 'removed', updated_at = $3 \
         WHERE realm = $1 AND id = $2 AND source = 'file'",
        vec![realm.into(), (&user.id).into(), now.into()],
    )
}

/// The grant of this id, ended ones too.
pub(super) async fn find_grant(store: &Store, realm: &str, id: &str) -> Result<Option<Grant>, StorageError> {
    let row = store
        .query_one(
            "SELECT id, user_id, client_id, scope, created_at, updated_at, expires_at, ended_at \
             FROM grants WHERE realm = $1 AND id = $2",
            &[realm.into(), id.into()],
        )
        .await?;
    row.map(|mut row| {
        Ok(Grant {
            id: row.text()?,
            user_id: row.text()?,
            client_id: row.text()?,
            scope: row
                .text()?
                .parse()
                .map_err(|_| StorageError::Corrupt("grants: scope".into()))?,
            created_at: row.int()?,
            updated_at: row.int()?,
            expires_at: row.int()?,
            ended_at: row.opt_int()?,
        })
    })
    .transpose()
}
