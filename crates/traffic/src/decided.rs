//! A call, as its decision knows it: which API, which route, who called, and why not.

use std::time::Duration;

use enforcement::gate::{self, Decision, Denied, Failure, Permitted};
use explanation::{Explain as _, catalogue::server};
use http::{
    HeaderMap, HeaderName, Version,
    header::{REFERER, USER_AGENT},
};

use crate::{Call, Outcome, Through, TraceContext, Traffic};

/// How a call ended, as whoever carried it saw it.
#[derive(Debug, Clone, Copy)]
pub struct Ending<'a> {
    /// Who asked.
    pub through: Through,
    /// The version of HTTP.
    pub version: Version,
    /// The status of the answer.
    pub status: u16,
    /// Why it could not be passed on, if it could not.
    pub failed: Option<&'static str>,
    /// How long it took.
    pub took: Duration,
    /// The length of the answer's body, where it is known.
    pub bytes: Option<u64>,
    /// Its id.
    pub id: &'a str,
    /// Its trace.
    pub trace: &'a TraceContext,
}

/// What a decision says of a call, kept until its end.
#[derive(Debug, Clone, Default)]
pub struct Decided {
    api: Option<String>,
    route: Option<String>,
    client: Option<String>,
    subject: Option<String>,
    refused: Option<&'static str>,
    is_failure: bool,
}

impl Decided {
    /// What there is to say of this decision.
    pub fn of(decision: &Decision) -> Self {
        match decision {
            Decision::Permitted(permitted) => Self::permitted(permitted),
            Decision::Denied(denied) => Self::denied(denied),
            Decision::NeedsBody(pending) => Self {
                api: Some(pending.api().identifier.clone()),
                ..Self::default()
            },
        }
    }

    /// Of a call that goes on.
    pub fn permitted(permitted: &Permitted) -> Self {
        let permit = permitted.permit.as_ref();
        Self {
            api: Some(permitted.api.identifier.clone()),
            route: Some(permitted.route.path.clone()),
            client: permit.map(|permit| permit.client_id.clone()),
            subject: permit.map(|permit| permit.subject.clone()),
            ..Self::default()
        }
    }

    /// Of a call that does not.
    pub fn denied(denied: &Denied) -> Self {
        let reason = match &denied.failure {
            Failure::Refused(refusal) => refusal.explanation().reason.name,
            _ => server::UNAVAILABLE.name,
        };
        Self {
            api: denied.api.as_ref().map(|api| api.identifier.clone()),
            route: denied.route.as_ref().map(|route| route.path.clone()),
            client: denied.client_id.clone(),
            subject: None,
            refused: Some(reason),
            is_failure: !matches!(denied.failure, Failure::Refused(_)),
        }
    }

    const fn outcome(&self, failed: Option<&'static str>) -> Outcome {
        match (self.refused, failed) {
            (Some(reason), _) if self.is_failure => Outcome::Failed(reason),
            (Some(reason), _) => Outcome::Refused(reason),
            (None, Some(reason)) => Outcome::Failed(reason),
            (None, None) => Outcome::Permitted,
        }
    }
}

impl Traffic {
    /// A call has ended that was decided so.
    pub fn ended(&self, call: &gate::Call<'_>, decided: &Decided, ending: &Ending<'_>) {
        self.note(&Call {
            through: ending.through,
            api: decided.api.as_deref(),
            route: decided.route.as_deref(),
            client: decided.client.as_deref(),
            subject: decided.subject.as_deref(),
            method: call.method,
            target: call.target,
            version: ending.version,
            status: ending.status,
            outcome: decided.outcome(ending.failed),
            took: ending.took,
            bytes: ending.bytes,
            address: call.address,
            user_agent: field(call.headers, &USER_AGENT),
            referer: field(call.headers, &REFERER),
            id: ending.id,
            trace: ending.trace,
        });
    }
}

fn field<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
