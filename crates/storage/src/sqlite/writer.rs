//! Group commit: the one thread that writes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::Duration,
};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{bind, execute};
use crate::{Change, Outcome, Statement, StorageError};

/// Changes in one commit at most. More would make the first one wait without saving much.
const BATCH: usize = 256;

/// From how many changes in a commit on the next one waits for company: so many come at the same time only under load.
const CROWD: usize = 4;

/// How long it waits. A commit costs some 440 µs of CPU time whatever is in it, and each change in it 20 µs; it takes about
/// as long as this to reach the disk.
const WAIT: Duration = Duration::from_millis(3);

/// A change and who waits for it.
pub(super) struct Job {
    pub(super) change: Change,
    pub(super) answer: oneshot::Sender<Result<Outcome, StorageError>>,
}

/// Starts the thread. It ends, after what is queued, when every sender is gone.
pub(super) fn start(db: Connection, queue: usize, batches: Arc<AtomicU64>) -> Result<SyncSender<Job>, StorageError> {
    let (sender, receiver) = sync_channel(queue);
    thread::Builder::new()
        .name("sqlite-writer".into())
        .spawn(move || run(&db, &receiver, &batches))
        .map_err(|error| StorageError::Unavailable(error.to_string()))?;
    Ok(sender)
}

fn run(db: &Connection, queue: &Receiver<Job>, batches: &AtomicU64) {
    let mut last = 0;
    while let Ok(first) = queue.recv() {
        if last >= CROWD {
            thread::sleep(WAIT);
        }
        let mut jobs = vec![first];
        jobs.extend(queue.try_iter().take(BATCH - 1));
        last = jobs.len();
        let outcomes = commit(db, &jobs);
        if outcomes.is_ok() {
            // Before anybody is answered: readers go by it.
            batches.fetch_add(1, Ordering::Release);
        }
        answer(jobs, outcomes);
    }
}

/// Answers only now that the commit has ended. Whoever went away does not want to know.
fn answer(jobs: Vec<Job>, outcomes: Result<Vec<Result<Outcome, StorageError>>, StorageError>) {
    match outcomes {
        Ok(outcomes) => {
            for (job, outcome) in jobs.into_iter().zip(outcomes) {
                let _ = job.answer.send(outcome);
            }
        }
        Err(error) => {
            tracing::error!(%error, changes = jobs.len(), "a commit failed");
            for job in jobs {
                let _ = job.answer.send(Err(error.clone()));
            }
        }
    }
}

/// One durable transaction for all jobs. An error means that nothing of any of them stays.
fn commit(db: &Connection, jobs: &[Job]) -> Result<Vec<Result<Outcome, StorageError>>, StorageError> {
    let outcomes = transaction(db, jobs);
    if outcomes.is_err() && !db.is_autocommit() {
        // If even this fails, the next BEGIN fails too and says so.
        let _ = execute(db, "ROLLBACK");
    }
    outcomes.map_err(|error| match error {
        StorageError::Corrupt(why) => StorageError::Unavailable(why),
        other => other,
    })
}

fn transaction(db: &Connection, jobs: &[Job]) -> Result<Vec<Result<Outcome, StorageError>>, StorageError> {
    // IMMEDIATE, since a transaction that starts by reading cannot wait when it wants to write.
    execute(db, "BEGIN IMMEDIATE")?;
    let mut outcomes = Vec::with_capacity(jobs.len());
    for job in jobs {
        outcomes.push(savepoint(db, &job.change)?);
    }
    execute(db, "COMMIT")?;
    Ok(outcomes)
}

/// One change inside the transaction. The outer error is that of the transaction, the inner one of the change.
fn savepoint(db: &Connection, change: &Change) -> Result<Result<Outcome, StorageError>, StorageError> {
    execute(db, "SAVEPOINT change")?;
    let outcome = match guarded(db, &change.guarded) {
        Ok(true) => Ok(Outcome::Applied),
        Ok(false) => {
            execute(db, "ROLLBACK TO change")?;
            otherwise(db, &change.otherwise).map(|()| Outcome::Missed)
        }
        Err(error) => Err(error),
    };
    if let Err(error) = &outcome {
        // A full disk and the like make SQLite roll everything back by itself.
        if db.is_autocommit() {
            return Err(error.clone());
        }
        execute(db, "ROLLBACK TO change")?;
    }
    execute(db, "RELEASE change")?;
    Ok(outcome)
}

/// Whether every guard touched what it expected.
fn guarded(db: &Connection, statements: &[Statement]) -> Result<bool, StorageError> {
    for statement in statements {
        let touched = apply(db, statement)?;
        if statement.expect.is_some_and(|expected| expected != touched) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn otherwise(db: &Connection, statements: &[Statement]) -> Result<(), StorageError> {
    statements
        .iter()
        .try_for_each(|statement| apply(db, statement).map(|_| ()))
}

fn apply(db: &Connection, statement: &Statement) -> Result<u64, StorageError> {
    let mut prepared = db.prepare_cached(statement.sql)?;
    bind::bind(&mut prepared, &statement.params)?;
    let touched = prepared.raw_execute()?;
    u64::try_from(touched).map_err(|error| StorageError::Corrupt(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database() -> Connection {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(
            "PRAGMA foreign_keys = ON;
             CREATE TABLE log (id TEXT PRIMARY KEY, data BLOB);
             CREATE TABLE child (parent TEXT REFERENCES log (id) DEFERRABLE INITIALLY DEFERRED);",
        )
        .unwrap();
        db
    }

    fn jobs(changes: impl IntoIterator<Item = Change>) -> Vec<Job> {
        changes
            .into_iter()
            .map(|change| Job {
                change,
                answer: oneshot::channel().0,
            })
            .collect()
    }

    fn insert(id: &str, size: usize) -> Change {
        let sql = "INSERT INTO log (id, data) VALUES ($1, $2)";
        Change::new().then(Statement::new(sql, vec![id.into(), vec![0; size].into()]))
    }

    fn ids(db: &Connection) -> Vec<String> {
        let mut statement = db.prepare("SELECT id FROM log ORDER BY id").unwrap();
        statement
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap()
    }

    #[test]
    fn a_commit_that_fails_is_unavailable_for_all_of_its_batch_and_loses_nothing_earlier() {
        let db = database();
        assert!(commit(&db, &jobs([insert("earlier", 1)])).is_ok());
        let orphan = Change::new().then(Statement::new("INSERT INTO child VALUES ('nobody')", vec![]));
        let batch = commit(&db, &jobs([insert("before", 1), orphan, insert("after", 1)]));
        assert!(matches!(batch, Err(StorageError::Unavailable(_))));
        assert_eq!(ids(&db), ["earlier"]);
        assert!(commit(&db, &jobs([insert("later", 1)])).is_ok());
        assert_eq!(ids(&db), ["earlier", "later"]);
    }

    #[test]
    fn a_wrong_statement_leaves_the_rest_of_its_batch_alone() {
        let db = database();
        let outcomes = commit(&db, &jobs([insert("a", 1), insert("a", 1), insert("b", 1)])).unwrap();
        assert!(matches!(
            outcomes[..],
            [
                Ok(Outcome::Applied),
                Err(StorageError::Corrupt(_)),
                Ok(Outcome::Applied)
            ]
        ));
        assert_eq!(ids(&db), ["a", "b"]);
    }

    #[test]
    fn a_full_disk_is_unavailable_and_loses_nothing_earlier() {
        let db = database();
        assert!(commit(&db, &jobs([insert("earlier", 1)])).is_ok());
        db.pragma_update(None, "max_page_count", 20).unwrap();
        match commit(&db, &jobs([insert("huge", 1 << 20)])) {
            Err(StorageError::Unavailable(_)) => {}
            Ok(outcomes) => assert!(matches!(outcomes[..], [Err(StorageError::Unavailable(_))])),
            Err(other) => panic!("{other:?}"),
        }
        assert_eq!(ids(&db), ["earlier"]);
        assert!(commit(&db, &jobs([insert("later", 1)])).is_ok());
    }
}
