//! The two metadata documents.
//!
//! Spec: RFC 8414 §3, RFC 8705 §3.3 and §5, OpenID Connect Discovery §4, RFC 9396 §10.

use jose::SigningAlg;
use protocol::{TokenEndpointAuthMethod, claims, pkce, prompt, server_metadata::ServerMetadata};
use realm::RealmContext;

use crate::{client_auth, registration};

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
    let levels = realm.realm.reachable_acr().iter();
    metadata.acr_values_supported = levels.map(|level| level.urn().to_owned()).collect();
    metadata.authorization_details_types_supported = realm.details_types.names().map(str::to_owned).collect();
    metadata.registration_endpoint = is_offered.then(|| registration::endpoint(realm));
    with_connections(realm, metadata)
}

/// What clients can do with the keys of their connections; nothing is promised where none can be seen.
fn with_connections(realm: &RealmContext, mut metadata: ServerMetadata) -> ServerMetadata {
    for method in TokenEndpointAuthMethod::ALL {
        if !client_auth::is_possible(realm, *method) {
            metadata.withdraw_auth_method(*method);
        }
    }
    if realm.realm.token_binding && realm.sees.token_bindings {
        metadata.as_access_token_token_binding_supported = true;
        metadata.as_refresh_token_token_binding_supported = true;
        let methods = &mut metadata.code_challenge_methods_supported;
        if realm.realm.profiles.iter().any(|profile| profile.token_bound_codes) {
            methods.extend([pkce::TB_S256, pkce::REFERRED_TB].map(str::to_owned));
        }
    }
    metadata.tls_client_certificate_bound_access_tokens = realm.sees.certificates;
    match &realm.realm.mtls {
        Some(base) if realm.sees.certificates => metadata.with_aliases(base),
        _ => metadata,
    }
}
