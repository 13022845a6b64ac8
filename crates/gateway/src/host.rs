//! One upstream and the connections that are kept open to it.
//! Spec: RFC 9112 §9.3
//!
//! Over HTTP/1.1 a connection carries one exchange at a time. It is kept for the next one only when both messages came to
//! their end; it is given up when the upstream has said anything between two answers, so that what an upstream sends too
//! much reaches nobody. Over HTTP/2 one connection carries all.

use std::{
    collections::VecDeque,
    future::poll_fn,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::Context,
    time::Duration,
};

use http::Request;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::time::Instant;

use crate::{
    Failure, Settings, Upload, Upstream,
    connection::Stream,
    failure::chain,
    progress::Progress,
    standing::Standing,
    wire::{Sending, Sent, Wire},
};

/// How long an unused connection is kept. Upstreams keep theirs for a minute or more, most of them.
const UNUSED: Duration = Duration::from_secs(45);

/// An upstream.
pub(crate) struct Host {
    pub place: Upstream,
    pub standing: Standing,
    in_flight: AtomicUsize,
    unused: Mutex<VecDeque<Unused>>,
    shared: tokio::sync::Mutex<Option<http2::SendRequest<Upload>>>,
}

struct Unused {
    wire: Wire,
    since: Instant,
}

/// What sends a request.
pub(crate) enum Sender {
    One(Wire),
    Shared(http2::SendRequest<Upload>),
}

impl Sender {
    /// Sends a request, and waits for the head of its answer.
    pub fn send(&mut self, request: Request<Upload>) -> impl Future<Output = Sent> + Unpin {
        let mut sending: Sending = match self {
            Self::One(wire) => wire.send(request),
            Self::Shared(sender) => Box::pin(sender.try_send_request(request)),
        };
        poll_fn(move |cx| {
            self.drive(cx);
            sending.as_mut().poll(cx)
        })
    }

    /// Lets the connection go on, unless it has a task of its own.
    fn drive(&mut self, cx: &mut Context<'_>) {
        if let Self::One(wire) = self {
            wire.drive(cx);
        }
    }
}

impl Host {
    pub fn new(place: Upstream) -> Self {
        Self {
            place,
            standing: Standing::new(),
            in_flight: AtomicUsize::new(0),
            unused: Mutex::default(),
            shared: tokio::sync::Mutex::default(),
        }
    }

    /// How many exchanges are going on there.
    pub fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// A connection that was used before, for the next request.
    pub async fn used(&self, settings: &Settings) -> Option<Sender> {
        if settings.is_http2 {
            let shared = self.shared.lock().await;
            return shared
                .as_ref()
                .filter(|shared| !shared.is_closed())
                .cloned()
                .map(Sender::Shared);
        }
        loop {
            // The newest first, so that the others grow old when there is less to do. Whether its upstream has closed it, or has said
            // anything unasked, is seen before a request is written: hyper reads first.
            let newest = self.unused().pop_back();
            let wire = newest?.wire;
            if wire.is_idle() {
                return Some(Sender::One(wire));
            }
        }
    }

    /// A new connection.
    pub async fn open(&self, settings: &Settings) -> Result<Sender, Failure> {
        if settings.is_http2 {
            return self.open_shared(settings).await;
        }
        let stream = Stream::open(&self.place, settings.tls.as_ref(), settings.patience.connect).await?;
        Ok(Sender::One(Wire::open(stream).await?))
    }

    /// Whoever comes while it is being opened gets the same.
    async fn open_shared(&self, settings: &Settings) -> Result<Sender, Failure> {
        let mut shared = self.shared.lock().await;
        if let Some(open) = shared.as_ref().filter(|shared| !shared.is_closed()) {
            return Ok(Sender::Shared(open.clone()));
        }
        let stream = Stream::open(&self.place, settings.tls.as_ref(), settings.patience.connect).await?;
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .keep_alive_interval(Duration::from_secs(30))
            .keep_alive_timeout(Duration::from_secs(10));
        let handshake = builder.handshake(TokioIo::new(stream)).await;
        let (sender, connection) = handshake.map_err(|error| Failure::Unreachable(chain(&error)))?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to an upstream ended early");
            }
        });
        *shared = Some(sender.clone());
        Ok(Sender::Shared(sender))
    }

    fn unused(&self) -> MutexGuard<'_, VecDeque<Unused>> {
        self.unused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, wire: Wire) {
        let since = Instant::now();
        self.unused().push_back(Unused { wire, since });
    }

    /// Gives up connections that were not used for long, and those that the upstream has closed.
    pub fn sweep(&self) {
        let mut unused = self.unused();
        while unused.front().is_some_and(|oldest| oldest.since.elapsed() > UNUSED) {
            if let Some(oldest) = unused.pop_front() {
                oldest.wire.finish();
            }
        }
        unused.retain_mut(|unused| unused.wire.is_ready());
    }
}

/// An exchange that is going on: it counts at its upstream, and gives its connection back when it comes to its end.
pub(crate) struct Lease {
    host: Arc<Host>,
    pub sender: Option<Sender>,
    upload: Option<Arc<Progress>>,
}

impl Lease {
    pub fn new(host: Arc<Host>, upload: Option<Arc<Progress>>) -> Self {
        host.in_flight.fetch_add(1, Ordering::Relaxed);
        Self {
            host,
            sender: None,
            upload,
        }
    }

    /// The attempt came to nothing; its body is for the next one.
    pub fn passes_on(mut self) {
        self.upload = None;
    }

    /// Lets the connection go on, if nobody else does.
    pub fn drive(&mut self, cx: &mut Context<'_>) {
        if let Some(sender) = &mut self.sender {
            sender.drive(cx);
        }
    }

    /// The head of an answer is there, and its body is to come. If the rest of the request is too, both go on side by side: a
    /// client may send all of it before it reads anything.
    pub fn answered(&mut self) {
        let is_sent = self.is_sent();
        if let Some(Sender::One(wire)) = self.sender.as_mut().filter(|_| !is_sent) {
            wire.detach();
        }
    }

    /// Whether the request was read to its end.
    fn is_sent(&self) -> bool {
        self.upload.as_ref().is_none_or(|upload| upload.is_done())
    }

    /// The answer came to its end. An upstream may answer before it has taken the whole request, and take the rest then.
    pub fn give_back(mut self) {
        let is_sent = self.is_sent();
        if let Some(Sender::One(mut wire)) = self.sender.take().filter(|_| is_sent) {
            if wire.is_idle() || wire.is_ready() {
                self.host.keep(wire);
            } else {
                wire.finish();
            }
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.host.in_flight.fetch_sub(1, Ordering::Relaxed);
        if let Some(upload) = self.upload.as_ref().filter(|upload| !upload.is_done()) {
            upload.abandon();
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
        time::{Duration, timeout},
    };

    use super::*;

    #[tokio::test]
    async fn an_unused_connection_is_kept_until_the_upstream_closes_it() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let place = Upstream::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let settings = Settings::new(vec![place.clone()], "a".parse().unwrap());
        let host = Arc::new(Host::new(place));
        let mut lease = Lease::new(Arc::clone(&host), None);
        let sender = lease.sender.insert(host.open(&settings).await.ok().unwrap());
        let (mut upstream, _) = listener.accept().await.unwrap();
        let mut head = [0; 1024];
        let (answer, ()) = tokio::join!(sender.send(Request::new(Upload::empty())), async {
            assert_ne!(upstream.read(&mut head).await.unwrap(), 0);
            upstream.write_all(b"HTTP/1.1 204 No\r\n\r\n").await.unwrap();
        });
        assert_eq!(answer.unwrap().status(), 204);
        lease.give_back();
        host.sweep();
        let Some(Sender::One(wire)) = host.used(&settings).await else {
            panic!("it is kept")
        };
        host.keep(wire);

        upstream.shutdown().await.unwrap();
        let is_swept = async {
            while !host.unused().is_empty() {
                tokio::task::yield_now().await;
                host.sweep();
            }
        };
        timeout(Duration::from_secs(20), is_swept)
            .await
            .expect("it is given up");
        assert_eq!(upstream.read(&mut head).await.unwrap(), 0, "the upstream sees that");
        assert!(host.used(&settings).await.is_none());
    }
}
