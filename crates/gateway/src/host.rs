//! One upstream and the connections that are kept open to it.
//! Spec: RFC 9112 §9.3
//!
//! Over HTTP/1.1 a connection carries one exchange at a time. It is kept for the next one only when both messages came to
//! their end; hyper closes it when the upstream says anything between two answers, so that what an upstream sends too
//! much reaches nobody. Over HTTP/2 one connection carries all.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::{Request, Response};
use hyper::{
    body::Incoming,
    client::conn::{TrySendError, http1, http2},
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::time::Instant;

use crate::{
    Failure, Settings, Upload, Upstream, connection::Stream, failure::chain, progress::Progress, standing::Standing,
};

/// How long an unused connection is kept. Upstreams keep theirs for a minute or more, most of them.
const UNUSED: Duration = Duration::from_secs(45);
/// The largest head of an answer, and how much is read at once at most.
const BUFFER: usize = 64 * 1024;

/// An upstream.
pub(crate) struct Host {
    pub place: Upstream,
    pub standing: Standing,
    in_flight: AtomicUsize,
    unused: Mutex<VecDeque<Unused>>,
    shared: tokio::sync::Mutex<Option<http2::SendRequest<Upload>>>,
}

struct Unused {
    sender: http1::SendRequest<Upload>,
    since: Instant,
}

/// What sends a request.
pub(crate) enum Sender {
    One(http1::SendRequest<Upload>),
    Shared(http2::SendRequest<Upload>),
}

impl Sender {
    pub async fn send(
        &mut self,
        request: Request<Upload>,
    ) -> Result<Response<Incoming>, TrySendError<Request<Upload>>> {
        match self {
            Self::One(sender) => sender.try_send_request(request).await,
            Self::Shared(sender) => sender.try_send_request(request).await,
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

    /// A connection that was used before and can be used again.
    pub async fn used(&self, settings: &Settings) -> Option<Sender> {
        if settings.is_http2 {
            let shared = self.shared.lock().await;
            return shared
                .as_ref()
                .filter(|shared| !shared.is_closed())
                .cloned()
                .map(Sender::Shared);
        }
        let mut unused = self.unused.lock().unwrap_or_else(PoisonError::into_inner);
        // The newest first, so that the others grow old when there is less to do.
        let at = unused.iter().rposition(|unused| unused.sender.is_ready())?;
        unused.remove(at).map(|unused| Sender::One(unused.sender))
    }

    /// A new connection.
    pub async fn open(&self, settings: &Settings) -> Result<Sender, Failure> {
        if settings.is_http2 {
            return self.open_shared(settings).await;
        }
        let stream = Stream::open(&self.place, settings.tls.as_ref(), settings.patience.connect).await?;
        let mut builder = http1::Builder::new();
        builder.max_buf_size(BUFFER);
        let handshake = builder.handshake(TokioIo::new(stream)).await;
        let (sender, connection) = handshake.map_err(|error| Failure::Unreachable(chain(&error)))?;
        tokio::spawn(async move {
            if let Err(error) = connection.with_upgrades().await {
                tracing::debug!(%error, "a connection to an upstream ended early");
            }
        });
        Ok(Sender::One(sender))
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

    fn keep(&self, sender: http1::SendRequest<Upload>) {
        let since = Instant::now();
        let mut unused = self.unused.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = |unused: &Unused| unused.sender.is_closed() || since.duration_since(unused.since) > UNUSED;
        while unused.front().is_some_and(is_over) {
            unused.pop_front();
        }
        unused.push_back(Unused { sender, since });
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

    /// The answer came to its end.
    pub fn give_back(mut self) {
        let is_sent = self.upload.as_ref().is_none_or(|upload| upload.is_done());
        if let Some(Sender::One(sender)) = self.sender.take().filter(|_| is_sent) {
            self.host.keep(sender);
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
