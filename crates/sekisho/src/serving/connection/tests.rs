use std::sync::Arc;

use ::gateway::Stream;
use axum::body::Body;
use hyper::service::service_fn;
use tokio::{
    io::AsyncReadExt as _,
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use super::*;
use crate::serving::line::Running;

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// A client, and the other end of its connection.
async fn connected() -> (TcpStream, Line, Arc<Activity>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (stream, _) = listener.accept().await.unwrap();
    let activity = Arc::new(Activity::default());
    (
        client,
        Line::new(Stream::Plain(stream), Arc::clone(&activity)),
        activity,
    )
}

/// Answers every request, and reads no body.
fn service(
    activity: &Arc<Activity>,
) -> impl Service<Request<Incoming>, Response = Response<Running<Body>>, Error = Infallible, Future: Send + 'static>
+ Send
+ use<> {
    let activity = Arc::clone(activity);
    service_fn(move |request| {
        let run = activity.begin(&request);
        async move { Ok(Response::new(Running::new(Body::from("here"), run))) }
    })
}

async fn answered(client: &mut TcpStream) {
    let mut answer = Vec::new();
    while !answer.ends_with(b"here") {
        assert_ne!(client.read_buf(&mut answer).await.unwrap(), 0, "{answer:?}");
    }
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{answer:?}");
}

/// Serves HTTP/1.1 until the connection rests or ends; answers what was left unread, if it rests.
fn until_it_rests(line: Line, activity: Arc<Activity>) -> JoinHandle<Option<Line>> {
    tokio::spawn(async move {
        let (_goes_on, mut stop) = watch::channel(false);
        let mut quiet = Quiet {
            begun: 0,
            since: Instant::now(),
        };
        let service = service(&activity);
        let served = http1(line, service, (&activity, &mut quiet), &mut stop).await;
        served.map(|(line, _)| line)
    })
}

#[tokio::test]
async fn a_connection_on_which_nothing_is_said_rests_and_keeps_what_was_half_said() {
    for half in [&b""[..], b"GET / HT"] {
        let (mut client, line, activity) = connected().await;
        let served = until_it_rests(line, activity);
        client.write_all(&[GET, half].concat()).await.unwrap();
        answered(&mut client).await;
        let mut line = served.await.unwrap().expect("it rests");
        client.write_all(b".").await.unwrap();
        let mut read = vec![0; half.len() + 1];
        line.read_exact(&mut read).await.unwrap();
        assert_eq!(read, [half, b"."].concat());
    }
}

#[tokio::test]
async fn a_connection_whose_last_request_had_a_body_or_wanted_an_end_never_rests() {
    let post = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 30\r\n\r\n";
    let last = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    for request in [&post[..], last] {
        let (mut client, line, activity) = connected().await;
        let served = until_it_rests(line, activity);
        client.write_all(request).await.unwrap();
        answered(&mut client).await;
        // What would be the body, or nothing, is no request.
        let _ = client.write_all(GET).await;
        assert!(served.await.unwrap().is_none());
    }
}

#[tokio::test]
async fn after_a_rest_requests_are_answered_as_before_and_the_end_is_heard() {
    let (mut client, line, activity) = connected().await;
    let (stops, stop) = watch::channel(false);
    let service = service(&activity);
    let served = tokio::spawn(async move { serve(line, service, &activity, stop).await });
    for _ in 0..2 {
        client.write_all(GET).await.unwrap();
        answered(&mut client).await;
        tokio::time::sleep(3 * LOOK).await;
    }
    stops.send(true).unwrap();
    served.await.unwrap();
    assert_eq!(client.read(&mut [0]).await.unwrap(), 0);
}
