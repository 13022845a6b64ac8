//! Refreshing with rotation: each time a row is changed durably, so the disk is the limit and not the processor.

use std::sync::Arc;

use crate::{
    app::{App, Refreshes},
    bench::Bench,
    limits::Limits,
    report::{Limit, Row},
};

const REFRESH: &str = "refresh with rotation";

pub async fn measure(bench: &mut Bench<'_>) -> Result<(), String> {
    if !bench.begins(REFRESH) {
        return Ok(());
    }
    let app = Arc::new(App::public(&bench.server.issuer()));
    let mut connection = bench.server.connect().await?;
    let families = Refreshes::new(&app, bench.load.connections, &mut connection).await?;
    let rows = async |load, _| Ok(Limits::now(load).await?.row_by_the_clock());
    let (ours, limit) = bench.load.beside(&bench.server, &families, rows).await?;
    // The commits that were measured are those of SQLite.
    let is_sqlite = bench.server.database_file().is_some();
    let limit = Limit::per_second(limit, "64 rows to a durable commit");
    bench.add(Row {
        name: REFRESH.to_owned(),
        ours,
        limit: is_sqlite.then_some(limit),
        target: Some(0.5),
    });
    Ok(())
}
