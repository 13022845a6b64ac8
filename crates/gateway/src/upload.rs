//! The body of a request on its way to the upstream.
//! Spec: RFC 9110 §10.1.1
//!
//! It is read when the upstream's connection has room for it, and not before: back-pressure reaches the client. hyper
//! tells the client `100 Continue` at the first read; where the client waits for it, that read waits for the upstream.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::{Sleep, sleep, timeout};

use crate::{Failure, progress::Progress};

/// How long an upstream may leave open whether it wants a body: many never say it, and then it is sent all the same
/// (RFC 9110 §10.1.1, "SHOULD NOT wait for an indefinite period").
const CONTINUE: Duration = Duration::from_secs(1);
/// How long a body may take that must be read to decide about it.
const READ: Duration = Duration::from_secs(10);

/// The body of a request.
#[derive(Debug)]
pub struct Upload(Kind);

#[derive(Debug)]
enum Kind {
    Empty,
    /// What was read to decide about it.
    Whole(Bytes),
    Streaming(Box<Streaming>),
}

#[derive(Debug)]
struct Streaming {
    incoming: Incoming,
    progress: Arc<Progress>,
    /// How much may still come.
    left: Option<u64>,
    idle: Duration,
    /// Runs while nothing comes.
    timer: Option<Pin<Box<Sleep>>>,
}

impl From<Incoming> for Upload {
    /// Streams what comes, without limits of its own: a [`Backend`](crate::Backend) gives it those.
    fn from(incoming: Incoming) -> Self {
        if incoming.is_end_stream() {
            return Self(Kind::Empty);
        }
        Self(Kind::Streaming(Box::new(Streaming {
            incoming,
            progress: Arc::default(),
            left: None,
            idle: Duration::MAX,
            timer: None,
        })))
    }
}

impl From<Bytes> for Upload {
    /// What was read already.
    fn from(whole: Bytes) -> Self {
        Self(if whole.is_empty() {
            Kind::Empty
        } else {
            Kind::Whole(whole)
        })
    }
}

impl Upload {
    /// No body.
    pub fn empty() -> Self {
        Self(Kind::Empty)
    }

    /// Reads a whole body of so many bytes at most, to decide about it.
    pub async fn read(mut self, most: usize) -> Result<Bytes, Failure> {
        let mut read = BytesMut::new();
        let reading = async {
            while let Some(frame) = poll_fn(|cx| Pin::new(&mut self).poll_frame(cx)).await {
                let Ok(data) = frame?.into_data() else { continue };
                if read.len() + data.len() > most {
                    return Err(Failure::BodyTooLarge);
                }
                read.extend_from_slice(&data);
            }
            Ok(())
        };
        timeout(READ, reading).await.unwrap_or(Err(Failure::BodyTooSlow))?;
        Ok(read.freeze())
    }

    /// Whether there is no body.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self.0, Kind::Empty)
    }

    /// Its length, if it is known beforehand.
    pub(crate) fn length(&self) -> Option<u64> {
        match &self.0 {
            Kind::Empty => Some(0),
            Kind::Whole(whole) => Some(whole.len() as u64),
            Kind::Streaming(streaming) => streaming.incoming.size_hint().exact(),
        }
    }

    /// Sets the limits of a body that streams; answers how far it has come. `waits`: the client wants to be told to go on.
    pub(crate) fn limited(&mut self, limit: Option<u64>, idle: Duration, waits: bool) -> Option<Arc<Progress>> {
        let Kind::Streaming(streaming) = &mut self.0 else {
            return None;
        };
        if waits {
            streaming.progress = Arc::new(Progress::held());
        }
        (streaming.left, streaming.idle) = (limit, idle);
        Some(Arc::clone(&streaming.progress))
    }
}

impl Streaming {
    fn poll_held(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.progress.is_held(cx.waker()) {
            return Poll::Ready(());
        }
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(CONTINUE)));
        ready!(timer.as_mut().poll(cx));
        self.timer = None;
        self.progress.go_on();
        Poll::Ready(())
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Failure>>> {
        ready!(self.poll_held(cx));
        if self.progress.is_abandoned() {
            return Poll::Ready(Some(Err(Failure::BodyBroken)));
        }
        let frame = match Pin::new(&mut self.incoming).poll_frame(cx) {
            Poll::Ready(frame) => frame,
            Poll::Pending => {
                let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(self.idle)));
                ready!(timer.as_mut().poll(cx));
                return Poll::Ready(Some(Err(self.fail(Failure::BodyTooSlow))));
            }
        };
        self.timer = None;
        Poll::Ready(match frame {
            None => {
                self.progress.done();
                None
            }
            Some(Err(error)) => {
                tracing::debug!(%error, "the body of a request broke off");
                Some(Err(self.fail(Failure::BodyBroken)))
            }
            Some(Ok(frame)) => Some(self.count(frame)),
        })
    }

    fn count(&mut self, frame: Frame<Bytes>) -> Result<Frame<Bytes>, Failure> {
        let length = frame.data_ref().map_or(0, |data| data.len() as u64);
        if let Some(left) = self.left {
            let Some(left) = left.checked_sub(length) else {
                return Err(self.fail(Failure::BodyTooLarge));
            };
            self.left = Some(left);
        }
        // Who knows that nothing comes after this does not ask for the end.
        let is_last = frame.is_trailers() || self.incoming.size_hint().exact() == Some(0);
        if is_last || self.incoming.is_end_stream() {
            self.progress.done();
        } else {
            self.progress.moved();
        }
        Ok(frame)
    }

    fn fail(&self, failure: Failure) -> Failure {
        self.progress.fail(failure.clone());
        failure
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = Failure;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Failure>>> {
        match &mut self.0 {
            Kind::Empty => Poll::Ready(None),
            Kind::Whole(whole) => {
                let whole = std::mem::take(whole);
                self.0 = Kind::Empty;
                Poll::Ready(Some(Ok(Frame::data(whole))))
            }
            Kind::Streaming(streaming) => streaming.poll(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Empty => true,
            Kind::Whole(_) => false,
            Kind::Streaming(streaming) => streaming.incoming.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Empty => SizeHint::with_exact(0),
            Kind::Whole(whole) => SizeHint::with_exact(whole.len() as u64),
            Kind::Streaming(streaming) => streaming.incoming.size_hint(),
        }
    }
}
