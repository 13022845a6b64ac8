//! Measures the real server over loopback and, in the same run, what this machine could do at most. What is reported is
//! work per second of the server's CPU time, which holds on a shared machine, and the ratio of the two. How, and what
//! came out, is in `docs/benchmarks.md`.
//!
//! `cargo run --release -p bench` (builds nothing else: build the server with `cargo build --release` first).
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        reason = "tests fail loudly"
    )
)]

mod api;
mod app;
mod bench;
mod connection;
mod database;
mod empty;
mod idle;
mod latencies;
mod limits;
mod load;
mod nginx;
mod options;
mod peer;
mod process;
mod report;
mod scenario;
mod schedule;
mod server;
mod visit;

use std::time::Duration;

use clap::Parser;

use crate::{limits::Limits, options::Options};

fn main() -> Result<(), String> {
    let options = Options::parse();
    if !options.is_started_by_the_benchmark() {
        process::keep_off_the_servers_core()?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    runtime.block_on(run(&options))
}

async fn run(options: &Options) -> Result<(), String> {
    if let Some(port) = options.empty_on {
        return empty::serve(port).await;
    }
    if let Some(port) = options.api_on {
        return api::serve(port, options.peer.as_deref().unwrap_or_default()).await;
    }
    if let Some(directory) = &options.limits_in {
        let limits = Limits::measure_here(directory, Duration::from_millis(options.limits_for)).await?;
        println!("{}", limits.line());
        return Ok(());
    }
    let report = bench::run(options).await;
    Limits::forget();
    let report = report?;
    println!("{}", report.markdown());
    if options.write {
        report.write()?;
    }
    Ok(())
}
