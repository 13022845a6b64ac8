//! A mail server on loopback that keeps what it is given.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use rustls::{ServerConfig, crypto::aws_lc_rs};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader},
    net::TcpListener,
    sync::mpsc,
};
use tokio_rustls::TlsAcceptor;

use web::mail::Mails;

use crate::{config::Email, serving::delivery::mail::Mail};

/// What arrived: the envelope's commands, and the text as it was on the wire.
#[derive(Default)]
pub(super) struct Received {
    pub commands: Vec<String>,
    pub text: String,
}

pub(super) struct Smtp {
    port: u16,
    refuse: Arc<AtomicUsize>,
    received: mpsc::UnboundedReceiver<Received>,
}

impl Smtp {
    pub async fn plain() -> Self {
        Self::listen(None).await
    }

    /// TLS from the start; answers the file of the root to trust, too.
    pub async fn tls(directory: &Path) -> (Self, PathBuf) {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let root = directory.join("root.pem");
        std::fs::write(&root, made.cert.pem()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], made.signing_key.into())
            .unwrap();
        (Self::listen(Some(TlsAcceptor::from(Arc::new(config)))).await, root)
    }

    async fn listen(tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let refuse = Arc::new(AtomicUsize::new(0));
        let (keep, received) = mpsc::unbounded_channel();
        let refusals = Arc::clone(&refuse);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (keep, refusals, tls) = (keep.clone(), Arc::clone(&refusals), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => converse(stream, &keep, &refusals).await,
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => converse(stream, &keep, &refusals).await,
                            Err(_) => None,
                        },
                    }
                });
            }
        });
        Self { port, refuse, received }
    }

    pub fn settings(&self, scheme: &str) -> Email {
        let smtp = format!("{scheme}://localhost:{}", self.port).parse().unwrap();
        Email {
            smtp,
            from: "Example Bank <no-reply@example.com>".into(),
        }
    }

    pub fn mail(&self, scheme: &str, trust: &[PathBuf]) -> Result<Mail, String> {
        Mail::by_smtp(Mails::new(None).unwrap(), &self.settings(scheme), trust)
    }

    /// Turns the next recipients away, as a server does that is busy.
    pub fn refuse_recipients(&self, count: usize) {
        self.refuse.store(count, Ordering::SeqCst);
    }

    pub async fn received(&mut self) -> Received {
        self.received.recv().await.unwrap()
    }

    pub fn received_nothing_more(&mut self) -> bool {
        self.received.try_recv().is_err()
    }
}

/// One connection; it ends with an error or `QUIT`.
async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    keep: &mpsc::UnboundedSender<Received>,
    refuse: &AtomicUsize,
) -> Option<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 test\r\n").await.ok()?;
    let mut mail = Received::default();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok().filter(|&read| read > 0)?;
        let answer = match line.get(..4)?.to_ascii_uppercase().as_str() {
            "EHLO" => "250-test\r\n250 8BITMIME",
            "MAIL" | "RCPT" => {
                let refused = line.starts_with("RCPT")
                    && refuse
                        .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
                        .is_ok();
                let command = line.trim_end().trim_end_matches(" BODY=8BITMIME");
                mail.commands.push(command.to_owned());
                if refused { "450 mailbox is busy" } else { "250 ok" }
            }
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await.ok()?;
                while !mail.text.ends_with("\r\n.\r\n") {
                    stream.read_line(&mut mail.text).await.ok().filter(|&read| read > 0)?;
                }
                let _ = keep.send(std::mem::take(&mut mail));
                "250 kept"
            }
            "QUIT" => "221 bye",
            _ => "250 ok",
        };
        stream.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
        stream.flush().await.ok()?;
    }
}
