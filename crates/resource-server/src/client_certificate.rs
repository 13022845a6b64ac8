//! The certificate with which a client connected.
//! Spec: RFC 8705 §3, §6.5, RFC 9440 §2 and §4
//!
//! Either this program terminates TLS itself and puts a [`ClientCertificate`] into each request's extensions, or a proxy
//! does and says so in `Client-Cert`. Those headers are taken from the proxies that the program names and from nobody
//! else: everybody else's are removed, so that no handler believes them.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::ConnectInfo;
use enforcement::Refusal;
use http::header::HeaderValue;
use http::request::Parts;
use protocol::ClientCertificate;
use protocol::client_cert::{CLIENT_CERT, CLIENT_CERT_CHAIN, read};

/// Finds the certificate. `proxies`: whose headers are believed.
pub(crate) fn take(parts: &mut Parts, proxies: &[IpAddr]) -> Result<Option<ClientCertificate>, Refusal> {
    let peer = parts
        .extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map(|info| info.0.ip());
    if peer.is_none() && !proxies.is_empty() {
        tracing::error!("whose Client-Cert this is, is not known: serve by into_make_service_with_connect_info");
    }
    let is_proxy = peer.is_some_and(|peer| proxies.contains(&peer.to_canonical()));
    if is_proxy {
        let values = |name| parts.headers.get_all(name).iter().map(HeaderValue::as_bytes);
        return Ok(read(values(CLIENT_CERT), values(CLIENT_CERT_CHAIN))?);
    }
    for name in [CLIENT_CERT, CLIENT_CERT_CHAIN] {
        parts.headers.remove(name);
    }
    let own = parts.extensions.get::<ClientCertificate>().cloned();
    Ok(own.or_else(|| {
        let shared = parts.extensions.get::<Arc<ClientCertificate>>();
        shared.map(|certificate| ClientCertificate::clone(certificate))
    }))
}
