//! What is asked of the benchmark.

use std::path::PathBuf;

use clap::Parser;

/// Measures the server beside what this machine could do at most, in one run.
#[derive(Debug, Parser)]
#[command(about)]
pub struct Options {
    /// The server's binary.
    #[arg(long, default_value = "target/release/sekisho")]
    pub server: PathBuf,
    /// Measure PostgreSQL too: `auto` starts one of the installed packages; or the URL of an empty database.
    #[arg(long, value_name = "URL")]
    pub postgres: Option<String>,
    /// Measure another server beside: `node-oidc-provider`, which is installed by npm and started; or an issuer's URL.
    #[arg(long, value_name = "URL")]
    pub peer: Option<String>,
    /// The client of the peer, by which tokens are asked for and introspected.
    #[arg(
        long,
        value_name = "ID:SECRET",
        default_value = "robot:robot-secret-of-the-benchmark"
    )]
    pub peer_client: String,
    /// The scope of its tokens.
    #[arg(long, default_value = "")]
    pub peer_scope: String,
    /// The process of the peer, if it runs on this machine: its CPU time is counted then.
    #[arg(long, value_name = "PID")]
    pub peer_process: Option<u32>,
    /// How long each measurement lasts, in seconds.
    #[arg(long, default_value_t = 4)]
    pub seconds: u64,
    /// How many connections send requests, each one after the other.
    #[arg(long, default_value_t = 64)]
    pub connections: usize,
    /// Measure only scenarios whose name contains this.
    #[arg(long, default_value = "", conflicts_with = "write")]
    pub only: String,
    /// Measure also what takes long: memory after many requests, many realms and users, the purge of many rows.
    #[arg(long)]
    pub long: bool,
    /// How many requests are sent before the memory is looked at, with `--long`.
    #[arg(long, default_value_t = 1_000_000)]
    pub requests: u64,
    /// How many realms there are besides, with `--long`.
    #[arg(long, default_value_t = 10_000)]
    pub realms: u32,
    /// How many users there are besides, with `--long`.
    #[arg(long, default_value_t = 1_000_000)]
    pub users: u32,
    /// How many expired rows are purged, with `--long`.
    #[arg(long, default_value_t = 10_000_000)]
    pub expired_rows: u32,
    /// Measure also the gateway, beside nginx as a plain proxy and nginx that asks the server (`auth_request`).
    #[arg(long)]
    pub gateway: bool,
    /// How many idle connections the gateway keeps, with `--gateway`.
    #[arg(long, default_value_t = 10_000)]
    pub idle: usize,
    /// Write tables and pictures into `docs/benchmarks.md` and `docs/benchmarks/`.
    #[arg(long)]
    pub write: bool,
    /// Be the empty server on this port; the benchmark starts itself so.
    #[arg(long, hide = true, value_name = "PORT")]
    pub empty_on: Option<u16>,
    /// Be an API on this port whose tokens come from `--peer`; the benchmark starts itself so.
    #[arg(long, hide = true, value_name = "PORT")]
    pub api_on: Option<u16>,
    /// Measure what parts cost, with rows in this directory; the benchmark starts itself so.
    #[arg(long, hide = true, value_name = "DIRECTORY")]
    pub limits_in: Option<PathBuf>,
    /// For how many milliseconds each.
    #[arg(long, hide = true, default_value_t = 0)]
    pub limits_for: u64,
}

impl Options {
    /// Whether this process was started by the benchmark, on the servers' core.
    pub fn is_started_by_the_benchmark(&self) -> bool {
        self.empty_on.is_some() || self.api_on.is_some() || self.limits_in.is_some()
    }
}
