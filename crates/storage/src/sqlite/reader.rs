//! Read-only connections, used on the thread that asks.

use std::{
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread::available_parallelism,
};

use rusqlite::{Connection, OpenFlags};

use super::{bind, connect};
use crate::{Row, StorageError, Value};

/// Connections for reading.
///
/// A query runs where it is asked, also inside an async task: a read by key takes microseconds, less than the
/// way to another thread and back. Each query is a read transaction of its own, which is over when the query
/// answers; so it sees every change that was acknowledged before it began.
pub(super) struct Readers {
    slots: Vec<Mutex<Connection>>,
    next: AtomicUsize,
}

impl Readers {
    /// Opens twice as many connections as there are cores, so that a thread rarely finds all of them taken.
    pub(super) fn open(path: &Path) -> Result<Self, StorageError> {
        let cores = available_parallelism().map_or(1, usize::from);
        let slots = (0..(2 * cores).max(4))
            .map(|_| connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map(Mutex::new))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            slots,
            next: AtomicUsize::new(0),
        })
    }

    /// Reads all rows.
    pub(super) fn query(&self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StorageError> {
        if let Some(db) = self.slots.iter().find_map(|slot| slot.try_lock().ok()) {
            return query(&db, sql, params);
        }
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.slots.len().max(1);
        let slot = self
            .slots
            .get(turn)
            .ok_or_else(|| StorageError::Unavailable("no connection for reading".into()))?;
        // A panic between two statements leaves a connection as good as it was.
        query(&slot.lock().unwrap_or_else(PoisonError::into_inner), sql, params)
    }
}

fn query(db: &Connection, sql: &str, params: &[Value]) -> Result<Vec<Row>, StorageError> {
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
