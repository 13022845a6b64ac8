//! The certificate with which a client connected: to this server, or to a proxy that says so.
//!
//! Spec: RFC 9440 §2.4, §4, RFC 9700 §4.13, RFC 8473 §2
//!
//! Likewise the keys of Token Binding, which only such a proxy can have negotiated.
//!
//! Accepted: the headers of the proxies that `[proxy] client_cert` names. From everybody else they are taken off, as if
//! they had never been there. Behind such a proxy the connection's own certificate is the proxy's, not the client's.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue},
};
use protocol::{
    ClientCertificate,
    client_cert::{CLIENT_CERT, CLIENT_CERT_CHAIN, ClientCertError, read},
    token_binding::{SEC_PROVIDED_ID, SEC_REFERRED_ID, SEC_TOKEN_BINDING, TokenBindingError, TokenBindings},
};

use super::Proxies;

/// What only such a proxy may say.
static PROXYS_OWN: [HeaderName; 5] = [
    HeaderName::from_static(CLIENT_CERT),
    HeaderName::from_static(CLIENT_CERT_CHAIN),
    HeaderName::from_static(SEC_PROVIDED_ID),
    HeaderName::from_static(SEC_REFERRED_ID),
    HeaderName::from_static(SEC_TOKEN_BINDING),
];

/// Why it is not clear with what a client connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConnectionError {
    /// Its certificate.
    #[error("the proxy passes on a client certificate that cannot be read: {0}")]
    Certificate(#[from] ClientCertError),
    /// Its keys.
    #[error("what is said of Token Binding cannot be read: {0}")]
    TokenBinding(#[from] TokenBindingError),
}

/// Puts into the request what a proxy says of the client's certificate; the listener has put there what it saw itself.
pub fn take<B>(proxies: &Proxies, peer: Option<IpAddr>, request: &mut Request<B>) -> Result<(), ConnectionError> {
    let is_proxy = peer.is_some_and(|peer| proxies.says_certificates(peer));
    let told = is_proxy.then(|| from_headers(request.headers())).transpose()?;
    let bindings = is_proxy.then(|| bindings(request.headers())).transpose()?.flatten();
    if request.headers().keys().any(|name| PROXYS_OWN.contains(name)) {
        // A message that was not negotiated here proves nothing (RFC 8471 §4.2), but there may be only one.
        if request.headers().get_all(SEC_TOKEN_BINDING).iter().nth(1).is_some() {
            return Err(TokenBindingError::Twice.into());
        }
        for name in &PROXYS_OWN {
            request.headers_mut().remove(name);
        }
    }
    if let Some(bindings) = bindings {
        request.extensions_mut().insert(Arc::new(bindings));
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
    read(values(headers, CLIENT_CERT), values(headers, CLIENT_CERT_CHAIN))
}

fn bindings(headers: &HeaderMap) -> Result<Option<TokenBindings>, TokenBindingError> {
    TokenBindings::from_proxy(values(headers, SEC_PROVIDED_ID), values(headers, SEC_REFERRED_ID))
}

fn values<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a [u8]> {
    headers.get_all(name).iter().map(HeaderValue::as_bytes)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::{super::Network, *};

    const PROXY: &str = "10.1.0.7";

    fn taken(peer: &str, headers: &[(&str, &str)], own: Option<u8>) -> Result<Option<Vec<u8>>, ConnectionError> {
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
            Err(ClientCertError::Malformed.into())
        );
        let twice = [(CLIENT_CERT, ":MAA=:"), (CLIENT_CERT, ":MAA=:")];
        assert_eq!(taken(PROXY, &twice, None), Err(ClientCertError::Twice.into()));
    }

    // Conformance: TB-03 BCP-28
    #[test]
    fn keys_of_token_binding_come_from_the_proxy_alone() {
        const ID: &str = "AgBBQEOO9GRFP-LM0hoWw6-2i318BsuuUum5AL8bt1szlr1EFfp5DMXMNW3O8WjcIXr2DKJnI4xnuGsE6GywQd9RbD0";
        let found = |peer: &str, headers: &[(&'static str, &str)]| {
            let proxies = Proxies {
                client_cert: vec![Network::parse(PROXY).unwrap()],
                ..Proxies::default()
            };
            let mut request = Request::new(Body::empty());
            for (name, value) in headers {
                request.headers_mut().append(*name, value.parse().unwrap());
            }
            take(&proxies, peer.parse().ok(), &mut request)?;
            assert!(request.headers().is_empty());
            let found = request.extensions().get::<Arc<TokenBindings>>();
            Ok::<_, ConnectionError>(found.map(|found| (found.provided.encoded(), found.referred.is_some())))
        };
        let (provided, referred) = ((SEC_PROVIDED_ID, ID), (SEC_REFERRED_ID, ID));
        assert_eq!(found(PROXY, &[provided]), Ok(Some((ID.to_owned(), false))));
        assert_eq!(found(PROXY, &[provided, referred]), Ok(Some((ID.to_owned(), true))));
        assert_eq!(found("10.1.0.8", &[provided, referred]), Ok(None));
        assert_eq!(found(PROXY, &[(SEC_TOKEN_BINDING, "x")]), Ok(None));
        for (bad, error) in [
            (vec![referred], TokenBindingError::Count),
            (vec![provided, provided], TokenBindingError::Twice),
            (vec![(SEC_PROVIDED_ID, "AA==")], TokenBindingError::NotBase64url),
            (vec![(SEC_PROVIDED_ID, "AA")], TokenBindingError::Malformed),
        ] {
            assert_eq!(found(PROXY, &bad), Err(error.into()), "{bad:?}");
        }
        let twice = [(SEC_TOKEN_BINDING, "x"), (SEC_TOKEN_BINDING, "x")];
        assert_eq!(found("10.1.0.8", &twice), Err(TokenBindingError::Twice.into()));
    }
}
