//! The table.

use std::fmt::Write as _;

use crate::{load::Measured, process::Server};

/// One scenario's figures.
pub struct Row {
    /// Its name.
    pub name: &'static str,
    /// The server's.
    pub ours: Measured,
    /// The empty server's, with a body of the same size.
    pub ceiling: Measured,
}

/// The table as Markdown.
pub fn table(rows: &[Row], server: &Server) -> String {
    let mut text = String::from(
        "| request | per CPU-second | empty server | ratio | per second | p50 ms | p99 ms | memory MiB |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|\n",
    );
    for Row { name, ours, ceiling } in rows {
        let ratio = ours.per_cpu_second() / ceiling.per_cpu_second();
        let (p50, p99) = (ours.p50.as_secs_f64() * 1000.0, ours.p99.as_secs_f64() * 1000.0);
        let _ = writeln!(
            text,
            "| {name} | {:.0} | {:.0} | {ratio:.2} | {:.0} | {p50:.2} | {p99:.2} | {} |",
            ours.per_cpu_second(),
            ceiling.per_cpu_second(),
            ours.per_second(),
            ours.memory,
        );
    }
    let _ = writeln!(
        text,
        "\nStart to first connection: {} ms on a new database, {} ms on an existing one. Memory when idle: {} MiB.",
        server.first_start.as_millis(),
        server.start.as_millis(),
        server.idle_memory,
    );
    text
}
