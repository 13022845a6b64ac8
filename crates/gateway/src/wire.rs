//! A connection of HTTP/1.1 to an upstream, which whoever has it drives.
//!
//! hyper's connections are futures that somebody must poll. A task of their own would be woken for each request, and would
//! wake the one that waits for the answer: that costs more than to read the answer does. So they have none, unless both
//! directions go on side by side, or the connection is to carry another protocol.

use std::{
    pin::Pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use http::{Request, Response, header::UPGRADE};
use hyper::{
    body::Incoming,
    client::conn::{
        TrySendError,
        http1::{Builder, Connection, SendRequest},
    },
};
use hyper_util::rt::TokioIo;
use tokio::time::timeout;

use crate::{Failure, Upload, connection::Stream, failure::chain};

/// The largest head of an answer, and how much is read at once at most.
const BUFFER: usize = 64 * 1024;

/// What becomes of a request: the head of its answer, or why there is none.
pub(crate) type Sent = Result<Response<Incoming>, TrySendError<Request<Upload>>>;
/// A request on its way. Boxed: what waits for it is small.
pub(crate) type Sending = Pin<Box<dyn Future<Output = Sent> + Send>>;

/// A connection.
pub(crate) struct Wire {
    sender: SendRequest<Upload>,
    /// Unless it has ended, or has a task of its own.
    connection: Option<Box<Connection<TokioIo<Stream>, Upload>>>,
}

impl Wire {
    /// Begins with what connects both sides.
    pub async fn open(stream: Stream) -> Result<Self, Failure> {
        let mut builder = Builder::new();
        builder.max_buf_size(BUFFER);
        let handshake = builder.handshake(TokioIo::new(stream)).await;
        let (sender, connection) = handshake.map_err(|error| Failure::Unreachable(chain(&error)))?;
        Ok(Self {
            sender,
            connection: Some(Box::new(connection)),
        })
    }

    /// Begins to send a request. Nothing happens unless the connection is driven.
    pub fn send(&mut self, request: Request<Upload>) -> Sending {
        if request.headers().contains_key(UPGRADE) {
            self.detach();
        }
        Box::pin(self.sender.try_send_request(request))
    }

    /// Lets it go on: what is there is read and written.
    pub fn drive(&mut self, cx: &mut Context<'_>) {
        if let Some(connection) = &mut self.connection
            && let Poll::Ready(result) = Pin::new(connection).poll(cx)
        {
            self.connection = None;
            ended(result);
        }
    }

    /// Gives it a task of its own.
    pub fn detach(&mut self) {
        if let Some(connection) = self.connection.take() {
            tokio::spawn(async move { ended(connection.with_upgrades().await) });
        }
    }

    /// Lets it come to its end in a task of its own: what is not written yet still is, and TLS is closed as it should be. The
    /// upstream may leave it open; not for long.
    pub fn finish(mut self) {
        const PATIENCE: Duration = Duration::from_secs(30);
        if let Some(connection) = self.connection.take() {
            tokio::spawn(async move { timeout(PATIENCE, connection).await.map(ended) });
        }
    }

    /// Whether the exchange before has come to its end, as far as the connection was driven.
    pub fn is_idle(&self) -> bool {
        self.sender.is_ready()
    }

    /// Whether the next request can be sent: the exchange before has come to its end, and the upstream has neither closed
    /// the connection since, nor said anything that it was not asked.
    pub fn is_ready(&mut self) -> bool {
        self.drive(&mut Context::from_waker(Waker::noop()));
        self.is_idle()
    }
}

fn ended(result: hyper::Result<()>) {
    if let Err(error) = result {
        tracing::debug!(%error, "a connection to an upstream ended early");
    }
}
