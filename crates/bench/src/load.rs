//! A closed loop: every connection sends its next request when the last one is answered.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, task::JoinSet};

use crate::{process::Process, scenario::Scenario};

/// How hard and how long.
pub struct Load {
    /// How many connections.
    pub connections: usize,
    /// How long.
    pub lasts: Duration,
}

/// What was measured.
#[derive(Debug, Clone)]
pub struct Measured {
    /// Answered requests.
    pub requests: u64,
    /// For how long.
    pub wall: Duration,
    /// CPU time of the server.
    pub cpu: Duration,
    /// Half of the requests were answered within this time.
    pub p50: Duration,
    /// 99 of 100 were.
    pub p99: Duration,
    /// Bytes of an answer's body.
    pub body: usize,
    /// Resident memory of the server afterwards, in MiB.
    pub memory: u64,
}

impl Measured {
    /// Requests per second of the server's CPU time.
    pub fn per_cpu_second(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
        let requests = self.requests as f64;
        requests / self.cpu.as_secs_f64().max(0.001)
    }

    /// Requests per second.
    pub fn per_second(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
        let requests = self.requests as f64;
        requests / self.wall.as_secs_f64()
    }
}

impl Load {
    /// Runs a scenario, after a short run that does not count.
    pub async fn run(&self, process: &Process, address: SocketAddr, scenario: &Scenario) -> Result<Measured, String> {
        self.drive(address, scenario, Duration::from_millis(500)).await?;
        let (begun, cpu) = (Instant::now(), process.cpu());
        let (mut latencies, body) = self.drive(address, scenario, self.lasts).await?;
        let (wall, cpu) = (begun.elapsed(), process.cpu().saturating_sub(cpu));
        latencies.sort_unstable();
        let at = |per_mille: usize| {
            latencies
                .get(latencies.len() * per_mille / 1000)
                .copied()
                .unwrap_or_default()
        };
        Ok(Measured {
            requests: latencies.len() as u64,
            wall,
            cpu,
            p50: at(500),
            p99: at(990),
            body,
            memory: process.memory(),
        })
    }

    async fn drive(
        &self,
        address: SocketAddr,
        scenario: &Scenario,
        lasts: Duration,
    ) -> Result<(Vec<Duration>, usize), String> {
        let until = Instant::now() + lasts;
        let mut connections = JoinSet::new();
        for _ in 0..self.connections {
            connections.spawn(connection(address, scenario.clone(), until));
        }
        let (mut latencies, mut body) = (Vec::new(), 0);
        while let Some(done) = connections.join_next().await {
            let (more, size) = done.map_err(|error| error.to_string())??;
            latencies.extend(more);
            body = size;
        }
        Ok((latencies, body))
    }
}

async fn connection(address: SocketAddr, scenario: Scenario, until: Instant) -> Result<(Vec<Duration>, usize), String> {
    let text = |error: hyper::Error| error.to_string();
    let stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
    stream.set_nodelay(true).map_err(|error| error.to_string())?;
    let (mut sender, driver) = http1::handshake::<_, Full<Bytes>>(TokioIo::new(stream))
        .await
        .map_err(text)?;
    tokio::spawn(driver);
    let (mut latencies, mut body) = (Vec::new(), 0);
    while Instant::now() < until {
        let begun = Instant::now();
        let response = sender.send_request(scenario.request()?).await.map_err(text)?;
        let status = response.status();
        let bytes = response.into_body().collect().await.map_err(text)?.to_bytes();
        if !status.is_success() {
            return Err(format!(
                "{}: {status} {}",
                scenario.name,
                String::from_utf8_lossy(&bytes)
            ));
        }
        latencies.push(begun.elapsed());
        body = bytes.len();
    }
    Ok((latencies, body))
}
