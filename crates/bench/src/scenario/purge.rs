//! Very many expired rows are deleted while tokens are issued.
//!
//! The table is `used_assertion`, the one that grows fastest: each assertion of a client is a row until it expires. Its
//! keys are hashes, and its rows expire in another order than they were made in, so that deleting them touches pages
//! everywhere.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use model::Clock;
use rusqlite::{Connection, params};
use storage::{Change, Statement, Store};

use super::Request;
use crate::{
    app::{App, Refreshes},
    bench::Bench,
    latencies::Latencies,
    load::Load,
    report::Check,
    server::Server,
};

const PURGE: &str = "purge of expired rows";
/// Tokens per second meanwhile.
const TOKENS: f64 = 200.0;
/// Refreshes per second meanwhile: they write, and wait for the same disk.
const REFRESHES: f64 = 50.0;
/// A purge that takes longer than this was not going to end.
const PATIENCE: Duration = Duration::from_hours(1);

/// Tokens without a row and tokens with one.
struct Beside {
    load: Load,
    tokens: [Request; 1],
    refreshes: Vec<Refreshes>,
}

impl Beside {
    async fn measure(&self, server: &Server) -> Result<(Latencies, Latencies), String> {
        tokio::try_join!(
            self.load.at_rate(server, &self.tokens, TOKENS),
            self.load.at_rate(server, &self.refreshes, REFRESHES),
        )
    }
}

pub async fn measure(bench: &mut Bench<'_>) -> Result<(), String> {
    if !bench.begins(PURGE) {
        return Ok(());
    }
    let rows = bench.options.expired_rows;
    let app = Arc::new(App::public(&bench.server.issuer()));
    let mut connection = bench.server.connect().await?;
    let beside = Beside {
        load: Load {
            connections: 8,
            lasts: bench.load.lasts.max(Duration::from_secs(5)),
        },
        tokens: [Request::token(bench, "accounts")],
        refreshes: Refreshes::new(&app, 8, &mut connection).await?,
    };
    let mut idle = (Latencies::default(), Latencies::default());
    for _ in 0..3 {
        idle = both(idle, beside.measure(&bench.server).await?);
    }

    eprintln!("  writing {rows} expired rows …");
    let fill = async |store: &Store, server: &Server| fill(store, server, rows).await;
    bench.server.restart_after(fill).await?;
    let store = bench.server.store().await?;
    let begun = Instant::now();
    let mut busy = (Latencies::default(), Latencies::default());
    while are_left(&store).await? && begun.elapsed() < PATIENCE {
        busy = both(busy, beside.measure(&bench.server).await?);
        eprint!("\r  purging for {} s … ", begun.elapsed().as_secs());
    }
    eprintln!();
    let took = begun.elapsed().as_secs();
    for (what, idle, busy) in [
        ("tokens", &idle.0, &busy.0),
        ("refreshes (they write)", &idle.1, &busy.1),
    ] {
        let what = format!("p99 of {what} while {rows} expired rows of used_assertion are purged ({took} s)");
        bench.check_long(Check::within_twice(what, idle.p99(), busy.p99()));
    }
    Ok(())
}

fn both(before: (Latencies, Latencies), more: (Latencies, Latencies)) -> (Latencies, Latencies) {
    (before.0.and(more.0), before.1.and(more.1))
}

async fn are_left(store: &Store) -> Result<bool, String> {
    const ANY: &str = "SELECT expires_at FROM used_assertion WHERE expires_at < $1 ORDER BY expires_at LIMIT 1";
    let found = store.query_one(ANY, &[Clock::system().now().into()]).await;
    Ok(found.map_err(|error| error.to_string())?.is_some())
}

async fn fill(store: &Store, server: &Server, rows: u32) -> Result<(), String> {
    const POSTGRES: &str = "INSERT INTO used_assertion (realm, id, change_id, expires_at) \
        SELECT $1, sha256(n::text::bytea), gen_random_uuid()::text, $2 - 1 - (n * 7919) % 86400 \
        FROM generate_series(1, $3::bigint) AS numbers(n)";
    let (issuer, now) = (server.issuer(), Clock::system().now());
    let Some(file) = server.database_file() else {
        let parameters = vec![issuer.into(), now.into(), i64::from(rows).into()];
        let insert = Change::new().then(Statement::new(POSTGRES, parameters));
        let outcome = store.commit(insert).await.map_err(|error| error.to_string())?;
        eprintln!("  ({outcome:?})");
        return Ok(());
    };
    fill_sqlite(&file, &issuer, now, rows).map_err(|error| error.to_string())
}

/// Past the product's writer, with a large cache and without syncing: what is measured comes later.
fn fill_sqlite(file: &std::path::Path, issuer: &str, now: i64, rows: u32) -> Result<(), rusqlite::Error> {
    let database = Connection::open(file)?;
    database.execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -3000000; BEGIN IMMEDIATE")?;
    database.execute(
        "INSERT INTO used_assertion (realm, id, change_id, expires_at) \
         WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?3) \
         SELECT ?1, randomblob(32), lower(hex(randomblob(16))), ?2 - 1 - (n * 7919) % 86400 FROM numbers",
        params![issuer, now, rows],
    )?;
    database.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)")
}
