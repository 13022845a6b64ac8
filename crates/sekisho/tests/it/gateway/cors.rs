//! Scripts of other origins: who may call, and who may read what is answered.

use axum::{Router, http::HeaderMap, response::IntoResponse};
use reqwest::{Method, Response};
use testkit::process;

use crate::{
    app::header,
    gateway::{Guarded, Things, apart::Apart, at, identifier, things},
};

const APP: &str = "https://app.example.com";
const OTHER: &str = "https://other.example.com";
const ORIGINS: &str = "gateway = { origins = [\"https://app.example.com\"] }";

async fn sent(gateway: std::net::SocketAddr, method: &str, path: &str, headers: &[(&str, &str)]) -> Response {
    let url = format!("{}{path}", identifier(gateway));
    let mut request = testkit::browser::client(None).request(method.parse().unwrap(), url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

fn preflight<'a>(origin: &'a str, method: &'a str) -> [(&'a str, &'a str); 3] {
    [
        ("origin", origin),
        ("access-control-request-method", method),
        ("access-control-request-headers", "authorization,dpop"),
    ]
}

fn allowed(response: &Response) -> Vec<&str> {
    let origins = response.headers().get_all("access-control-allow-origin").iter();
    origins.map(|origin| origin.to_str().unwrap()).collect()
}

#[tokio::test]
async fn a_browser_that_asks_is_told_of_the_routes_that_there_are() {
    let api = Things::start().await;
    let bank = Guarded::start(&at(&api), ORIGINS).await;
    for (method, path) in [("GET", "/things/1"), ("POST", "/things"), ("DELETE", "/open")] {
        let response = sent(bank.gateway, "OPTIONS", path, &preflight(APP, method)).await;
        assert_eq!(response.status(), 204, "{method} {path}");
        assert_eq!(allowed(&response), [APP]);
        assert_eq!(header(&response, "access-control-allow-methods"), method);
        assert_eq!(header(&response, "access-control-allow-headers"), "authorization,dpop");
        assert_eq!(header(&response, "access-control-max-age"), "600");
        assert!(response.headers().get("access-control-allow-credentials").is_none());
        let vary: Vec<_> = response.headers().get_all("vary").iter().collect();
        assert!(vary.contains(&&"origin".parse().unwrap()), "{vary:?}");
    }
    // Neither is there such a route, nor does the gateway answer for origins that are not named.
    for (origin, method, path) in [
        (APP, "PUT", "/things"),
        (APP, "GET", "/elsewhere"),
        (OTHER, "GET", "/things/1"),
        ("null", "GET", "/things/1"),
        ("https://app.example.com.evil.example", "GET", "/things/1"),
    ] {
        let response = sent(bank.gateway, "OPTIONS", path, &preflight(origin, method)).await;
        assert_eq!(response.status(), 403, "{origin} {method} {path}");
        let is_named = origin == APP;
        assert_eq!(allowed(&response).is_empty(), !is_named, "{origin}");
    }
    assert_eq!(api.calls(), 0);
}

#[tokio::test]
async fn a_script_of_an_origin_that_is_named_reads_refusals_and_answers() {
    let api = Things::start().await;
    let bank = Guarded::start(&at(&api), ORIGINS).await;
    let good = format!("Bearer {}", bank.token("things:read").await);
    for (method, path, token, status) in [
        ("GET", "/things/1", "", 401),
        ("GET", "/things/1", "Bearer nonsense", 401),
        ("POST", "/things", &good, 403),
        ("PUT", "/things/1", &good, 403),
        ("GET", "/things/1", &good, 200),
        ("GET", "/open", "", 200),
    ] {
        let mut headers = vec![("origin", APP)];
        headers.extend((!token.is_empty()).then_some(("authorization", token)));
        let response = sent(bank.gateway, method, path, &headers).await;
        assert_eq!(response.status(), status, "{method} {path}");
        assert_eq!(allowed(&response), [APP], "{method} {path}");
        let exposed = header(&response, "access-control-expose-headers");
        assert!(
            exposed.contains("www-authenticate") && exposed.contains("dpop-nonce"),
            "{exposed}"
        );
        for origin in [&[("origin", OTHER)][..], &[], &[("origin", APP), ("origin", APP)]] {
            let headers = [headers.get(1..).unwrap_or_default(), origin].concat();
            let response = sent(bank.gateway, method, path, &headers).await;
            assert_eq!(allowed(&response), [""; 0], "{method} {path} {origin:?}");
        }
    }
}

#[tokio::test]
async fn an_api_that_is_away_is_told_of_too() {
    let nobody = format!("\"http://127.0.0.1:{}\"", process::free_port());
    let bank = Guarded::start(&nobody, ORIGINS).await;
    let response = sent(bank.gateway, "GET", "/open", &[("origin", APP)]).await;
    assert_eq!(response.status(), 502);
    assert_eq!(allowed(&response), [APP]);
}

/// An API that says itself who may read its answers, and answers browsers that ask.
async fn with_cors_of_its_own() -> std::net::SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let answer = async |method: Method, headers: HeaderMap| {
        let origin = headers.get("origin").cloned().unwrap();
        let status = if method == Method::OPTIONS { 204 } else { 200 };
        let status = http::StatusCode::from_u16(status).unwrap();
        (status, [("access-control-allow-origin", origin)]).into_response()
    };
    let router = Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

#[tokio::test]
async fn what_an_api_says_itself_stays_as_it_is() {
    let api = with_cors_of_its_own().await;
    let upstream = format!("\"http://{api}\"");
    let bank = Guarded::start(&upstream, ORIGINS).await;
    for origin in [APP, OTHER] {
        let response = sent(bank.gateway, "GET", "/open", &[("origin", origin)]).await;
        assert_eq!(allowed(&response), [origin], "once");
        assert_eq!(header(&response, "access-control-expose-headers"), "");
        let response = sent(bank.gateway, "OPTIONS", "/open", &preflight(origin, "GET")).await;
        assert_eq!((response.status().as_u16(), allowed(&response)), (204, vec![origin]));
        let is_own = header(&response, "access-control-max-age").is_empty();
        assert_eq!(
            is_own,
            origin == OTHER,
            "of origins that the gateway does not know the API decides"
        );
    }
}

#[tokio::test]
async fn without_origins_the_gateway_says_nothing_of_it() {
    let api = Things::start().await;
    let bank = Guarded::start(&at(&api), "").await;
    let response = sent(bank.gateway, "OPTIONS", "/things/1", &preflight(APP, "GET")).await;
    assert_eq!((response.status().as_u16(), allowed(&response).len()), (403, 0));
    let response = sent(bank.gateway, "GET", "/things/1", &[("origin", APP)]).await;
    assert_eq!((response.status().as_u16(), allowed(&response).len()), (401, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_apart_does_the_same() {
    let api = Things::start().await;
    let address = std::net::SocketAddr::from((std::net::Ipv4Addr::LOCALHOST, process::free_port()));
    let realm = things(&identifier(address), &at(&api), ORIGINS);
    let start = move || {
        let realm = crate::app::bank_and(&realm);
        let server = testkit::Serve::with_realm(crate::https::PROGRAM, testkit::Engine::Sqlite, realm);
        let gateway = Apart::with(&server, address, "");
        (server, gateway)
    };
    let (_server, _gateway) = tokio::task::spawn_blocking(start).await.unwrap();
    let response = sent(address, "OPTIONS", "/things/1", &preflight(APP, "GET")).await;
    assert_eq!((response.status().as_u16(), allowed(&response)), (204, vec![APP]));
    let response = sent(address, "GET", "/things/1", &[("origin", APP)]).await;
    assert_eq!((response.status().as_u16(), allowed(&response)), (401, vec![APP]));
}
