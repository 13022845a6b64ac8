//! One run: a server on one database, what is measured of it, and what was measured so far.

use std::{sync::Arc, time::Duration};

use crate::{
    database::Engine,
    limits::Limits,
    load::Load,
    options::Options,
    peer,
    report::{Check, Report, Row},
    scenario::{self, Keys},
    server::{Additions, Server},
};

/// What scenarios need.
pub struct Bench<'a> {
    /// What was asked for.
    pub options: &'a Options,
    /// The server under measurement.
    pub server: Server,
    /// How hard and how long.
    pub load: Load,
    /// The keys of the financial-grade client.
    pub keys: Arc<Keys>,
    report: &'a mut Report,
}

impl Bench<'_> {
    /// Whether it is asked for.
    pub fn wants(&self, name: &str) -> bool {
        name.contains(&self.options.only)
    }

    /// Whether it is asked for; says so to whoever waits.
    pub fn begins(&self, name: &str) -> bool {
        let wanted = self.wants(name);
        if wanted {
            eprintln!("{}: {name} …", self.server.engine());
            Limits::forget();
        }
        wanted
    }

    /// Something was measured. Targets are for the database that is part of the server.
    pub fn add(&mut self, mut row: Row) {
        if self.server.database_file().is_none() {
            row.target = None;
        }
        eprintln!("  {}", row.summary());
        self.report.rows.push((self.server.engine(), row));
    }

    /// Something was looked at.
    pub fn check(&mut self, check: Check) {
        eprintln!("  {}", check.summary());
        self.report.checks.push((self.server.engine(), check));
    }

    /// Something was looked at that took long.
    pub fn check_long(&mut self, check: Check) {
        eprintln!("  {}", check.summary());
        self.report.long.push((self.server.engine(), check));
    }
}

/// Measures all that is asked for.
pub async fn run(options: &Options) -> Result<Report, String> {
    let lasts = Duration::from_secs(options.seconds);
    eprintln!("what the parts cost …");
    let mut report = Report {
        limits: Limits::measure(lasts).await?,
        settings: format!("{} connections, {} s each", options.connections, options.seconds),
        ..Report::default()
    };
    let engines = [Some(Engine::Sqlite), options.postgres.clone().map(Engine::Postgres)];
    for engine in engines.into_iter().flatten() {
        on(engine, options, lasts, &mut report).await?;
    }
    let load = Load {
        connections: options.connections,
        lasts,
    };
    if options.gateway {
        report.gateway = Some(scenario::gateway(options, load).await?);
    }
    if let Some(peer) = &options.peer {
        report.peer = Some(peer::measure(peer, options, load).await?);
    }
    Ok(report)
}

async fn on(engine: Engine, options: &Options, lasts: Duration, report: &mut Report) -> Result<(), String> {
    let keys = Arc::new(Keys::new()?);
    let more = Additions {
        realm: keys.realm(options.connections)?,
        ..Additions::default()
    };
    let server = Server::start(&options.server, engine, &more).await?;
    let mut bench = Bench {
        options,
        server,
        load: Load {
            connections: options.connections,
            lasts,
        },
        keys,
        report,
    };
    scenario::all(&mut bench).await?;
    if options.long {
        scenario::long(&mut bench).await?;
    }
    Ok(())
}
