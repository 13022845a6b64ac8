//! Bodies stream in both directions, within limits.

use std::net::Ipv4Addr;

use bytes::Bytes;
use http::{Request, uri::PathAndQuery};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::watch,
    time::timeout,
};

use super::{Inside, PATIENCE, SHORT, Wire, before, start};
use crate::{Arrival, Backend, Upload};

#[tokio::test]
async fn both_directions_stream_a_piece_at_a_time() {
    let mut inside = Inside::start().await;
    let mut client = Wire::to(start(before(&[&inside])).await).await;
    client
        .send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
        .await;
    let mut upstream = inside.next().await;
    // Each side has seen a piece before the other has sent its next.
    upstream.until("3\r\none\r\n").await;
    upstream
        .send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nuno\r\n")
        .await;
    client.until("3\r\nuno\r\n").await;
    client.send("3\r\ntwo\r\n0\r\n\r\n").await;
    upstream.until("3\r\ntwo\r\n0\r\n\r\n").await;
    upstream.send("3\r\ndue\r\n0\r\n\r\n").await;
    client.until("3\r\ndue\r\n0\r\n\r\n").await;
}

#[tokio::test]
async fn a_client_may_send_everything_before_it_reads_anything() {
    // More than the sockets between them hold.
    const MUCH: usize = 32 << 20;
    let mut inside = Inside::start().await;
    let mut settings = before(&[&inside]);
    settings.body_limit = None;
    let mut client = Wire::to(start(settings).await).await;
    let length = format!("Content-Length: {MUCH}\r\n\r\n");
    client.send(&format!("POST / HTTP/1.1\r\nHost: a\r\n{length}")).await;
    let mut upstream = inside.next().await;
    upstream.head().await;
    upstream.send(&format!("HTTP/1.1 200 OK\r\n{length}")).await;
    let upstream = async {
        let (mut reads, mut writes) = upstream.0.split();
        let (mut upload, answer) = (vec![0; MUCH], vec![b'a'; MUCH]);
        let (read, written) = tokio::join!(reads.read_exact(&mut upload), writes.write_all(&answer));
        read.unwrap();
        written.unwrap();
        assert!(upload.iter().all(|byte| *byte == b'u'));
    };
    let client = async {
        client.0.write_all(&vec![b'u'; MUCH]).await.unwrap();
        client.head().await;
        let mut answer = vec![0; MUCH];
        client.0.read_exact(&mut answer).await.unwrap();
        assert!(answer.iter().all(|byte| *byte == b'a'));
    };
    let both = async { tokio::join!(upstream, client) };
    timeout(PATIENCE, both).await.unwrap();
}

#[tokio::test]
async fn an_upstream_that_answers_early_still_gets_the_whole_body() {
    // More than the sockets hold, so that most of it is not written yet when the answer is there.
    const MUCH: usize = 32 << 20;
    let mut inside = Inside::start().await;
    let mut settings = before(&[&inside]);
    settings.body_limit = None;
    let (_stop, stopped) = watch::channel(false);
    let backend = Backend::new(settings, stopped);
    let arrival = Arrival {
        peer: Ipv4Addr::LOCALHOST.into(),
        client: Ipv4Addr::LOCALHOST.into(),
        host: &"a".parse().unwrap(),
        is_tls: false,
    };
    let body = Upload::from(Bytes::from(vec![b'u'; MUCH]));
    let mut request = Request::post("/").body(body).unwrap();
    let target = PathAndQuery::from_static("/");
    let (answer, mut upstream) = tokio::join!(backend.forward(&mut request, target, &arrival, Vec::new()), async {
        let mut upstream = inside.next().await;
        upstream.head().await;
        upstream
            .send("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
            .await;
        upstream
    });
    assert_eq!(answer.unwrap().status(), 202);
    let mut read = vec![0; MUCH];
    timeout(PATIENCE, upstream.0.read_exact(&mut read))
        .await
        .unwrap()
        .expect("all of it");
}

#[tokio::test]
async fn a_client_that_waits_goes_on_when_the_upstream_says_so() {
    let mut inside = Inside::start().await;
    let mut client = Wire::to(start(before(&[&inside])).await).await;
    client
        .send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        .await;
    let mut upstream = inside.next().await;
    let head = upstream.head().await;
    assert!(head.contains("expect: 100-continue\r\n"), "{head}");
    upstream.send("HTTP/1.1 100 Continue\r\n\r\n").await;
    assert_eq!(client.head().await, "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("abc").await;
    upstream.until("abc").await;
    upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    assert!(client.head().await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_client_that_waits_is_not_told_to_go_on_when_the_upstream_refuses() {
    let mut inside = Inside::start().await;
    let mut client = Wire::to(start(before(&[&inside])).await).await;
    client
        .send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        .await;
    let mut upstream = inside.next().await;
    upstream.head().await;
    upstream.send("HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n").await;
    assert!(client.head().await.starts_with("HTTP/1.1 417"));
    assert_eq!(upstream.rest().await, "", "the body was never read");
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_at_its_head_or_where_it_passes_the_limit() {
    let mut inside = Inside::start().await;
    let mut settings = before(&[&inside]);
    settings.body_limit = Some(4);
    let gateway = start(settings).await;
    let mut client = Wire::to(gateway).await;
    client
        .send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n")
        .await;
    assert!(client.head().await.starts_with("HTTP/1.1 413"));
    assert!(inside.is_alone());
    let mut client = Wire::to(gateway).await;
    client
        .send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        .await;
    let mut upstream = inside.next().await;
    upstream.until("3\r\nabc\r\n").await;
    client.send("3\r\ndef\r\n").await;
    assert!(client.head().await.starts_with("HTTP/1.1 413"));
    assert_eq!(
        upstream.rest().await,
        "",
        "the upstream learns that the rest does not come"
    );
}

#[tokio::test]
async fn a_body_that_stops_is_given_up() {
    let mut inside = Inside::start().await;
    let mut settings = before(&[&inside]);
    settings.patience.idle = SHORT;
    let mut client = Wire::to(start(settings).await).await;
    client
        .send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab")
        .await;
    let mut upstream = inside.next().await;
    upstream.until("ab").await;
    assert!(client.head().await.starts_with("HTTP/1.1 408"));
    assert_eq!(upstream.rest().await, "");
}

#[tokio::test]
async fn an_upstream_learns_when_its_client_goes_away() {
    let mut inside = Inside::start().await;
    let gateway = start(before(&[&inside])).await;
    let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    // Before the answer.
    let mut client = Wire::to(gateway).await;
    client.send(get).await;
    let mut upstream = inside.next().await;
    upstream.head().await;
    drop(client);
    assert_eq!(upstream.rest().await, "");
    // In the midst of it.
    let mut client = Wire::to(gateway).await;
    client.send(get).await;
    let mut upstream = inside.next().await;
    upstream.head().await;
    upstream
        .send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
        .await;
    client.until("a\r\n").await;
    drop(client);
    assert_eq!(upstream.rest().await, "");
    // In the midst of its own body.
    let mut client = Wire::to(gateway).await;
    client
        .send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab")
        .await;
    let mut upstream = inside.next().await;
    upstream.until("ab").await;
    drop(client);
    assert_eq!(upstream.rest().await, "");
}
