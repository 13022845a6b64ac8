//! Another server, driven in the same run as this one.

mod endpoints;
mod node;

use std::{net::SocketAddr, slice, sync::Arc, time::Duration};

use crate::{
    app::{App, Flows, Refreshes},
    connection::Connection,
    load::{Load, Measured, Turn},
    options::Options,
    process::{Subject, cpu_of},
    report::Row,
    scenario::{CODE_FLOW, Request},
};

use endpoints::Endpoints;

/// For how long a peer is driven before it is measured.
const WARM_UP: Duration = Duration::from_secs(4);

/// Another server's figures.
#[derive(Debug)]
pub struct Peer {
    /// Its name.
    pub name: String,
    /// What was measured.
    pub rows: Vec<PeerRow>,
}

/// One scenario of it.
#[derive(Debug)]
pub struct PeerRow {
    /// Its name.
    pub name: &'static str,
    /// How the scenario here that it is compared with is called.
    pub ours: &'static str,
    /// Its figures.
    pub theirs: Measured,
    /// How many times as many are to be reached here.
    pub target: Option<f64>,
}

impl PeerRow {
    /// How many times as many the server does here, per second of CPU time.
    pub fn ratio(&self, ours: &[(&str, Row)]) -> Option<f64> {
        let ours = self.of(ours).filter(|_| self.theirs.has_cpu())?;
        Some(ours.ours.per_cpu_second() / self.theirs.per_cpu_second())
    }

    /// What it is compared with.
    pub fn of<'a>(&self, ours: &'a [(&str, Row)]) -> Option<&'a Row> {
        ours.iter().map(|(_, row)| row).find(|row| row.name == self.ours)
    }
}

/// Measures the peer that was named.
pub async fn measure(peer: &str, options: &Options, load: Load) -> Result<Peer, String> {
    let mut measuring = Measuring {
        load,
        only: &options.only,
        rows: Vec::new(),
    };
    if peer == node::NAME {
        let server = node::start().await?;
        let endpoints = Endpoints::of(&node::issuer(&server)).await?;
        measuring.single(&server, &endpoints, node::CLIENT, "").await?;
        measuring.of_users(&server, &endpoints).await?;
        return Ok(measuring.of(format!("{} {}", node::NAME, node::version()?)));
    }
    let endpoints = Endpoints::of(peer).await?;
    let other = Other {
        address: endpoints.address,
        process: options.peer_process,
    };
    let (client_id, secret) = options
        .peer_client
        .split_once(':')
        .ok_or("--peer-client wants ID:SECRET")?;
    let client = (client_id, secret);
    measuring
        .single(&other, &endpoints, client, &options.peer_scope)
        .await?;
    Ok(measuring.of(peer.to_owned()))
}

struct Measuring<'a> {
    load: Load,
    only: &'a str,
    rows: Vec<PeerRow>,
}

impl Measuring<'_> {
    fn of(self, name: String) -> Peer {
        Peer { name, rows: self.rows }
    }

    async fn add<T: Turn>(
        &mut self,
        subject: &impl Subject,
        (name, ours, target): (&'static str, &'static str, Option<f64>),
        turns: &[T],
    ) -> Result<(), String> {
        eprintln!("the peer: {name} …");
        // Programs that are compiled while they run get faster for a while.
        let warm_up = Load {
            lasts: WARM_UP,
            ..self.load
        };
        warm_up.saturate(subject, turns).await?;
        let theirs = self.load.measure(subject, turns).await?;
        eprintln!(
            "  {:.0} per second, {:.0} per CPU-second",
            theirs.per_second(),
            theirs.per_cpu_second()
        );
        self.rows.push(PeerRow {
            name,
            ours,
            theirs,
            target,
        });
        Ok(())
    }

    fn wants(&self, name: &str) -> bool {
        name.contains(self.only)
    }

    /// What needs no user.
    async fn single(
        &mut self,
        subject: &impl Subject,
        at: &Endpoints,
        client: (&str, &str),
        scope: &str,
    ) -> Result<(), String> {
        let scope = form_urlencoded::byte_serialize(scope.as_bytes()).collect::<String>();
        let scope = if scope.is_empty() {
            scope
        } else {
            format!("&scope={scope}")
        };
        let body = format!("grant_type=client_credentials{scope}");
        let token = Request::post(&at.host, &at.token, client, &body);
        let mut connection = Connection::open(subject.address()).await?;
        let access_token = token.send(&mut connection).await?.text("access_token")?;
        let introspection = Request::post(&at.host, &at.introspection, client, &format!("token={access_token}"));
        for (name, ours, request) in [
            ("discovery", "discovery", Request::get(&at.host, &at.discovery)),
            ("JWKS", "JWKS", Request::get(&at.host, &at.jwks)),
            ("client_credentials", "client_credentials, opaque", token),
            ("introspection", "introspection, opaque", introspection),
        ] {
            if self.wants(ours) {
                self.add(subject, (name, ours, None), slice::from_ref(&request)).await?;
            }
        }
        Ok(())
    }

    /// What a user begins.
    async fn of_users(&mut self, subject: &impl Subject, at: &Endpoints) -> Result<(), String> {
        if self.wants("refresh with rotation") {
            let mut connection = Connection::open(subject.address()).await?;
            let app = Arc::new(node::public(at));
            let families = Refreshes::new(&app, self.load.connections, &mut connection).await?;
            let named = ("refresh with rotation", "refresh with rotation", None);
            self.add(subject, named, &families).await?;
        }
        if self.wants(CODE_FLOW) {
            let app: Arc<App> = Arc::new(node::confidential(at));
            let mut connection = Connection::open(subject.address()).await?;
            let with_sessions = Flows::with_sessions(&app, self.load.connections, &mut connection).await?;
            let named = ("code flow, existing session and consent (2 requests)", CODE_FLOW, None);
            self.add(subject, named, &with_sessions).await?;
            let anew: Vec<Flows> = (0..self.load.connections)
                .map(|number| Flows::without_session(&app, number))
                .collect();
            let named = (
                "code flow, interaction answered at once (5 requests)",
                CODE_FLOW,
                Some(8.0),
            );
            self.add(subject, named, &anew).await?;
        }
        Ok(())
    }
}

/// A server that somebody else has started.
struct Other {
    address: SocketAddr,
    process: Option<u32>,
}

impl Subject for Other {
    fn address(&self) -> SocketAddr {
        self.address
    }

    fn cpu(&self) -> Duration {
        self.process
            .map_or(Duration::ZERO, |process| cpu_of(&process.to_string()))
    }

    fn memory(&self) -> u64 {
        0
    }
}
