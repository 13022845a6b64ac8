//! Who may register clients.
//!
//! Spec: RFC 7591 §5

use model::Registration;

use super::{Finding, Kind, Patient};

pub(super) fn examine(patient: &Patient) -> Vec<Finding> {
    let is_open = patient.realm.registration == Registration::Open;
    let finding = is_open.then(|| {
        let problem = "anybody registers clients, by any name and with any picture: users cannot tell which to trust";
        let remedy = "set registration = \"token\", and hand out tokens: sekisho client token add";
        patient.finding(Kind::OpenRegistration, problem, remedy)
    });
    finding.into_iter().collect()
}
