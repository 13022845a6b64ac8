//! On what it was measured.

use std::fs;

use model::Clock;
use time::OffsetDateTime;

/// A line about this machine and this day, with how it was measured.
pub fn line(settings: &str) -> String {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let kernel = kernel.split('-').next().unwrap_or_default().trim();
    let day = OffsetDateTime::from_unix_timestamp(Clock::system().now()).map(OffsetDateTime::date);
    let day = day.map(|day| day.to_string()).unwrap_or_default();
    format!("{}, Linux {kernel}, {day}; {settings}.", processors(&cpus))
}

/// How many there are of which kind.
fn processors(cpus: &str) -> String {
    let models: Vec<&str> = cpus
        .lines()
        .filter_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map(|(_, name)| name.trim())
        .collect();
    format!("{} × {}", models.len(), models.first().unwrap_or(&"a processor"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processors_are_counted() {
        let one = "processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\n\n";
        assert_eq!(processors(&one.repeat(2)), "2 × Some CPU @ 2 GHz");
        assert_eq!(processors(""), "0 × a processor");
    }
}
