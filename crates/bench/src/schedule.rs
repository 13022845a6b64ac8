//! When requests are due that are sent at a fixed rate, whatever becomes of those before.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use crate::load::count;

/// How many parts it has, for [`Latencies::in_parts`](crate::latencies::Latencies::in_parts).
const PARTS: u32 = 5;

/// A fixed schedule. Whoever has time takes the next request; who is late counts from when it was due.
#[derive(Debug)]
pub struct Schedule {
    begins: Instant,
    lasts: Duration,
    per_second: f64,
    taken: AtomicU64,
}

impl Schedule {
    /// So many requests per second, for a time.
    pub fn new(begins: Instant, per_second: f64, lasts: Duration) -> Self {
        Self {
            begins,
            lasts,
            per_second,
            taken: AtomicU64::new(0),
        }
    }

    /// When the next request is due, and in which part; `None` when there is none any more.
    pub fn take(&self) -> Option<(Instant, u32)> {
        let number = self.taken.fetch_add(1, Ordering::Relaxed);
        let after = Duration::try_from_secs_f64(count(number) / self.per_second).ok()?;
        let part = (1..PARTS).rev().find(|part| after >= self.lasts * *part / PARTS);
        (after < self.lasts).then(|| (self.begins + after, part.unwrap_or(0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_due_evenly_until_the_end() {
        let begins = Instant::now();
        let schedule = Schedule::new(begins, 4.0, Duration::from_secs(1));
        let due: Vec<_> = std::iter::from_fn(|| schedule.take())
            .map(|(at, part)| (at - begins, part))
            .collect();
        let expected = [(0, 0), (250, 1), (500, 2), (750, 3)].map(|(at, part)| (Duration::from_millis(at), part));
        assert_eq!(due, expected);
        assert_eq!(schedule.take(), None);
    }

    #[test]
    fn a_rate_of_nothing_has_no_requests_but_the_first() {
        let schedule = Schedule::new(Instant::now(), 0.0, Duration::from_secs(1));
        assert_eq!(schedule.take(), None, "0/0 is no time");
        assert_eq!(schedule.take(), None);
    }
}
