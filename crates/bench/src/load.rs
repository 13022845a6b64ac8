//! Load: as much as the server takes, and at a fixed rate.

use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{task::JoinHandle, task::JoinSet};

use crate::{connection::Connection, latencies::Latencies, limits::per_second, process::Subject, schedule::Schedule};

/// What does not count, at the beginning.
const WARM_UP: Duration = Duration::from_millis(500);

/// In how many turns something is measured beside something else.
const TURNS: u32 = 8;

/// How hard and how long.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// How many connections.
    pub connections: usize,
    /// How long.
    pub lasts: Duration,
}

/// What one connection does again and again. Clones go on where the others were: what changes is shared.
pub trait Turn: Clone + Send + 'static {
    /// Does it once; answers how many bytes the last body had.
    fn take(&mut self, connection: &mut Connection) -> impl Future<Output = Result<usize, String>> + Send;
}

/// What was measured.
#[derive(Debug, Clone, Default)]
pub struct Measured {
    /// For how long.
    pub wall: Duration,
    /// CPU time of the server.
    pub cpu: Duration,
    /// How long the turns took, as fast as the connections could take them.
    pub saturated: Latencies,
    /// The same at half of the rate, from when they were due.
    pub half: Option<Latencies>,
    /// Bytes of the last body.
    pub body: usize,
    /// Resident memory of the server afterwards, in bytes.
    pub memory: u64,
}

impl Measured {
    /// Turns per second of the server's CPU time.
    pub fn per_cpu_second(&self) -> f64 {
        count(self.saturated.count()) / self.cpu.as_secs_f64().max(0.001)
    }

    /// Whether it is known what CPU time the server used.
    pub fn has_cpu(&self) -> bool {
        !self.cpu.is_zero()
    }

    /// CPU time of a turn.
    pub fn cost(&self) -> Duration {
        self.cpu.div_f64(count(self.saturated.count().max(1)))
    }

    /// This, and what was measured later.
    pub fn then(self, later: Self) -> Self {
        Self {
            wall: self.wall + later.wall,
            cpu: self.cpu + later.cpu,
            saturated: self.saturated.then(later.saturated),
            ..later
        }
    }

    /// Turns per second.
    pub fn per_second(&self) -> f64 {
        count(self.saturated.count()) / self.wall.as_secs_f64().max(0.001)
    }
}

/// A number of things, for arithmetic.
#[expect(clippy::cast_precision_loss, reason = "figures for people")]
pub fn count(things: u64) -> f64 {
    things as f64
}

/// While it lives, whoever sends requests never sleeps: to wake a sleeper costs the one who wakes, here the server, more
/// than a small answer does, and a server that keeps the load busy would not pay for it.
pub struct Awake(JoinHandle<()>);

impl Awake {
    /// From now on.
    pub fn now() -> Self {
        Self(tokio::spawn(async {
            loop {
                tokio::task::yield_now().await;
            }
        }))
    }
}

impl Drop for Awake {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Load {
    /// Lets the connections take turns as fast as they can, then at half of that rate. `turns` are dealt out to them.
    pub async fn measure<T: Turn>(&self, subject: &(impl Subject + ?Sized), turns: &[T]) -> Result<Measured, String> {
        let measured = self.saturate(subject, turns).await?;
        self.at_half(measured, subject, turns).await
    }

    /// As [`measure`](Self::measure), and how often per second of CPU time the other thing could be done; `other` answers
    /// what that costs, when it has heard how many bytes a body has.
    pub async fn beside<T: Turn>(
        &self,
        subject: &(impl Subject + ?Sized),
        turns: &[T],
        other: impl AsyncFnMut(Self, usize) -> Result<Duration, String>,
    ) -> Result<(Measured, f64), String> {
        let saturate = async |load: Self| load.saturate(subject, turns).await;
        let (measured, limit) = self.by_turns(saturate, other).await?;
        Ok((self.at_half(measured, subject, turns).await?, limit))
    }

    /// What was measured, with the times at half of its rate.
    async fn at_half<T: Turn>(
        &self,
        measured: Measured,
        subject: &(impl Subject + ?Sized),
        turns: &[T],
    ) -> Result<Measured, String> {
        let half = self.at_rate(subject, turns, measured.per_second() / 2.0).await?;
        Ok(Measured {
            half: Some(half),
            memory: subject.memory(),
            ..measured
        })
    }

    /// Two things by turns: a machine that others use too does not run equally fast at all times.
    pub async fn by_turns(
        &self,
        mut ours: impl AsyncFnMut(Self) -> Result<Measured, String>,
        mut other: impl AsyncFnMut(Self, usize) -> Result<Duration, String>,
    ) -> Result<(Measured, f64), String> {
        let (mut measured, mut limit) = (Measured::default(), 0.0);
        for turn in self.turns() {
            measured = measured.then(ours(turn).await?);
            limit += per_second(other(turn, measured.body).await?) / f64::from(TURNS);
        }
        Ok((measured, limit))
    }

    /// The same in several parts.
    pub fn turns(self) -> impl Iterator<Item = Self> {
        let lasts = self.lasts / TURNS;
        (0..TURNS).map(move |_| Self { lasts, ..self })
    }

    /// Lets the connections take turns as fast as they can, after a short run that does not count.
    pub async fn saturate<T: Turn>(&self, subject: &(impl Subject + ?Sized), turns: &[T]) -> Result<Measured, String> {
        self.closed(subject, turns, WARM_UP.min(self.lasts / 2)).await?;
        let (begun, cpu) = (Instant::now(), subject.cpu());
        let (saturated, body) = self.closed(subject, turns, self.lasts).await?;
        Ok(Measured {
            wall: begun.elapsed(),
            cpu: subject.cpu().saturating_sub(cpu),
            saturated,
            half: None,
            body,
            memory: subject.memory(),
        })
    }

    /// Takes turns at a fixed rate. Each time counts from when the turn was due, so that one that had to wait for others is
    /// seen to have waited.
    pub async fn at_rate<T: Turn>(
        &self,
        subject: &(impl Subject + ?Sized),
        turns: &[T],
        per_second: f64,
    ) -> Result<Latencies, String> {
        let _awake = Awake::now();
        let connections = self.open(subject, turns).await?;
        let schedule = Arc::new(Schedule::new(per_second, self.lasts));
        let mut working = JoinSet::new();
        for (connection, turn) in connections {
            working.spawn(keep_schedule(connection, turn, Arc::clone(&schedule)));
        }
        gather(working).await.map(|(latencies, _)| latencies)
    }

    async fn closed<T: Turn>(
        &self,
        subject: &(impl Subject + ?Sized),
        turns: &[T],
        lasts: Duration,
    ) -> Result<(Latencies, usize), String> {
        let _awake = Awake::now();
        let connections = self.open(subject, turns).await?;
        let until = Instant::now() + lasts;
        let mut working = JoinSet::new();
        for (connection, turn) in connections {
            working.spawn(take_turns(connection, turn, until));
        }
        gather(working).await
    }

    async fn open<T: Turn>(
        &self,
        subject: &(impl Subject + ?Sized),
        turns: &[T],
    ) -> Result<Vec<(Connection, T)>, String> {
        let mut opened = Vec::new();
        for turn in turns.iter().cycle().take(self.connections) {
            opened.push((Connection::open(subject.address()).await?, turn.clone()));
        }
        Ok(opened)
    }
}

/// How long each turn took, with the part of the run that it belongs to, and bytes of the last body.
type Taken = Result<(Vec<(u32, Duration)>, usize), String>;

async fn gather(mut working: JoinSet<Taken>) -> Result<(Latencies, usize), String> {
    let (mut latencies, mut body) = (Vec::new(), 0);
    while let Some(done) = working.join_next().await {
        let (more, size) = done.map_err(|error| error.to_string())??;
        latencies.extend(more);
        body = body.max(size);
    }
    Ok((Latencies::in_parts(latencies), body))
}

async fn take_turns<T: Turn>(mut connection: Connection, mut turn: T, until: Instant) -> Taken {
    let (mut latencies, mut body) = (Vec::new(), 0);
    while Instant::now() < until {
        let begun = Instant::now();
        body = turn.take(&mut connection).await?;
        latencies.push((0, begun.elapsed()));
    }
    Ok((latencies, body))
}

async fn keep_schedule<T: Turn>(mut connection: Connection, mut turn: T, schedule: Arc<Schedule>) -> Taken {
    let (mut latencies, mut body) = (Vec::new(), 0);
    while let Some((due, part)) = schedule.take() {
        // Timers are too coarse: a millisecond late is longer than many answers take.
        while schedule.now() < due {
            tokio::task::yield_now().await;
        }
        body = turn.take(&mut connection).await?;
        latencies.push((part, schedule.now().saturating_sub(due)));
    }
    Ok((latencies, body))
}
