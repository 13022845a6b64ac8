//! The schema: forward only, brought up to date when a database is opened.
//!
//! One text serves both engines. Each migration is one transaction together with its row in `schema_version`,
//! so that a crash leaves either all or nothing of it. Several nodes may start at once: the first one to get
//! the lock migrates, the others find nothing to do.

use rusqlite::{Connection, TransactionBehavior};
use tokio_postgres::Client;

use crate::StorageError;

struct Migration {
    version: i64,
    name: &'static str,
    /// For both engines.
    sql: &'static str,
    /// What only PostgreSQL needs in addition.
    postgres: &'static str,
    /// What only SQLite needs in addition.
    sqlite: &'static str,
}

/// In order; the versions count up from 1. What was released is never edited.
const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "ground",
        sql: include_str!("migrations/0001_ground.sql"),
        postgres: include_str!("migrations/0001_ground.postgres.sql"),
        sqlite: "",
    },
    Migration {
        version: 2,
        name: "provider",
        sql: include_str!("migrations/0002_provider.sql"),
        postgres: "",
        sqlite: "",
    },
    Migration {
        version: 3,
        name: "financial grade",
        sql: include_str!("migrations/0003_financial_grade.sql"),
        postgres: "",
        sqlite: "",
    },
    Migration {
        version: 4,
        name: "refusals and audit",
        sql: include_str!("migrations/0004_refusals_and_audit.sql"),
        postgres: "",
        sqlite: "",
    },
    Migration {
        version: 5,
        name: "two-party access",
        sql: include_str!("migrations/0005_two_party_access.sql"),
        postgres: "",
        sqlite: "",
    },
    Migration {
        version: 6,
        name: "devices",
        sql: include_str!("migrations/0006_devices.sql"),
        postgres: "",
        sqlite: "",
    },
    Migration {
        version: 7,
        name: "factors",
        sql: include_str!("migrations/0007_factors.sql"),
        postgres: "",
        sqlite: "",
    },
    Migration {
        version: 8,
        name: "revocations",
        sql: include_str!("migrations/0008_revocations.sql"),
        postgres: include_str!("migrations/0008_revocations.postgres.sql"),
        sqlite: include_str!("migrations/0008_revocations.sqlite.sql"),
    },
];

const CREATE: &str = "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT PRIMARY KEY, name TEXT NOT NULL)";
const FIND: &str = "SELECT coalesce(max(version), 0) FROM schema_version";
const INSERT: &str = "INSERT INTO schema_version (version, name) VALUES ($1, $2)";

/// Any number that no other program takes for its own lock in the same database.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7235419088431002)";

/// What is to be done for a database at version `found`.
fn next(found: i64) -> Result<Option<&'static Migration>, StorageError> {
    let SchemaVersion { found, known } = SchemaVersion::of(found);
    if found > known {
        return Err(StorageError::TooNew { found, known });
    }
    Ok(MIGRATIONS.iter().find(|migration| migration.version > found))
}

/// How old a schema is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemaVersion {
    /// What the database has; 0 when it is empty.
    pub found: i64,
    /// The newest that this program knows.
    pub known: i64,
}

impl SchemaVersion {
    fn of(found: i64) -> Self {
        let known = MIGRATIONS.last().map_or(0, |newest| newest.version);
        Self { found, known }
    }
}

/// The schema of an SQLite database as it is; nothing is changed.
pub(crate) fn sqlite_version(db: &Connection) -> Result<SchemaVersion, StorageError> {
    const IS_THERE: &str = "SELECT count(*) FROM sqlite_schema WHERE name = 'schema_version'";
    let is_there: i64 = db.query_row(IS_THERE, [], |row| row.get(0))?;
    match is_there {
        0 => Ok(SchemaVersion::of(0)),
        _ => Ok(SchemaVersion::of(db.query_row(FIND, [], |row| row.get(0))?)),
    }
}

/// The same of a PostgreSQL database.
pub(crate) async fn postgres_version(client: &Client) -> Result<SchemaVersion, StorageError> {
    const IS_THERE: &str = "SELECT to_regclass('schema_version') IS NOT NULL";
    if client.query_one(IS_THERE, &[]).await?.try_get(0)? {
        Ok(SchemaVersion::of(client.query_one(FIND, &[]).await?.try_get(0)?))
    } else {
        Ok(SchemaVersion::of(0))
    }
}

/// Brings an SQLite database up to date.
pub(crate) fn sqlite(db: &mut Connection) -> Result<(), StorageError> {
    loop {
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute(CREATE, [])?;
        let found = transaction.query_row(FIND, [], |row| row.get(0))?;
        let Some(migration) = next(found)? else {
            transaction.commit()?;
            return Ok(());
        };
        transaction.execute_batch(&for_sqlite(migration.sql))?;
        transaction.execute_batch(migration.sqlite)?;
        transaction.execute(INSERT, (migration.version, migration.name))?;
        transaction.commit()?;
        tracing::info!(version = migration.version, name = migration.name, "migrated");
    }
}

/// STRICT tables refuse a value of the wrong type as PostgreSQL does, and know the types by SQLite's names. JSON is text.
/// Numbers that count rows are never given out twice.
fn for_sqlite(sql: &str) -> String {
    sql.replace("GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "PRIMARY KEY AUTOINCREMENT")
        .replace("BYTEA", "BLOB")
        .replace("AS JSON", "AS TEXT")
        .replace("BIGINT", "INTEGER")
        .replace("\n);", "\n) STRICT;")
}

/// Brings a PostgreSQL database up to date, on a connection that nobody else uses.
pub(crate) async fn postgres(client: &mut Client) -> Result<(), StorageError> {
    while migrate_one(client).await? {}
    Ok(())
}

/// Whether there was something to do. Dropped half-way, the transaction is rolled back.
async fn migrate_one(client: &mut Client) -> Result<bool, StorageError> {
    let transaction = client.transaction().await?;
    // A table may be large, and another node may be at work on it.
    transaction.batch_execute("SET LOCAL statement_timeout = 0").await?;
    transaction.batch_execute(LOCK).await?;
    transaction.batch_execute(CREATE).await?;
    let found = transaction.query_one(FIND, &[]).await?.try_get(0)?;
    let Some(migration) = next(found)? else {
        transaction.commit().await?;
        return Ok(false);
    };
    transaction.batch_execute(migration.sql).await?;
    transaction.batch_execute(migration.postgres).await?;
    transaction
        .execute(INSERT, &[&migration.version, &migration.name])
        .await?;
    transaction.commit().await?;
    tracing::info!(version = migration.version, name = migration.name, "migrated");
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_count_up_from_one() {
        let versions: Vec<i64> = MIGRATIONS.iter().map(|migration| migration.version).collect();
        let expected: Vec<i64> = (1..).take(MIGRATIONS.len()).collect();
        assert_eq!(versions, expected);
    }

    #[test]
    fn every_table_of_sqlite_is_strict() {
        let mut db = Connection::open_in_memory().unwrap();
        sqlite(&mut db).unwrap();
        let lax: Vec<String> = db
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND sql NOT LIKE '%STRICT'")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert_eq!(lax, ["schema_version"]);
    }
}
