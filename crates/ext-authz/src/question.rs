//! What Envoy says of a call.
//!
//! Accepted: header fields as a map or, with `encode_raw_headers`, as a list; the client's certificate, with
//! `include_peer_certificate`; the body, with `with_request_body`, if Envoy says that it is whole.

use std::net::IpAddr;

use enforcement::gate::{Call, CallBody};
use envoy_types::{
    ext_authz::v3::pb::{Address, CheckRequest},
    pb::envoy::service::auth::v3::attribute_context::{HttpRequest, Peer},
};
use http::{HeaderMap, HeaderName, HeaderValue};
use protocol::{ClientCertificate, client_cert::MAX_CHAIN};

/// By this Envoy says whether the body that it sends is but a part.
const PARTIAL_BODY: &str = "x-envoy-auth-partial-body";

/// A call, as Envoy tells of it.
pub(crate) struct Question {
    method: String,
    scheme: String,
    host: String,
    path: String,
    pub(crate) headers: HeaderMap,
    certificate: Option<ClientCertificate>,
    address: Option<IpAddr>,
    body: Option<Vec<u8>>,
}

impl Question {
    /// `None`: there is nothing about an HTTP request in it.
    pub fn read(request: CheckRequest) -> Option<Self> {
        let attributes = request.attributes?;
        let http = attributes.request?.http?;
        let (headers, source) = (headers(&http), attributes.source.as_ref());
        Some(Self {
            body: body(&http, &headers),
            headers,
            certificate: source.and_then(certificate),
            address: source.and_then(address),
            method: http.method,
            scheme: http.scheme,
            host: http.host,
            path: http.path,
        })
    }

    /// The call.
    pub fn call(&self) -> Call<'_> {
        Call {
            method: &self.method,
            scheme: Some(self.scheme.as_str()).filter(|scheme| !scheme.is_empty()),
            authority: &self.host,
            target: &self.path,
            headers: &self.headers,
            certificate: self.certificate.as_ref(),
            address: self.address,
            body: self.body.as_deref().map_or(CallBody::Hidden, CallBody::Whole),
        }
    }
}

/// Where Envoy puts fields of one name into one, their values stand side by side, and no check takes that for one token.
fn headers(http: &HttpRequest) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut add = |name: &str, value: &[u8]| {
        // Those of HTTP/2 that begin with a colon are attributes, not header fields.
        if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
            // One that cannot be is an empty one, so that it is not overlooked.
            let value = HeaderValue::from_bytes(value).unwrap_or_else(|_| HeaderValue::from_static(""));
            headers.append(name, value);
        }
    };
    match &http.header_map {
        Some(list) if !list.headers.is_empty() => {
            for field in &list.headers {
                let raw = if field.raw_value.is_empty() {
                    field.value.as_bytes()
                } else {
                    &field.raw_value
                };
                add(&field.key, raw);
            }
        }
        _ => {
            for (name, value) in &http.headers {
                add(name, value.as_bytes());
            }
        }
    }
    headers
}

fn body(http: &HttpRequest, headers: &HeaderMap) -> Option<Vec<u8>> {
    let mut said = headers.get_all(PARTIAL_BODY).iter();
    let is_whole = said.next().is_some_and(|value| value == "false") && said.next().is_none();
    let bytes = if http.raw_body.is_empty() {
        http.body.as_bytes()
    } else {
        &http.raw_body
    };
    is_whole.then(|| bytes.to_vec())
}

/// Envoy writes it as PEM, percent-encoded.
fn certificate(source: &Peer) -> Option<ClientCertificate> {
    let pem = percent_encoding::percent_decode_str(&source.certificate)
        .decode_utf8()
        .ok()?;
    let mut certificates = x509::certificates(&pem).ok()?.into_iter();
    Some(ClientCertificate {
        der: certificates.next()?.to_vec(),
        intermediates: certificates.take(MAX_CHAIN).map(|other| other.to_vec()).collect(),
    })
}

fn address(source: &Peer) -> Option<IpAddr> {
    match source.address.as_ref()?.address.as_ref()? {
        Address::SocketAddress(socket) => socket.address.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use envoy_types::pb::envoy::{
        config::core::v3::{HeaderMap as RawHeaders, HeaderValue as RawHeader},
        service::auth::v3::{AttributeContext, attribute_context::Request},
    };
    use testkit::pki::{Authority, Subject};

    use super::*;

    fn read(http: HttpRequest, source: Option<Peer>) -> Question {
        let request = Request {
            time: None,
            http: Some(http),
        };
        let attributes = AttributeContext {
            source,
            request: Some(request),
            ..AttributeContext::default()
        };
        Question::read(CheckRequest {
            attributes: Some(attributes),
        })
        .unwrap()
    }

    fn with(fields: &[(&str, &str)]) -> HttpRequest {
        let headers = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        HttpRequest {
            headers: headers.collect(),
            body: "{}".to_owned(),
            ..HttpRequest::default()
        }
    }

    #[test]
    fn a_question_about_nothing_is_none() {
        assert!(Question::read(CheckRequest::default()).is_none());
        let attributes = Some(AttributeContext::default());
        assert!(Question::read(CheckRequest { attributes }).is_none());
    }

    #[test]
    fn header_fields_come_as_a_map_or_as_a_list() {
        let question = read(
            with(&[("authorization", "Bearer a"), (":path", "/x"), ("x", "bad\n")]),
            None,
        );
        assert_eq!(question.headers["authorization"], "Bearer a");
        assert_eq!(
            (question.headers.len(), &question.headers["x"]),
            (2, &HeaderValue::from_static(""))
        );
        let field = |value: &str| RawHeader {
            key: "authorization".to_owned(),
            value: String::new(),
            raw_value: value.as_bytes().to_vec(),
        };
        let list = RawHeaders {
            headers: vec![field("Bearer a"), field("Bearer b")],
        };
        let http = HttpRequest {
            header_map: Some(list),
            ..with(&[("authorization", "Bearer a")])
        };
        assert_eq!(read(http, None).headers.get_all("authorization").iter().count(), 2);
    }

    #[test]
    fn a_body_counts_only_when_envoy_says_that_it_is_whole() {
        let body = |fields: &[(&str, &str)]| read(with(fields), None).body;
        assert_eq!(body(&[(PARTIAL_BODY, "false")]), Some(b"{}".to_vec()));
        for fields in [&[][..], &[(PARTIAL_BODY, "true")], &[(PARTIAL_BODY, "false,true")]] {
            assert_eq!(body(fields), None);
        }
        let packed = HttpRequest {
            raw_body: b"[]".to_vec(),
            ..with(&[(PARTIAL_BODY, "false")])
        };
        assert_eq!(read(packed, None).body, Some(b"[]".to_vec()));
    }

    #[test]
    fn the_clients_certificate_is_read_from_encoded_pem() {
        let identity = Authority::new("CA").issue(&Subject::named("app"));
        let encode =
            |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
        let peer = |certificate: String| Peer {
            certificate,
            ..Peer::default()
        };
        let pem = identity.pem();
        let question = read(with(&[]), Some(peer(encode(&pem))));
        assert_eq!(question.certificate.unwrap().thumbprint(), identity.thumbprint());
        for nothing in ["", "x", "%"] {
            assert!(read(with(&[]), Some(peer(nothing.to_owned()))).certificate.is_none());
        }
    }
}
