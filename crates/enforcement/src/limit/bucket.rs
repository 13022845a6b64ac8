//! The arithmetic of a bucket: one number, and no fractions.
//!
//! Of a limit of `calls` in `seconds`, time is counted in parts of a second, `calls` of them: then one call is worth exactly
//! `seconds` parts. A bucket is the time at which it will be full again; what lies ahead of now is what is taken out.

use protocol::limit::Limit;

/// A limit in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measure {
    calls: i64,
    seconds: i64,
    burst: i64,
}

impl Measure {
    /// The numbers of a limit.
    pub fn of(limit: &Limit) -> Self {
        Self {
            calls: limit.rate.calls().into(),
            seconds: limit.rate.seconds().into(),
            burst: limit.burst().into(),
        }
    }

    /// How many calls may come at once.
    pub const fn burst(self) -> i64 {
        self.burst
    }

    /// How many parts are a second.
    pub const fn per_second(self) -> i64 {
        self.calls
    }

    /// A time, from unix seconds, in parts.
    pub const fn parts(self, now: i64) -> i64 {
        now.saturating_mul(self.calls)
    }

    /// What so many calls are worth, in parts.
    pub const fn cost(self, calls: i64) -> i64 {
        calls.saturating_mul(self.seconds)
    }

    /// How long an empty bucket takes to be full, in parts.
    pub const fn capacity(self) -> i64 {
        self.cost(self.burst)
    }

    /// Parts in seconds, rounded up.
    pub(super) const fn in_seconds(self, parts: i64) -> i64 {
        if parts <= 0 { 0 } else { (parts - 1) / self.calls + 1 }
    }
}

/// A bucket of a limit. A new one is full.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bucket {
    full_at: i64,
}

impl Bucket {
    /// One that is full again at this time, in parts.
    pub const fn full_at(parts: i64) -> Self {
        Self { full_at: parts }
    }

    /// What is taken out, in parts.
    fn taken(self, measure: Measure, now: i64) -> i64 {
        (self.full_at - measure.parts(now)).max(0)
    }

    /// How many calls are in it.
    pub fn left(self, measure: Measure, now: i64) -> i64 {
        ((measure.capacity() - self.taken(measure, now)) / measure.seconds).max(0)
    }

    /// Takes so many calls, if there are as many.
    pub fn take(&mut self, measure: Measure, now: i64, calls: i64) -> bool {
        let taken = self.taken(measure, now) + measure.cost(calls);
        let is_enough = taken <= measure.capacity();
        if is_enough {
            self.full_at = measure.parts(now) + taken;
        }
        is_enough
    }

    /// After how many seconds there is a call in it.
    pub fn wait(self, measure: Measure, now: i64) -> i64 {
        measure.in_seconds(self.taken(measure, now) + measure.seconds - measure.capacity())
    }

    /// After how many seconds it is full.
    pub fn full_in(self, measure: Measure, now: i64) -> i64 {
        measure.in_seconds(self.taken(measure, now))
    }

    /// When it is full, in unix seconds.
    pub(super) const fn full_second(self, measure: Measure) -> i64 {
        measure.in_seconds(self.full_at)
    }
}
