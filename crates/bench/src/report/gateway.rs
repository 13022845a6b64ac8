//! The gateway beside other ways to protect an API.

use std::fmt::Write as _;

use super::{
    Check, number,
    table::{checks, or_dash, percentiles},
};
use crate::load::Measured;

/// What was measured in one run.
#[derive(Debug, Default)]
pub struct Gateway {
    /// Each way to the API. The first one checks nothing.
    pub ways: Vec<(&'static str, Measured)>,
    /// Single figures.
    pub checks: Vec<Check>,
}

impl Gateway {
    /// Both, as Markdown.
    pub fn tables(&self) -> String {
        let checks: Vec<_> = self.checks.iter().map(|check| ("SQLite", check.clone())).collect();
        format!("{}\n{}", self.beside(), self::checks(&checks))
    }

    fn beside(&self) -> String {
        let mut text = String::from(
            "| way to the API | per second | per CPU-second | of the first | p50 / p99 ms, saturated | \
             p50 / p99 ms, half load | memory MB |\n|---|---:|---:|---:|---:|---:|---:|\n",
        );
        let first = self.ways.first().map_or(0.0, |(_, first)| first.per_cpu_second());
        for (name, measured) in &self.ways {
            let _ = writeln!(
                text,
                "| {name} | {} | {} | {:.2} | {} | {} | {} |",
                number(measured.per_second()),
                number(measured.per_cpu_second()),
                measured.per_cpu_second() / first,
                percentiles(&measured.saturated),
                or_dash(measured.half.as_ref().map(percentiles)),
                measured.memory / 1_000_000,
            );
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::row::tests::measured;

    #[test]
    fn ways_stand_beside_the_first_and_figures_below() {
        let gateway = Gateway {
            ways: vec![("plain", measured()), ("checked", measured())],
            checks: vec![Check::at_least("share", 0.6, 0.5)],
        };
        let tables = gateway.tables();
        let lines: Vec<&str> = tables.lines().collect();
        assert_eq!(
            lines[3],
            "| checked | 1,000 | 2,000 | 1.00 | 1.00 / 1.00 | 0.50 / 0.50 | 40 |"
        );
        assert_eq!(lines[7], "| share | SQLite | 0.60 | ≥ 0.50 ✓ |");
    }
}
