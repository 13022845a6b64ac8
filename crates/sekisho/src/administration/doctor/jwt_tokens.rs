//! APIs of more than ordinary risk whose tokens cannot be recalled.

use model::TokenFormat;
use protocol::{ProfileRef, SecurityProfile};

use super::{Finding, Grade, Patient};
use crate::config::in_minutes;

pub(super) fn examine(patient: &Patient) -> Vec<Finding> {
    let is_strict =
        |profile: &str| SecurityProfile::find(profile).is_some_and(|least| least.rank > ProfileRef::default().rank);
    let exposed = patient
        .apis
        .iter()
        .filter(|api| api.token_format == TokenFormat::Jwt && api.profile.as_deref().is_some_and(is_strict));
    let finding = |api: &model::Api| {
        let problem = format!(
            "{} wants {}, and its tokens are JWTs: a revoked one works there for up to {} more",
            api.identifier,
            api.profile.as_deref().unwrap_or_default(),
            in_minutes(patient.realm.lifetimes.access_token)
        );
        let remedy = "use token_format = \"opaque\" and let the API introspect, or shorten lifetimes.access_token";
        patient.finding(Grade::Serious, problem, remedy)
    };
    exposed.map(finding).collect()
}
