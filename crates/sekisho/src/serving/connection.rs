//! Serves HTTP/1.1 and HTTP/2 on a connection, within limits.
//!
//! A header must arrive within seconds; the body's reader has its own limit. Who says nothing, half of HTTP/2's preface, or
//! nothing more but pings, does not hold a place for ever.
//!
//! Buffers and the state of HTTP take tens of kilobytes. A connection of HTTP/1.1 on which nothing was said for a moment
//! gives them up, and rests: there is the socket, and who waits for it. When something comes, it is served as if it were new.

use std::{convert::Infallible, error::Error, pin, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use hyper::{
    body::{Body, Incoming},
    server::conn::{http1, http2},
    service::Service,
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::{
    io::AsyncWriteExt as _,
    sync::watch,
    time::{Instant, Interval, MissedTickBehavior, interval_at, timeout_at},
};

use super::line::{Activity, Line};

#[cfg(test)]
mod tests;

/// How long a client may take to send a request's header, or to finish a TLS handshake.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// How long a connection without requests is kept.
const IDLE: Duration = Duration::from_mins(1);
/// How often it is looked whether a connection is used. If it was not at two of them, it rests.
const LOOK: Duration = Duration::from_millis(500);
/// The largest request header, in bytes.
const MAX_HEADER: u32 = 32 * 1024;

/// Since when no request has begun, nor was any being answered.
struct Quiet {
    begun: u64,
    since: Instant,
}

impl Quiet {
    /// How long it has been quiet, if it was quiet at the last look too.
    fn look(&mut self, activity: &Activity) -> Option<Duration> {
        let begun = activity.begun();
        if activity.is_running() || begun != self.begun {
            (self.begun, self.since) = (begun, Instant::now());
            return None;
        }
        Some(self.since.elapsed())
    }
}

/// Serves a connection until it ends, or `stop` is told and the request in progress is answered.
pub(super) async fn serve<S, B>(mut line: Line, mut service: S, activity: &Activity, mut stop: watch::Receiver<bool>)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: Send + 'static> + Send,
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let mut quiet = Quiet {
        begun: 0,
        since: Instant::now(),
    };
    let is_http2 = tokio::select! {
        spoken = timeout_at(quiet.since + PATIENCE, line.speaks_http2()) => spoken,
        _ = stop.changed() => return,
    };
    match is_http2 {
        Ok(Ok(false)) => {}
        Ok(Ok(true)) => return Box::pin(http2(line, service, (activity, quiet), stop)).await,
        Ok(Err(_)) | Err(_) => return tracing::debug!("no request came in time"),
    }
    loop {
        let served = Box::pin(http1(line, service, (activity, &mut quiet), &mut stop)).await;
        let Some(rest) = served else { return };
        (line, service) = rest;
        activity.set_rests(false);
        tokio::select! {
            said = timeout_at(quiet.since + IDLE, line.readable()) => {
                if matches!(said, Ok(Ok(()))) {
                    continue;
                }
            }
            _ = stop.changed() => {}
        }
        let _ = line.shutdown().await;
        return;
    }
}

/// Serves HTTP/1.1 until the connection ends (`None`) or rests.
async fn http1<S, B>(
    line: Line,
    service: S,
    (activity, quiet): (&Activity, &mut Quiet),
    stop: &mut watch::Receiver<bool>,
) -> Option<(Line, S)>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: Send + 'static> + Send,
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let mut builder = http1::Builder::new();
    builder.header_read_timeout(None).max_buf_size(MAX_HEADER as usize);
    let connection = builder.serve_connection(TokioIo::new(line), service);
    let mut connection = connection.with_upgrades();
    let mut looks = looks();
    let mut is_ending = false;
    loop {
        tokio::select! {
            biased;
            ended = &mut connection => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a connection ended early");
                    return None;
                }
                break;
            }
            _ = looks.tick() => {
                let Some(lasts) = quiet.look(activity) else { continue };
                let is_awaited = activity.begun() == 0 || activity.is_header_begun();
                if lasts >= if is_awaited { PATIENCE } else { IDLE } {
                    tracing::debug!("no request came in time");
                    return None;
                }
                if !is_ending && activity.can_rest() {
                    // What is not written yet still is.
                    activity.set_rests(true);
                    is_ending = true;
                    pin::Pin::new(&mut connection).graceful_shutdown();
                }
            }
            _ = stop.changed(), if !is_ending => {
                is_ending = true;
                pin::Pin::new(&mut connection).graceful_shutdown();
            }
        }
    }
    if !activity.rests() {
        return None;
    }
    let parts = connection.into_parts()?;
    Some((parts.io.into_inner().again(&parts.read_buf), parts.service))
}

/// Serves HTTP/2 until the connection ends.
async fn http2<S, B>(line: Line, service: S, (activity, mut quiet): (&Activity, Quiet), mut stop: watch::Receiver<bool>)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: Send + 'static> + Send,
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(100)
        .max_header_list_size(MAX_HEADER)
        .keep_alive_interval(Duration::from_secs(30))
        .keep_alive_timeout(PATIENCE);
    let mut connection = pin::pin!(builder.serve_connection(TokioIo::new(line), service));
    let mut looks = looks();
    let mut is_ending = false;
    loop {
        tokio::select! {
            biased;
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a connection ended early");
                }
                return;
            }
            _ = looks.tick() => {
                let limit = if activity.begun() == 0 { PATIENCE } else { IDLE };
                if quiet.look(activity).is_some_and(|lasts| lasts >= limit) {
                    return tracing::debug!("no request came in time");
                }
            }
            _ = stop.changed(), if !is_ending => {
                is_ending = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

/// When it is looked whether a connection is used.
fn looks() -> Interval {
    let mut looks = interval_at(Instant::now() + LOOK, LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    looks
}
