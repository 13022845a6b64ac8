//! The table.

use std::fmt::Write as _;

use crate::{limits::Limits, load::Measured, process::Server};

/// One scenario's figures.
pub struct Row {
    /// Its name.
    pub name: &'static str,
    /// The server's.
    pub ours: Measured,
    /// What could be reached at most, per CPU-second.
    pub limit: f64,
    /// What that is.
    pub limited_by: String,
}

/// The table as Markdown.
pub fn table(rows: &[Row], server: &Server, limits: &Limits) -> String {
    let mut text = String::from(
        "| what | per CPU-second | limit | ratio | per second | p50 ms | p99 ms | memory MiB | the limit is |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|---|\n",
    );
    for Row {
        name,
        ours,
        limit,
        limited_by,
    } in rows
    {
        let ratio = ours.per_cpu_second() / limit;
        let (p50, p99) = (ours.p50.as_secs_f64() * 1000.0, ours.p99.as_secs_f64() * 1000.0);
        let _ = writeln!(
            text,
            "| {name} | {:.0} | {limit:.0} | {ratio:.2} | {:.0} | {p50:.2} | {p99:.2} | {} | {limited_by} |",
            ours.per_cpu_second(),
            ours.per_second(),
            ours.memory,
        );
    }
    let micros = |cost: std::time::Duration| cost.as_secs_f64() * 1e6;
    let _ = writeln!(
        text,
        "\nCPU time of the parts: signature by ES256 {:.1} µs, its verification {:.1} µs, a row that is durably written \
         (SQLite, 64 to a commit) {:.1} µs.\n\
         Start to first connection: {} ms on a new database, {} ms on an existing one. Memory when idle: {} MiB.",
        micros(limits.signature),
        micros(limits.verification),
        micros(limits.durable_row),
        server.first_start.as_millis(),
        server.start.as_millis(),
        server.idle_memory,
    );
    text
}
