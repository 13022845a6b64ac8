//! A scenario's figures.

use super::number;
use crate::load::Measured;

/// What could be reached at most.
#[derive(Debug, Clone)]
pub struct Limit {
    /// How often.
    pub rate: f64,
    /// Per second of the clock; per second of the server's CPU time otherwise.
    pub by_the_clock: bool,
    /// What that is.
    pub what: String,
}

impl Limit {
    /// Per second of the server's CPU time.
    pub fn per_cpu_second(rate: f64, what: impl Into<String>) -> Self {
        Self {
            rate,
            by_the_clock: false,
            what: what.into(),
        }
    }

    /// Per second of the clock.
    pub fn per_second(rate: f64, what: impl Into<String>) -> Self {
        Self {
            by_the_clock: true,
            ..Self::per_cpu_second(rate, what)
        }
    }
}

/// One scenario.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// The server's figures.
    pub ours: Measured,
    /// What could be reached at most, if that was measured.
    pub limit: Option<Limit>,
    /// The share of it that is to be reached, if that was set.
    pub target: Option<f64>,
}

impl Row {
    /// The share of the limit that was reached.
    pub fn ratio(&self) -> Option<f64> {
        let limit = self.limit.as_ref()?;
        let rate = if limit.by_the_clock {
            self.ours.per_second()
        } else {
            self.ours.per_cpu_second()
        };
        Some(rate / limit.rate)
    }

    /// The target, and whether it was reached: `≥ 0.50 ✓`.
    pub fn verdict(&self) -> String {
        match (self.target, self.ratio()) {
            (Some(target), Some(ratio)) => {
                let mark = if ratio >= target { "✓" } else { "✗" };
                format!("≥ {target:.2} {mark}")
            }
            _ => "–".to_owned(),
        }
    }

    /// A line for whoever waits.
    pub fn summary(&self) -> String {
        let ratio = self
            .ratio()
            .map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2}"));
        format!(
            "{} per second, {} per CPU-second, ratio {ratio}, target {}",
            number(self.ours.per_second()),
            number(self.ours.per_cpu_second()),
            self.verdict()
        )
    }
}

#[cfg(test)]
pub mod tests {
    use std::time::Duration;

    use super::*;

    /// 1000 turns of a millisecond in a second, for which the server worked half a second.
    pub fn measured() -> Measured {
        Measured {
            wall: Duration::from_secs(1),
            cpu: Duration::from_millis(500),
            saturated: vec![Duration::from_millis(1); 1000].into(),
            half: Some(vec![Duration::from_micros(500); 500].into()),
            body: 100,
            memory: 40_000_000,
        }
    }

    pub fn row(name: &str, limit: Limit, target: Option<f64>) -> Row {
        Row {
            name: name.to_owned(),
            ours: measured(),
            limit: Some(limit),
            target,
        }
    }

    #[test]
    fn a_target_is_a_share_of_the_limit_by_cpu_time_or_by_the_clock() {
        let by_cpu = row("a", Limit::per_cpu_second(4000.0, "x"), Some(0.5));
        assert_eq!((by_cpu.ratio(), by_cpu.verdict().as_str()), (Some(0.5), "≥ 0.50 ✓"));
        let by_the_clock = row("a", Limit::per_second(4000.0, "x"), Some(0.5));
        assert_eq!(by_the_clock.verdict(), "≥ 0.50 ✗");
        assert_eq!(row("a", Limit::per_second(1.0, "x"), None).verdict(), "–");
    }
}
