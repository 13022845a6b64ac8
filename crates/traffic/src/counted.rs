//! Decisions that are counted as they are made: for transports that never see the call's end.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use enforcement::gate::{BodyProblem, Call, CallBody, Decide, Decision, Pending, ProtectedApi};
use http::{HeaderMap, Version};

use crate::{Decided, Ending, Through, TraceContext, Traffic};

/// Who decides, with who counts.
pub struct Counted<D> {
    decide: D,
    traffic: Arc<Traffic>,
    through: Through,
}

impl<D> Counted<D> {
    /// Counts what this one decides.
    pub const fn new(decide: D, traffic: Arc<Traffic>, through: Through) -> Self {
        Self {
            decide,
            traffic,
            through,
        }
    }

    /// A body that is asked for is part of the decision: it is counted when that is made.
    fn note(&self, call: &Call<'_>, decision: &Decision, took: Duration) {
        if matches!(decision, Decision::NeedsBody(_)) {
            return;
        }
        let (status, id) = match decision {
            Decision::Denied(denied) => (denied.answer().status.as_u16(), denied.id.as_deref().unwrap_or("-")),
            _ => (200, "-"),
        };
        let ending = Ending {
            through: self.through,
            version: Version::HTTP_11,
            status,
            failed: None,
            took,
            bytes: None,
            id,
            trace: &TraceContext::of(call.headers),
        };
        self.traffic.ended(call, &Decided::of(decision), &ending);
    }
}

impl<D: Decide> Decide for Counted<D> {
    async fn decide(&self, call: &Call<'_>) -> Decision {
        let began = Instant::now();
        let decision = self.decide.decide(call).await;
        self.note(call, &decision, began.elapsed());
        decision
    }

    async fn find(&self, call: &Call<'_>) -> Option<Arc<ProtectedApi>> {
        self.decide.find(call).await
    }

    async fn finish(&self, pending: Pending, body: Result<&[u8], BodyProblem>) -> Decision {
        let began = Instant::now();
        let (method, path, headers) = (pending.method().to_owned(), pending.path(), HeaderMap::new());
        let decision = self.decide.finish(pending, body).await;
        let call = Call {
            method: &method,
            scheme: None,
            authority: "",
            target: &path,
            headers: &headers,
            certificate: None,
            address: None,
            body: CallBody::Hidden,
        };
        self.note(&call, &decision, began.elapsed());
        decision
    }
}
