//! Resident memory after very many requests.
//!
//! The server was started anew and has hashed no password since. The pool allocates the memory of a hash, 19 MiB for each
//! thread, with the first hash and keeps it; so it is not in this figure.

use super::Request;
use crate::{bench::Bench, report::Check};

const MEMORY: &str = "resident memory after many requests";

pub async fn measure(bench: &mut Bench<'_>) -> Result<(), String> {
    if !bench.begins(MEMORY) {
        return Ok(());
    }
    bench.server.restart_after(async |_, _| Ok(())).await?;
    let wanted = bench.options.requests;
    let turns = [
        Request::token(bench, "accounts"),
        Request::introspection_of_a_new_token(bench).await?,
        Request::token(bench, "reports"),
        Request::introspection_of_a_new_token(bench).await?,
    ];
    let (mut sent, mut memory) = (0, 0);
    while sent < wanted {
        let measured = bench.load.saturate(&bench.server, &turns).await?;
        sent += measured.saturated.count();
        memory = measured.memory;
        eprintln!("  {sent} requests, {} MB", memory / 1_000_000);
    }
    let what = format!("resident memory after {wanted} token and introspection requests");
    bench.check_long(Check::smaller(what, memory, 60));
    Ok(())
}
