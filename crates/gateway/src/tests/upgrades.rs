//! Other protocols over the same connection.

use tokio::io::AsyncWriteExt as _;

use super::{Inside, Wire, before, start};

const ASK: &str = "GET /socket HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

#[tokio::test]
async fn both_sides_of_an_upgraded_connection_speak_until_both_have_ended() {
    let mut inside = Inside::start().await;
    let mut client = Wire::to(start(before(&[&inside])).await).await;
    client.send(ASK).await;
    let mut upstream = inside.next().await;
    let head = upstream.head().await;
    for line in ["connection: upgrade", "upgrade: websocket", "sec-websocket-version: 13"] {
        assert!(head.contains(&format!("{line}\r\n")), "{head}");
    }
    upstream
        .send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\nhello")
        .await;
    let answer = client.until("hello").await;
    assert!(
        answer.starts_with("HTTP/1.1 101 ") && answer.contains("upgrade: websocket\r\n"),
        "{answer}"
    );
    client.send("ping").await;
    upstream.until("ping").await;
    upstream.send("pong").await;
    client.until("pong").await;
    // The client has said everything; the upstream goes on.
    client.0.shutdown().await.unwrap();
    assert_eq!(upstream.rest().await, "");
    upstream.send("last words").await;
    drop(upstream);
    assert_eq!(client.rest().await, "last words");
}

#[tokio::test]
async fn an_upstream_may_refuse_to_upgrade() {
    let mut inside = Inside::start().await;
    let mut client = Wire::to(start(before(&[&inside])).await).await;
    client.send(ASK).await;
    let mut upstream = inside.next().await;
    upstream.head().await;
    upstream.send("HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno").await;
    assert!(client.until("\r\n\r\nno").await.starts_with("HTTP/1.1 403"));
}

#[tokio::test]
async fn http_2_in_clear_is_not_asked_for() {
    let mut inside = Inside::start().await;
    let mut client = Wire::to(start(before(&[&inside])).await).await;
    client
        .send(
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\
             HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
        )
        .await;
    let head = inside.next().await.head().await;
    assert!(!head.contains("upgrade") && !head.contains("http2-settings"), "{head}");
}
