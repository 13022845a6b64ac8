//! Rules about sign-ins that this version cannot compile.

use policy::Rules;

use super::{Finding, Kind, Patient};

pub(super) fn examine(patient: &Patient) -> Vec<Finding> {
    let policies = &patient.realm.policies;
    let mistakes = Rules::compile(policies).err().unwrap_or_default();
    let finding = |mistake: &policy::Mistake| {
        let remedy = "correct [[policy]] of its file, and run: sekisho apply FILE";
        patient.finding(Kind::PoliciesBroken, mistake.told_of(policies), remedy)
    };
    mistakes.iter().map(finding).collect()
}
