//! Upstreams that are away, hang, reset, or say what is no HTTP.

use std::time::Duration;

use super::{Inside, PATIENCE, SHORT, Wire, before, start};
use crate::{Health, Settings, Upstream};

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const POST: &str = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx";
const FINE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// Where nobody listens.
fn nowhere() -> Upstream {
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    Upstream::parse(&format!("http://{free}")).unwrap()
}

async fn status(gateway: std::net::SocketAddr, request: &str) -> String {
    let mut client = Wire::to(gateway).await;
    client.send(request).await;
    client.head().await[9..12].to_owned()
}

#[tokio::test]
async fn an_upstream_that_is_away_is_a_bad_gateway_unless_there_is_another() {
    let alone = Settings::new(vec![nowhere()], "a".parse().unwrap());
    assert_eq!(status(start(alone).await, GET).await, "502");
    let mut inside = Inside::start().await;
    let settings = Settings::new(vec![nowhere(), inside.place()], "a".parse().unwrap());
    let gateway = start(settings).await;
    // Nothing was sent to the one that is away, so that the method does not matter.
    for _ in 0..4 {
        let mut client = Wire::to(gateway).await;
        client.send(POST).await;
        let mut upstream = inside.next().await;
        upstream.until("\r\n\r\nx").await;
        upstream
            .send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
            .await;
        client.until("ok").await;
    }
    // With all away it is tried no more than twice.
    let none = Settings::new(vec![nowhere(), nowhere(), nowhere()], "a".parse().unwrap());
    assert_eq!(status(start(none).await, POST).await, "502");
}

#[tokio::test]
async fn an_upstream_that_hangs_is_a_time_out() {
    let mut inside = Inside::start().await;
    let mut settings = before(&[&inside]);
    settings.patience.first_byte = SHORT;
    let gateway = start(settings).await;
    let (status, mut upstream) = tokio::join!(status(gateway, GET), inside.next());
    assert_eq!(status, "504");
    upstream.head().await;
    assert_eq!(upstream.rest().await, "", "and is told so");
}

#[tokio::test]
async fn an_upstream_that_is_slow_within_its_limits_is_waited_for_and_no_longer_than_the_whole_may_take() {
    let mut inside = Inside::start().await;
    let mut settings = before(&[&inside]);
    settings.patience.whole = Some(SHORT);
    let mut client = Wire::to(start(settings).await).await;
    client.send(GET).await;
    let mut upstream = inside.next().await;
    upstream.head().await;
    upstream
        .send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
        .await;
    client.until("1\r\na\r\n").await;
    assert_eq!(client.rest().await, "", "it is cut off, not ended");
}

#[tokio::test]
async fn an_answer_that_stops_half_way_is_cut_off() {
    let mut inside = Inside::start().await;
    let mut settings = before(&[&inside]);
    settings.patience.idle = SHORT;
    let mut client = Wire::to(start(settings).await).await;
    client.send(GET).await;
    let mut upstream = inside.next().await;
    upstream.head().await;
    upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc").await;
    client.until("abc").await;
    assert_eq!(client.rest().await, "");
}

#[tokio::test]
async fn an_upstream_that_ends_or_talks_nonsense_is_a_bad_gateway() {
    let mut inside = Inside::start().await;
    let gateway = start(before(&[&inside])).await;
    for said in [
        "",
        "HTTP/1.1 20",
        "no HTTP at all\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nX-Folded: a\r\n b\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
    ] {
        let mut client = Wire::to(gateway).await;
        client.send(GET).await;
        let mut upstream = inside.next().await;
        upstream.head().await;
        upstream.send(said).await;
        drop(upstream);
        let answer = client.head().await;
        assert!(answer.starts_with("HTTP/1.1 502"), "{said:?}: {answer}");
    }
}

#[tokio::test]
async fn a_connection_that_grew_old_costs_a_second_try_only_where_that_is_safe() {
    let mut inside = Inside::start().await;
    let gateway = start(before(&[&inside])).await;
    for (request, end, is_repeated) in [(GET, "\r\n\r\n", true), (POST, "\r\n\r\nx", false)] {
        let mut client = Wire::to(gateway).await;
        client.send(GET).await;
        let mut upstream = inside.next().await;
        upstream.head().await;
        upstream.send(FINE).await;
        client.until("ok").await;
        // The next one goes by the same connection, which ends without an answer.
        client.send(request).await;
        upstream.until(end).await;
        drop(upstream);
        if is_repeated {
            let mut again = inside.next().await;
            again.until(end).await;
            again
                .send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
                .await;
            client.until("ok").await;
        } else {
            assert!(client.head().await.starts_with("HTTP/1.1 502"));
            assert!(inside.is_alone());
        }
    }
}

#[tokio::test]
async fn a_connection_that_the_upstream_has_closed_is_not_used_again() {
    let mut inside = Inside::start().await;
    let gateway = start(before(&[&inside])).await;
    let mut client = Wire::to(gateway).await;
    for _ in 0..3 {
        client.send(POST).await;
        let mut upstream = inside.next().await;
        upstream.until("\r\n\r\nx").await;
        upstream.send(FINE).await;
        client.until("ok").await;
    }
}

/// Answers health checks of an upstream, well or not, and everything else with its name.
async fn answer_all(mut inside: Inside, name: &'static str, is_well: tokio::sync::watch::Receiver<bool>) {
    loop {
        let mut wire = inside.next().await;
        let is_well = is_well.clone();
        tokio::spawn(async move {
            let head = wire.head().await;
            let status = if head.contains("/health") && !*is_well.borrow() {
                503
            } else {
                200
            };
            let length = name.len();
            wire.send(&format!(
                "HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{name}"
            ))
            .await;
        });
    }
}

#[tokio::test]
async fn an_upstream_that_says_it_is_not_well_is_left_out_until_it_says_it_is() {
    let (one, two) = (Inside::start().await, Inside::start().await);
    let mut settings = before(&[&one, &two]);
    settings.health = Some(Health {
        path: "/health".to_owned(),
        every: Duration::from_millis(10),
    });
    let (set, is_well) = tokio::sync::watch::channel(true);
    tokio::spawn(answer_all(one, "one", is_well));
    tokio::spawn(answer_all(two, "two", tokio::sync::watch::channel(true).1));
    let gateway = start(settings).await;
    let seen = async || {
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..6 {
            let mut client = Wire::to(gateway).await;
            client
                .send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                .await;
            let answer = client.rest().await;
            seen.insert(answer.rsplit('\n').next().unwrap().to_owned());
        }
        seen.into_iter().collect::<Vec<_>>()
    };
    let until = async |wanted: &[&str]| {
        let waiting = async { while seen().await != wanted {} };
        tokio::time::timeout(PATIENCE, waiting)
            .await
            .expect("the upstreams change");
    };
    until(&["one", "two"]).await;
    set.send_replace(false);
    until(&["two"]).await;
    set.send_replace(true);
    until(&["one", "two"]).await;
}
