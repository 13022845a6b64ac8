//! SQLite: one writer thread that puts many changes in one durable commit, and readers beside it.

mod bind;
mod checkpoint;
mod reader;
mod writer;

use std::{
    fs::{self, OpenOptions, Permissions},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{SyncSender, TrySendError},
    },
    time::Duration,
};

use rusqlite::{Connection, ErrorCode, OpenFlags, config::DbConfig};
use tokio::sync::oneshot;

use self::{reader::Readers, writer::Job};
use crate::{
    Change, Outcome, Row, StorageError, Value,
    migrations::{self, SchemaVersion},
};

/// Changes that may wait for the writer. With up to 256 in a commit, the last one waits for four commits.
const QUEUE: usize = 1024;

/// How long a connection waits for another process that holds the lock (a copy being made, another program).
const BUSY: Duration = Duration::from_secs(5);

/// Prepared statements kept by each connection: more than the product has.
const STATEMENTS: usize = 512;

/// An open SQLite database. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Sqlite {
    inner: Arc<Inner>,
}

struct Inner {
    queue: SyncSender<Job>,
    readers: Arc<Readers>,
    batches: Arc<AtomicU64>,
}

impl Sqlite {
    /// Opens or creates the file, brings its schema up to date, and starts the writer.
    pub(crate) async fn open(path: &Path) -> Result<Self, StorageError> {
        let path = PathBuf::from(path);
        tokio::task::spawn_blocking(move || Self::open_now(&path))
            .await
            .map_err(|error| StorageError::Unavailable(error.to_string()))?
    }

    fn open_now(path: &Path) -> Result<Self, StorageError> {
        create_private(path)?;
        let mut db = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        set_up_writer(&db)?;
        migrations::sqlite(&mut db)?;
        let batches = Arc::new(AtomicU64::new(0));
        let readers = Arc::new(Readers::open(path, Arc::clone(&batches))?);
        checkpoint::start(&mut db, checkpoint::connection(path)?, Arc::clone(&readers))?;
        let queue = writer::start(db, QUEUE, Arc::clone(&batches))?;
        Ok(Self {
            inner: Arc::new(Inner {
                queue,
                readers,
                batches,
            }),
        })
    }

    /// How old the schema of a file is; it is not changed, and must be there.
    pub(crate) async fn schema_version(path: &Path) -> Result<SchemaVersion, StorageError> {
        let path = PathBuf::from(path);
        let look = move || migrations::sqlite_version(&connect(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)?);
        tokio::task::spawn_blocking(look)
            .await
            .map_err(|error| StorageError::Unavailable(error.to_string()))?
    }

    /// Reads on the calling thread, see [`Readers`].
    pub(crate) fn query(&self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StorageError> {
        self.inner.readers.query(sql, params)
    }

    /// Queues the change for the writer. It is executed even when the caller stops waiting.
    pub(crate) async fn commit(&self, change: Change) -> Result<Outcome, StorageError> {
        let (answer, answered) = oneshot::channel();
        self.inner
            .queue
            .try_send(Job { change, answer })
            .map_err(|refused| match refused {
                TrySendError::Full(_) => StorageError::Unavailable("too many changes are waiting".into()),
                TrySendError::Disconnected(_) => StorageError::Unavailable("the writer has stopped".into()),
            })?;
        answered
            .await
            .map_err(|_| StorageError::Unknown("the writer has stopped".into()))?
    }

    /// How many durable commits the writer has made.
    pub(crate) fn batches(&self) -> u64 {
        self.inner.batches.load(Ordering::Relaxed)
    }
}

/// Makes the file, if it is not there, so that only its owner can read it; SQLite gives the same mode to the
/// files beside it.
fn create_private(path: &Path) -> Result<(), StorageError> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path)
        .and_then(|_| fs::set_permissions(path, Permissions::from_mode(0o600)))
        .map_err(|error| StorageError::Unavailable(format!("{}: {error}", path.display())))
}

fn connect(path: &Path, mode: OpenFlags) -> Result<Connection, StorageError> {
    // Each connection is used by one thread at a time, so SQLite need not lock it itself.
    let db = Connection::open_with_flags(path, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(|error| StorageError::Unavailable(format!("{}: {error}", path.display())))?;
    db.busy_timeout(BUSY)?;
    db.pragma_update(None, "foreign_keys", true)?;
    // A plan must not depend on the values that are bound: where an index is partial, SQLite would otherwise prepare the
    // statement again each time that it is run.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    db.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(db)
}

fn execute(db: &Connection, sql: &str) -> Result<(), StorageError> {
    db.prepare_cached(sql)?.raw_execute()?;
    Ok(())
}

fn set_up_writer(db: &Connection) -> Result<(), StorageError> {
    enter_wal(db)?;
    sync_everything(db)?;
    for (pragma, value) in [
        // What a change has touched is kept until it is known whether it stands, in memory and not in a file.
        ("temp_store", "MEMORY"),
        // After a burst the log shrinks again, to 64 MiB.
        ("journal_size_limit", "67108864"),
    ] {
        db.pragma_update(None, pragma, value)?;
    }
    Ok(())
}

fn sync_everything(db: &Connection) -> Result<(), StorageError> {
    // The log is synced at every commit: what was answered survives a power cut.
    db.pragma_update(None, "synchronous", "FULL")?;
    // On macOS a plain fsync leaves the data in the drive's cache; elsewhere this changes nothing.
    db.pragma_update(None, "fullfsync", "ON")?;
    Ok(())
}

/// Changing to the log needs the file for itself, and SQLite does not wait for that as it waits for locks.
fn enter_wal(db: &Connection) -> Result<(), StorageError> {
    let mut tries = 0;
    loop {
        match db.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0)) {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(mode) => {
                return Err(StorageError::Unavailable(format!(
                    "the file system does not allow a write-ahead log (journal mode {mode})"
                )));
            }
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && tries < 100 => {
                tries += 1;
                std::thread::sleep(Duration::from_millis(20));
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// The machine's fault (try again), or a wrong statement or value.
impl From<rusqlite::Error> for StorageError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(
                ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::OutOfMemory
                | ErrorCode::ReadOnly
                | ErrorCode::OperationInterrupted
                | ErrorCode::SystemIoFailure
                | ErrorCode::DiskFull
                | ErrorCode::CannotOpen
                | ErrorCode::PermissionDenied
                | ErrorCode::FileLockingProtocolFailed,
            ) => Self::Unavailable(error.to_string()),
            _ => Self::Corrupt(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_writer_syncs_each_commit_to_a_write_ahead_log() {
        const FULL: i64 = 2;
        let directory = testkit::process::temporary_directory("writer");
        let db = connect(&directory.join("sekisho.db"), OpenFlags::default()).unwrap();
        // Whatever SQLite was built with.
        db.pragma_update(None, "synchronous", "OFF").unwrap();
        set_up_writer(&db).unwrap();
        let synchronous: i64 = db.pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap();
        let journal_mode: String = db.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
        assert_eq!((synchronous, &*journal_mode), (FULL, "wal"));
        fs::remove_dir_all(directory).unwrap();
    }
}
