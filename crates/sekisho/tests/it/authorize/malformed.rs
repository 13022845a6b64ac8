//! What is no request at all: it gets an error page, and the server stays up.

use reqwest::Response;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    bank::Bank,
    request::{Request, assert_error_page, page},
};

const FORM: &str = "application/x-www-form-urlencoded";

/// Bytes that no client library would send: the status line of the answer.
async fn raw(bank: &Bank, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(bank.running.addresses()[0]).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    // A server that does not read all of a request may cut the connection.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).lines().next().unwrap_or("").to_owned()
}

async fn post(bank: &Bank, path: &str, body: Vec<u8>, content_type: &str) -> Response {
    let request = bank.http.post(bank.url(path)).header("content-type", content_type);
    request.body(body).send().await.unwrap()
}

#[tokio::test]
async fn a_query_that_is_no_form_gets_an_error_page() {
    let bank = Bank::start().await;
    let good = Request::code("openid").url(&bank);
    for bad in [
        "x=%ZZ",
        "x=%",
        "x=%f",
        "x=%FF%FE",
        "x=%C0%AF",
        "x=%ED%A0%80",
        "x=a%00b",
        "%00=x",
    ] {
        let response = bank.http.get(format!("{good}&{bad}")).send().await.unwrap();
        assert_error_page(&page(response).await, 400, "invalid_request");
    }
}

#[tokio::test]
async fn a_query_of_too_many_parameters_gets_an_error_page() {
    let bank = Bank::start().await;
    let many = "&x=y".repeat(101);
    let response = bank
        .http
        .get(format!("{}{many}", Request::code("openid").url(&bank)))
        .send()
        .await
        .unwrap();
    assert_error_page(&page(response).await, 400, "invalid_request");
}

#[tokio::test]
async fn a_posted_body_that_is_no_form_gets_an_error_page() {
    let bank = Bank::start().await;
    for path in [
        "/authorize",
        "/sign-in",
        "/consent",
        "/account/grants/revoke",
        "/account/sessions/end",
        "/logout",
    ] {
        for bad in [
            b"x=%ZZ".to_vec(),
            b"x=\xff\xfe".to_vec(),
            b"x=a\0b".to_vec(),
            b"x=%00".to_vec(),
        ] {
            assert_error_page(&page(post(&bank, path, bad, FORM).await).await, 400, "invalid_request");
        }
    }
}

#[tokio::test]
async fn a_body_of_another_type_gets_an_error_page() {
    let bank = Bank::start().await;
    for content_type in ["application/json", "multipart/form-data; boundary=x", "text/plain"] {
        let response = post(&bank, "/authorize", b"{}".to_vec(), content_type).await;
        assert_error_page(&page(response).await, 400, "invalid_request");
    }
}

#[tokio::test]
async fn an_oversized_body_gets_an_error_page() {
    let bank = Bank::start().await;
    for path in ["/authorize", "/sign-in", "/consent", "/logout"] {
        let body = format!("x={}", "a".repeat(64 * 1024)).into_bytes();
        assert_error_page(&page(post(&bank, path, body, FORM).await).await, 413, "invalid_request");
    }
}

#[tokio::test]
async fn a_large_request_that_is_posted_arrives_or_is_refused_with_a_page() {
    let bank = Bank::start().await;
    for size in [4, 8, 16, 24, 32, 48, 60] {
        let state = "s".repeat(size * 1024);
        let form = Request::code("openid").with("state", &state).with("prompt", "none");
        let response = bank
            .http
            .post(bank.url("/authorize"))
            .form(&form.parameters())
            .send()
            .await
            .unwrap();
        if response.status() != 303 {
            assert_error_page(&page(response).await, 413, "invalid_request");
            assert!(size > 8, "{size} KiB is not too much");
            continue;
        }
        let location = bank.url(response.headers()["location"].to_str().unwrap());
        let response = bank.http.get(location).send().await.unwrap();
        assert_eq!(response.status(), 303, "{size} KiB");
    }
}

#[tokio::test]
async fn a_header_that_is_too_large_is_refused() {
    let bank = Bank::start().await;
    let padding = "a".repeat(40 * 1024);
    let header = format!("GET /authorize HTTP/1.1\r\nHost: localhost\r\nX: {padding}\r\n\r\n");
    assert_eq!(
        raw(&bank, header.as_bytes()).await,
        "HTTP/1.1 431 Request Header Fields Too Large"
    );
    let line = format!("GET /authorize?x={padding}{padding} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let status = raw(&bank, line.as_bytes()).await;
    assert!(
        [
            "HTTP/1.1 414 URI Too Long",
            "HTTP/1.1 431 Request Header Fields Too Large"
        ]
        .contains(&status.as_str())
    );
}

#[tokio::test]
async fn what_is_no_http_is_refused() {
    let bank = Bank::start().await;
    for bytes in [
        &b"GET /authorize?x=\0 HTTP/1.1\r\nHost: localhost\r\n\r\n"[..],
        b"GET /authorize\r\n\r\n",
        b"GET /authorize HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
    ] {
        let status = raw(&bank, bytes).await;
        assert!(status.is_empty() || status.starts_with("HTTP/1.1 400"), "{status}");
    }
}

#[tokio::test]
async fn a_host_that_is_nobodys_learns_nothing() {
    let bank = Bank::start().await;
    for host in ["evil.example", "localhost.evil.example", "localhost:1"] {
        let request = format!("GET /authorize HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        assert_eq!(raw(&bank, request.as_bytes()).await, "HTTP/1.1 404 Not Found");
    }
}
