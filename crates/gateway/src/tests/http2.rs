//! HTTP/2 on both sides.

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
