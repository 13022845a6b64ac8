//! Pages go back from the log into the file on a thread of its own, while the writer goes on.
//!
//! <https://sqlite.org/wal.html#ckpt>

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI32, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
};

use rusqlite::{Connection, DEFAULT_NAME, OpenFlags, hooks::Wal, wal::CheckpointMode};

use super::{connect, reader::Readers, sync_everything};
use crate::StorageError;

/// Pages in the log from which on they go back: 32 MiB. Those that are written again and again go once.
const DUE: i32 = 8192;

/// So many the writer takes back itself. The log begins anew only when nothing is left in it, and while changes come there
/// is always something left when a checkpoint beside them ends.
const FEW: i32 = 2048;

/// Pages in the log from which on the writer takes them back itself, however many are left: where the thread does not keep up,
/// changes must wait, or the log would grow without an end.
const TOO_MANY: i32 = 4 * DUE;

/// A connection for the thread. SQLite has found the log by the time that it has set what is set here; one that has not yet
/// writes nothing back, and does not say so.
pub(super) fn connection(path: &Path) -> Result<Connection, StorageError> {
    let db = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    sync_everything(&db)?;
    Ok(db)
}

/// Lets `checkpoints`, a connection of its own, follow what `writer` commits. The thread ends with the writer's connection.
pub(super) fn start(
    writer: &mut Connection,
    checkpoints: Connection,
    readers: Arc<Readers>,
) -> Result<(), StorageError> {
    let (wake, woken) = sync_channel(1);
    let written_back = Arc::new(AtomicI32::new(0));
    let told = Arc::clone(&written_back);
    thread::Builder::new()
        .name("sqlite-log".into())
        .spawn(move || run(&checkpoints, &woken, &told))
        .map_err(|error| StorageError::Unavailable(error.to_string()))?;
    writer.wal_hook(Some(move |log: &mut Wal, pages| {
        after_commit(log, pages, &written_back, (&wake, &readers));
        // Whatever happened, the commit stands.
        Ok(())
    }))?;
    Ok(())
}

fn after_commit(log: &mut Wal, pages: i32, written_back: &AtomicI32, (wake, readers): (&SyncSender<()>, &Readers)) {
    match due(pages, written_back.load(Ordering::Relaxed)) {
        // The log may have begun anew.
        Due::Nothing => written_back.store(0, Ordering::Relaxed),
        // Full while the thread is awake: then it looks once more.
        Due::Beside => drop(wake.try_send(())),
        Due::Now => {
            // What a snapshot still sees as it was before stays in the log.
            readers.end_snapshots();
            if let Err(error) = log.checkpoint() {
                tracing::debug!(%error, "the log will be written back after another commit");
            }
        }
    }
}

/// Who is to write pages back.
#[derive(Debug, PartialEq)]
enum Due {
    Nothing,
    Beside,
    Now,
}

fn due(pages: i32, written_back: i32) -> Due {
    match pages {
        ..DUE => Due::Nothing,
        DUE..TOO_MANY if pages - written_back > FEW => Due::Beside,
        DUE.. => Due::Now,
    }
}

fn run(db: &Connection, woken: &Receiver<()>, written_back: &AtomicI32) {
    while let Ok(()) = woken.recv() {
        match db.wal_checkpoint_v2(DEFAULT_NAME, CheckpointMode::PASSIVE) {
            Ok((_, pages)) => written_back.store(pages, Ordering::Relaxed),
            Err(error) => tracing::warn!(%error, "the log cannot be written back into the file"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::sqlite::set_up_writer;

    #[test]
    fn the_writer_takes_what_is_left_and_what_the_thread_cannot_cope_with() {
        assert_eq!(due(DUE - 1, 0), Due::Nothing);
        assert_eq!(due(DUE, 0), Due::Beside);
        assert_eq!(due(DUE + FEW, DUE - 1), Due::Beside);
        assert_eq!(due(DUE + FEW, DUE), Due::Now);
        assert_eq!(due(TOO_MANY, DUE), Due::Now);
    }

    /// Also while somebody reads all the time.
    #[tokio::test]
    async fn the_log_begins_anew_while_changes_go_on() {
        let directory = testkit::process::temporary_directory("log");
        let (mut writer, checkpoints) = open(&directory);
        let readers = Arc::new(Readers::open(&directory.join("sekisho.db"), Arc::default()).unwrap());
        start(&mut writer, checkpoints, Arc::clone(&readers)).unwrap();
        let size = || fs::metadata(directory.join("sekisho.db-wal")).unwrap().len();
        let mut before = 0;
        while size() > before {
            before = size();
            assert!(before < 2 * 4096 * u64::from(TOO_MANY.unsigned_abs()));
            readers.query("SELECT count(*) FROM sqlite_schema", &[]).unwrap();
            writer
                .execute_batch("INSERT INTO data VALUES (randomblob(2000000))")
                .unwrap();
        }
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn the_thread_writes_back_what_was_committed_and_says_how_much() {
        let directory = testkit::process::temporary_directory("log-thread");
        let (writer, checkpoints) = open(&directory);
        writer
            .execute_batch("INSERT INTO data VALUES (randomblob(2000000))")
            .unwrap();
        let (wake, woken) = sync_channel(1);
        wake.send(()).unwrap();
        drop(wake);
        let written_back = AtomicI32::new(0);
        run(&checkpoints, &woken, &written_back);
        assert!(written_back.into_inner() > 2_000_000 / 4096);
        fs::remove_dir_all(directory).unwrap();
    }

    fn open(directory: &Path) -> (Connection, Connection) {
        let path = directory.join("sekisho.db");
        let writer = connect(&path, OpenFlags::default()).unwrap();
        set_up_writer(&writer).unwrap();
        writer.execute_batch("CREATE TABLE data (data BLOB)").unwrap();
        (writer, connection(&path).unwrap())
    }
}
