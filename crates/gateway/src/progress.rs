//! How far the body of a request has come: what tells a slow upstream from a slow client.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use futures_util::task::AtomicWaker;

use crate::Failure;

/// Shared by the body, which the connection to the upstream reads, and by whoever waits for the answer.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    is_done: AtomicBool,
    has_moved: AtomicBool,
    /// The client waits for `100 Continue`, and the upstream has not said it yet.
    is_held: AtomicBool,
    /// Nobody wants the rest any more: the answer is there.
    is_abandoned: AtomicBool,
    waker: AtomicWaker,
    fault: Mutex<Option<Failure>>,
}

impl Progress {
    /// A body whose client waits to be told to go on.
    pub fn held() -> Self {
        Self {
            is_held: AtomicBool::new(true),
            ..Self::default()
        }
    }

    /// Something came.
    pub fn moved(&self) {
        self.has_moved.store(true, Ordering::Relaxed);
    }

    /// Everything came.
    pub fn done(&self) {
        self.is_done.store(true, Ordering::Release);
        self.moved();
    }

    /// Whether everything came.
    pub fn is_done(&self) -> bool {
        self.is_done.load(Ordering::Acquire)
    }

    /// Whether something came since this was asked last.
    pub fn take_moved(&self) -> bool {
        self.has_moved.swap(false, Ordering::Relaxed)
    }

    /// The upstream wants the body.
    pub fn go_on(&self) {
        self.is_held.store(false, Ordering::Release);
        self.waker.wake();
    }

    /// The exchange is over: what has not come yet is not read any more.
    pub fn abandon(&self) {
        self.is_abandoned.store(true, Ordering::Release);
        self.go_on();
    }

    /// Whether the rest is wanted no more.
    pub fn is_abandoned(&self) -> bool {
        self.is_abandoned.load(Ordering::Acquire)
    }

    /// Whether the body is still held back; the waker is called when it no longer is.
    pub fn is_held(&self, waker: &std::task::Waker) -> bool {
        if !self.is_held.load(Ordering::Acquire) {
            return false;
        }
        self.waker.register(waker);
        self.is_held.load(Ordering::Acquire)
    }

    /// The client is at fault.
    pub fn fail(&self, fault: Failure) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
    }

    /// In what the client is at fault, if it is.
    pub fn fault(&self) -> Option<Failure> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
