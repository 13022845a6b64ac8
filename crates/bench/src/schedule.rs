//! When requests are due that are sent at a fixed rate, whatever becomes of those before.

use std::{
    fs,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use crate::load::count;

/// How many parts it has, for [`Latencies::in_parts`](crate::latencies::Latencies::in_parts).
const PARTS: u32 = 5;

/// A fixed schedule. Whoever has time takes the next request; who is late counts from when it was due.
///
/// Its clock stands still while the load itself waits for its core, which some other process has: nobody sends what is due
/// then, nor reads what was answered, and the late requests that would come all at once afterwards are not the server's doing.
#[derive(Debug)]
pub struct Schedule {
    begins: Instant,
    pauses: Pauses,
    lasts: Duration,
    per_second: f64,
    taken: AtomicU64,
}

impl Schedule {
    /// So many requests per second, for a time, from now on. Who keeps it stays on one thread, and never sleeps.
    pub fn new(per_second: f64, lasts: Duration) -> Self {
        Self {
            begins: Instant::now(),
            pauses: Pauses::after(waited().unwrap_or_default()),
            lasts,
            per_second,
            taken: AtomicU64::new(0),
        }
    }

    /// When the next request is due, and in which part; `None` when there is none any more.
    pub fn take(&self) -> Option<(Duration, u32)> {
        let number = self.taken.fetch_add(1, Ordering::Relaxed);
        let due = Duration::try_from_secs_f64(count(number) / self.per_second).ok()?;
        let part = (1..PARTS).rev().find(|part| due >= self.lasts * *part / PARTS);
        (due < self.lasts).then(|| (due, part.unwrap_or(0)))
    }

    /// How far it is.
    pub fn now(&self) -> Duration {
        self.pauses.leave_out(self.begins.elapsed(), waited)
    }
}

/// How long this thread has waited for its core so far, when it could have run: the second number in `schedstat`.
fn waited() -> Option<Duration> {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanos = stat.split_whitespace().nth(1)?.parse().ok()?;
    Some(Duration::from_nanos(nanos))
}

/// What a thread that always runs has not seen: in nanoseconds.
#[derive(Debug)]
struct Pauses {
    /// When it was looked last, and how long the thread had waited until then.
    last: AtomicU64,
    waited: AtomicU64,
    left_out: AtomicU64,
}

impl Pauses {
    /// A gap between two looks that is shorter is none: nothing is asked of the system.
    const GAP: Duration = Duration::from_micros(100);

    fn after(waited: Duration) -> Self {
        Self {
            last: AtomicU64::new(0),
            waited: AtomicU64::new(nanos(waited)),
            left_out: AtomicU64::new(0),
        }
    }

    /// The time that has passed, without the gaps in which the thread waited for its core. It never goes back.
    fn leave_out(&self, passed: Duration, waited: impl FnOnce() -> Option<Duration>) -> Duration {
        let last = Duration::from_nanos(self.last.swap(nanos(passed), Ordering::Relaxed));
        let gap = passed.saturating_sub(last);
        if gap > Self::GAP
            && let Some(waited) = waited()
        {
            let before = Duration::from_nanos(self.waited.swap(nanos(waited), Ordering::Relaxed));
            let pause = waited.saturating_sub(before).min(gap);
            self.left_out.fetch_add(nanos(pause), Ordering::Relaxed);
        }
        passed.saturating_sub(Duration::from_nanos(self.left_out.load(Ordering::Relaxed)))
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_due_evenly_until_the_end() {
        let schedule = Schedule::new(4.0, Duration::from_secs(1));
        let due: Vec<_> = std::iter::from_fn(|| schedule.take()).collect();
        let expected = [(0, 0), (250, 1), (500, 2), (750, 3)].map(|(at, part)| (Duration::from_millis(at), part));
        assert_eq!(due, expected);
        assert_eq!(schedule.take(), None);
    }

    #[test]
    fn a_rate_of_nothing_has_no_requests_but_the_first() {
        let schedule = Schedule::new(0.0, Duration::from_secs(1));
        assert_eq!(schedule.take(), None, "0/0 is no time");
        assert_eq!(schedule.take(), None);
    }

    #[test]
    fn the_clock_stands_still_while_the_load_waits_for_its_core() {
        let millis = Duration::from_millis;
        let pauses = Pauses::after(millis(40));
        assert_eq!(pauses.leave_out(millis(1), || Some(millis(40))), millis(1));
        let not_asked = || unreachable!("it looked a moment ago");
        assert_eq!(
            pauses.leave_out(Duration::from_micros(1100), not_asked),
            Duration::from_micros(1100)
        );
        // Three of the next four milliseconds another process had the core.
        assert_eq!(pauses.leave_out(millis(5), || Some(millis(43))), millis(2));
        assert_eq!(
            pauses.leave_out(Duration::from_micros(5050), not_asked),
            Duration::from_micros(2050)
        );
        // A server that answers late is seen to be late.
        assert_eq!(pauses.leave_out(millis(15), || Some(millis(43))), millis(12));
    }

    #[test]
    fn the_clock_never_goes_back() {
        let micros = Duration::from_micros;
        let pauses = Pauses::after(Duration::ZERO);
        let mut before = Duration::ZERO;
        // Waits too short to be asked for add up, and count as one gap at most.
        for passed in (1..=50).map(|step| micros(80 * step)).chain([micros(4150)]) {
            let now = pauses.leave_out(passed, || Some(micros(4000)));
            assert!(now >= before, "{now:?} after {before:?}");
            before = now;
        }
        assert_eq!(before, micros(4000));
        assert_eq!(
            pauses.leave_out(micros(6000), || None),
            micros(5850),
            "what is not known is no pause"
        );
    }
}
