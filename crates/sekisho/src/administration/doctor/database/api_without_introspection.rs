//! APIs whose tokens nobody can read: opaque, and no client may ask what they are worth.

use model::TokenFormat;

use super::{Finding, Kind, Patient};

pub(super) fn examine(patient: &Patient) -> Vec<Finding> {
    let mute = patient
        .apis
        .iter()
        .filter(|api| api.token_format == TokenFormat::Opaque && api.introspection.is_empty());
    let finding = |api: &model::Api| {
        let problem = format!(
            "tokens for {} are opaque, and no client may introspect them",
            api.identifier
        );
        let remedy = "name the API's own client in its introspection, or use token_format = \"jwt\"";
        patient.finding(Kind::ApiWithoutIntrospection, problem, remedy)
    };
    mute.map(finding).collect()
}
