//! Measures the real server over loopback and, in the same run, an empty server that answers bodies of the same
//! size: this machine's ceiling. What is reported is requests per second of the server's CPU time, which holds on a
//! shared machine, and the ratio of the two.
//!
//! `cargo run --release -p bench` (builds nothing else: build the server with `cargo build --release` first).

mod ceiling;
mod load;
mod process;
mod report;
mod scenario;

use std::{path::PathBuf, time::Duration};

use clap::Parser;

/// What to measure.
#[derive(Debug, Parser)]
#[command(about)]
struct Options {
    /// The server's binary.
    #[arg(long, default_value = "target/release/sekisho")]
    server: PathBuf,
    /// A PostgreSQL URL of an empty database; SQLite in a temporary directory otherwise.
    #[arg(long)]
    postgres: Option<String>,
    /// How long each measurement lasts, in seconds.
    #[arg(long, default_value_t = 4)]
    seconds: u64,
    /// How many connections send requests, each one after the other.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Measure only scenarios whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
    /// Be the empty server on this port; the benchmark starts itself so.
    #[arg(long, hide = true)]
    empty_on: Option<u16>,
}

fn main() -> Result<(), String> {
    let options = Options::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    runtime.block_on(async {
        match options.empty_on {
            Some(port) => ceiling::serve(port).await,
            None => measure(&options).await,
        }
    })
}

async fn measure(options: &Options) -> Result<(), String> {
    let server = process::Server::start(&options.server, options.postgres.as_deref()).await?;
    let empty = process::Empty::start().await?;
    let load = load::Load {
        connections: options.connections,
        lasts: Duration::from_secs(options.seconds),
    };
    let mut rows = Vec::new();
    for scenario in scenario::all(&server).await? {
        if !scenario.name.contains(&options.only) {
            continue;
        }
        eprintln!("measuring {} …", scenario.name);
        let ours = load.run(server.process(), server.address(), &scenario).await?;
        let ceiling = load
            .run(empty.process(), empty.address(), &scenario.as_empty(ours.body))
            .await?;
        rows.push(report::Row {
            name: scenario.name,
            ours,
            ceiling,
        });
    }
    println!("{}", report::table(&rows, &server));
    Ok(())
}
