//! The two metadata documents.
//!
//! Spec: RFC 8414 §3, OpenID Connect Discovery §4, RFC 9396 §10.

use jose::SigningAlg;
use protocol::{claims, prompt, server_metadata::ServerMetadata};
use realm::RealmContext;

use crate::registration;

/// What this realm offers: the union of its profiles.
pub fn metadata(realm: &RealmContext) -> ServerMetadata {
    let profiles: Vec<_> = realm.realm.profiles.iter().map(|profile| profile.0).collect();
    let is_offered = realm.realm.registration.is_offered();
    let mut metadata = ServerMetadata::for_realm(
        realm.issuer(),
        &profiles,
        &realm.scopes.known,
        &claims::standard().collect::<Vec<_>>(),
        &realm.realm.locales,
        &SigningAlg::ALL,
    );
    let prompts = prompt::supported(realm.realm.sign_up);
    metadata.prompt_values_supported = prompts.map(|value| value.as_str().to_owned()).collect();
    metadata.authorization_details_types_supported = realm.details_types.names().map(str::to_owned).collect();
    metadata.registration_endpoint = is_offered.then(|| registration::endpoint(realm));
    metadata
}
