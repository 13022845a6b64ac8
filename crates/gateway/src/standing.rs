//! Whether an upstream is in service: by what became of requests, and by what it answers when it is asked.
//!
//! One that fails three times in a row is left out for ten seconds; then a request tries it again, and leaves it out at
//! once if that fails. Nothing is refused for it: where all are left out, the one that was left out first is tried.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use tokio::time::Instant;

/// Failures in a row after which an upstream is left out.
const TOLERATED: u32 = 3;
/// For how long.
const OUT_MILLISECONDS: u64 = 10_000;

/// How an upstream stands.
#[derive(Debug)]
pub(crate) struct Standing {
    since: Instant,
    failures: AtomicU32,
    /// Until when it is left out, in milliseconds after `since`.
    out_until: AtomicU64,
    /// What the last active check said.
    is_well: AtomicBool,
}

impl Standing {
    pub fn new() -> Self {
        Self {
            since: Instant::now(),
            failures: AtomicU32::new(0),
            out_until: AtomicU64::new(0),
            is_well: AtomicBool::new(true),
        }
    }

    /// It answered.
    pub fn answered(&self) {
        // Read first: writing would take the line of memory from the other threads each time.
        if self.failures.load(Ordering::Relaxed) != 0 {
            self.failures.store(0, Ordering::Relaxed);
            self.out_until.store(0, Ordering::Relaxed);
        }
    }

    /// It did not. Answers whether it is left out from now on.
    pub fn failed(&self) -> bool {
        let failures = self.failures.fetch_add(1, Ordering::Relaxed) + 1;
        if failures < TOLERATED {
            return false;
        }
        self.out_until
            .store(self.milliseconds().saturating_add(OUT_MILLISECONDS), Ordering::Relaxed);
        failures == TOLERATED
    }

    /// An active check says how it is. Answers whether that is news.
    pub fn checked(&self, is_well: bool) -> bool {
        if is_well {
            self.answered();
        }
        self.is_well.swap(is_well, Ordering::Relaxed) != is_well
    }

    /// Whether requests go there.
    pub fn is_in_service(&self) -> bool {
        self.is_well.load(Ordering::Relaxed) && self.out_until() <= self.milliseconds()
    }

    /// Until when it is left out; 0: it is not.
    pub fn out_until(&self) -> u64 {
        self.out_until.load(Ordering::Relaxed)
    }

    fn milliseconds(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_failures_in_a_row_leave_an_upstream_out_until_it_answers() {
        let standing = Standing::new();
        assert!(!standing.failed() && !standing.failed());
        standing.answered();
        assert!(!standing.failed() && !standing.failed());
        assert!(standing.is_in_service());
        assert!(standing.failed());
        assert!(!standing.is_in_service());
        standing.answered();
        assert!(standing.is_in_service());
    }

    #[test]
    fn an_active_check_takes_an_upstream_out_and_in_again() {
        let standing = Standing::new();
        assert!(!standing.checked(true));
        assert!(standing.checked(false) && !standing.is_in_service());
        assert!(standing.checked(true) && standing.is_in_service());
    }
}
