//! A proxy before PostgreSQL that cuts a connection at the moment that a test is about.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, sink},
    net::{TcpListener, TcpStream},
};

/// What to do to the next connection that sends a COMMIT: when to cut it, above all.
#[derive(Clone, Copy)]
#[repr(u8)]
pub(super) enum Cut {
    /// The server never sees the COMMIT, and loses the connection too.
    Before = 1,
    /// The server has committed; only its answer is lost.
    After = 2,
    /// The server gets the COMMIT and goes on; the client is cut off at once.
    At = 3,
    /// Never, but no answer passes until the COMMIT was sent.
    Silence = 4,
}

pub(super) struct Proxy {
    pub(super) url: String,
    cut: Arc<AtomicU8>,
}

impl Proxy {
    /// Listens, for the server that this URL names.
    pub(super) async fn before(url: &str) -> Self {
        let (server, database) = url.rsplit_once('@').unwrap().1.split_once('/').unwrap();
        let server = server.to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("postgres://postgres@{}/{database}", listener.local_addr().unwrap());
        let cut = Arc::new(AtomicU8::new(0));
        let armed = Arc::clone(&cut);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&server).await.unwrap();
                tokio::spawn(relay(client, server, Arc::clone(&armed)));
            }
        });
        Self { url, cut }
    }

    /// The next COMMIT, and only that one, ends like this.
    pub(super) fn cut_next(&self, cut: Cut) {
        self.cut.store(cut as u8, Ordering::SeqCst);
    }

    /// Whether the cut has happened.
    pub(super) fn has_cut(&self) -> bool {
        self.cut.load(Ordering::SeqCst) == 0
    }
}

async fn relay(mut client: TcpStream, mut server: TcpStream, armed: Arc<AtomicU8>) {
    let (mut asked, mut answered) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        tokio::select! {
            read = client.read(&mut asked) => match read {
                Ok(n) if n > 0 => {
                    let sent = &asked[..n];
                    // A simple query: `Q`, four bytes of length, the text, NUL.
                    let commit = sent.windows(7).position(|window| window == b"COMMIT\0");
                    let how = if commit.is_some() { armed.swap(0, Ordering::SeqCst) } else { 0 };
                    if how == Cut::Before as u8 {
                        server.write_all(&sent[..commit.unwrap() - 5]).await.unwrap();
                        return;
                    }
                    server.write_all(sent).await.unwrap();
                    if how == Cut::After as u8 {
                        return until_committed(&mut server).await;
                    }
                    if how == Cut::At as u8 {
                        drop(client);
                        let _ = tokio::io::copy(&mut server, &mut sink()).await;
                        return;
                    }
                }
                _ => return,
            },
            read = server.read(&mut answered), if armed.load(Ordering::SeqCst) != Cut::Silence as u8 => match read {
                Ok(n) if n > 0 => if client.write_all(&answered[..n]).await.is_err() { return },
                _ => return,
            },
        }
    }
}

/// Keeps to itself what the server says, up to the answer to COMMIT.
async fn until_committed(server: &mut TcpStream) {
    let mut heard = Vec::new();
    while !heard.windows(7).any(|window| window == b"COMMIT\0") {
        assert_ne!(
            server.read_buf(&mut heard).await.unwrap(),
            0,
            "the server did not commit"
        );
    }
}
