//! How long each of many things took.

use std::time::Duration;

/// Times, shortest first.
#[derive(Debug, Clone, Default)]
pub struct Latencies(Vec<Duration>);

impl From<Vec<Duration>> for Latencies {
    fn from(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self(times)
    }
}

impl Latencies {
    /// The shortest time that so many of a thousand did not exceed (nearest rank); nothing of nothing.
    pub fn at(&self, per_mille: usize) -> Duration {
        let rank = (self.0.len() * per_mille).div_ceil(1000).max(1);
        self.0.get(rank - 1).copied().unwrap_or_default()
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
        self.0.len() as u64
    }

    /// These and those.
    pub fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self.0.into()
    }
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
}
