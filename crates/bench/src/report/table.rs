//! Tables, as Markdown.

use std::{fmt::Write as _, time::Duration};

use super::{Check, Report, Row, millis, number};
use crate::{
    latencies::Latencies,
    limits::{Limits, per_second},
    peer::Peer,
};

/// Scenarios.
pub fn scenarios(rows: &[(&str, Row)]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut text = String::from(
        "| what | database | per second | per CPU-second | limit | ratio | target | p50 / p99 ms, saturated | \
         p50 / p99 ms, half load | memory MB | the limit is |\n\
         |---|---|---:|---:|---:|---:|---|---:|---:|---:|---|\n",
    );
    for (database, row) in rows {
        let limit = row.limit.as_ref().map(|limit| number(limit.rate));
        let what = row.limit.as_ref().map(|limit| {
            let clock = if limit.by_the_clock { ", per second" } else { "" };
            format!("{}{clock}", limit.what)
        });
        let _ = writeln!(
            text,
            "| {} | {database} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            row.name,
            number(row.ours.per_second()),
            number(row.ours.per_cpu_second()),
            or_dash(limit),
            or_dash(row.ratio().map(|ratio| format!("{ratio:.2}"))),
            row.verdict(),
            percentiles(&row.ours.saturated),
            or_dash(row.ours.half.as_ref().map(percentiles)),
            row.ours.memory / 1_000_000,
            or_dash(what),
        );
    }
    text
}

/// What parts cost.
pub fn parts(limits: &Limits) -> String {
    let micros = |cost: Duration| format!("{:.1}", cost.as_secs_f64() * 1e6);
    let rate = |cost: Duration| match cost {
        Duration::ZERO => "–".to_owned(),
        cost => number(per_second(cost)),
    };
    let mut text = String::from("| part | µs | per second |\n|---|---:|---:|\n");
    for (what, cost) in [
        ("signature by ES256, CPU time", limits.signature),
        ("its verification, CPU time", limits.verification),
        ("a durable row of 64 to a commit (SQLite), CPU time", limits.durable_row),
        ("such a commit, by the clock", limits.commit),
        ("a password hash (argon2id, 19 MiB, t = 2), CPU time", limits.hash),
    ] {
        let _ = writeln!(text, "| {what} | {} | {} |", micros(cost), rate(cost));
    }
    text
}

/// Single figures.
pub fn checks(checks: &[(&str, Check)]) -> String {
    if checks.is_empty() {
        return String::new();
    }
    let mut text = String::from("| what | database | measured | target |\n|---|---|---:|---|\n");
    for (database, check) in checks {
        let _ = writeln!(
            text,
            "| {} | {database} | {} | {} {} |",
            check.what,
            check.measured,
            check.target,
            check.mark()
        );
    }
    text
}

/// Every target that was not reached.
pub fn missed(report: &Report) -> String {
    let mut lines = Vec::new();
    for (database, row) in &report.rows {
        if let (Some(target), Some(ratio)) = (row.target, row.ratio())
            && ratio < target
        {
            let name = &row.name;
            lines.push(format!(
                "| {name} | {database} | {ratio:.2} of its limit | ≥ {target:.2} |"
            ));
        }
    }
    let gateway = report.gateway.iter().flat_map(|gateway| &gateway.checks);
    let gateway = gateway.map(|check| ("SQLite", check));
    let others = report.checks.iter().chain(&report.long);
    for (database, check) in others.map(|(database, check)| (*database, check)).chain(gateway) {
        if !check.is_reached {
            let (what, measured, target) = (&check.what, &check.measured, &check.target);
            lines.push(format!("| {what} | {database} | {measured} | {target} |"));
        }
    }
    for row in report.peer.iter().flat_map(|peer| &peer.rows) {
        if let (Some(target), Some(ratio)) = (row.target, row.ratio(&report.rows))
            && ratio < target
        {
            let name = row.name;
            lines.push(format!("| {name} | SQLite | {ratio:.1} × the peer | ≥ {target:.0} × |"));
        }
    }
    if lines.is_empty() {
        return "None: all that was measured reaches its target.".to_owned();
    }
    let lines = lines.join("\n");
    format!("| what | database | measured | target |\n|---|---|---:|---|\n{lines}\n")
}

/// Another server beside this one.
pub fn beside(peer: &Peer, rows: &[(&str, Row)]) -> String {
    let mut text = format!(
        "| what, per CPU-second | Sekisho | {} | ratio | target | p99 ms at half load: Sekisho | {} |\n\
         |---|---:|---:|---:|---|---:|---:|\n",
        peer.name, peer.name
    );
    for row in &peer.rows {
        let ours = row.of(rows);
        let ratio = row.ratio(rows);
        let target = row.target.zip(ratio).map(|(target, ratio)| {
            let mark = if ratio >= target { "✓" } else { "✗" };
            format!("≥ {target:.0} {mark}")
        });
        let p99 = |half: &Option<Latencies>| or_dash(half.as_ref().map(|half| millis(half.p99())));
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} |",
            row.name,
            or_dash(ours.map(|ours| number(ours.ours.per_cpu_second()))),
            or_dash(row.theirs.has_cpu().then(|| number(row.theirs.per_cpu_second()))),
            or_dash(ratio.map(|ratio| format!("{ratio:.1}"))),
            or_dash(target),
            or_dash(ours.map(|ours| p99(&ours.ours.half))),
            p99(&row.theirs.half),
        );
    }
    text
}

pub fn percentiles(latencies: &Latencies) -> String {
    format!("{} / {}", millis(latencies.p50()), millis(latencies.p99()))
}

pub fn or_dash(text: Option<String>) -> String {
    text.unwrap_or_else(|| "–".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{
        Limit,
        row::tests::{measured, row},
    };

    #[test]
    fn a_scenario_is_a_line_with_its_ratio_and_its_target() {
        let rows = [(
            "SQLite",
            row("discovery", Limit::per_cpu_second(4000.0, "an empty server"), Some(0.7)),
        )];
        let expected = "| discovery | SQLite | 1,000 | 2,000 | 4,000 | 0.50 | ≥ 0.70 ✗ | 1.00 / 1.00 | 0.50 / 0.50 | 40 \
                        | an empty server |";
        assert_eq!(scenarios(&rows).lines().nth(2), Some(expected));
    }

    #[test]
    fn what_is_missed_is_listed_and_nothing_else() {
        assert!(missed(&Report::default()).starts_with("None"));
        let limit = || Limit::per_cpu_second(4000.0, "x");
        let report = Report {
            rows: vec![
                ("SQLite", row("good", limit(), Some(0.5))),
                ("SQLite", row("slow", limit(), Some(0.6))),
            ],
            checks: vec![("SQLite", Check::smaller("large", 3_000_000, 2))],
            ..Report::default()
        };
        let table = missed(&report);
        let lines: Vec<&str> = table.lines().skip(2).collect();
        let expected = [
            "| slow | SQLite | 0.50 of its limit | ≥ 0.60 |",
            "| large | SQLite | 3 MB | < 2 MB |",
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn all_lines_of_a_table_have_as_many_cells() {
        let rows = [("SQLite", row("a", Limit::per_second(1.0, "x"), None))];
        let check = Check::smaller("b", 1, 2);
        let peer = Peer {
            name: "peer".into(),
            rows: vec![crate::peer::PeerRow {
                name: "c",
                ours: "a",
                theirs: measured(),
                target: Some(8.0),
            }],
        };
        for table in [
            scenarios(&rows),
            checks(&[("SQLite", check)]),
            parts(&Limits::default()),
            beside(&peer, &rows),
        ] {
            let cells: Vec<usize> = table.lines().map(|line| line.matches('|').count()).collect();
            assert!(cells.windows(2).all(|pair| pair[0] == pair[1]), "{table}");
        }
    }
}
