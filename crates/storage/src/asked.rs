//! How much a database was asked, by this process.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counts while running.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    queries: AtomicU64,
    changes: AtomicU64,
    statements: AtomicU64,
}

/// What was counted so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// Reads.
    pub queries: u64,
    /// Changes, whether or not they were applied.
    pub changes: u64,
    /// The statements of these changes.
    pub statements: u64,
}

impl Counters {
    pub fn query(&self) {
        self.queries.fetch_add(1, Relaxed);
    }

    pub fn change(&self, statements: usize) {
        self.changes.fetch_add(1, Relaxed);
        self.statements
            .fetch_add(u64::try_from(statements).unwrap_or(0), Relaxed);
    }

    pub fn so_far(&self) -> Asked {
        Asked {
            queries: self.queries.load(Relaxed),
            changes: self.changes.load(Relaxed),
            statements: self.statements.load(Relaxed),
        }
    }
}
