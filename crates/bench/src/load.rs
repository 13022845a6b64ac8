//! A closed loop: every connection takes its next turn when the last one is done.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

use crate::{connection::Connection, process::Process};

/// How hard and how long.
pub struct Load {
    /// How many connections.
    pub connections: usize,
    /// How long.
    pub lasts: Duration,
}

/// What one connection does again and again.
pub trait Turn: Clone + Send + 'static {
    /// Does it once; answers how many bytes the last body had.
    fn take(&mut self, connection: &mut Connection) -> impl Future<Output = Result<usize, String>> + Send;
}

/// What was measured.
#[derive(Debug, Clone)]
pub struct Measured {
    /// How many turns were taken.
    pub turns: u64,
    /// For how long.
    pub wall: Duration,
    /// CPU time of the server.
    pub cpu: Duration,
    /// Half of the turns took no longer than this.
    pub p50: Duration,
    /// 99 of 100 did.
    pub p99: Duration,
    /// Bytes of the last body.
    pub body: usize,
    /// Resident memory of the server afterwards, in MiB.
    pub memory: u64,
}

impl Measured {
    /// Turns per second of the server's CPU time.
    pub fn per_cpu_second(&self) -> f64 {
        count(self.turns) / self.cpu.as_secs_f64().max(0.001)
    }

    /// Turns per second.
    pub fn per_second(&self) -> f64 {
        count(self.turns) / self.wall.as_secs_f64()
    }
}

/// A number of things, for arithmetic.
#[expect(clippy::cast_precision_loss, reason = "figures for people")]
pub fn count(things: u64) -> f64 {
    things as f64
}

impl Load {
    /// Lets the connections take turns, after a short run that does not count. `turns` are dealt out to them.
    pub async fn run<T: Turn>(&self, process: &Process, turns: &[T]) -> Result<Measured, String> {
        self.drive(process, turns, Duration::from_millis(500)).await?;
        let (begun, cpu) = (Instant::now(), process.cpu());
        let (mut latencies, body) = self.drive(process, turns, self.lasts).await?;
        let (wall, cpu) = (begun.elapsed(), process.cpu().saturating_sub(cpu));
        latencies.sort_unstable();
        let at = |per_mille: usize| {
            latencies
                .get(latencies.len() * per_mille / 1000)
                .copied()
                .unwrap_or_default()
        };
        Ok(Measured {
            turns: latencies.len() as u64,
            wall,
            cpu,
            p50: at(500),
            p99: at(990),
            body,
            memory: process.memory(),
        })
    }

    async fn drive<T: Turn>(
        &self,
        process: &Process,
        turns: &[T],
        lasts: Duration,
    ) -> Result<(Vec<Duration>, usize), String> {
        let until = Instant::now() + lasts;
        // Who sends requests never sleeps: to wake a sleeper costs the one who wakes, here the server, more than a small
        // answer does, and a server that keeps the load busy would not pay for it.
        let awake = tokio::spawn(async {
            loop {
                tokio::task::yield_now().await;
            }
        });
        let mut connections = JoinSet::new();
        for turn in turns.iter().cycle().take(self.connections) {
            connections.spawn(take_turns(
                Connection::open(process.address()).await?,
                turn.clone(),
                until,
            ));
        }
        let (mut latencies, mut body) = (Vec::new(), 0);
        while let Some(done) = connections.join_next().await {
            let (more, size) = done.map_err(|error| error.to_string())??;
            latencies.extend(more);
            body = size;
        }
        awake.abort();
        Ok((latencies, body))
    }
}

async fn take_turns<T: Turn>(
    mut connection: Connection,
    mut turn: T,
    until: Instant,
) -> Result<(Vec<Duration>, usize), String> {
    let (mut latencies, mut body) = (Vec::new(), 0);
    while Instant::now() < until {
        let begun = Instant::now();
        body = turn.take(&mut connection).await?;
        latencies.push(begun.elapsed());
    }
    Ok((latencies, body))
}
