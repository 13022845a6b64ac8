//! The whole code flow with PKCE, of a user who is signed in and has agreed before: what remains when no password is hashed.

use std::sync::Arc;

use crate::{
    app::{App, Flows},
    bench::Bench,
    limits::{Limits, Needs},
    report::{Limit, Row},
};

/// Its name in the tables.
pub const CODE_FLOW: &str = "code flow with PKCE, existing session";

/// An ID token is signed; the authorization with its code, and its use, are written.
const NEEDS: Needs = Needs {
    signatures: 1,
    verifications: 0,
    durable_rows: 2,
};

pub async fn measure(bench: &mut Bench<'_>) -> Result<(), String> {
    if !bench.begins(CODE_FLOW) {
        return Ok(());
    }
    let turns = flows(bench).await?;
    let parts = async |load, _| Ok(Limits::now(load).await?.cost(NEEDS));
    let (ours, limit) = bench.load.beside(&bench.server, &turns, parts).await?;
    bench.add(Row {
        name: CODE_FLOW.to_owned(),
        ours,
        limit: Some(Limit::per_cpu_second(limit, NEEDS.to_string())),
        target: None,
    });
    Ok(())
}

/// Of as many users as there are connections.
pub async fn flows(bench: &Bench<'_>) -> Result<Vec<Flows>, String> {
    let app = Arc::new(App::confidential(&bench.server.issuer()));
    let mut connection = bench.server.connect().await?;
    Flows::with_sessions(&app, bench.load.connections, &mut connection).await
}
