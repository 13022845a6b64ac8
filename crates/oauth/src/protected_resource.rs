//! What the APIs of this server say of themselves.
//!
//! Spec: RFC 9728 §2 and §3
//!
//! The issuer is such an API too: UserInfo and the management of grants take its tokens.

use model::Api;
use protocol::{ProtectedResourceMetadata, Scope};
use realm::RealmContext;

/// The document of an API that these realms protect, the first of which describes it.
pub fn metadata(realms: &[&RealmContext], api: &Api) -> ProtectedResourceMetadata {
    let issuers: Vec<&str> = realms.iter().map(|realm| realm.issuer()).collect();
    let types = api.authorization_details.iter().map(|known| known.name.clone());
    let mut metadata = ProtectedResourceMetadata {
        resource_name: (api.name != api.identifier).then(|| api.name.clone()),
        authorization_details_types_supported: types.collect(),
        ..ProtectedResourceMetadata::new(&api.identifier, &issuers, &api.scopes())
    };
    if let Some(realm) = realms.first() {
        with_keys(realm, &mut metadata);
    }
    metadata
}

/// The document of the issuer itself.
pub fn of_issuer(realm: &RealmContext) -> ProtectedResourceMetadata {
    let scopes: Scope = realm.scopes.openid.union(&realm.scopes.management);
    let mut metadata = ProtectedResourceMetadata {
        resource_name: Some(realm.realm.display_name.clone()),
        ..ProtectedResourceMetadata::new(realm.issuer(), &[realm.issuer()], &scopes)
    };
    // UserInfo takes a token in the body of a form, too (RFC 6750 §2.2).
    metadata.bearer_methods_supported.push("body");
    with_keys(realm, &mut metadata);
    metadata
}

/// To which keys tokens may be bound; nothing is promised where none can be seen.
fn with_keys(realm: &RealmContext, metadata: &mut ProtectedResourceMetadata) {
    metadata.tls_client_certificate_bound_access_tokens = realm.sees.certificates;
    metadata.dpop_signing_alg_values_supported = realm.proof_algs();
}
