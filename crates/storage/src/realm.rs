//! Realms, and the revision that tells nodes to read settings again.

use model::Realm;

use crate::{Row, Statement, StorageError, Store, row::json};

impl Store {
    /// All realms.
    pub async fn realms(&self) -> Result<Vec<Realm>, StorageError> {
        let rows = self.query("SELECT settings FROM realm ORDER BY issuer", &[]).await?;
        rows.into_iter().map(|mut row| row.json()).collect()
    }

    /// A number that every administrative change raises.
    pub async fn revision(&self) -> Result<i64, StorageError> {
        self.query_one("SELECT value FROM revision WHERE id = 1", &[])
            .await?
            .map_or(Ok(0), |mut row: Row| row.int())
    }
}

/// Part of every administrative change: all nodes will read settings and keys again.
pub fn raise_revision() -> Statement {
    Statement::new("UPDATE revision SET value = value + 1 WHERE id = 1", vec![])
}

/// Part of a change that was planned at this revision; misses when somebody else changed anything since.
pub fn raise_revision_from(planned_at: i64) -> Statement {
    Statement::guard(
        "UPDATE revision SET value = value + 1 WHERE id = 1 AND value = $1",
        vec![planned_at.into()],
    )
}

/// Makes or replaces a realm's settings.
pub fn put(realm: &Realm, now: i64) -> Result<Statement, StorageError> {
    Ok(Statement::guard(
        "INSERT INTO realm (issuer, settings, created_at, updated_at) VALUES ($1, $2, $3, $3) \
         ON CONFLICT (issuer) DO UPDATE SET settings = excluded.settings, updated_at = excluded.updated_at",
        vec![(&realm.issuer).into(), json(realm)?, now.into()],
    ))
}
