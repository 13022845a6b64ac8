//! Tokens that are bound to a client certificate. RFC 8705 §3, RFC 9440.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::routing::get;
use http::header::{AUTHORIZATION, HeaderMap};
use http::request::Builder;
use http::{Request, StatusCode};
use serde_json::json;

use super::issuer::Issuer;
use super::{app, both, challenge, send};
use crate::ClientCertificate;

const PROXY: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 1, 0, 7));
const STRANGER: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 1, 0, 8));
/// What a certificate begins with, which is all that matters here, as DER and as a proxy writes it.
const OWN: (&[u8], &str) = (&[0x30, 0], ":MAA=:");
const OTHER: (&[u8], &str) = (&[0x30, 1], ":MAE=:");

fn certificate(der: &[u8]) -> ClientCertificate {
    ClientCertificate {
        der: der.to_vec(),
        intermediates: Vec::new(),
    }
}

fn tokens(issuer: &Issuer) -> [String; 2] {
    let cnf = json!({ "x5t#S256": certificate(OWN.0).thumbprint() });
    issuer.issue_opaque("opaque", json!({ "cnf": cnf }));
    [
        "opaque".to_owned(),
        issuer.issue_jwt(&issuer.new_key(true), json!({ "cnf": cnf })),
    ]
}

fn request(token: &str) -> Builder {
    Request::get("/accounts").header(AUTHORIZATION, format!("Bearer {token}"))
}

async fn status(app: &Router, request: Builder) -> StatusCode {
    let response = send(app, request.body(Body::empty()).unwrap()).await;
    if response.status() == StatusCode::UNAUTHORIZED {
        assert!(challenge(&response).contains("error=\"invalid_token\""));
    }
    response.status()
}

// Conformance: MTLS-RS-01 F1A-RS-02 F2-RS-04 B123
#[tokio::test]
async fn a_token_comes_over_the_connection_whose_certificate_it_is_bound_to() {
    let issuer = Issuer::start().await;
    let app = app(&both(&issuer.url).build().unwrap());
    for token in tokens(&issuer) {
        let own = request(&token).extension(certificate(OWN.0));
        assert_eq!(status(&app, own).await, StatusCode::OK);
        let shared = request(&token).extension(Arc::new(certificate(OWN.0)));
        assert_eq!(status(&app, shared).await, StatusCode::OK);
        let other = request(&token).extension(certificate(OTHER.0));
        assert_eq!(status(&app, other).await, StatusCode::UNAUTHORIZED);
        assert_eq!(status(&app, request(&token)).await, StatusCode::UNAUTHORIZED);
    }
    issuer.issue_opaque("bearer", json!({}));
    let bearer = request("bearer").extension(certificate(OTHER.0));
    assert_eq!(status(&app, bearer).await, StatusCode::OK, "a certificate does no harm");
}

// Conformance: MTLS-RS-01 MTLS-10 BCP-28
#[tokio::test]
async fn the_header_of_a_named_proxy_is_believed_and_no_other() {
    let issuer = Issuer::start().await;
    let behind = both(&issuer.url).client_cert_from([PROXY]).build().unwrap();
    let (app, direct) = (app(&behind), app(&both(&issuer.url).build().unwrap()));
    let [token, _] = tokens(&issuer);
    let from = |peer: IpAddr, header: &str| {
        let peer = ConnectInfo(SocketAddr::new(peer, 4711));
        request(&token).extension(peer).header("client-cert", header)
    };
    assert_eq!(status(&app, from(PROXY, OWN.1)).await, StatusCode::OK);
    for refused in [
        from(PROXY, OTHER.1),
        from(STRANGER, OWN.1),
        request(&token).header("client-cert", OWN.1),
        // Behind a proxy the connection's own certificate is the proxy's.
        request(&token)
            .extension(ConnectInfo(SocketAddr::new(PROXY, 4711)))
            .extension(certificate(OWN.0)),
    ] {
        assert_eq!(status(&app, refused).await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(status(&direct, from(PROXY, OWN.1)).await, StatusCode::UNAUTHORIZED);
    for malformed in ["nonsense", "MAA="] {
        assert_eq!(status(&app, from(PROXY, malformed)).await, StatusCode::BAD_REQUEST);
    }
}

// Conformance: BCP-28
#[tokio::test]
async fn a_header_that_is_not_believed_does_not_reach_handlers() {
    let issuer = Issuer::start().await;
    issuer.issue_opaque("bearer", json!({}));
    let server = both(&issuer.url).build().unwrap();
    let seen = |headers: HeaderMap| async move { format!("{:?}", headers.get("client-cert")) };
    let app = Router::new().route("/accounts", get(seen)).layer(server.layer());
    let spoofed = request("bearer").header("client-cert", OWN.1);
    let response = send(&app, spoofed.body(Body::empty()).unwrap()).await;
    let bytes = axum::body::to_bytes(response.into_body(), 1000).await.unwrap();
    assert_eq!(bytes, "None");
}

// Conformance: F1A-RS-02 F2-RS-04
#[tokio::test]
async fn an_api_that_takes_bound_tokens_alone_refuses_a_bearer_token() {
    let issuer = Issuer::start().await;
    issuer.issue_opaque("bearer", json!({}));
    let app = app(&both(&issuer.url).bound_tokens_only().build().unwrap());
    assert_eq!(status(&app, request("bearer")).await, StatusCode::UNAUTHORIZED);
    let [bound, _] = tokens(&issuer);
    let own = request(&bound).extension(certificate(OWN.0));
    assert_eq!(status(&app, own).await, StatusCode::OK);
}
