//! The stream of a connection, and what it is used for.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use ::gateway::Stream;
use bytes::{Buf as _, Bytes};
use http::{Request, Version, header::CONNECTION};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};

/// What a connection of HTTP/2 begins with (RFC 9113 §3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What a connection is used for.
#[derive(Debug, Default)]
pub(super) struct Activity {
    begun: AtomicU64,
    running: AtomicUsize,
    /// Something was read since the last request began.
    is_begun: AtomicBool,
    /// Where the last request ended, the next one begins.
    is_plain: AtomicBool,
    rests: AtomicBool,
}

impl Activity {
    /// A request begins; it runs until the body of its answer is dropped.
    pub fn begin(self: &Arc<Self>, request: &Request<Incoming>) -> Run {
        // A body may be left unread, and then the rest of it is not the next request.
        let mut connection = request.headers().get_all(CONNECTION).iter();
        let is_plain = request.version() == Version::HTTP_11
            && request.body().is_end_stream()
            && connection.all(|value| value.as_bytes().eq_ignore_ascii_case(b"keep-alive"));
        self.is_plain.store(is_plain, Ordering::Relaxed);
        self.is_begun.store(false, Ordering::Relaxed);
        self.begun.fetch_add(1, Ordering::Relaxed);
        self.running.fetch_add(1, Ordering::Relaxed);
        Run(Arc::clone(self))
    }

    /// How many requests have begun.
    pub fn begun(&self) -> u64 {
        self.begun.load(Ordering::Relaxed)
    }

    /// Whether a request is being answered.
    pub fn is_running(&self) -> bool {
        self.running.load(Ordering::Relaxed) > 0
    }

    /// Whether the beginning of a request came, and the rest of its header did not.
    pub fn is_header_begun(&self) -> bool {
        self.is_begun.load(Ordering::Relaxed)
    }

    /// Whether the connection can be taken up by somebody new between its requests.
    pub fn can_rest(&self) -> bool {
        !self.is_header_begun() && self.is_plain.load(Ordering::Relaxed)
    }

    /// Whoever serves the connection stops to, and it stays open.
    pub fn set_rests(&self, rests: bool) {
        self.rests.store(rests, Ordering::Relaxed);
    }

    /// Whether the connection stays open when it is served no more.
    pub fn rests(&self) -> bool {
        self.rests.load(Ordering::Relaxed)
    }
}

/// A request that is being answered.
#[derive(Debug)]
pub(super) struct Run(Arc<Activity>);

impl Drop for Run {
    fn drop(&mut self) {
        // What was read meanwhile was its own body.
        self.0.is_begun.store(false, Ordering::Relaxed);
        self.0.running.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The body of an answer: while it is being sent, the connection is in use.
pub(super) struct Running<B> {
    body: B,
    _run: Run,
}

impl<B> Running<B> {
    pub fn new(body: B, run: Run) -> Self {
        Self { body, _run: run }
    }
}

impl<B: Body + Unpin> Body for Running<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The stream of a connection.
pub(super) struct Line {
    stream: Stream,
    /// What was read, and comes again.
    read: Bytes,
    activity: Arc<Activity>,
}

impl Line {
    pub fn new(stream: Stream, activity: Arc<Activity>) -> Self {
        Self {
            stream,
            read: Bytes::new(),
            activity,
        }
    }

    /// What was read of it already comes again.
    pub fn again(mut self, read: &Bytes) -> Self {
        // A copy of the little that there is, so that the buffer is gone in which it lies.
        self.read = Bytes::copy_from_slice(read);
        self
    }

    /// Whether it begins as HTTP/2 does.
    pub async fn speaks_http2(&mut self) -> io::Result<bool> {
        let mut read = [0; PREFACE.len()];
        let mut length = 0;
        let is_http2 = loop {
            let (begun, free) = read.split_at_mut(length);
            if !PREFACE.starts_with(begun) || free.is_empty() {
                break free.is_empty() && PREFACE == begun;
            }
            match self.stream.read(free).await? {
                0 => break false,
                more => length += more,
            }
        };
        self.read = Bytes::copy_from_slice(read.get(..length).unwrap_or_default());
        Ok(is_http2)
    }

    /// Waits until there is something to read.
    pub async fn readable(&self) -> io::Result<()> {
        if self.read.is_empty() {
            self.stream.readable().await
        } else {
            Ok(())
        }
    }
}

impl AsyncRead for Line {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buf.filled().len();
        let polled = if this.read.is_empty() {
            Pin::new(&mut this.stream).poll_read(cx, buf)
        } else {
            let next = this.read.split_to(this.read.remaining().min(buf.remaining()));
            buf.put_slice(&next);
            if this.read.is_empty() {
                this.read = Bytes::new();
            }
            Poll::Ready(Ok(()))
        };
        if buf.filled().len() > before {
            this.activity.is_begun.store(true, Ordering::Relaxed);
        }
        polled
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.activity.rests() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
