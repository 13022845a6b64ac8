//! One connection that is kept open.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls_pki_types::ServerName;
use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

/// A connection.
pub struct Connection(SendRequest<Full<Bytes>>);

/// An answer, read to its end.
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Connection {
    /// Connects.
    pub async fn open(address: SocketAddr) -> Result<Self, String> {
        let stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        Self::over(stream).await
    }

    async fn over<S>(stream: S) -> Result<Self, String>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (sender, driver) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| error.to_string())?;
        tokio::spawn(driver);
        Ok(Self(sender))
    }

    /// Connects over TLS, to a server of an authority that is trusted alone.
    pub async fn open_tls(address: SocketAddr, tls: &TlsConnector) -> Result<Self, String> {
        let text = |error: std::io::Error| error.to_string();
        let stream = TcpStream::connect(address).await.map_err(text)?;
        stream.set_nodelay(true).map_err(text)?;
        let name = ServerName::try_from("localhost").map_err(|error| error.to_string())?;
        Self::over(tls.connect(name, stream).await.map_err(text)?).await
    }

    /// Sends a request and waits for its answer.
    pub async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Answer, String> {
        let what = request.uri().path().to_owned();
        let text = |error: hyper::Error| format!("{what}: {error}");
        let (parts, body) = self.0.send_request(request).await.map_err(text)?.into_parts();
        Ok(Answer {
            status: parts.status,
            headers: parts.headers,
            body: body.collect().await.map_err(text)?.to_bytes(),
        })
    }
}

impl Answer {
    /// The answer, unless it is a refusal.
    pub fn expect(self, status: StatusCode) -> Result<Self, String> {
        if self.status == status {
            Ok(self)
        } else {
            Err(format!("{}: {}", self.status, String::from_utf8_lossy(&self.body)))
        }
    }

    /// A text of its JSON.
    pub fn text(&self, member: &str) -> Result<String, String> {
        let json: Value = serde_json::from_slice(&self.body).map_err(|error| error.to_string())?;
        let text = json.get(member).and_then(Value::as_str);
        text.map(str::to_owned).ok_or_else(|| format!("no {member} in {json}"))
    }
}
