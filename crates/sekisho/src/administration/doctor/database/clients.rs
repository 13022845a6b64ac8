//! Clients that do not follow the profile that they say, or not the one that their APIs demand.

use model::{Api, Client};
use protocol::SecurityProfile;

use super::{Finding, Kind, Patient};

pub(super) fn examine(patient: &Patient) -> Vec<Finding> {
    let enabled = patient.clients.iter().filter(|client| client.enabled);
    enabled.flat_map(|client| of_client(patient, client)).collect()
}

fn of_client(patient: &Patient, client: &Client) -> Vec<Finding> {
    let (id, profile) = (client.id(), client.profile(&patient.realm));
    let broken = client
        .metadata
        .validate(patient.realm.profile.0)
        .into_iter()
        .map(|problem| {
            let text = format!(
                "the client {id} breaks the rules of {}: {} {}",
                profile.name, problem.member, problem.problem
            );
            patient.finding(Kind::ClientBreaksProfile, text, problem.remedy)
        });
    let shut_out = patient.apis.iter().filter(|api| uses(client, api)).filter_map(|api| {
        let least = api.profile.as_deref().and_then(SecurityProfile::find)?;
        if least.admits(profile) {
            return None;
        }
        let problem = format!(
            "the client {id} follows {}, and {} wants {}: it gets no token there",
            profile.name, api.identifier, least.name
        );
        let remedy = format!(
            "let it follow {}: sekisho client show {id} says what is missing",
            least.name
        );
        Some(patient.finding(Kind::ClientBelowApi, problem, remedy))
    });
    broken.chain(shut_out).collect()
}

/// Whether a client may ask for something at an API.
fn uses(client: &Client, api: &Api) -> bool {
    let metadata = &client.metadata;
    let has_scope = metadata
        .scope
        .as_ref()
        .is_some_and(|scope| !scope.intersection(&api.scopes()).is_empty());
    let has_type = |kind: &model::DetailsType| metadata.authorization_details_types.contains(&kind.name);
    has_scope || api.authorization_details.iter().any(has_type)
}
