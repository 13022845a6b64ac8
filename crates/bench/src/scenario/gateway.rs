//! The gateway, which checks an opaque token in the server's own process, beside nginx as a plain proxy and nginx that asks
//! the server about each call (`auth_request`). The same small API is behind all three, on the same core.

use std::{net::SocketAddr, slice, time::Duration};

use super::Request;
use crate::{
    database::Engine,
    idle,
    latencies::Latencies,
    load::{Load, Measured},
    nginx::Nginx,
    options::Options,
    process::{self, Door, Process, Subject, Together, free_address},
    report::{Check, Gateway},
    server::{Additions, Server},
};

const NAME: &str = "gateway";
/// The empty server answers so many bytes.
const PATH: &str = "/200";

/// How long nothing is said until a connection counts as idle.
const UNUSED: Duration = Duration::from_secs(3);

/// Addresses of the gateway, and how clients know them.
struct Doors {
    plain: SocketAddr,
    tls: SocketAddr,
}

impl Doors {
    fn additions(&self, api: SocketAddr) -> Additions {
        let (plain, tls) = (self.plain.port(), self.tls.port());
        Additions {
            realm: format!(
                r#"
[[client]]
client_id                  = "reader"
client_secret              = "reader-secret-of-the-benchmark"
grant_types                = ["client_credentials"]
response_types             = []
token_endpoint_auth_method = "client_secret_basic"
scope                      = "files:read files:read:tls"

[[api]]
identifier = "http://localhost:{plain}"
name       = "Files"
upstream   = "http://{api}"
scope      = [{{ name = "files:read", description = {{ en = "Read files" }} }}]
route      = [{{ methods = ["GET"], path = "/*", scope = ["files:read"] }}]

[[api]]
identifier = "https://localhost:{tls}"
name       = "Files over TLS"
upstream   = "http://{api}"
scope      = [{{ name = "files:read:tls", description = {{ en = "Read files" }} }}]
route      = [{{ methods = ["GET"], path = "/*", scope = ["files:read:tls"] }}]
"#
            ),
            config: format!(
                r#"
[[listener]]
bind = "127.0.0.1:{plain}"
role = "gateway"
[[listener]]
bind = "127.0.0.1:{tls}"
role = "gateway"
tls  = "dev"
[proxy]
forward_auth = ["127.0.0.1"]
"#
            ),
        }
    }
}

/// All three, and what the gateway adds and holds.
pub async fn measure(options: &Options, load: Load) -> Result<Gateway, String> {
    process::open_many_files()?;
    let mut report = Gateway::default();
    let api = process::empty().await?;
    let doors = Doors {
        plain: free_address(),
        tls: free_address(),
    };
    let server = Server::start(&options.server, Engine::Sqlite, &doors.additions(api.address())).await?;
    let call = call(&server, doors.plain, "files:read").await?;

    begins("nginx and the gateway by turns");
    let (nginx, asking) = (
        Nginx::start(api.address(), None).await?,
        Nginx::start(api.address(), Some(server.address())).await?,
    );
    let (asking, door) = (Together(&asking.process, &server), Door(doors.plain, &server));
    let (ways, alone) = by_turns(
        load,
        slice::from_ref(&call),
        [
            ("nginx as a plain proxy", &nginx.process),
            ("nginx with `auth_request`, and the server that it asks", &asking),
            ("the gateway", &door),
        ],
        (&api, &[Request::get("localhost", PATH)]),
    )
    .await?;
    report.ways = ways;
    let [(_, plain), (_, asking), (_, ours)] = &*report.ways else {
        return Err("three ways".to_owned());
    };
    // How much later 99 of 100 answers come than from the API itself.
    let through = ours.half.as_ref().map(Latencies::p99).unwrap_or_default();
    let added = through.saturating_sub(alone.p99());
    let rate = ours.per_cpu_second();
    report.checks = vec![
        Check::at_least(
            "the gateway beside nginx as a plain proxy, per CPU-second",
            rate / plain.per_cpu_second(),
            0.5,
        ),
        Check::at_least(
            "the gateway beside nginx with `auth_request`, per CPU-second",
            rate / asking.per_cpu_second(),
            1.5,
        ),
        Check::at_most(
            "p99 that the gateway adds at half load",
            added,
            Duration::from_millis(1),
        ),
    ];
    report.checks.extend(idle(options, server, &doors).await?);
    for check in &report.checks {
        eprintln!("  {}", check.summary());
    }
    Ok(report)
}

/// Each as fast as it can, by turns, and then each at half of its rate, by turns too. The last are times of `direct`, the API
/// alone, at half of the rate of the last way.
async fn by_turns(
    load: Load,
    calls: &[Request],
    ways: [(&'static str, &dyn Subject); 3],
    direct: (&Process, &[Request]),
) -> Result<(Vec<(&'static str, Measured)>, Latencies), String> {
    let mut measured = ways.map(|(name, _)| (name, Measured::default()));
    for turn in load.turns() {
        for ((_, subject), (_, so_far)) in ways.iter().zip(&mut measured) {
            *so_far = so_far.clone().then(turn.saturate(*subject, calls).await?);
        }
    }
    let mut alone = Latencies::default();
    for turn in load.turns() {
        let mut rate = 0.0;
        for ((_, subject), (_, measured)) in ways.iter().zip(&mut measured) {
            rate = measured.per_second() / 2.0;
            let half = turn.at_rate(*subject, calls, rate).await?;
            measured.half = Some(measured.half.take().unwrap_or_default().then(half));
        }
        alone = alone.then(turn.at_rate(direct.0, direct.1, rate).await?);
    }
    for (name, measured) in &measured {
        eprintln!("  {name}: {:.0} per CPU-second", measured.per_cpu_second());
    }
    Ok((measured.into(), alone))
}

fn begins(what: &str) {
    eprintln!("{NAME}: {what} …");
}

/// A call of an API through the gateway at this address, with a new token for it.
async fn call(server: &Server, door: SocketAddr, scope: &str) -> Result<Request, String> {
    let client = ("reader", "reader-secret-of-the-benchmark");
    let body = format!("grant_type=client_credentials&scope={}", scope.replace(':', "%3A"));
    let question = Request::post(&server.host(), "/token", client, &body);
    let token = question
        .send(&mut server.connect().await?)
        .await?
        .text("access_token")?;
    Ok(Request::bearer(&format!("localhost:{}", door.port()), PATH, &token))
}

/// What connections cost that are kept open while nothing is said, some seconds after their last request. The server was started anew for each kind.
async fn idle(options: &Options, mut server: Server, doors: &Doors) -> Result<Vec<Check>, String> {
    let many = options.idle;
    let what = |kind: &str| format!("resident memory with {many} idle connections, {kind}");
    begins("idle connections");
    server.restart_after(async |_, _| Ok(())).await?;
    let request = call(&server, doors.plain, "files:read").await?;
    let open = idle::open(many, doors.plain, None, &request).await?;
    tokio::time::sleep(UNUSED).await;
    let plain = Check::smaller(what("HTTP/1.1"), server.memory(), 150);
    drop(open);

    server.restart_after(async |_, _| Ok(())).await?;
    let request = call(&server, doors.tls, "files:read:tls").await?;
    let tls = idle::trusting(&server.authority())?;
    let open = idle::open(many, doors.tls, Some(&tls), &request).await?;
    tokio::time::sleep(UNUSED).await;
    let checks = vec![plain, Check::told(what("TLS"), server.memory())];
    drop(open);
    Ok(checks)
}
