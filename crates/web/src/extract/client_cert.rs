//! The certificate with which a client connected: to this server, or to a proxy that says so.
//!
//! Spec: RFC 9440 §2.4, §4, RFC 9700 §4.13
//!
//! Accepted: the headers of the proxies that `[proxy] client_cert` names. From everybody else they are taken off, as if
//! they had never been there. Behind such a proxy the connection's own certificate is the proxy's, not the client's.

use std::{net::IpAddr, sync::Arc};

use axum::{extract::Request, http::HeaderMap};
use protocol::{
    ClientCertificate,
    client_cert::{CLIENT_CERT, CLIENT_CERT_CHAIN, ClientCertError, read},
};

use super::Proxies;

/// Puts into the request what a proxy says of the client's certificate; the listener has put there what it saw itself.
pub fn take(proxies: &Proxies, peer: Option<IpAddr>, request: &mut Request) -> Result<(), ClientCertError> {
    let is_proxy = peer.is_some_and(|peer| proxies.client_cert.iter().any(|network| network.contains(peer)));
    let told = is_proxy.then(|| from_headers(request.headers())).transpose()?;
    for name in [CLIENT_CERT, CLIENT_CERT_CHAIN] {
        request.headers_mut().remove(name);
    }
    if let Some(certificate) = told {
        request.extensions_mut().remove::<Arc<ClientCertificate>>();
        if let Some(certificate) = certificate {
            request.extensions_mut().insert(Arc::new(certificate));
        }
    }
    Ok(())
}

fn from_headers(headers: &HeaderMap) -> Result<Option<ClientCertificate>, ClientCertError> {
    let values = |name| headers.get_all(name).iter().map(|value| value.as_bytes());
    read(values(CLIENT_CERT), values(CLIENT_CERT_CHAIN))
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::HeaderName};

    use super::{super::Network, *};

    const PROXY: &str = "10.1.0.7";

    fn taken(peer: &str, headers: &[(&str, &str)], own: Option<u8>) -> Result<Option<Vec<u8>>, ClientCertError> {
        let proxies = Proxies {
            client_cert: vec![Network::parse(PROXY).unwrap()],
            ..Proxies::default()
        };
        let mut request = Request::new(Body::empty());
        for (name, value) in headers {
            let name: HeaderName = name.parse().unwrap();
            request.headers_mut().append(name, value.parse().unwrap());
        }
        if let Some(own) = own {
            let own = ClientCertificate {
                der: vec![own],
                intermediates: Vec::new(),
            };
            request.extensions_mut().insert(Arc::new(own));
        }
        take(&proxies, peer.parse().ok(), &mut request)?;
        assert!(!request.headers().contains_key(CLIENT_CERT) && !request.headers().contains_key(CLIENT_CERT_CHAIN));
        let found = request.extensions().get::<Arc<ClientCertificate>>();
        Ok(found.map(|certificate| certificate.der.clone()))
    }

    // Conformance: BCP-28 MTLS-10
    #[test]
    fn only_a_proxy_that_is_named_says_which_certificate_it_was() {
        let headers = [(CLIENT_CERT, ":MAA=:"), (CLIENT_CERT_CHAIN, ":MAE=:")];
        assert_eq!(taken(PROXY, &headers, None), Ok(Some(vec![0x30, 0])));
        assert_eq!(taken("10.1.0.8", &headers, None), Ok(None));
        assert_eq!(taken("10.1.0.8", &headers, Some(7)), Ok(Some(vec![7])));
        assert_eq!(taken("10.1.0.8", &[(CLIENT_CERT, "x")], Some(7)), Ok(Some(vec![7])));
    }

    #[test]
    fn the_certificate_of_the_proxy_itself_is_not_the_clients() {
        assert_eq!(taken(PROXY, &[], Some(7)), Ok(None));
        assert_eq!(
            taken(PROXY, &[(CLIENT_CERT, ":MAA=:")], Some(7)),
            Ok(Some(vec![0x30, 0]))
        );
    }

    #[test]
    fn what_a_proxy_says_badly_is_refused() {
        assert_eq!(
            taken(PROXY, &[(CLIENT_CERT, "x")], None),
            Err(ClientCertError::Malformed)
        );
        let twice = [(CLIENT_CERT, ":MAA=:"), (CLIENT_CERT, ":MAA=:")];
        assert_eq!(taken(PROXY, &twice, None), Err(ClientCertError::Twice));
    }
}
