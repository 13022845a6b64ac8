//! A single figure with a target.

use std::time::Duration;

use super::millis;

/// What was looked at, and whether it is as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What.
    pub what: String,
    /// What was measured.
    pub measured: String,
    /// What was to be.
    pub target: String,
    /// Whether it is.
    pub is_reached: bool,
}

impl Check {
    /// A time that has a limit.
    pub fn at_most(what: impl Into<String>, measured: Duration, limit: Duration) -> Self {
        Self {
            what: what.into(),
            measured: format!("{} ms", millis(measured)),
            target: format!("< {} ms", limit.as_millis()),
            is_reached: measured < limit,
        }
    }

    /// A size that has a limit, in megabytes.
    pub fn smaller(what: impl Into<String>, bytes: u64, megabytes: u64) -> Self {
        Self {
            what: what.into(),
            measured: format!("{} MB", bytes.div_ceil(1_000_000)),
            target: format!("< {megabytes} MB"),
            is_reached: bytes < megabytes * 1_000_000,
        }
    }

    /// A share, or a multiple, that is to be reached.
    pub fn at_least(what: impl Into<String>, ratio: f64, target: f64) -> Self {
        Self {
            what: what.into(),
            measured: format!("{ratio:.2}"),
            target: format!("≥ {target:.2}"),
            is_reached: ratio >= target,
        }
    }

    /// A size that nothing is demanded of.
    pub fn told(what: impl Into<String>, bytes: u64) -> Self {
        Self {
            what: what.into(),
            measured: format!("{} MB", bytes.div_ceil(1_000_000)),
            target: "–".to_owned(),
            is_reached: true,
        }
    }

    /// A time that may double when something else goes on.
    pub fn within_twice(what: impl Into<String>, idle: Duration, busy: Duration) -> Self {
        Self {
            what: what.into(),
            measured: format!("{} ms, idle {} ms", millis(busy), millis(idle)),
            target: "≤ 2 × idle".to_owned(),
            is_reached: busy <= idle * 2,
        }
    }

    /// A cost that may grow by a fifth.
    pub fn hardly_dearer(what: impl Into<String>, before: f64, after: f64) -> Self {
        let growth = after / before - 1.0;
        Self {
            what: what.into(),
            measured: format!(
                "{:+.0} % ({before:.2} → {after:.2} requests of an empty server)",
                growth * 100.0,
            ),
            target: "≤ +20 %".to_owned(),
            is_reached: growth <= 0.2,
        }
    }

    /// A line for whoever waits.
    pub fn summary(&self) -> String {
        format!(
            "{}: {}, target {} {}",
            self.what,
            self.measured,
            self.target,
            self.mark()
        )
    }

    /// Whether it is as it should be, at a glance.
    pub fn mark(&self) -> &'static str {
        match (self.target.as_str(), self.is_reached) {
            ("–", _) => "",
            (_, true) => "✓",
            (_, false) => "✗",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_kept_or_not() {
        let ms = Duration::from_millis;
        assert!(Check::at_most("a", ms(19), ms(20)).is_reached);
        assert!(!Check::at_most("a", ms(20), ms(20)).is_reached);
        assert!(Check::smaller("a", 39_999_999, 40).is_reached);
        assert!(!Check::smaller("a", 40_000_000, 40).is_reached);
        assert!(Check::at_least("a", 0.5, 0.5).is_reached && !Check::at_least("a", 0.499, 0.5).is_reached);
        assert_eq!(Check::told("a", 1).mark(), "");
        assert!(Check::within_twice("a", ms(2), ms(4)).is_reached);
        assert!(!Check::within_twice("a", ms(2), ms(5)).is_reached);
    }

    #[test]
    fn growth_is_told_in_percent() {
        let check = Check::hardly_dearer("a", 2.0, 2.2);
        let measured = "+10 % (2.00 → 2.20 requests of an empty server)";
        assert_eq!((check.measured.as_str(), check.mark()), (measured, "✓"));
        assert_eq!(Check::hardly_dearer("a", 2.0, 2.5).mark(), "✗");
    }
}
