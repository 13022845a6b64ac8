//! The proxy between raw sockets: upstreams that hang, reset, lie and stream slowly; clients that do as they like.

mod answers;
mod bodies;
mod failing;
mod http2;
mod requests;
mod upgrades;

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use http::{HeaderName, HeaderValue, Request, Response};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{mpsc, watch},
    time::timeout,
};

use crate::{Arrival, Backend, Body, Settings, Upload, Upstream, shape};

/// Longer than anything here may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// A limit that is to be reached.
const SHORT: Duration = Duration::from_millis(80);

/// Connections that an upstream gets, one by one.
struct Inside {
    address: SocketAddr,
    accepted: mpsc::UnboundedReceiver<TcpStream>,
}

impl Inside {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, accepted) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                if sender.send(stream).is_err() {
                    return;
                }
            }
        });
        Self { address, accepted }
    }

    fn place(&self) -> Upstream {
        Upstream::parse(&format!("http://{}", self.address)).unwrap()
    }

    async fn next(&mut self) -> Wire {
        Wire(timeout(PATIENCE, self.accepted.recv()).await.unwrap().unwrap())
    }

    /// Whether nobody has connected.
    fn is_alone(&mut self) -> bool {
        self.accepted.try_recv().is_err()
    }
}

/// A raw connection.
struct Wire(TcpStream);

impl Wire {
    async fn to(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.unwrap())
    }

    async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// Reads until this has come, and answers everything.
    async fn until(&mut self, end: &str) -> String {
        let mut read = Vec::new();
        let reading = async {
            while !read.ends_with(end.as_bytes()) {
                let mut byte = [0];
                let count = self.0.read(&mut byte).await.unwrap();
                assert_ne!(
                    count,
                    0,
                    "the connection ended after {:?}",
                    String::from_utf8_lossy(&read)
                );
                read.push(byte[0]);
            }
        };
        timeout(PATIENCE, reading).await.expect(end);
        String::from_utf8(read).unwrap()
    }

    async fn head(&mut self) -> String {
        self.until("\r\n\r\n").await
    }

    /// Everything up to the end of the connection; a reset is an end.
    async fn rest(&mut self) -> String {
        let mut read = Vec::new();
        let _ = timeout(PATIENCE, self.0.read_to_end(&mut read))
            .await
            .expect("the connection stays open");
        String::from_utf8(read).unwrap()
    }
}

/// A gateway before these upstreams.
fn before(upstreams: &[&Inside]) -> Settings {
    let places = upstreams.iter().map(|inside| inside.place()).collect();
    Settings::new(places, "api.example".parse().unwrap())
}

/// Starts a gateway that permits everything, and answers its address.
async fn start(settings: Settings) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = watch::channel(false);
    let backend = Arc::new(Backend::new(settings, stopped));
    tokio::spawn(async move {
        let _running = stop;
        while let Ok((stream, peer)) = listener.accept().await {
            let backend = Arc::clone(&backend);
            let service = service_fn(move |request| answer(Arc::clone(&backend), peer, request));
            tokio::spawn(async move {
                let builder = auto::Builder::new(TokioExecutor::new());
                let _ = builder
                    .serve_connection_with_upgrades(TokioIo::new(stream), service)
                    .await;
            });
        }
    });
    address
}

async fn answer(
    backend: Arc<Backend>,
    peer: SocketAddr,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    let host = match shape::check(&request) {
        Ok(host) => host,
        Err(misshapen) => return Ok(refusal(misshapen.status(), &misshapen.to_string())),
    };
    let arrival = Arrival {
        peer: peer.ip(),
        client: peer.ip(),
        host: &host,
        is_tls: false,
    };
    let identity = vec![(
        HeaderName::from_static("sekisho-subject"),
        HeaderValue::from_static("alice"),
    )];
    let target = request.uri().path_and_query().unwrap().clone();
    let forwarded = backend
        .forward(&mut request.map(Upload::from), target, &arrival, identity)
        .await;
    Ok(forwarded.unwrap_or_else(|failure| refusal(failure.status(), &failure.to_string())))
}

fn refusal(status: http::StatusCode, text: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(bytes::Bytes::from(text.to_owned())));
    *response.status_mut() = status;
    response
}

/// The lines of a head, without the first, sorted.
fn lines(head: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = head.trim_end().lines().skip(1).collect();
    lines.sort_unstable();
    lines
}
