//! The time. Tests move it on without waiting.

use std::time::{Duration, Instant};

/// Wall clock and stop watch in one.
#[derive(Clone)]
pub(crate) struct Clock {
    started: Instant,
    #[cfg(test)]
    advanced: std::sync::Arc<std::sync::atomic::AtomicU64>,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self {
            started: Instant::now(),
            #[cfg(test)]
            advanced: std::sync::Arc::default(),
        }
    }

    /// Seconds since 1970: what tokens are measured by.
    #[expect(
        clippy::disallowed_methods,
        reason = "this crate runs inside other people's programs: this is its only look at the wall clock"
    )]
    pub(crate) fn unix(&self) -> i64 {
        let since_1970 = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default()
            + self.ahead();
        i64::try_from(since_1970.as_secs()).unwrap_or(i64::MAX)
    }

    /// Since the clock was made, never backwards: what caches are measured by.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed() + self.ahead()
    }

    #[cfg(not(test))]
    #[expect(clippy::unused_self, reason = "tests move the clock on")]
    fn ahead(&self) -> Duration {
        Duration::ZERO
    }

    #[cfg(test)]
    fn ahead(&self) -> Duration {
        Duration::from_secs(self.advanced.load(std::sync::atomic::Ordering::SeqCst))
    }

    /// Moves the time on.
    #[cfg(test)]
    pub(crate) fn advance(&self, by: Duration) {
        self.advanced
            .fetch_add(by.as_secs(), std::sync::atomic::Ordering::SeqCst);
    }
}
