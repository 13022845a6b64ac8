//! Read-only connections, used on the thread that asks.

use std::{
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, TryLockError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    thread::available_parallelism,
    time::{Duration, Instant},
};

use rusqlite::{Connection, OpenFlags};
use tokio::{runtime::Handle, task::yield_now, time::sleep};

use super::{bind, connect, execute};
use crate::{Row, StorageError, Value};

/// How long a snapshot is kept at most. It is ended as soon as the thread has nothing else to do, and a change by this
/// process ends it at once; so this is how long a change by another process (a command beside the server) may be missed.
const KEPT: Duration = Duration::from_micros(500);

/// Connections for reading.
///
/// A query runs where it is asked, also inside an async task: a read by key takes microseconds, less than the
/// way to another thread and back. It sees every change that was acknowledged before it began.
///
/// To begin a read transaction and to end it costs more than to read a row: SQLite locks by system calls. So queries that
/// come one after the other, with no commit between them, share one.
pub(super) struct Readers {
    slots: Vec<Arc<Mutex<Reader>>>,
    next: AtomicUsize,
    commits: Arc<AtomicU64>,
}

impl Readers {
    /// Opens twice as many connections as there are cores, so that a thread rarely finds all of them taken. `commits` rises
    /// before a change is acknowledged.
    pub(super) fn open(path: &Path, commits: Arc<AtomicU64>) -> Result<Self, StorageError> {
        let cores = available_parallelism().map_or(1, usize::from);
        let slots = (0..(2 * cores).max(4))
            .map(|_| connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map(Reader::new))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            slots,
            next: AtomicUsize::new(0),
            commits,
        })
    }

    /// Reads all rows.
    pub(super) fn query(&self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StorageError> {
        let commits = self.commits.load(Ordering::Acquire);
        let mut slots = self.slots.iter();
        let (slot, mut reader) = if let Some(found) = slots.find_map(|slot| Some((slot, free(slot)?))) {
            found
        } else {
            let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.slots.len().max(1);
            let slot = self
                .slots
                .get(turn)
                .ok_or_else(|| StorageError::Unavailable("no connection for reading".into()))?;
            (slot, lock(slot))
        };
        if !reader.sees(commits) {
            reader.end();
            reader.begin(commits, slot)?;
        }
        let answer = rows(&reader.db, sql, params);
        if answer.is_err() {
            reader.end();
        }
        answer
    }

    /// Ends snapshots that nobody is reading: the log cannot begin anew while they are kept.
    pub(super) fn end_snapshots(&self) {
        for slot in &self.slots {
            if let Some(mut reader) = free(slot) {
                reader.end();
            }
        }
    }
}

struct Reader {
    db: Connection,
    snapshot: Option<Snapshot>,
}

/// The read transaction that a connection is in.
struct Snapshot {
    /// How many commits there had been before it.
    commits: u64,
    since: Instant,
}

impl Reader {
    fn new(db: Connection) -> Arc<Mutex<Self>> {
        Arc::new(Mutex::new(Self { db, snapshot: None }))
    }

    fn sees(&self, commits: u64) -> bool {
        let snapshot = self.snapshot.as_ref();
        snapshot.is_some_and(|snapshot| snapshot.commits == commits && snapshot.since.elapsed() < KEPT)
    }

    /// Begins a snapshot, which is ended when the runtime has answered what has come. Where there is no runtime, each query
    /// is a transaction of its own.
    fn begin(&mut self, commits: u64, slot: &Arc<Mutex<Self>>) -> Result<(), StorageError> {
        let Ok(runtime) = Handle::try_current() else {
            return Ok(());
        };
        let since = Instant::now();
        execute(&self.db, "BEGIN")?;
        self.snapshot = Some(Snapshot { commits, since });
        let slot = Arc::downgrade(slot);
        runtime.spawn(async move {
            yield_now().await;
            while let Some(slot) = slot.upgrade() {
                if let Some(mut reader) = free(&slot) {
                    return reader.end();
                }
                // A query that takes long, perhaps, on another thread.
                sleep(KEPT).await;
            }
        });
        Ok(())
    }

    fn end(&mut self) {
        if self.snapshot.take().is_some() && !self.db.is_autocommit() {
            // If even this fails, the next BEGIN fails too and says so.
            let _ = execute(&self.db, "COMMIT");
        }
    }
}

/// A panic between two statements leaves a connection as good as it was.
fn lock(slot: &Mutex<Reader>) -> MutexGuard<'_, Reader> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The same, unless a query has it.
fn free(slot: &Mutex<Reader>) -> Option<MutexGuard<'_, Reader>> {
    match slot.try_lock() {
        Ok(reader) => Some(reader),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

fn rows(db: &Connection, sql: &str, params: &[Value]) -> Result<Vec<Row>, StorageError> {
    let mut statement = db.prepare_cached(sql)?;
    let columns = statement.column_count();
    bind::bind(&mut statement, params)?;
    let mut rows = statement.raw_query();
    let mut answer = Vec::new();
    while let Some(row) = rows.next()? {
        answer.push(bind::row(columns, row)?);
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use std::{fs, path::PathBuf, thread};

    use super::*;

    const NUMBERS: &str = "SELECT n FROM number";

    /// A file with a table in which `writer` puts numbers, and readers of it who are told of no commit yet.
    struct Database {
        directory: PathBuf,
        writer: Connection,
        readers: Readers,
        commits: Arc<AtomicU64>,
    }

    impl Database {
        fn new() -> Self {
            let directory = testkit::process::temporary_directory("readers");
            let path = directory.join("sekisho.db");
            let writer = connect(&path, OpenFlags::default()).unwrap();
            super::super::set_up_writer(&writer).unwrap();
            writer.execute_batch("CREATE TABLE number (n INTEGER)").unwrap();
            let commits = Arc::default();
            let readers = Readers::open(&path, Arc::clone(&commits)).unwrap();
            Self {
                directory,
                writer,
                readers,
                commits,
            }
        }

        fn write(&self) {
            self.writer.execute_batch("INSERT INTO number VALUES (1)").unwrap();
        }

        fn written(&self) -> usize {
            let count = |row: &rusqlite::Row<'_>| row.get::<_, u32>(0);
            let written = self.writer.query_row("SELECT count(*) FROM number", [], count).unwrap();
            usize::try_from(written).unwrap()
        }

        fn read(&self) -> usize {
            self.readers.query(NUMBERS, &[]).unwrap().len()
        }

        /// Reads twice, with a row written between, as quickly as need be for both to be of one snapshot.
        fn is_shared(&self) -> bool {
            (0..1000).any(|_| {
                let before = self.read();
                self.write();
                self.read() == before
            })
        }

        /// Whether no snapshot keeps the log from being written back as a whole.
        fn is_let_go(&self) -> bool {
            let reset = |row: &rusqlite::Row<'_>| row.get::<_, bool>(0);
            !self
                .writer
                .query_row("PRAGMA wal_checkpoint(RESTART)", [], reset)
                .unwrap()
        }
    }

    impl Drop for Database {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.directory).unwrap();
        }
    }

    #[tokio::test]
    async fn queries_share_a_snapshot_until_something_was_committed() {
        let database = Database::new();
        database.writer.pragma_update(None, "synchronous", "OFF").unwrap();
        assert!(database.is_shared());
        for _ in 0..100 {
            database.write();
            database.commits.fetch_add(1, Ordering::Release);
            assert_eq!(database.read(), database.written());
        }
    }

    #[tokio::test]
    async fn what_another_process_has_committed_is_seen_in_a_moment() {
        let database = Database::new();
        assert_eq!(database.read(), 0);
        database.write();
        thread::sleep(KEPT);
        assert_eq!(database.read(), 1);
    }

    #[tokio::test]
    async fn a_snapshot_ends_with_the_work_at_hand_or_when_the_log_is_written_back() {
        let database = Database::new();
        database.writer.busy_timeout(Duration::ZERO).unwrap();
        database.write();
        database.read();
        assert!(!database.is_let_go());
        database.readers.end_snapshots();
        assert!(database.is_let_go());
        database.write();
        database.read();
        assert!(!database.is_let_go());
        yield_now().await;
        yield_now().await;
        assert!(database.is_let_go());
    }

    #[tokio::test]
    async fn a_query_that_fails_leaves_nothing_open() {
        let database = Database::new();
        assert_eq!(database.read(), 0);
        assert!(database.readers.query("SELECT nothing", &[]).is_err());
        database.write();
        assert_eq!(database.read(), 1);
    }

    #[test]
    fn without_a_runtime_each_query_is_a_transaction_of_its_own() {
        let database = Database::new();
        assert_eq!(database.read(), 0);
        database.write();
        assert_eq!(database.read(), 1);
    }
}
