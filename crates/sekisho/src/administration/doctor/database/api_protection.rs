//! APIs that are protected less than what could go wrong there asks for.
//!
//! Spec: ITU-T X.1254 (2012) table 6-2

use model::Api;
use protocol::{SecurityProfile, risk};

use super::{Finding, Kind, Patient};

pub(super) fn examine(patient: &Patient) -> Vec<Finding> {
    patient.apis.iter().flat_map(|api| of_api(patient, api)).collect()
}

fn of_api(patient: &Patient, api: &Api) -> Vec<Finding> {
    let Some(needed) = risk::needed(&api.impact) else {
        return Vec::new();
    };
    let named = api.profile.as_deref().and_then(SecurityProfile::find);
    let least = named.unwrap_or(patient.realm.profile.0);
    let profile = (!needed.profile.admits(least)).then(|| {
        let problem = format!(
            "{} takes clients that follow {}, and its impact asks for {} ({needed})",
            api.identifier,
            named.map_or("any profile", |named| named.name),
            needed.profile.name
        );
        let remedy = format!("set profile = \"{}\" at the API", needed.profile.name);
        patient.finding(Kind::BelowRisk, problem, remedy)
    });
    let acr = (api.acr < Some(needed.level)).then(|| {
        let problem = format!(
            "{} asks for {} of the user, and its impact for {} ({needed})",
            api.identifier,
            api.acr.map_or("no level", |level| level.short()),
            needed.level.short()
        );
        let remedy = format!("set acr = \"{}\" at the API", needed.level.short());
        patient.finding(Kind::BelowRisk, problem, remedy)
    });
    profile.into_iter().chain(acr).collect()
}
