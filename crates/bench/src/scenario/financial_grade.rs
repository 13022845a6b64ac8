//! FAPI 2.0, against the sum of the signatures, verifications and durable rows that it cannot do without.

use std::sync::Arc;

use super::payer::{self, Calls, Flows, Payer};
use crate::{
    bench::Bench,
    limits::{Limits, Needs},
    load::Measured,
    report::{Limit, Row},
};

const FLOW: &str = "FAPI 2.0 flow: PAR, code, token";
const CALL: &str = "UserInfo with DPoP";

pub async fn measure(bench: &mut Bench<'_>) -> Result<(), String> {
    if !bench.wants(FLOW) && !bench.wants(CALL) {
        return Ok(());
    }
    let payers = payers(bench).await?;
    if bench.begins(FLOW) {
        let turns: Vec<Flows> = payers.iter().map(Arc::clone).map(Flows).collect();
        let parts = async |load, _| Ok(Limits::now(load).await?.cost(payer::FLOW));
        let measured = bench.load.beside(&bench.server, &turns, parts).await?;
        bench.add(row(FLOW, measured, payer::FLOW));
    }
    if bench.begins(CALL) {
        let mut turns = Vec::new();
        let mut connection = bench.server.connect().await?;
        for payer in &payers {
            turns.push(Calls::new(payer, "/userinfo", &mut connection).await?);
        }
        let parts = async |load, _| Ok(Limits::now(load).await?.cost(payer::CALL));
        let measured = bench.load.beside(&bench.server, &turns, parts).await?;
        bench.add(row(CALL, measured, payer::CALL));
    }
    Ok(())
}

/// As many as there are connections, signed in.
pub async fn payers(bench: &Bench<'_>) -> Result<Vec<Arc<Payer>>, String> {
    let mut connection = bench.server.connect().await?;
    let mut payers = Vec::new();
    for number in 0..bench.load.connections {
        let payer = Payer::new(&bench.keys, &bench.server.issuer(), number, &mut connection).await?;
        payers.push(Arc::new(payer));
    }
    Ok(payers)
}

fn row(name: &str, (ours, limit): (Measured, f64), needs: Needs) -> Row {
    Row {
        name: name.to_owned(),
        ours,
        limit: Some(Limit::per_cpu_second(limit, needs.to_string())),
        target: Some(0.5),
    }
}
