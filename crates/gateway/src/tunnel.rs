//! Other protocols over the same connection: WebSocket and its like.
//! Spec: RFC 9110 §7.8, RFC 6455 §4
//!
//! What is checked is the request that asks for it; what follows is carried in both directions as it comes, until both
//! sides have ended. Deliberately not: `h2c`, `HTTP/…` and `TLS/…`, by which requests would pass that nobody checks.

use http::{
    HeaderMap, HeaderValue, Request, Response, Version,
    header::{CONNECTION, UPGRADE},
};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::{
    io::copy_bidirectional,
    sync::{OwnedSemaphorePermit, watch},
};

use crate::{Upload, headers::lists, host::Lease};

/// A client that asks for another protocol.
pub(crate) struct Asked {
    client: OnUpgrade,
    protocol: HeaderValue,
}

/// Whether a request asks for another protocol that is carried here.
pub(crate) fn asked(request: &mut Request<Upload>) -> Option<Asked> {
    let headers = request.headers();
    let protocol = headers.get(UPGRADE)?.clone();
    let is_only = headers.get_all(UPGRADE).iter().nth(1).is_none();
    let is_asked = request.version() == Version::HTTP_11 && lists(headers, &CONNECTION, "upgrade");
    if !(is_asked && is_only && request.body().is_empty() && is_carried(&protocol)) {
        return None;
    }
    Some(Asked {
        client: hyper::upgrade::on(request),
        protocol,
    })
}

fn is_carried(protocol: &HeaderValue) -> bool {
    let Ok(protocol) = protocol.to_str() else {
        return false;
    };
    let protocol = protocol.trim().to_ascii_lowercase();
    let is_one = !protocol.is_empty() && !protocol.contains(',');
    is_one && protocol != "h2c" && !protocol.starts_with("http/") && !protocol.starts_with("tls/")
}

impl Asked {
    /// Asks the upstream for the same, when the headers of the client's hop are gone.
    pub fn write(&self, headers: &mut HeaderMap) {
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, self.protocol.clone());
    }

    /// Carries both directions, as soon as the client has the answer. Ends when both sides have ended, or the gateway
    /// stops: a connection like this has no end of its own to wait for.
    pub fn carry<B>(
        self,
        response: &mut Response<B>,
        lease: Lease,
        place: OwnedSemaphorePermit,
        mut stop: watch::Receiver<bool>,
    ) {
        let upstream = hyper::upgrade::on(response);
        tokio::spawn(async move {
            let _held = (lease, place);
            let (client, upstream) = match tokio::try_join!(self.client, upstream) {
                Ok(both) => both,
                Err(error) => return tracing::debug!(%error, "a connection was not upgraded"),
            };
            let (mut client, mut upstream) = (TokioIo::new(client), TokioIo::new(upstream));
            tokio::select! {
                copied = copy_bidirectional(&mut client, &mut upstream) => {
                    if let Err(error) = copied {
                        tracing::debug!(%error, "an upgraded connection ended early");
                    }
                }
                _ = stop.wait_for(|stop| *stop) => {}
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::is_carried;

    #[test]
    fn protocols_that_carry_unchecked_requests_are_not_carried() {
        for carried in ["websocket", "WebSocket", "my-protocol/1"] {
            assert!(is_carried(&HeaderValue::from_static(carried)), "{carried}");
        }
        for not in ["h2c", "H2C", "HTTP/2.0", "TLS/1.0", "websocket, h2c", ""] {
            assert!(!is_carried(&HeaderValue::from_static(not)), "{not}");
        }
    }
}
