//! How long each of many things took.

use std::{collections::BTreeMap, time::Duration};

/// Times, each with those of its part of a run, shortest first.
#[derive(Debug, Clone, Default)]
pub struct Latencies(Vec<Vec<Duration>>);

impl From<Vec<Duration>> for Latencies {
    fn from(times: Vec<Duration>) -> Self {
        Self::in_parts(times.into_iter().map(|time| (0, time)))
    }
}

impl Latencies {
    /// Those of a run that has parts. What the machine did once is in one of them.
    pub fn in_parts(times: impl IntoIterator<Item = (u32, Duration)>) -> Self {
        let mut parts = BTreeMap::<u32, Vec<Duration>>::new();
        for (part, time) in times {
            parts.entry(part).or_default().push(time);
        }
        Self(parts.into_values().map(sorted).collect())
    }

    /// The shortest time that so many of a thousand did not exceed (nearest rank), in the part that is in the middle;
    /// nothing of nothing.
    pub fn at(&self, per_mille: usize) -> Duration {
        at(&sorted(self.0.iter().map(|times| at(times, per_mille)).collect()), 500)
    }

    /// Half of them took no longer.
    pub fn p50(&self) -> Duration {
        self.at(500)
    }

    /// 99 of 100 took no longer.
    pub fn p99(&self) -> Duration {
        self.at(990)
    }

    /// How many.
    pub fn count(&self) -> u64 {
        self.0.iter().map(|times| times.len() as u64).sum()
    }

    /// These, and those as parts that come after them.
    pub fn then(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// These and those, as one part.
    pub fn and(self, others: Self) -> Self {
        let all = self.0.into_iter().chain(others.0);
        all.flatten().collect::<Vec<_>>().into()
    }
}

fn sorted(mut times: Vec<Duration>) -> Vec<Duration> {
    times.sort_unstable();
    times
}

fn at(sorted: &[Duration], per_mille: usize) -> Duration {
    let rank = (sorted.len() * per_mille).div_ceil(1000).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(times: impl IntoIterator<Item = u64>) -> Latencies {
        times.into_iter().map(Duration::from_millis).collect::<Vec<_>>().into()
    }

    #[test]
    fn percentiles_are_times_that_were_taken() {
        let hundred = millis((1..=100).rev());
        assert_eq!(hundred.p50(), Duration::from_millis(50));
        assert_eq!(hundred.p99(), Duration::from_millis(99));
        assert_eq!(hundred.at(1000), Duration::from_millis(100));
        assert_eq!(hundred.at(0), Duration::from_millis(1));
        let three = millis([7, 9, 8]);
        assert_eq!(
            (three.p50(), three.p99()),
            (Duration::from_millis(8), Duration::from_millis(9))
        );
    }

    #[test]
    fn nothing_took_no_time() {
        assert_eq!(Latencies::default().p99(), Duration::ZERO);
    }

    #[test]
    fn one_slow_request_of_a_hundred_is_hidden_and_two_are_not() {
        let with = |slow: usize| millis((0..100 - slow).map(|_| 1).chain((0..slow).map(|_| 500)));
        assert_eq!(with(1).p99(), Duration::from_millis(1));
        assert_eq!(with(2).p99(), Duration::from_millis(500));
        assert_eq!(with(1).and(with(3)).p99(), Duration::from_millis(500));
    }

    #[test]
    fn what_happens_in_one_part_is_not_what_happens() {
        let part = |slow: u64| (0..100).map(move |n| Duration::from_millis(if n < slow { 500 } else { 1 }));
        let parts = |slow: [u64; 3]| {
            let parts = (0..).zip(slow);
            Latencies::in_parts(parts.flat_map(|(number, slow)| part(slow).map(move |time| (number, time))))
        };
        assert_eq!(parts([0, 50, 0]).p99(), Duration::from_millis(1));
        assert_eq!(parts([2, 50, 0]).p99(), Duration::from_millis(500));
        assert_eq!(parts([0, 50, 0]).count(), 300);
        let later = Latencies::from(part(50).collect::<Vec<_>>());
        assert_eq!(parts([0, 0, 0]).then(later).p99(), Duration::from_millis(1));
        let run_together = parts([0, 50, 0]).and(Latencies::default());
        assert_eq!(run_together.p99(), Duration::from_millis(500));
    }
}
