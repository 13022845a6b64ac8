//! One request and its answer, with the few repetitions that are safe.
//! Spec: RFC 9110 §9.2.2, RFC 9112 §9.3.1, §9.6
//!
//! A request is sent again only if nothing of it can have been carried out: it was never sent, since no connection was
//! made or a kept one was closed before; or a kept connection ended before any answer, and the method is idempotent and
//! there is no body. It goes to one other upstream at most.

use std::{sync::Arc, time::Duration};

use http::{Request, Response};
use hyper::body::{Body as _, Incoming};
use tokio::time::{Instant, timeout};

use crate::{
    Failure, Upload,
    failure::chain,
    host::{Host, Lease},
    progress::Progress,
    upstreams::Upstreams,
};

/// Why an attempt came to nothing, and whether there may be another.
enum Missed {
    /// Nothing was sent. `at_fault`: the upstream is, and not just a connection that had grown old.
    Unsent { failure: Failure, at_fault: bool },
    /// It was sent on a connection that had grown old.
    Lost,
    /// It is over.
    Failed(Failure),
}

/// Sends a request, which may be empty then. `upload`: how far its body has come, if it streams. `deadline`: when it must be
/// over.
pub(crate) async fn exchange(
    upstreams: &Upstreams,
    request: &mut Request<Upload>,
    upload: Option<&Arc<Progress>>,
    deadline: Option<Instant>,
) -> Result<(Response<Incoming>, Lease), Failure> {
    let unreachable = || Failure::Unreachable("it has no upstream".to_owned());
    let mut host = upstreams.choose(None).ok_or_else(unreachable)?;
    let (mut may_reuse, mut may_move) = (true, true);
    loop {
        let mut lease = Lease::new(Arc::clone(&host), upload.cloned());
        let limits = Limits { upload, deadline };
        match attempt(upstreams, &host, &mut lease, request, (may_reuse, limits)).await {
            Ok(response) => {
                host.standing.answered();
                if !response.body().is_end_stream() {
                    lease.answered();
                }
                return Ok((response, lease));
            }
            Err(missed) => match *missed {
                Missed::Unsent { failure, at_fault } => {
                    if at_fault {
                        failed(&host, &failure);
                        host = upstreams.choose(Some(&host)).filter(|_| may_move).ok_or(failure)?;
                        may_move = false;
                    } else {
                        may_reuse = false;
                    }
                }
                Missed::Lost => may_reuse = false,
                Missed::Failed(failure) => {
                    if failure.is_of_upstream() {
                        failed(&host, &failure);
                    }
                    return Err(failure);
                }
            },
        }
        // The body goes on with the next attempt; only the connection is given up.
        lease.passes_on();
    }
}

fn failed(host: &Host, failure: &Failure) {
    if host.standing.failed() {
        tracing::warn!(upstream = %host.place, reason = %failure, "an upstream is left out for a while");
    }
}

#[derive(Clone, Copy)]
struct Limits<'a> {
    upload: Option<&'a Arc<Progress>>,
    deadline: Option<Instant>,
}

/// If there may be another attempt, the request is what it was.
async fn attempt(
    upstreams: &Upstreams,
    host: &Host,
    lease: &mut Lease,
    request: &mut Request<Upload>,
    (may_reuse, limits): (bool, Limits<'_>),
) -> Result<Response<Incoming>, Box<Missed>> {
    let settings = &upstreams.settings;
    let used = if may_reuse { host.used(settings).await } else { None };
    let is_used = used.is_some();
    let sender = match used {
        Some(sender) => sender,
        // Rare, and it needs much room.
        None => match Box::pin(host.open(settings)).await {
            Ok(sender) => sender,
            Err(failure) => {
                return Err(Box::new(Missed::Unsent {
                    failure,
                    at_fault: true,
                }));
            }
        },
    };
    let sender = lease.sender.insert(sender);
    let is_repeatable = is_used && request.method().is_idempotent() && request.body().is_empty();
    let sending = if is_repeatable {
        copy(request)
    } else {
        std::mem::replace(request, Request::new(Upload::empty()))
    };
    let sent = limits.wait(sender.send(sending), settings.patience.first_byte).await;
    let mut error = match sent {
        Ok(Ok(response)) => return Ok(response),
        Ok(Err(error)) => error,
        Err(failure) => return Err(Box::new(Missed::Failed(failure))),
    };
    if let Some(unsent) = error.take_message() {
        if !is_repeatable {
            *request = unsent;
        }
        let failure = Failure::Closed("it was not ready".to_owned());
        let at_fault = !is_used;
        return Err(Box::new(Missed::Unsent { failure, at_fault }));
    }
    let error = error.into_error();
    Err(Box::new(match limits.fault() {
        Some(fault) => Missed::Failed(fault),
        None if error.is_parse() => Missed::Failed(Failure::Malformed(chain(&error))),
        None if is_repeatable => Missed::Lost,
        None => Missed::Failed(Failure::Closed(chain(&error))),
    }))
}

/// A request without a body, to be sent again.
fn copy(request: &Request<Upload>) -> Request<Upload> {
    let mut copy = Request::new(Upload::empty());
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.version_mut() = request.version();
    request.headers().clone_into(copy.headers_mut());
    copy
}

impl Limits<'_> {
    fn fault(&self) -> Option<Failure> {
        self.upload.and_then(|upload| upload.fault())
    }

    /// Waits for the beginning of an answer: for so long, counted from when the body last moved. A client that is slow
    /// has a limit of its own.
    async fn wait<F: Future + Unpin>(&self, mut sending: F, patience: Duration) -> Result<F::Output, Failure> {
        loop {
            let left = self
                .deadline
                .map(|deadline| deadline.saturating_duration_since(Instant::now()));
            let is_last = left.is_some_and(|left| left <= patience);
            match timeout(left.unwrap_or(patience).min(patience), &mut sending).await {
                Ok(output) => return Ok(output),
                Err(_) if is_last => return Err(Failure::WholeTimeout),
                Err(_) if self.upload.is_some_and(|upload| upload.take_moved()) => {}
                Err(_) => return Err(self.fault().unwrap_or(Failure::FirstByteTimeout)),
            }
        }
    }
}
