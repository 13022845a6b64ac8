//! Whether what a client registers is sound, and its own to have.
//!
//! Spec: RFC 7591 §2 and §5, RFC 8705 §2 and §3.4, RFC 9396 §10, OpenID Connect Registration §2, §5 and §9
//!
//! Deliberately not: less than the realm's profile; scopes of APIs, and types of authorization details, without a word of
//! the operator.

use protocol::{ClientMetadata, MetadataProblem, registration_request, scope::Scope};
use realm::RealmContext;

use super::RegistrationRefusal;
use crate::{client_auth, sector};

/// What this client may have beyond what anybody may.
pub(super) struct Rights {
    /// Scopes of APIs.
    pub scope: Scope,
    /// Grant types that need no user.
    pub acts_alone: bool,
}

/// All checks; the first problem is the answer.
pub(super) async fn check(
    realm: &RealmContext,
    metadata: &ClientMetadata,
    rights: &Rights,
) -> Result<(), RegistrationRefusal> {
    let offered: Vec<_> = realm.realm.profiles.iter().map(|profile| profile.0).collect();
    let first = registration_request::check(metadata, realm.realm.profile.0, &offered)
        .into_iter()
        .next();
    first.map_or(Ok(()), Err)?;
    check_scope(realm, metadata, rights)?;
    check_grant_types(metadata, rights)?;
    check_certificates(realm, metadata)?;
    check_details_types(realm, metadata, rights)?;
    check_called_uris(realm, metadata)?;
    // Last, since somebody is asked: "This MUST be validated at registration time" (§5).
    sector::check(realm, metadata).await.map_err(MetadataProblem::from)?;
    Ok(())
}

/// The scopes of OpenID Connect are anybody's. Those of APIs are not: what a user sees of an app that nobody here has
/// looked at is the name that it gave itself.
fn check_scope(realm: &RealmContext, metadata: &ClientMetadata, rights: &Rights) -> Result<(), MetadataProblem> {
    let allowed = realm
        .scopes
        .openid
        .union(&rights.scope.intersection(&realm.scopes.known));
    let Some(scope) = &metadata.scope else { return Ok(()) };
    match scope.difference(&allowed).iter().next() {
        None => Ok(()),
        Some(name) => Err(MetadataProblem::new(
            "scope",
            format!("has {name}, which this registration cannot have"),
            format!("use some of: {allowed} (scopes of APIs need an initial access token that was made for them)"),
        )),
    }
}

/// Types of authorization details belong to APIs, as scopes do: whoever may register a scope of the API may register them.
fn check_details_types(
    realm: &RealmContext,
    metadata: &ClientMetadata,
    rights: &Rights,
) -> Result<(), MetadataProblem> {
    let may_have = |name: &&String| {
        let known = realm.details_types.find(name);
        let api = known.and_then(|known| realm.apis.iter().find(|api| api.identifier == known.api));
        api.is_some_and(|api| api.scopes().iter().any(|scope| rights.scope.contains(scope)))
    };
    match metadata.authorization_details_types.iter().find(|name| !may_have(name)) {
        None => Ok(()),
        Some(name) => Err(MetadataProblem::new(
            "authorization_details_types",
            format!("has {name}, which this registration cannot have"),
            "leave it out, or register with an initial access token that was made for a scope of its API",
        )),
    }
}

fn check_grant_types(metadata: &ClientMetadata, rights: &Rights) -> Result<(), MetadataProblem> {
    let alone = metadata
        .grant_types
        .iter()
        .find(|grant_type| !grant_type.is_permitted_by_user());
    match alone.filter(|_| !rights.acts_alone) {
        None => Ok(()),
        Some(grant_type) => Err(MetadataProblem::new(
            "grant_types",
            format!("has {}, which works without a user", grant_type.as_str()),
            "leave it out, or register with an initial access token",
        )),
    }
}

/// What needs a certificate that this server would never see is refused now.
fn check_certificates(realm: &RealmContext, metadata: &ClientMetadata) -> Result<(), MetadataProblem> {
    let method = metadata.token_endpoint_auth_method;
    if !client_auth::is_possible(realm, method) {
        let problem = format!("{} cannot be used with this server", method.as_str());
        let remedy = "use one of token_endpoint_auth_methods_supported of the metadata";
        return Err(MetadataProblem::new("token_endpoint_auth_method", problem, remedy));
    }
    if metadata.tls_client_certificate_bound_access_tokens && !realm.sees.certificates {
        let problem = "cannot be had: this server sees no certificates of clients";
        let member = "tls_client_certificate_bound_access_tokens";
        return Err(MetadataProblem::new(member, problem, "leave it out"));
    }
    Ok(())
}

/// Whoever registers chooses addresses that this server will call: those that it must not call are refused now, rather
/// than found out later.
fn check_called_uris(realm: &RealmContext, metadata: &ClientMetadata) -> Result<(), MetadataProblem> {
    for (member, uri) in metadata.called_uris() {
        if let Err(error) = realm.outside.check(uri) {
            let problem = format!("{uri} cannot be called by this server: {error}");
            return Err(MetadataProblem::new(&member, problem, "use a public https URI"));
        }
    }
    Ok(())
}
