//! Calls of an API that is protected by `sekisho-resource-server`: it verifies the proof of each and asks the server about
//! each token. Nothing that was answered about a token is kept, so that what was revoked is refused at once.

use super::{
    Request,
    financial_grade::payers,
    payer::{self, Calls},
};
use crate::{
    bench::Bench,
    limits::per_second,
    process::{Process, Together, free_address, this_program},
    report::{Limit, Row},
};

const API: &str = "API call with DPoP, token introspected";
const METADATA: &str = "/.well-known/oauth-protected-resource";

pub async fn measure(bench: &mut Bench<'_>) -> Result<(), String> {
    if !bench.begins(API) {
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

    let mut connection = bench.server.connect().await?;
    let (mut calls, mut questions) = (Vec::new(), Vec::new());
    for payer in &payers(bench).await? {
        let call = Calls::new(payer, "/accounts", &mut connection).await?.at(&at);
        questions.push(Request::introspection(bench, call.token()));
        calls.push(call);
    }
    let introspection = bench.load.saturate(&bench.server, &questions).await?;
    let ours = bench.load.measure(&Together(&api, &bench.server), &calls).await?;
    let limit = bench.limits.cost(payer::CALL) + introspection.cost();
    let what = format!("{} and the introspection of the token", payer::CALL);
    bench.add(Row {
        name: API.to_owned(),
        ours,
        limit: Some(Limit::per_cpu_second(per_second(limit), what)),
        target: None,
    });
    Ok(())
}
