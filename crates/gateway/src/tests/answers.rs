//! What reaches a client; and that nothing of one answer reaches another.

use super::{Inside, Wire, before, start};

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

#[tokio::test]
async fn a_connection_to_the_upstream_serves_one_client_after_the_other() {
    let mut inside = Inside::start().await;
    let gateway = start(before(&[&inside])).await;
    let mut upstream = None;
    for body in ["one", "two"] {
        let mut client = Wire::to(gateway).await;
        client.send(GET).await;
        if upstream.is_none() {
            upstream = Some(inside.next().await);
        }
        let upstream = upstream.as_mut().unwrap();
        upstream.head().await;
        upstream
            .send(&format!("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{body}"))
            .await;
        assert!(client.until(body).await.starts_with("HTTP/1.1 200"));
    }
    assert!(inside.is_alone());
}

#[tokio::test]
async fn what_an_upstream_sends_too_much_reaches_nobody() {
    let mut inside = Inside::start().await;
    let gateway = start(before(&[&inside])).await;
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray";
    let bytes = "stray bytes behind the length";
    for (at_once, later) in [(answer, ""), (bytes, ""), ("", answer), ("", bytes)] {
        let mut one = Wire::to(gateway).await;
        one.send(GET).await;
        let mut liar = inside.next().await;
        liar.head().await;
        liar.send(&format!("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none{at_once}"))
            .await;
        assert!(one.until("one").await.ends_with("\r\n\r\none"));
        liar.send(later).await;
        // Nothing more comes to this client, and the next one gets a connection of its own.
        let mut two = Wire::to(gateway).await;
        two.send(GET).await;
        let mut honest = inside.next().await;
        honest.head().await;
        honest
            .send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\ntwo")
            .await;
        assert!(two.until("two").await.ends_with("\r\n\r\ntwo"));
        assert_eq!(liar.rest().await, "", "its connection is closed");
        one.send("GET /again HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            .await;
        let mut third = inside.next().await;
        third.head().await;
        third.send("HTTP/1.1 204 No\r\nConnection: close\r\n\r\n").await;
        assert!(one.rest().await.starts_with("HTTP/1.1 204"));
    }
}

#[tokio::test]
async fn an_answer_that_is_shorter_than_it_says_is_not_made_whole() {
    let mut inside = Inside::start().await;
    let gateway = start(before(&[&inside])).await;
    for head in ["Content-Length: 100", "Transfer-Encoding: chunked"] {
        let mut client = Wire::to(gateway).await;
        client.send(GET).await;
        let mut upstream = inside.next().await;
        upstream.head().await;
        upstream
            .send(&format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n3\r\nabc\r\n"))
            .await;
        client.until("abc").await;
        drop(upstream);
        let rest = client.rest().await;
        assert!(!rest.contains("0\r\n\r\n"), "{rest:?}");
    }
}

#[tokio::test]
async fn answers_without_bodies_keep_their_headers() {
    let mut inside = Inside::start().await;
    let gateway = start(before(&[&inside])).await;
    for (method, head, kept) in [
        ("HEAD", "200 OK\r\nContent-Length: 42", Some("content-length: 42")),
        ("HEAD", "200 OK\r\nTransfer-Encoding: chunked", None),
        ("GET", "204 No Content\r\nX-Kept: 1", Some("x-kept: 1")),
        (
            "GET",
            "304 Not Modified\r\nETag: \"x\"\r\nContent-Length: 42",
            Some("etag: \"x\""),
        ),
    ] {
        let mut client = Wire::to(gateway).await;
        client
            .send(&format!("{method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
            .await;
        let mut upstream = inside.next().await;
        upstream.head().await;
        upstream
            .send(&format!("HTTP/1.1 {head}\r\nConnection: close\r\n\r\n"))
            .await;
        let answer = client.rest().await;
        assert!(answer.ends_with("\r\n\r\n"), "{answer}");
        assert!(kept.is_none_or(|kept| answer.contains(kept)), "{answer}");
    }
}

#[tokio::test]
async fn a_length_that_contradicts_its_coding_is_not_passed_on() {
    let mut inside = Inside::start().await;
    let mut client = Wire::to(start(before(&[&inside])).await).await;
    client.send(GET).await;
    let mut upstream = inside.next().await;
    upstream.head().await;
    upstream
        .send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
        .await;
    let answer = client.until("0\r\n\r\n").await;
    assert!(answer.contains("abc") && !answer.contains("content-length"), "{answer}");
}

#[tokio::test]
async fn trailers_are_kept() {
    let mut inside = Inside::start().await;
    let mut client = Wire::to(start(before(&[&inside])).await).await;
    client
        .send(
            "POST / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n\
             1\r\na\r\n0\r\nX-Sum: 7\r\n\r\n",
        )
        .await;
    let mut upstream = inside.next().await;
    let seen = upstream.until("x-sum: 7\r\n\r\n").await;
    assert!(seen.contains("te: trailers\r\n"), "{seen}");
    upstream
        .send("HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nb\r\n0\r\nX-Sum: 8\r\n\r\n")
        .await;
    client.until("x-sum: 8\r\n\r\n").await;
}
