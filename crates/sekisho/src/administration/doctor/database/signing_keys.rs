//! Signing keys that are missing, or that nobody replaces.

use jose::SigningAlg;
use model::{KeyState, SigningKeyRow};

use super::{Finding, Kind, Patient};

/// A key is replaced by the minute; a server that was stopped for days catches up at once.
const PATIENCE: i64 = 7 * 24 * 3600;

/// RSA keys are made in the background after the first start: so long after a realm's first key, all are there.
const MADE_WITHIN: i64 = 600;

pub(super) fn examine(patient: &Patient) -> Vec<Finding> {
    SigningAlg::ALL.iter().filter_map(|alg| of_alg(patient, *alg)).collect()
}

fn of_alg(patient: &Patient, alg: SigningAlg) -> Option<Finding> {
    let is_active = |row: &&SigningKeyRow| row.alg == alg && row.state == KeyState::Active;
    let Some(active) = patient.signing_keys.iter().find(is_active) else {
        let first = patient.signing_keys.iter().map(|row| row.created_at).min()?;
        if patient.now - first < MADE_WITHIN {
            return None;
        }
        let problem = format!("there is no key that signs by {alg}");
        let remedy = "start the server: it makes the key; if it does not, its log says why";
        return Some(patient.finding(Kind::SigningKeyMissing, problem, remedy));
    };
    let age = patient.now - active.activates_at;
    (age > realm::SIGNS_FOR + PATIENCE).then(|| {
        let problem = format!("the key that signs by {alg} has signed for {} days", age / (24 * 3600));
        let remedy = "let a server run on this database: it replaces keys after 90 days; or: sekisho key rotate";
        patient.finding(Kind::SigningKeyOverdue, problem, remedy)
    })
}
