//! What may make access tokens worth less before their end, as it is committed by any node.
//!
//! Triggers of the database write it (`migrations/0008_revocations.*.sql`), so that whoever ends, disables, narrows or
//! removes something need not think of it. Rows stay for ten minutes.

use crate::{StorageError, Store};

/// The most that is read at once. Whoever listens is better told that everything may have changed than all of it.
pub const MOST: usize = 10_000;

/// Whose tokens are concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// One token, or API key: its id.
    Token(String),
    /// All that came of an authorization: its id.
    Authorization(String),
    /// All of a client, and what was given to others for its tokens: its id.
    Client(String),
    /// Whatever depends on settings or keys of the realm: nobody can say which.
    Settings,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// Which it is.
    pub id: i64,
    /// The issuer.
    pub realm: String,
    /// Whose tokens are concerned.
    pub ended: Ended,
    /// For which APIs they are meant; none: nobody can say.
    pub audience: Option<Vec<String>>,
}

/// What was read.
#[derive(Debug, Default)]
pub struct Read {
    /// In no order; some may have been read before.
    pub revocations: Vec<Revocation>,
    /// Whether there is more than [`MOST`].
    pub is_too_much: bool,
    /// From where to read on.
    pub next: i64,
}

/// A row of SQLite appears after all with smaller ids, since there is one writer.
const SQLITE: &str = "SELECT (SELECT coalesce(max(id), 0) + 1 FROM revocation), r.id, r.realm, r.kind, r.name, r.audience \
    FROM (SELECT 1) AS one LEFT JOIN revocation r ON r.id >= $1 LIMIT 10001";

/// With PostgreSQL transactions end in any order: what those will have written that are not at their end now is read next
/// time. All others are at their end, and what they wrote is seen here.
const POSTGRES: &str = "SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) AS BIGINT), \
    r.id, r.realm, r.kind, r.name, r.audience \
    FROM (SELECT 1) AS one LEFT JOIN revocation r ON r.written_by >= $1 LIMIT 10001";

impl Store {
    /// What was committed since an earlier read, which says from where; all that there is from 0 on.
    pub async fn revocations(&self, from: i64) -> Result<Read, StorageError> {
        let sql = match self.engine_name() {
            "postgres" => POSTGRES,
            _ => SQLITE,
        };
        let mut read = Read::default();
        for mut row in self.query(sql, &[from.into()]).await? {
            read.next = row.int()?;
            let Some(id) = row.opt_int()? else { continue };
            let (realm, kind, name) = (row.text()?, row.text()?, row.text()?);
            read.revocations.push(Revocation {
                id,
                realm,
                ended: ended(&kind, name)?,
                audience: row.opt_text()?.map(|text| audience(&text)).transpose()?,
            });
        }
        read.is_too_much = read.revocations.len() > MOST;
        Ok(read)
    }
}

fn ended(kind: &str, name: String) -> Result<Ended, StorageError> {
    match kind {
        "token" => Ok(Ended::Token(name)),
        "authorization" => Ok(Ended::Authorization(name)),
        "client" => Ok(Ended::Client(name)),
        "settings" => Ok(Ended::Settings),
        _ => Err(StorageError::Corrupt(format!("revocation: an unknown kind {kind}"))),
    }
}

fn audience(text: &str) -> Result<Vec<String>, StorageError> {
    serde_json::from_str(text).map_err(|error| StorageError::Corrupt(error.to_string()))
}
