//! Durations as they are written in files: `"60s"`, `"10m"`, `"12h"`, `"30d"`.

use super::reader::{Located, Table};

const UNITS: &[(&str, i64)] = &[("d", 24 * 3600), ("h", 3600), ("m", 60), ("s", 1)];

/// Seconds; `None` when it is not a duration.
pub fn parse(text: &str) -> Option<i64> {
    let (unit, seconds) = UNITS.iter().find(|(unit, _)| text.ends_with(unit))?;
    let number = text.strip_suffix(unit)?;
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    number.parse::<i64>().ok()?.checked_mul(*seconds)
}

/// In the largest unit that fits without a rest.
pub fn format(seconds: i64) -> String {
    UNITS
        .iter()
        .find(|(_, size)| seconds != 0 && seconds % size == 0)
        .map_or_else(
            || format!("{seconds}s"),
            |(unit, size)| format!("{}{unit}", seconds / size),
        )
}

/// In words, as in "for up to 10 minutes".
pub fn in_minutes(seconds: i64) -> String {
    match (seconds + 59) / 60 {
        1 => "1 minute".to_owned(),
        minutes => format!("{minutes} minutes"),
    }
}

impl Table<'_, '_> {
    /// A duration in seconds, between two limits.
    pub fn duration(&mut self, key: &'static str, least: i64, most: i64) -> Option<Located<i64>> {
        let entry = self.entry(key)?;
        let span = &entry.node.span;
        let text = match &entry.node.item {
            super::document::Item::Text(text) => text,
            other => {
                let problem = format!("{key} is {}, not a duration", other.name());
                self.report.error(
                    span,
                    problem,
                    "write a number and a unit: \"60s\", \"10m\", \"12h\" or \"30d\"",
                );
                return None;
            }
        };
        let Some(value) = parse(text) else {
            let problem = format!("{key}: {text:?} is not a duration");
            self.report.error(
                span,
                problem,
                "write a number and a unit: \"60s\", \"10m\", \"12h\" or \"30d\"",
            );
            return None;
        };
        if value < least || value > most {
            let (problem, limit) = if value < least {
                ("short", least)
            } else {
                ("long", most)
            };
            let bound = if value < least { "at least" } else { "at most" };
            self.report.error(
                span,
                format!("{key} is too {problem}"),
                format!("write {bound} \"{}\"", format(limit)),
            );
            return None;
        }
        Some(Located {
            value,
            span: span.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_a_number_and_a_unit() {
        for (text, seconds) in [
            ("60s", 60),
            ("10m", 600),
            ("12h", 43_200),
            ("30d", 2_592_000),
            ("0s", 0),
        ] {
            assert_eq!(parse(text), Some(seconds), "{text}");
        }
        for bad in [
            "",
            "10",
            "m",
            "1.5h",
            "-1s",
            "10 m",
            "10w",
            "9999999999999999999s",
            "999999999999999999d",
            "+1s",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn they_are_written_back_in_the_largest_unit() {
        for text in ["60d", "1h", "90s", "25h", "0s"] {
            assert_eq!(parse(&format(parse(text).unwrap())), parse(text));
        }
        assert_eq!(
            (format(600), format(86_400), format(61)),
            ("10m".into(), "1d".into(), "61s".into())
        );
    }
}
