//! What an error of PostgreSQL means.

use tokio_postgres::{
    Error,
    error::{DbError, Severity, SqlState},
};

use crate::StorageError;

/// The SQLSTATE that `sekisho_guard` raises.
pub(super) const GUARD: &str = "SK001";

/// Says what happened; the `Display` of [`Error`] alone says little more than "db error".
pub(super) fn text(error: &Error) -> String {
    match (error.as_db_error(), std::error::Error::source(error)) {
        (Some(db), _) => format!("{} ({})", db.message(), db.code().code()),
        (None, Some(source)) => format!("{error}: {source}"),
        (None, None) => error.to_string(),
    }
}

/// The connection ended without an answer.
pub(super) fn is_lost(error: &Error) -> bool {
    error.is_closed() || std::error::Error::source(error).is_some_and(<dyn std::error::Error>::is::<std::io::Error>)
}

/// The server itself ended the connection, and said so.
pub(super) fn is_fatal(db: &DbError) -> bool {
    matches!(db.parsed_severity(), Some(Severity::Fatal | Severity::Panic))
}

/// Two transactions were in each other's way; one of them is to be repeated.
pub(super) fn is_conflict(db: &DbError) -> bool {
    [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED].contains(db.code())
}

/// The server's or the connection's fault (try again), or a wrong statement or value.
impl From<Error> for StorageError {
    fn from(error: Error) -> Self {
        let temporary = match error.as_db_error() {
            // Connection, transaction rollback, insufficient resources, object not in the right state,
            // operator intervention, system error; and a server that became a standby.
            Some(db) => {
                is_fatal(db)
                    || *db.code() == SqlState::READ_ONLY_SQL_TRANSACTION
                    || ["08", "40", "53", "55", "57", "58"]
                        .iter()
                        .any(|class| db.code().code().starts_with(class))
            }
            None => is_lost(&error),
        };
        if temporary {
            Self::Unavailable(text(&error))
        } else {
            Self::Corrupt(text(&error))
        }
    }
}
