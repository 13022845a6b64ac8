//! Accepts connections, so many at once, and ends well.

use std::{convert::Infallible, error::Error, net::SocketAddr, sync::Arc, time::Duration};

use ::gateway::Stream;
use bytes::Bytes;
use http::{Request, Response};
use hyper::{
    body::{Body, Incoming},
    service::service_fn,
};
use protocol::{ClientCertificate, client_cert::MAX_CHAIN};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use web::extract::Peer;

use super::{
    connection,
    line::{Activity, Line, Running},
};

/// How long requests in progress may take when the server stops.
pub const DRAIN: Duration = Duration::from_secs(10);
/// Connections at once on one listener; more wait in the kernel's queue.
const MAX_CONNECTIONS: u32 = 12_000;

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
        let places = Arc::new(Semaphore::new(MAX_CONNECTIONS as usize));
        let stopped = stop.clone();
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
            let (answer, tls, mut stopped) = (answer.clone(), self.tls.clone(), stopped.clone());
            tokio::spawn(async move {
                let _place = place;
                let (stream, certificate) = match tls {
                    None => (Stream::Plain(stream), None),
                    Some(tls) => {
                        let handshake = tokio::select! {
                            handshake = Box::pin(handshake(tls, stream)) => handshake,
                            _ = stopped.changed() => None,
                        };
                        let Some((stream, certificate)) = handshake else { return };
                        (stream, certificate)
                    }
                };
                serve(stream, (peer, certificate), answer, stopped).await;
            });
        }
        drop(self.tcp);
        // Each connection holds a place until it has ended.
        let ended = places.acquire_many(MAX_CONNECTIONS);
        if tokio::time::timeout(DRAIN, ended).await.is_err() {
            tracing::warn!("some requests were still running when the server stopped");
        }
    }
}

/// Who is at the other end of a connection.
type Client = (SocketAddr, Option<Arc<ClientCertificate>>);

async fn handshake(tls: TlsAcceptor, stream: TcpStream) -> Option<(Stream, Option<Arc<ClientCertificate>>)> {
    match tokio::time::timeout(connection::PATIENCE, tls.accept(stream)).await {
        Ok(Ok(stream)) => {
            let certificate = certificate_of(&stream).map(Arc::new);
            Some((Stream::Tls(Box::new(stream.into())), certificate))
        }
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

async fn serve<F, A, B>(stream: Stream, client: Client, answer: F, stop: watch::Receiver<bool>)
where
    F: Fn(Request<Incoming>) -> A + Send + 'static,
    A: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + Unpin + 'static,
{
    let activity = Arc::new(Activity::default());
    let line = Line::new(stream, Arc::clone(&activity));
    let seen = Arc::clone(&activity);
    let service = service_fn(move |mut request: Request<Incoming>| {
        let run = seen.begin(&request);
        let (peer, certificate) = client.clone();
        request.extensions_mut().insert(Peer(peer));
        if let Some(certificate) = certificate {
            request.extensions_mut().insert(certificate);
        }
        let answered = answer(request);
        async move { Ok::<_, Infallible>(answered.await.map(|body| Running::new(body, run))) }
    });
    connection::serve(line, service, &activity, stop).await;
}
