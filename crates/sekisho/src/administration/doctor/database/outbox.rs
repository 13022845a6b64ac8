//! Mail and calls to apps that do not arrive.

use storage::outbox::OutboxEntry;

use super::{Finding, Kind, Patient};

/// Attempts after which a call that is still tried counts as failing: five minutes after the first.
const MANY: i64 = 6;

pub(super) fn examine(patient: &Patient) -> Vec<Finding> {
    let is_failing = |call: &&OutboxEntry| call.state == "dead" || call.attempts >= MANY;
    let failing: Vec<_> = patient.failing.iter().filter(is_failing).collect();
    let Some(first) = failing.first() else {
        return Vec::new();
    };
    let problem = format!(
        "{} of its calls were given up or keep failing, as {} to {}: {}",
        failing.len(),
        first.kind,
        first.destination,
        first.last_error.as_deref().unwrap_or("no time was left for it")
    );
    let remedy = "sekisho outbox list says which and why; look at [email], [outgoing] and the app";
    vec![patient.finding(Kind::CallsFailing, problem, remedy)]
}
