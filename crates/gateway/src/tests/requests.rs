//! What reaches an upstream, and what does not.

use super::{Inside, Wire, before, lines, start};

#[tokio::test]
async fn a_request_arrives_as_it_was_sent_with_headers_of_ours() {
    let mut inside = Inside::start().await;
    let mut client = Wire::to(start(before(&[&inside])).await).await;
    client
        .send(
            "GET /a%20b?x=1&y HTTP/1.1\r\nHost: outside.example\r\nAuthorization: Bearer t\r\nDPoP: p\r\n\
             Sekisho-Subject: mallory\r\nSekisho_Subject: mallory\r\nX-Forwarded-For: 6.6.6.6\r\n\
             Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nAccept: */*\r\n\r\n",
        )
        .await;
    let mut upstream = inside.next().await;
    let head = upstream.head().await;
    assert!(head.starts_with("GET /a%20b?x=1&y HTTP/1.1\r\n"), "{head}");
    assert_eq!(
        lines(&head),
        [
            "accept: */*",
            "host: api.example",
            "sekisho-subject: alice",
            "via: 1.1 sekisho",
            "x-forwarded-for: 127.0.0.1",
            "x-forwarded-host: outside.example",
            "x-forwarded-proto: http",
        ]
    );
    upstream
        .send("HTTP/1.1 200 Fine\r\nServer: secret/1\r\nContent-Length: 2\r\nX-Own: 1\r\n\r\nok")
        .await;
    let answer = client.until("ok").await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(
        answer.contains("x-own: 1\r\n") && !answer.to_lowercase().contains("server:"),
        "{answer}"
    );
}

/// RFC 9112 §11.2: every request here is one that two readers may cut in two different places.
#[tokio::test]
async fn requests_that_can_be_read_in_two_ways_reach_nobody() {
    let mut inside = Inside::start().await;
    let gateway = start(before(&[&inside])).await;
    for head in [
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 4\r\n\r\nabcd",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX-Folded: a\r\n b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n Content-Length: 5\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX-Nul: a\0b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX Space: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1 x\r\nHost: a\r\n\r\n",
        "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n",
        "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    ] {
        let mut client = Wire::to(gateway).await;
        client.send(head).await;
        let answer = client.head().await;
        assert!(
            answer.starts_with("HTTP/1.1 4") || answer.starts_with("HTTP/1.0 4"),
            "{head:?}: {answer}"
        );
        assert!(inside.is_alone(), "{head:?}");
    }
}

#[tokio::test]
async fn a_length_beside_a_coding_is_dropped_and_the_connection_ends_with_the_answer() {
    let mut inside = Inside::start().await;
    let gateway = start(before(&[&inside])).await;
    let (length, coding) = ("Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n");
    for (first, second) in [(length, coding), (coding, length)] {
        let mut client = Wire::to(gateway).await;
        client
            .send(&format!(
                "POST / HTTP/1.1\r\nHost: a\r\n{first}{second}\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
            ))
            .await;
        let mut upstream = inside.next().await;
        let seen = upstream.until("0\r\n\r\n").await;
        assert!(
            seen.contains("transfer-encoding: chunked") && !seen.contains("content-length"),
            "{seen}"
        );
        upstream.send("HTTP/1.1 204 No\r\nConnection: close\r\n\r\n").await;
        let answer = client.rest().await;
        assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
        assert!(inside.is_alone());
    }
}

#[tokio::test]
async fn a_get_with_a_body_of_unknown_length_keeps_it() {
    let mut inside = Inside::start().await;
    let mut client = Wire::to(start(before(&[&inside])).await).await;
    client
        .send("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
        .await;
    let seen = inside.next().await.until("0\r\n\r\n").await;
    assert!(seen.ends_with("3\r\nabc\r\n0\r\n\r\n"), "{seen}");
}

#[tokio::test]
async fn a_header_that_is_too_large_is_refused() {
    let mut inside = Inside::start().await;
    let mut client = Wire::to(start(before(&[&inside])).await).await;
    let long = "x".repeat(500_000);
    let _ = client.0.try_write(b"GET / HTTP/1.1\r\nHost: a\r\nX-Long: ");
    let mut sent = tokio::io::AsyncWriteExt::write_all(&mut client.0, long.as_bytes())
        .await
        .is_ok();
    sent &= tokio::io::AsyncWriteExt::write_all(&mut client.0, b"\r\n\r\n")
        .await
        .is_ok();
    let answer = client.rest().await;
    assert!(answer.starts_with("HTTP/1.1 431") || !sent, "{answer}");
    assert!(inside.is_alone());
}
