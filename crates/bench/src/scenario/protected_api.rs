//! Calls of APIs that are protected by `sekisho-resource-server`. It verifies the proof of each, and asks the server about the
//! token, of whose answer nothing is kept; or verifies the token too, if that is a JWT, while it hears what is revoked.

use std::time::Duration;

use super::{
    Request,
    financial_grade::payers,
    payer::{self, Calls},
};
use crate::{
    bench::Bench,
    limits::Limits,
    load::Load,
    process::{Process, Together, free_address, this_program},
    report::{Limit, Row},
};

const ASKED: &str = "API call with DPoP, token introspected";
const VERIFIED: &str = "API call with DPoP, JWT verified";
const METADATA: &str = "/.well-known/oauth-protected-resource";
/// Until the API hears what is revoked: it vouches for tokens that are younger than that.
const UNTIL_IT_HEARS: Duration = Duration::from_secs(4);

pub async fn measure(bench: &mut Bench<'_>) -> Result<(), String> {
    if !bench.wants(ASKED) && !bench.wants(VERIFIED) {
        return Ok(());
    }
    let address = free_address();
    let mut command = this_program()?;
    command.args([
        "--api-on",
        &address.port().to_string(),
        "--peer",
        &bench.server.issuer(),
    ]);
    let api = Process::start(command, address, METADATA).await?;
    let at = format!("http://localhost:{}", address.port());
    if bench.begins(ASKED) {
        asked(bench, &api, &at).await?;
    }
    if bench.begins(VERIFIED) {
        tokio::time::sleep(UNTIL_IT_HEARS).await;
        verified(bench, &api, &at).await?;
    }
    Ok(())
}

async fn asked(bench: &mut Bench<'_>, api: &Process, at: &str) -> Result<(), String> {
    let mut connection = bench.server.connect().await?;
    let (mut calls, mut questions) = (Vec::new(), Vec::new());
    for payer in &payers(bench).await? {
        let call = Calls::new(payer, "/accounts", &mut connection).await?.at(at);
        questions.push(Request::introspection(bench, call.token()));
        calls.push(call);
    }
    let (both, server) = (Together(api, &bench.server), &bench.server);
    let parts = async |load: Load, _| {
        let introspection = load.saturate(server, &questions).await?;
        Ok(Limits::now(load).await?.cost(payer::CALL) + introspection.cost())
    };
    let (ours, limit) = bench.load.beside(&both, &calls, parts).await?;
    let what = format!("{} and the introspection of the token", payer::CALL);
    bench.add(Row {
        name: ASKED.to_owned(),
        ours,
        limit: Some(Limit::per_cpu_second(limit, what)),
        target: None,
    });
    Ok(())
}

async fn verified(bench: &mut Bench<'_>, api: &Process, at: &str) -> Result<(), String> {
    let mut connection = bench.server.connect().await?;
    let mut calls = Vec::new();
    for payer in &payers(bench).await? {
        let call = Calls::with_scope(payer, payer::LEDGER, "/ledger", &mut connection).await?;
        calls.push(call.at(at));
    }
    let needs = payer::CALL_WITH_JWT;
    let parts = async |load, _| Ok(Limits::now(load).await?.cost(needs));
    let both = Together(api, &bench.server);
    let (ours, limit) = bench.load.beside(&both, &calls, parts).await?;
    let limit = Limit::per_cpu_second(limit, needs.to_string());
    bench.add(Row {
        name: VERIFIED.to_owned(),
        ours,
        limit: Some(limit),
        target: Some(0.5),
    });
    Ok(())
}
