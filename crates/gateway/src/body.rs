//! The body of an answer on its way to the client.
//!
//! It is read when the client's connection has room for it. When the client goes away it is dropped, and with it the
//! connection to the upstream, which thereby learns that nobody waits any more.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, Waker, ready},
    time::Duration,
};

use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::{Failure, host::Lease};

/// How an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// The bytes of its body that were handed on.
    pub bytes: u64,
    /// Whether it came to its end: the client did not go away, and the upstream did not fail.
    pub is_whole: bool,
}

/// What is done when an answer has ended.
type Ending = Box<dyn FnOnce(Ended) + Send>;

/// The body of an answer.
#[derive(Default)]
pub struct Body {
    kind: Kind,
    ended: u64,
    is_whole: bool,
    ending: Option<Ending>,
}

#[derive(Default)]
enum Kind {
    #[default]
    Empty,
    Whole(Bytes),
    Streaming(Streaming),
}

struct Streaming {
    incoming: Incoming,
    lease: Option<Lease>,
    idle: Duration,
    deadline: Option<Instant>,
    /// Runs while nothing comes.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Body {
    /// What an upstream sends.
    pub(crate) fn streaming(incoming: Incoming, lease: Lease, idle: Duration, deadline: Option<Instant>) -> Self {
        let mut streaming = Streaming {
            incoming,
            lease: Some(lease),
            idle,
            deadline,
            timer: None,
        };
        let is_over = streaming.incoming.is_end_stream();
        if is_over {
            streaming.end();
        }
        Self {
            kind: if is_over {
                Kind::Empty
            } else {
                Kind::Streaming(streaming)
            },
            is_whole: is_over,
            ended: 0,
            ending: None,
        }
    }

    /// Calls this when the answer has ended.
    pub fn when_ended(&mut self, ending: impl FnOnce(Ended) + Send + 'static) {
        self.ending = Some(Box::new(ending));
    }
}

impl From<Bytes> for Body {
    fn from(whole: Bytes) -> Self {
        Self {
            is_whole: whole.is_empty(),
            kind: if whole.is_empty() {
                Kind::Empty
            } else {
                Kind::Whole(whole)
            },
            ended: 0,
            ending: None,
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").finish_non_exhaustive()
    }
}

impl Streaming {
    fn end(&mut self) {
        if let Some(lease) = self.lease.take() {
            lease.give_back();
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Failure>>> {
        let frame = match self.poll_incoming(cx) {
            Poll::Ready(frame) => frame,
            Poll::Pending => {
                ready!(self.poll_timer(cx));
                let is_last = self.deadline.is_some_and(|deadline| deadline <= Instant::now());
                let failure = if is_last {
                    Failure::WholeTimeout
                } else {
                    Failure::FirstByteTimeout
                };
                tracing::warn!(reason = %failure, "an answer stopped half-way");
                return Poll::Ready(Some(Err(failure)));
            }
        };
        self.timer = None;
        Poll::Ready(match frame {
            None => {
                self.end();
                None
            }
            Some(Ok(frame)) => {
                if self.incoming.is_end_stream() {
                    self.end();
                }
                Some(Ok(frame))
            }
            Some(Err(error)) => {
                tracing::warn!(%error, "an answer broke off");
                Some(Err(Failure::Closed(error.to_string())))
            }
        })
    }

    /// What came with the head is there already; for anything more the connection must go on.
    fn poll_incoming(&mut self, cx: &mut Context<'_>) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        if let Some(lease) = &mut self.lease {
            let frame = Pin::new(&mut self.incoming).poll_frame(&mut Context::from_waker(Waker::noop()));
            if frame.is_ready() {
                return frame;
            }
            lease.drive(cx);
        }
        Pin::new(&mut self.incoming).poll_frame(cx)
    }

    fn poll_timer(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let (idle, deadline) = (self.idle, self.deadline);
        let timer = self.timer.get_or_insert_with(|| {
            let patience = Instant::now() + idle;
            Box::pin(sleep_until(
                deadline.map_or(patience, |deadline| deadline.min(patience)),
            ))
        });
        timer.as_mut().poll(cx)
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = Failure;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Failure>>> {
        let frame = match &mut self.kind {
            Kind::Empty => None,
            Kind::Whole(whole) => {
                let whole = std::mem::take(whole);
                self.kind = Kind::Empty;
                Some(Ok(Frame::data(whole)))
            }
            Kind::Streaming(streaming) => ready!(streaming.poll(cx)),
        };
        match &frame {
            None => self.is_whole = true,
            Some(Ok(frame)) => {
                self.ended += frame.data_ref().map_or(0, |data| data.len() as u64);
                self.is_whole = self.is_end_stream();
            }
            Some(Err(_)) => self.is_whole = false,
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Empty => true,
            Kind::Whole(_) => false,
            Kind::Streaming(streaming) => streaming.incoming.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Empty => SizeHint::with_exact(0),
            Kind::Whole(whole) => SizeHint::with_exact(whole.len() as u64),
            Kind::Streaming(streaming) => streaming.incoming.size_hint(),
        }
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        if let Some(ending) = self.ending.take() {
            ending(Ended {
                bytes: self.ended,
                is_whole: self.is_whole,
            });
        }
    }
}
