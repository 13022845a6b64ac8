//! Raw bytes of a client, through the gateway, to an upstream that reads HTTP in a way of its own.
//!
//! Whatever a client sends, what the upstream finds are the requests that were forwarded, each with the method and the target
//! that were looked at, and nothing between or behind them. Each forwarded request is marked, so that one which the client has
//! hidden in another has no mark.

mod reader;
mod upstream;

use std::{
    cell::RefCell,
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use gateway::{Arrival, Backend, Body, Health, Patience, Settings, Upload, Upstream, shape};
use http::{HeaderName, HeaderValue, Request, Response, StatusCode, header::CONNECTION};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    runtime::{Builder, Runtime},
    sync::watch,
    time::timeout,
};

use self::upstream::Seen;

/// A gateway and its upstream, for all inputs: what one leaves behind, the next would find.
struct World {
    runtime: Runtime,
    backend: Arc<Backend>,
    seen: Arc<Seen>,
    _stop: watch::Sender<bool>,
}

thread_local! {
    static WORLD: RefCell<World> = RefCell::new(World::start());
}

/// What a client sends on one connection, all at once.
pub fn http(data: &[u8]) {
    WORLD.with_borrow(|world| {
        world.runtime.block_on(world.connection(data));
        if let Some(violation) = world.seen.violation() {
            panic!("{violation}");
        }
    });
}

impl World {
    fn start() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.unwrap_or_else(|error| panic!("{error}"));
        let seen = Arc::new(Seen::default());
        let address = runtime.block_on(upstream::start(Arc::clone(&seen)));
        let (stop, stopped) = watch::channel(false);
        let backend = runtime.block_on(async { Backend::new(settings(address), stopped) });
        Self {
            runtime,
            backend: Arc::new(backend),
            seen,
            _stop: stop,
        }
    }

    async fn connection(&self, data: &[u8]) {
        let (mut client, server) = tokio::io::duplex(64 * 1024);
        let service = service_fn(|request| forward(Arc::clone(&self.backend), Arc::clone(&self.seen), request));
        let serving = http1::Builder::new().serve_connection(TokioIo::new(server), service);
        let calling = async {
            let _ = client.write_all(data).await;
            let _ = client.shutdown().await;
            let mut answers = Vec::new();
            let _ = client.read_to_end(&mut answers).await;
        };
        let both = async { tokio::join!(serving, calling) };
        // Nothing here takes long; what waits for more than the client sends is cut off.
        let _ = timeout(Duration::from_secs(3), both).await;
    }
}

fn settings(address: SocketAddr) -> Settings {
    let place = Upstream::parse(&format!("http://{address}"));
    let host = "api.example".parse();
    let (Some(place), Ok(host)) = (place, host) else {
        panic!("an address and a host");
    };
    let short = Duration::from_millis(300);
    Settings {
        patience: Patience {
            connect: Duration::from_secs(1),
            first_byte: Duration::from_secs(1),
            idle: short,
            whole: None,
        },
        health: None::<Health>,
        ..Settings::new(vec![place], host)
    }
}

async fn forward(
    backend: Arc<Backend>,
    seen: Arc<Seen>,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    let Ok(host) = shape::check(&request) else {
        return Ok(refused(StatusCode::BAD_REQUEST));
    };
    let Some(target) = request.uri().path_and_query().cloned() else {
        return Ok(refused(StatusCode::BAD_REQUEST));
    };
    let mark = seen.expect(request.method().as_str(), target.as_str());
    let identity = vec![(HeaderName::from_static(upstream::MARK), HeaderValue::from(mark))];
    let local = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let arrival = Arrival {
        peer: local,
        client: local,
        host: &host,
        is_tls: false,
    };
    let answered = backend
        .forward(&mut request.map(Upload::from), target, &arrival, identity)
        .await;
    Ok(answered.unwrap_or_else(|failure| refused(failure.status())))
}

fn refused(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::default());
    *response.status_mut() = status;
    // As a careful gateway does: what is behind a request that was not understood is not read.
    response
        .headers_mut()
        .insert(CONNECTION, HeaderValue::from_static("close"));
    response
}
