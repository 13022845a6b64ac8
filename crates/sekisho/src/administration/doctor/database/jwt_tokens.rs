//! APIs whose tokens cannot be recalled, where that matters or for long.

use model::{Api, TokenFormat};
use protocol::{ProfileRef, SecurityProfile};

use super::{Finding, Kind, Patient};
use crate::config::in_minutes;

/// For how long a revoked token may work at an API of ordinary risk, in seconds.
const TOLERABLE: i64 = 15 * 60;

pub(super) fn examine(patient: &Patient) -> Vec<Finding> {
    let exposure = patient.realm.lifetimes.access_token;
    let exposed = patient
        .apis
        .iter()
        .filter(|api| api.token_format == TokenFormat::Jwt && (is_strict(api) || exposure > TOLERABLE));
    let finding = |api: &Api| {
        let wants = match api.profile.as_deref() {
            Some(profile) if is_strict(api) => format!("{} wants {profile}, and its tokens are", api.identifier),
            _ => format!("tokens for {} are", api.identifier),
        };
        let problem = format!(
            "{wants} JWTs: a revoked one works there for up to {} more",
            in_minutes(exposure)
        );
        let remedy = "use token_format = \"opaque\" and let the API introspect, or shorten lifetimes.access_token";
        patient.finding(Kind::JwtExposure, problem, remedy)
    };
    exposed.map(finding).collect()
}

fn is_strict(api: &Api) -> bool {
    let least = api.profile.as_deref().and_then(SecurityProfile::find);
    least.is_some_and(|least| least.rank > ProfileRef::default().rank)
}
