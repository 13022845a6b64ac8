//! HTTP/2, on both sides or on the client's.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Incoming, client::conn::http2 as client, server::conn::http2 as server, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

use super::{Inside, before, start};

/// An upstream that speaks HTTP/2 alone and says what it got.
async fn echo(mut inside: Inside) {
    loop {
        let stream = TokioIo::new(inside.next().await.0);
        let service = service_fn(|request: Request<Incoming>| async move {
            let said = format!(
                "{} {} {:?}",
                request.uri(),
                request.headers()["sekisho-subject"].to_str().unwrap(),
                request.headers().get("host")
            );
            let body = request.into_body().collect().await?.to_bytes();
            let both = [said.as_bytes(), b" ", &body].concat();
            Ok::<_, hyper::Error>(Response::new(Full::new(Bytes::from(both))))
        });
        tokio::spawn(server::Builder::new(TokioExecutor::new()).serve_connection(stream, service));
    }
}

#[tokio::test]
async fn a_request_by_http_2_reaches_an_upstream_by_http_2() {
    let inside = Inside::start().await;
    let mut settings = before(&[&inside]);
    settings.is_http2 = true;
    tokio::spawn(echo(inside));
    let gateway = start(settings).await;
    let stream = TokioIo::new(TcpStream::connect(gateway).await.unwrap());
    let (mut sender, connection) = client::handshake(TokioExecutor::new(), stream).await.unwrap();
    tokio::spawn(connection);
    for body in ["", "some body"] {
        let request = Request::post(format!("http://{gateway}/a?b"))
            .body(Full::new(Bytes::from(body)))
            .unwrap();
        let answer = sender.send_request(request).await.unwrap();
        assert_eq!(answer.status(), 200);
        let said = answer.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(said, format!("http://api.example/a?b alice None {body}"));
    }
}

#[tokio::test]
async fn streams_of_http_2_share_a_connection_of_http_1_one_after_the_other() {
    let mut inside = Inside::start().await;
    let gateway = start(before(&[&inside])).await;
    let stream = TokioIo::new(TcpStream::connect(gateway).await.unwrap());
    let (mut sender, connection) = client::handshake(TokioExecutor::new(), stream).await.unwrap();
    tokio::spawn(connection);
    let mut upstream = None;
    for body in ["one", "two"] {
        let request = Request::post(format!("http://{gateway}/"))
            .header("content-length", 3)
            .body(Full::new(Bytes::from(body)))
            .unwrap();
        let asked = tokio::spawn(sender.send_request(request));
        if upstream.is_none() {
            upstream = Some(inside.next().await);
        }
        let upstream = upstream.as_mut().unwrap();
        assert!(upstream.until(body).await.starts_with("POST / HTTP/1.1\r\n"));
        upstream
            .send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
            .await;
        let answer = asked.await.unwrap().unwrap();
        upstream.send("1\r\nb\r\n0\r\n\r\n").await;
        assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "ab");
    }
    assert!(inside.is_alone());
}
