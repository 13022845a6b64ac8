//! Accepts connections and serves HTTP/1.1 and HTTP/2 on them, within limits.
//!
//! Slow clients: a header must arrive within seconds, a TLS handshake too, and the body's reader has its own limit.

use std::{
    convert::Infallible,
    error::Error,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use hyper::{
    body::{Body, Frame, Incoming, SizeHint},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{
        conn::auto,
        graceful::{GracefulShutdown, Watcher},
    },
};
use protocol::{ClientCertificate, client_cert::MAX_CHAIN};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{Notify, Semaphore, watch},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use web::extract::Peer;

/// How long a client may take to send a request's header, or to finish a TLS handshake.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a connection without requests is kept at least.
const IDLE: Duration = Duration::from_mins(1);
/// How long requests in progress may take when the server stops.
pub const DRAIN: Duration = Duration::from_secs(10);
/// The largest request header, in bytes.
const MAX_HEADER: u32 = 32 * 1024;
/// Connections at once on one listener; more wait in the kernel's queue.
const MAX_CONNECTIONS: usize = 12_000;

/// A bound address, with or without TLS.
pub struct Listener {
    tcp: TcpListener,
    tls: Option<TlsAcceptor>,
}

impl Listener {
    /// Binds an address.
    pub async fn bind(address: SocketAddr, tls: Option<TlsAcceptor>) -> Result<Self, String> {
        let tcp = TcpListener::bind(address).await.map_err(|error| {
            format!("cannot listen on {address}: {error}; choose another address, or stop what uses it")
        })?;
        Ok(Self { tcp, tls })
    }

    /// The address, with the port that was chosen for port 0.
    pub fn address(&self) -> Option<SocketAddr> {
        self.tcp.local_addr().ok()
    }

    /// Serves until `stop` says so, then lets requests in progress finish. `answer` gets each request with its [`Peer`].
    pub async fn serve<F, A, B>(self, answer: F, mut stop: watch::Receiver<bool>)
    where
        F: Fn(Request<Incoming>) -> A + Clone + Send + 'static,
        A: Future<Output = Response<B>> + Send + 'static,
        B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + Unpin + 'static,
    {
        let graceful = GracefulShutdown::new();
        let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        loop {
            let place = tokio::select! {
                place = Arc::clone(&places).acquire_owned() => place,
                _ = stop.changed() => break,
            };
            let Ok(place) = place else { break };
            let (stream, peer) = tokio::select! {
                accepted = self.tcp.accept() => match accepted {
                    Ok(accepted) => accepted,
                    Err(error) => {
                        // Out of file descriptors, say: others will close theirs.
                        tracing::warn!(%error, "a connection cannot be accepted");
                        tokio::time::sleep(Duration::from_millis(50)).await;
                        continue;
                    }
                },
                _ = stop.changed() => break,
            };
            let _ = stream.set_nodelay(true);
            let (answer, tls, watcher) = (answer.clone(), self.tls.clone(), graceful.watcher());
            tokio::spawn(async move {
                let _place = place;
                match tls {
                    None => serve_connection(stream, (peer, None), answer, watcher).await,
                    Some(tls) => {
                        if let Some(stream) = handshake(tls, stream).await {
                            let certificate = certificate_of(&stream).map(Arc::new);
                            serve_connection(stream, (peer, certificate), answer, watcher).await;
                        }
                    }
                }
            });
        }
        drop(self.tcp);
        if tokio::time::timeout(DRAIN, graceful.shutdown()).await.is_err() {
            tracing::warn!("some requests were still running when the server stopped");
        }
    }
}

async fn handshake(tls: TlsAcceptor, stream: TcpStream) -> Option<TlsStream<TcpStream>> {
    match tokio::time::timeout(PATIENCE, tls.accept(stream)).await {
        Ok(Ok(stream)) => Some(stream),
        Ok(Err(error)) => {
            tracing::debug!(%error, "TLS handshake failed");
            None
        }
        Err(_) => None,
    }
}

/// The certificate that the client showed. More than a few others with it lead nowhere sooner.
fn certificate_of(stream: &TlsStream<TcpStream>) -> Option<ClientCertificate> {
    let (first, others) = stream.get_ref().1.peer_certificates()?.split_first()?;
    let others = others.iter().take(MAX_CHAIN);
    Some(ClientCertificate {
        der: first.to_vec(),
        intermediates: others.map(|other| other.to_vec()).collect(),
    })
}

/// Who is at the other end of a connection.
type Client = (SocketAddr, Option<Arc<ClientCertificate>>);

async fn serve_connection<S, F, A, B>(stream: S, client: Client, answer: F, watcher: Watcher)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    F: Fn(Request<Incoming>) -> A + Send + 'static,
    A: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + Unpin + 'static,
{
    let activity = Arc::new(Activity::default());
    let seen = Arc::clone(&activity);
    let service = service_fn(move |mut request: Request<Incoming>| {
        let (peer, certificate) = client.clone();
        let runs = seen.begin();
        request.extensions_mut().insert(Peer(peer));
        if let Some(certificate) = certificate {
            request.extensions_mut().insert(certificate);
        }
        let answered = answer(request);
        async move {
            let response = answered.await;
            Ok::<_, Infallible>(response.map(|body| Running { body, _runs: runs }))
        }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .max_buf_size(MAX_HEADER as usize);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(100)
        .max_header_list_size(MAX_HEADER)
        .keep_alive_interval(Duration::from_secs(30))
        .keep_alive_timeout(PATIENCE);
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
    let connection = connection.into_owned();
    tokio::select! {
        ended = watcher.watch(connection) => {
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended early");
            }
        }
        () = activity.stops() => tracing::debug!("no request came in time"),
    }
}

/// The body of an answer: while it is being sent, the connection is in use.
struct Running<B> {
    body: B,
    _runs: Arc<()>,
}

impl<B: Body + Unpin> Body for Running<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// What a connection is used for. hyper's limit of a header begins when the version of HTTP is known; who says nothing,
/// half of HTTP/2's preface, or nothing more but pings, would hold a place for ever.
#[derive(Default)]
struct Activity {
    first: Notify,
    begun: AtomicU64,
    running: Arc<()>,
}

impl Activity {
    /// A request begins; it runs until the body of its answer is dropped.
    fn begin(&self) -> Arc<()> {
        self.first.notify_one();
        self.begun.fetch_add(1, Ordering::Relaxed);
        Arc::clone(&self.running)
    }

    /// Ends when no first request came in time, or no further one for long.
    async fn stops(&self) {
        if tokio::time::timeout(PATIENCE, self.first.notified()).await.is_err() {
            return;
        }
        loop {
            let begun = self.begun.load(Ordering::Relaxed);
            tokio::time::sleep(IDLE).await;
            let is_idle = Arc::strong_count(&self.running) == 1;
            if is_idle && begun == self.begun.load(Ordering::Relaxed) {
                return;
            }
        }
    }
}
