//! Whole sign-ins with a password, while APIs go on asking about tokens.

use std::{sync::Arc, time::Duration};

use super::Request;
use crate::{
    app::{App, Flows},
    bench::Bench,
    connection::Connection,
    latencies::Latencies,
    limits::Limits,
    load::{Load, Turn},
    report::{Check, Limit, Row},
    visit::Visit,
};

const SIGN_IN: &str = "sign-in with password (argon2id)";
/// Fewer than may wait for a place in the password pool, more than it has threads.
const CONNECTIONS: usize = 16;
/// Introspections per second beside.
const BESIDE: f64 = 200.0;
/// What their p99 is to keep under.
const P99: Duration = Duration::from_millis(20);

/// From the authorization request, through the page, to the code.
#[derive(Clone)]
struct SignIn {
    request: String,
    visit: Visit,
    user: String,
}

impl Turn for SignIn {
    async fn take(&mut self, connection: &mut Connection) -> Result<usize, String> {
        let code = self.visit.clone().code(connection, &self.request, &self.user).await?;
        Ok(code.len())
    }
}

pub async fn measure(bench: &mut Bench<'_>) -> Result<(), String> {
    if !bench.begins(SIGN_IN) {
        return Ok(());
    }
    let app = Arc::new(App::confidential(&bench.server.issuer()));
    let mut connection = bench.server.connect().await?;
    // Each has agreed once.
    Flows::with_sessions(&app, CONNECTIONS, &mut connection).await?;
    let request = app.request(&testkit::pkce().challenge);
    let turns: Vec<SignIn> = (0..CONNECTIONS)
        .map(|number| SignIn {
            request: request.clone(),
            visit: Visit::new(&app.origin),
            user: format!("user{number}"),
        })
        .collect();
    let introspection = [Request::introspection_of_a_new_token(bench).await?];
    let load = Load {
        connections: CONNECTIONS,
        ..bench.load
    };
    let mut beside = Latencies::default();
    let (server, introspected) = (&bench.server, &mut beside);
    let both = async |load: Load| {
        let (ours, more) = tokio::try_join!(
            load.saturate(server, &turns),
            load.at_rate(server, &introspection, BESIDE),
        )?;
        *introspected = introspected.clone().then(more);
        Ok(ours)
    };
    let hash = async |load, _| Ok(Limits::now(load).await?.hash);
    let (mut ours, limit) = load.by_turns(both, hash).await?;
    let half = ours.per_second() / 2.0;
    ours.half = Some(load.at_rate(&bench.server, &turns, half).await?);
    let limit = Limit::per_cpu_second(limit, "the hash alone");
    bench.add(Row {
        name: SIGN_IN.to_owned(),
        ours,
        limit: Some(limit),
        target: Some(0.9),
    });
    let what = format!("p99 of {BESIDE} introspections per second beside sign-ins");
    bench.check(Check::at_most(what, beside.p99(), P99));
    Ok(())
}
