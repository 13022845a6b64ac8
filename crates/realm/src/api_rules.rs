//! What calls of the APIs of all realms must be, compiled: by one revision of the settings, when it is first needed.

use enforcement::gate::{ApiRules, ProtectedApi, Rules};
use jose::SigningAlg;
use model::{Api, Realm};
use protocol::{limit::Limit, protected_resource};

/// The rules of an API, as the gate compiles them.
pub fn api_rules(realm: &Realm, api: Api) -> ApiRules {
    ApiRules {
        issuer: realm.issuer.clone(),
        metadata_url: protected_resource::place_of(&api.identifier),
        identifier: api.identifier,
        upstream: api.upstream.into_iter().next(),
        acr: api.acr,
        proof_algs: proof_algs(realm),
        routes: api.route,
    }
}

/// The algorithms of the proofs that some client of the realm may bring.
pub fn proof_algs(realm: &Realm) -> Vec<SigningAlg> {
    let offered = |alg: &SigningAlg| {
        realm
            .profiles
            .iter()
            .any(|profile| profile.0.signing_algs.contains(alg))
    };
    SigningAlg::ALL.into_iter().filter(offered).collect()
}

/// Puts the rules of all APIs together. Those without routes are left out: nothing of theirs would get through, and they may
/// be APIs that check tokens themselves. One whose rules cannot be is left out too, and nothing of it gets through.
pub(crate) fn compile(apis: impl IntoIterator<Item = (ApiRules, Vec<Limit>)>) -> Rules {
    let with_routes = apis.into_iter().filter(|(api, _)| !api.routes.is_empty());
    let compiled = with_routes.filter_map(|(api, limits)| {
        let (issuer, identifier) = (api.issuer.clone(), api.identifier.clone());
        ProtectedApi::compile_limited(api, &limits)
            .inspect_err(|error| tracing::error!(issuer, api = identifier, %error, "calls of an API are refused"))
            .ok()
    });
    let (rules, hidden) = Rules::new(compiled);
    for api in hidden {
        let (issuer, api) = (&api.issuer, &api.identifier);
        tracing::error!(
            issuer,
            api,
            "another realm has an API at the same place: calls go by the rules of that one"
        );
    }
    rules
}
