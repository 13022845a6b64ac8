//! The time, handed to everything that needs it, so that tests freeze and move it.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};
use std::time::{SystemTime, UNIX_EPOCH};

/// A source of the time in unix seconds.
#[derive(Debug, Clone, Default)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// The clock of this machine.
    pub fn system() -> Self {
        Self(None)
    }

    /// A clock that stands still until it is moved.
    pub fn frozen(at: i64) -> Self {
        Self(Some(Arc::new(AtomicI64::new(at))))
    }

    /// Now, in unix seconds.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that asks the machine for the time"
    )]
    pub fn now(&self) -> i64 {
        match &self.0 {
            Some(frozen) => frozen.load(Ordering::SeqCst),
            None => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX)),
        }
    }

    /// Moves a frozen clock on; the machine's clock stays as it is.
    pub fn advance(&self, seconds: i64) {
        if let Some(frozen) = &self.0 {
            frozen.fetch_add(seconds, Ordering::SeqCst);
        }
    }
}
