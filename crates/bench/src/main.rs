//! Measures the real server over loopback and, in the same run, what this machine could do at most: an empty server that
//! answers bodies of the same size; for financial-grade flows, the signatures, verifications and durable rows that they
//! cannot do without. What is reported is work per second of the server's CPU time, which holds on a shared machine, and
//! the ratio of the two.
//!
//! `cargo run --release -p bench` (builds nothing else: build the server with `cargo build --release` first).

mod ceiling;
mod connection;
mod limits;
mod load;
mod payer;
mod process;
mod report;
mod scenario;

use std::{path::PathBuf, slice, sync::Arc, time::Duration};

use clap::Parser;

use crate::{
    connection::Connection,
    limits::{Limits, Needs},
    load::{Load, Measured},
    payer::{Calls, Flows, Keys, Payer},
    process::Server,
    report::Row,
};

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
    if options.empty_on.is_none() {
        process::keep_off_the_servers_core()?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
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
    let keys = Arc::new(Keys::new()?);
    let more = keys.realm(options.connections)?;
    let server = Server::start(&options.server, options.postgres.as_deref(), &more).await?;
    let lasts = Duration::from_secs(options.seconds);
    let limits = Limits::measure(server.directory(), lasts)?;
    let load = Load {
        connections: options.connections,
        lasts,
    };
    let mut rows = Vec::new();
    single_requests(options, &server, &load, &mut rows).await?;
    financial_grade(options, &server, &load, (&keys, &limits), &mut rows).await?;
    println!("{}", report::table(&rows, &server, &limits));
    Ok(())
}

/// Beside an empty server that answers bodies of the same size.
async fn single_requests(options: &Options, server: &Server, load: &Load, rows: &mut Vec<Row>) -> Result<(), String> {
    let empty = process::empty().await?;
    for scenario in scenario::all(server).await? {
        if !scenario.name.contains(&options.only) {
            continue;
        }
        eprintln!("measuring {} …", scenario.name);
        let ours = load.run(server.process(), slice::from_ref(&scenario)).await?;
        let ceiling = load.run(&empty, &[scenario.as_empty(ours.body)]).await?;
        rows.push(Row {
            name: scenario.name,
            ours,
            limit: ceiling.per_cpu_second(),
            limited_by: "an empty server".to_owned(),
        });
    }
    Ok(())
}

/// Against the sum of the signatures, verifications and durable rows that they need.
async fn financial_grade(
    options: &Options,
    server: &Server,
    load: &Load,
    (keys, limits): (&Arc<Keys>, &Limits),
    rows: &mut Vec<Row>,
) -> Result<(), String> {
    const FLOW: &str = "FAPI 2.0 flow: PAR, code, token";
    const CALL: &str = "UserInfo with DPoP";
    if !FLOW.contains(&options.only) && !CALL.contains(&options.only) {
        return Ok(());
    }
    eprintln!("signing {} users in …", load.connections);
    let mut connection = Connection::open(server.process().address()).await?;
    let mut payers = Vec::new();
    for number in 0..load.connections {
        let payer = Payer::new(keys, &server.issuer(), number, &mut connection).await?;
        payers.push(Arc::new(payer));
    }
    if FLOW.contains(&options.only) {
        eprintln!("measuring {FLOW} …");
        let turns: Vec<Flows> = payers.iter().map(Arc::clone).map(Flows).collect();
        let ours = load.run(server.process(), &turns).await?;
        rows.push(against(limits, FLOW, ours, payer::FLOW));
    }
    if CALL.contains(&options.only) {
        eprintln!("measuring {CALL} …");
        let turns: Vec<Calls> = payers.iter().map(Calls::new).collect();
        let ours = load.run(server.process(), &turns).await?;
        rows.push(against(limits, CALL, ours, payer::CALL));
    }
    Ok(())
}

fn against(limits: &Limits, name: &'static str, ours: Measured, needs: Needs) -> Row {
    Row {
        name,
        ours,
        limit: limits.per_cpu_second(needs),
        limited_by: needs.to_string(),
    }
}
