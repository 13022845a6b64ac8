//! An upstream that compares what it is sent with what was to be forwarded.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use super::reader::{self, Read};

/// The field by which a forwarded request is known. Clients that send it are to lose it on the way.
pub(super) const MARK: &str = "sekisho-subject";

/// What was forwarded, and whether something else came.
#[derive(Default)]
pub(super) struct Seen(Mutex<Expected>);

#[derive(Default)]
struct Expected {
    last: u64,
    forwarded: HashMap<u64, (String, String)>,
    violation: Option<String>,
}

impl Seen {
    fn lock(&self) -> MutexGuard<'_, Expected> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request is about to be forwarded: its mark.
    pub fn expect(&self, method: &str, target: &str) -> u64 {
        let mut expected = self.lock();
        expected.last += 1;
        let mark = expected.last;
        // What is long ago was answered.
        expected.forwarded.remove(&mark.saturating_sub(1000));
        expected.forwarded.insert(mark, (method.to_owned(), target.to_owned()));
        mark
    }

    /// What came and should not have.
    pub fn violation(&self) -> Option<String> {
        self.lock().violation.take()
    }

    fn check(&self, read: &Read) {
        let all = |name: &str| {
            let fields = read.headers.iter().filter(|(known, _)| known == name);
            fields.map(|(_, value)| value.as_str()).collect::<Vec<_>>()
        };
        let mut expected = self.lock();
        let mark = match all(MARK).as_slice() {
            [mark] => mark.parse::<u64>().ok(),
            _ => None,
        };
        let forwarded = mark.and_then(|mark| expected.forwarded.get(&mark));
        let is_same = forwarded.is_some_and(|(method, target)| *method == read.method && *target == read.target);
        let hosts = all("host");
        if !is_same || hosts != ["api.example"] {
            expected.violation = Some(format!("the upstream got {read:?}, but forwarded was {forwarded:?}"));
        }
    }
}

/// Starts it, and answers its address.
pub(super) async fn start(seen: Arc<Seen>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.unwrap_or_else(|error| panic!("{error}"));
    let address = listener.local_addr().unwrap_or_else(|error| panic!("{error}"));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&seen)));
        }
    });
    address
}

/// Answers each whole request; the rest of a broken one is nobody's.
async fn serve(mut stream: TcpStream, seen: Arc<Seen>) {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(count) = stream.read(&mut buffer).await
        && count > 0
    {
        bytes.extend_from_slice(buffer.get(..count).unwrap_or_default());
        loop {
            match reader::read(&bytes) {
                Ok(Some(read)) => {
                    seen.check(&read);
                    bytes.drain(..read.length);
                    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
                    let answer = if read.method == "HEAD" {
                        answer.get(..38)
                    } else {
                        Some(&answer[..])
                    };
                    if stream.write_all(answer.unwrap_or_default()).await.is_err() {
                        return;
                    }
                }
                Ok(None) => break,
                Err(why) => {
                    let shown = String::from_utf8_lossy(&bytes).into_owned();
                    seen.lock().violation = Some(format!("the upstream got {why}: {shown:?}"));
                    return;
                }
            }
        }
    }
}
