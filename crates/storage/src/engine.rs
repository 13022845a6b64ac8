//! The one interface to the database, over either engine.

use std::{path::PathBuf, sync::Arc};

use crate::{
    Change, Outcome, Row, SchemaVersion, Value,
    asked::{Asked, Counters},
    parsed::ParsedMetadata,
    postgres::Postgres,
    sqlite::Sqlite,
};

/// Why the database did not answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StorageError {
    /// The engine cannot be reached, is overloaded, or failed to make a commit durable. Answer 503.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The commit may or may not have been applied: the connection broke and the change could not be recognised.
    #[error("the database lost the answer to a commit: {0}")]
    Unknown(String),
    /// A statement or a stored value is wrong: a defect of this program or a damaged database. Answer 500.
    #[error("the database holds what it must not, or was asked wrongly: {0}")]
    Corrupt(String),
    /// The database was written by a newer version of this program.
    #[error("the database has schema version {found}, this program knows {known}: use a newer program")]
    TooNew {
        /// The version found.
        found: i64,
        /// The newest version this program knows.
        known: i64,
    },
}

/// Which database, and how.
#[derive(Debug, Clone)]
pub enum Options {
    /// A file; its directory must exist.
    Sqlite {
        /// Where the database file is or will be.
        path: PathBuf,
    },
    /// A `postgres://` URL.
    Postgres {
        /// The connection URL.
        url: String,
        /// Connections kept at most.
        connections: usize,
    },
}

/// A database, opened and migrated. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    engine: Engine,
    pub(crate) parsed: Arc<ParsedMetadata>,
    counters: Arc<Counters>,
}

#[derive(Clone)]
enum Engine {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

impl Store {
    /// Opens the database and brings its schema up to date.
    pub async fn open(options: &Options) -> Result<Self, StorageError> {
        let engine = match options {
            Options::Sqlite { path } => Engine::Sqlite(Sqlite::open(path).await?),
            Options::Postgres { url, connections } => Engine::Postgres(Postgres::open(url, *connections).await?),
        };
        Ok(Self {
            engine,
            parsed: Arc::default(),
            counters: Arc::default(),
        })
    }

    /// How old the schema of a database is. It is not changed, and the file of an SQLite one must be there.
    pub async fn schema_version(options: &Options) -> Result<SchemaVersion, StorageError> {
        match options {
            Options::Sqlite { path } => Sqlite::schema_version(path).await,
            Options::Postgres { url, .. } => Postgres::schema_version(url).await,
        }
    }

    /// What time it is on the machine of the database, in unix seconds; none when that is this machine.
    pub async fn clock(&self) -> Result<Option<i64>, StorageError> {
        const NOW: &str = "SELECT CAST(floor(extract(epoch FROM clock_timestamp())) AS BIGINT)";
        match &self.engine {
            Engine::Sqlite(_) => Ok(None),
            Engine::Postgres(_) => self.query_one(NOW, &[]).await?.map(|mut row| row.int()).transpose(),
        }
    }

    /// Reads. `sql` must be one SELECT.
    pub async fn query(&self, sql: &'static str, params: &[Value]) -> Result<Vec<Row>, StorageError> {
        check_values(params)?;
        self.counters.query();
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.query(sql, params),
            // Boxed: what waits for another machine can afford it, and no other query carries its room.
            Engine::Postgres(postgres) => Box::pin(postgres.query(sql, params)).await,
        }
    }

    /// Reads at most one row.
    pub async fn query_one(&self, sql: &'static str, params: &[Value]) -> Result<Option<Row>, StorageError> {
        Ok(self.query(sql, params).await?.into_iter().next())
    }

    /// Writes. When this answers `Ok`, what was committed has been synced to disk.
    ///
    /// The commit runs to its end even when the caller goes away.
    pub async fn commit(&self, change: Change) -> Result<Outcome, StorageError> {
        for statement in change.guarded.iter().chain(&change.otherwise) {
            check_values(&statement.params)?;
        }
        self.counters.change(change.guarded.len());
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.commit(change).await,
            Engine::Postgres(postgres) => Box::pin(postgres.commit(change)).await,
        }
    }

    /// How much was asked so far, for metrics.
    pub fn asked(&self) -> Asked {
        self.counters.so_far()
    }

    /// How many durable commits the writer of SQLite has made, for metrics: fewer than changes, since it puts
    /// many in one. PostgreSQL groups its commits by itself and does not tell.
    pub fn durable_commits(&self) -> Option<u64> {
        match &self.engine {
            Engine::Sqlite(sqlite) => Some(sqlite.batches()),
            Engine::Postgres(_) => None,
        }
    }

    /// `"sqlite"` or `"postgres"`, for logs and metrics.
    pub fn engine_name(&self) -> &'static str {
        match &self.engine {
            Engine::Sqlite(_) => "sqlite",
            Engine::Postgres(_) => "postgres",
        }
    }
}

/// PostgreSQL's text cannot hold NUL; what one engine refuses, both do.
fn check_values(params: &[Value]) -> Result<(), StorageError> {
    let has_nul = |value: &Value| matches!(value, Value::Text(text) if text.contains('\0'));
    if params.iter().any(has_nul) {
        return Err(StorageError::Corrupt("a text contains NUL".into()));
    }
    Ok(())
}
