//! What becomes of a call.

use std::sync::Arc;

use http::{HeaderName, HeaderValue};
use protocol::{Access, TokenScheme};
use serde_json::Value;

use super::{ProtectedApi, RouteRule, body, body::BodyProblem, decide::Failure, details::Sample, identity};
use crate::{
    Answer, Permit, Refusal,
    limit::{self, Usage},
};

/// What becomes of a call.
#[derive(Debug)]
pub enum Decision {
    /// It goes on to the API.
    Permitted(Box<Permitted>),
    /// It does if its body is right: the transport reads it, see [`Decide::finish`](super::Decide::finish).
    NeedsBody(Box<Pending>),
    /// It does not.
    Denied(Box<Denied>),
}

/// A call that goes on to the API. Only the check makes one.
#[derive(Debug)]
#[non_exhaustive]
pub struct Permitted {
    /// The API.
    pub api: Arc<ProtectedApi>,
    /// The route.
    pub route: Arc<RouteRule>,
    /// Who calls with what; nobody, on a route that is open to all.
    pub permit: Option<Permit>,
    /// The nonce for the client's next proof, for the response.
    pub nonce: Option<String>,
    /// What the call left of the limits.
    pub usages: Vec<Usage>,
}

impl Permitted {
    /// The header fields that tell the upstream who calls. Before they are added, [`strip`](super::strip) takes off the
    /// client's own.
    pub fn identity(&self) -> Vec<(HeaderName, HeaderValue)> {
        self.permit.as_ref().map_or_else(Vec::new, identity::headers)
    }

    /// The header fields that the client gets with the response, besides the nonce: what is left of the limits.
    pub fn limits(&self) -> Vec<(HeaderName, HeaderValue)> {
        limit::fields(&self.usages)
    }
}

/// A call that is right so far, and whose body must still be looked into.
#[derive(Debug)]
pub struct Pending {
    pub(super) permitted: Permitted,
    pub(super) tried: TokenScheme,
    pub(super) method: String,
    /// The path below the API's identifier.
    pub(super) path: String,
}

impl Pending {
    /// The API.
    pub const fn api(&self) -> &Arc<ProtectedApi> {
        &self.permitted.api
    }

    /// The method of the call.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The path of the call.
    pub fn path(&self) -> String {
        format!("{}{}", self.permitted.api.base(), self.path)
    }

    /// Looks into the body, or says why nobody can.
    pub fn finish(self, body: Result<&[u8], BodyProblem>) -> Decision {
        match body.and_then(body::read) {
            Ok(value) => self.compare(Some(&value)),
            Err(problem) => self.deny(problem.into()),
        }
    }

    /// Compares the call with what was permitted in detail.
    pub(super) fn compare(self, body: Option<&Value>) -> Decision {
        let sample = Sample {
            method: &self.method,
            path: &self.path,
            body,
        };
        let checked = match (&self.permitted.route.details, &self.permitted.permit) {
            (Some(details), Some(permit)) => details.check(permit, &sample),
            // No route with details is open to all.
            (Some(_), None) => Err(Refusal::NoCredentials),
            (None, _) => Ok(()),
        };
        match checked {
            Ok(()) => Decision::Permitted(Box::new(self.permitted)),
            Err(refusal) => self.deny(refusal),
        }
    }

    /// With what is left of the limits.
    pub(super) fn with(mut self, usages: Vec<Usage>) -> Self {
        self.permitted.usages = usages;
        self
    }

    pub(super) fn deny(self, refusal: Refusal) -> Decision {
        self.fail(refusal.into())
    }

    pub(super) fn fail(self, failure: Failure) -> Decision {
        Decision::Denied(Box::new(Denied {
            api: Some(self.permitted.api),
            route: Some(self.permitted.route),
            client_id: self.permitted.permit.map(|permit| permit.client_id),
            tried: self.tried,
            nonce: self.permitted.nonce,
            ..Denied::because(failure)
        }))
    }
}

/// A call that does not go on.
#[derive(Debug)]
pub struct Denied {
    /// Why.
    pub failure: Failure,
    /// The API, if there is one for the call.
    pub api: Option<Arc<ProtectedApi>>,
    /// The route, if there is one.
    pub route: Option<Arc<RouteRule>>,
    /// The client whose valid token the call brought.
    pub client_id: Option<String>,
    /// By which scheme a token came.
    pub tried: TokenScheme,
    /// The nonce for the client's next proof.
    pub nonce: Option<String>,
    /// The id by which the refusal can be explained.
    pub id: Option<String>,
}

impl Denied {
    pub(super) const fn because(failure: Failure) -> Self {
        Self {
            failure,
            api: None,
            route: None,
            client_id: None,
            tried: TokenScheme::Bearer,
            nonce: None,
            id: None,
        }
    }

    /// A call that nobody can judge right now.
    pub const fn unavailable(reason: String) -> Self {
        Self::because(Failure::Unavailable(reason))
    }

    /// The answer to the client.
    pub fn answer(&self) -> Answer {
        let mut answer = match (&self.failure, &self.api) {
            (Failure::Refused(refusal), Some(api)) => {
                let metadata = api.metadata_url.as_deref();
                let ways = self.route.as_ref().map_or(Access::DEFAULT, |route| &route.access);
                Answer::of(
                    refusal,
                    (&api.identifier, &api.proof_algs),
                    (ways, self.tried),
                    metadata,
                )
            }
            (Failure::Refused(refusal), None) => Answer::plain(refusal),
            (Failure::Unavailable(_) | Failure::TooManyProofs, _) => Answer::unavailable(),
        };
        if let Some(nonce) = &self.nonce {
            answer.add(protocol::dpop::NONCE_HEADER, nonce);
        }
        if let Some(id) = &self.id {
            answer.add("sekisho-explain", id);
        }
        answer
    }
}
