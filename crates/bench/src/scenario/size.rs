//! What the server takes before anybody asks it anything.

use std::time::Duration;

use crate::{bench::Bench, report::Check};

pub fn measure(bench: &mut Bench<'_>) -> Result<(), String> {
    if !bench.begins("size") {
        return Ok(());
    }
    let server = &bench.server;
    let checks = [
        Check::at_most(
            "start to first answer, existing database",
            server.start,
            Duration::from_millis(100),
        ),
        Check::smaller("resident memory, idle", server.idle_memory, 40),
        Check::smaller("the binary", server.binary_size()?, 40),
    ];
    let first = server.first_start;
    for check in checks {
        bench.check(check);
    }
    eprintln!("  (start on a new database: {} ms)", first.as_millis());
    Ok(())
}
