//! By raw connections: WebSocket, and requests that can be read in two ways.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use crate::gateway::{Guarded, Things, at};

async fn until(stream: &mut TcpStream, end: &str) -> String {
    let mut read = Vec::new();
    while !read.ends_with(end.as_bytes()) {
        let byte = stream
            .read_u8()
            .await
            .unwrap_or_else(|_| panic!("{:?}", String::from_utf8_lossy(&read)));
        read.push(byte);
    }
    String::from_utf8(read).unwrap()
}

fn handshake(guarded: &Guarded, authorization: &str) -> String {
    format!(
        "GET /things/socket HTTP/1.1\r\nHost: localhost:{}\r\n{authorization}Connection: Upgrade\r\n\
         Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        guarded.gateway.port()
    )
}

#[tokio::test]
async fn the_handshake_of_a_websocket_is_what_is_checked() {
    let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let guarded = Guarded::start(&format!("\"http://{}\"", upstream.local_addr().unwrap()), "").await;
    let mut stranger = TcpStream::connect(guarded.gateway).await.unwrap();
    stranger.write_all(handshake(&guarded, "").as_bytes()).await.unwrap();
    assert!(until(&mut stranger, "\r\n\r\n").await.starts_with("HTTP/1.1 401 "));

    let token = guarded.token("things:read").await;
    let mut client = TcpStream::connect(guarded.gateway).await.unwrap();
    let asked = handshake(&guarded, &format!("Authorization: Bearer {token}\r\n"));
    client.write_all(asked.as_bytes()).await.unwrap();
    let (mut api, _) = upstream.accept().await.unwrap();
    let head = until(&mut api, "\r\n\r\n").await;
    assert!(
        head.contains("sekisho-client: caller\r\n") && !head.contains(&token),
        "{head}"
    );
    api.write_all(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        .await
        .unwrap();
    assert!(until(&mut client, "\r\n\r\n").await.starts_with("HTTP/1.1 101 "));
    for said in ["one", "two"] {
        client.write_all(said.as_bytes()).await.unwrap();
        until(&mut api, said).await;
        api.write_all(said.as_bytes()).await.unwrap();
        until(&mut client, said).await;
    }
}

#[tokio::test]
async fn when_the_server_stops_a_call_in_progress_finishes_and_a_websocket_ends() {
    let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let guarded = Guarded::start(&format!("\"http://{}\"", upstream.local_addr().unwrap()), "").await;
    let token = guarded.token("things:read").await;
    let mut socket = TcpStream::connect(guarded.gateway).await.unwrap();
    let asked = handshake(&guarded, &format!("Authorization: Bearer {token}\r\n"));
    socket.write_all(asked.as_bytes()).await.unwrap();
    let (mut joined, _) = upstream.accept().await.unwrap();
    until(&mut joined, "\r\n\r\n").await;
    let switch = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello";
    joined.write_all(switch).await.unwrap();
    until(&mut socket, "hello").await;
    let mut client = TcpStream::connect(guarded.gateway).await.unwrap();
    let call = format!(
        "GET /open HTTP/1.1\r\nHost: localhost:{}\r\n\r\n",
        guarded.gateway.port()
    );
    client.write_all(call.as_bytes()).await.unwrap();
    let (mut api, _) = upstream.accept().await.unwrap();
    until(&mut api, "\r\n\r\n").await;

    let Guarded {
        running, data: _data, ..
    } = guarded;
    let stopping = tokio::spawn(running.stop());
    assert_eq!(socket.read(&mut [0]).await.unwrap_or(0), 0, "it has no end of its own");
    api.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        .await
        .unwrap();
    assert!(until(&mut client, "\r\n\r\nok").await.starts_with("HTTP/1.1 200 "));
    stopping.await.unwrap();
}

#[tokio::test]
async fn a_request_that_can_be_read_in_two_ways_reaches_nobody() {
    let things = Things::start().await;
    let guarded = Guarded::start(&at(&things), "").await;
    let host = format!("localhost:{}", guarded.gateway.port());
    for head in [
        format!("GET /open HTTP/1.1\r\nHost: {host}\r\nHost: {host}\r\n\r\n"),
        format!("GET http://other.example/open HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        format!("POST /open HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: xchunked\r\n\r\n"),
        format!("POST /open HTTP/1.1\r\nHost: {host}\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
        format!("TRACE /open HTTP/1.1\r\nHost: {host}\r\n\r\n"),
    ] {
        let mut client = TcpStream::connect(guarded.gateway).await.unwrap();
        client.write_all(head.as_bytes()).await.unwrap();
        let answer = until(&mut client, "\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 40"), "{head}{answer}");
    }
    assert_eq!(things.calls(), 0);
}
