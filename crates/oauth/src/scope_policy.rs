//! Which scopes a client may have, and for whom the token that they need is meant.
//!
//! Spec: RFC 6749 §3.3, RFC 8707 §2, RFC 9728; OpenID Connect Core §3.1.2.1, §11.
//! Scopes that this realm does not know are ignored, as OpenID Connect asks; known ones that the client is not
//! registered for are refused, so that its developer learns of it.

use model::{Api, Client};
use protocol::{
    acr::Acr,
    client_metadata::ClientMetadata,
    form::Form,
    grant_type::GrantType,
    resource_indicator::{self, Resource},
    scope::{OFFLINE_ACCESS, OPENID, Scope},
};
pub use realm::OPENID_SCOPES;
use realm::RealmContext;

use crate::grants::GrantRefusal;

/// Why a scope or resource is not possible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScopeRefusal {
    /// Nothing is left to ask for.
    #[error("the request names no scope that this server knows; known are: {0}")]
    Nothing(String),
    /// None of the scopes belongs to a resource that the request names.
    #[error("none of the scopes belongs to the resource that the request names")]
    NothingOfResource,
    /// Not registered for it.
    #[error("the client is not registered for the scope {0}")]
    NotRegistered(String),
    /// OpenID scopes without a user.
    #[error("the scope {0} needs a user and is not possible with client_credentials")]
    NeedsUser(String),
    /// The resource cannot be what the token is for.
    #[error("{0}")]
    Target(String),
}

impl From<ScopeRefusal> for GrantRefusal {
    fn from(refusal: ScopeRefusal) -> Self {
        match refusal {
            ScopeRefusal::Target(text) => Self::Target(text),
            other => Self::Scope(other.to_string()),
        }
    }
}

/// What a client may ask for with a user; without a registered scope the OpenID ones.
pub(crate) fn registered<'a>(realm: &'a RealmContext, metadata: &'a ClientMetadata) -> &'a Scope {
    metadata.scope.as_ref().unwrap_or(&realm.scopes.openid)
}

/// The scope of an authorization request: what of it is known and registered.
pub fn for_user(realm: &RealmContext, client: &Client, asked: &Scope) -> Result<Scope, ScopeRefusal> {
    // No user is asked for what is the client's own.
    let known = &realm.scopes.known.difference(&realm.scopes.management);
    let registered = registered(realm, &client.metadata);
    let asked = if asked.is_empty() {
        registered.intersection(known)
    } else {
        asked.intersection(known)
    };
    if asked.is_empty() {
        return Err(ScopeRefusal::Nothing(known.to_string()));
    }
    if let Some(name) = asked.difference(registered).iter().next() {
        return Err(ScopeRefusal::NotRegistered(name.to_owned()));
    }
    Ok(asked)
}

/// What a user can be asked for: what of the scope is known, registered and needed by the resources that are named.
/// `can_refresh`: whether the answer could bring a refresh token at all.
pub fn for_user_at(
    realm: &RealmContext,
    client: &Client,
    asked: &Scope,
    resources: &[Resource],
    can_refresh: bool,
) -> Result<Scope, ScopeRefusal> {
    // offline_access means nothing without a code and the refresh_token grant (OIDC Core §11: ignore it).
    let can_refresh = can_refresh && client.metadata.allows_grant_type(GrantType::RefreshToken);
    let scope = for_user(realm, client, asked)?.filter(|name| name != OFFLINE_ACCESS || can_refresh);
    let audience = audience(realm, client, &scope, resources)?;
    for_audience(realm, &scope, &audience)
}

/// Whether tokens with this scope come with a refresh token: in OpenID requests it follows from `offline_access`
/// (OIDC Core §11), otherwise from the registration of the grant type.
pub fn gives_refresh_token(client: &Client, scope: &Scope) -> bool {
    client.metadata.allows_grant_type(GrantType::RefreshToken)
        && (!scope.contains(OPENID) || scope.contains(OFFLINE_ACCESS))
}

/// The level of assurance of an authentication is too low for an API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the API needs {needed}, and this user can only reach {reached}")]
pub struct UnmetAssurance {
    needed: Acr,
    reached: Acr,
}

/// Whether an authentication of this level is good enough for each API of an audience.
pub fn check_assurance(realm: &RealmContext, audience: &[String], reached: Acr) -> Result<(), UnmetAssurance> {
    match target_apis(realm, audience).filter_map(|api| api.acr).max() {
        Some(needed) if reached < needed => Err(UnmetAssurance { needed, reached }),
        _ => Ok(()),
    }
}

/// The audience of a token with this scope; checks that the client follows what each API demands.
pub fn audience(
    realm: &RealmContext,
    client: &Client,
    scope: &Scope,
    resources: &[Resource],
) -> Result<Vec<String>, ScopeRefusal> {
    let audience =
        resource_indicator::audience(resources, scope, &scopes_of_apis(realm), realm.issuer()).map_err(|_| {
            ScopeRefusal::Target(
            "say with the parameter resource for which one API of this server the token is: the identifier must be \
             known here, and scopes of several APIs need it"
                .into(),
        )
        })?;
    check_targets(realm, client, &audience)?;
    Ok(audience)
}

/// What of a scope a token with this audience needs: a resource that was named leaves out the scopes of other APIs
/// (RFC 8707 §2.2).
pub fn for_audience(realm: &RealmContext, scope: &Scope, audience: &[String]) -> Result<Scope, ScopeRefusal> {
    let scope = resource_indicator::scope_for_audience(audience, scope, &scopes_of_apis(realm));
    if scope.is_empty() {
        return Err(ScopeRefusal::NothingOfResource);
    }
    Ok(scope)
}

/// Identifier of an API → the scopes that it owns. This server is the API of grants.
fn scopes_of_apis(realm: &RealmContext) -> Vec<(&str, &Scope)> {
    let apis = realm
        .scopes
        .of_apis
        .iter()
        .map(|(identifier, scope)| (identifier.as_str(), scope));
    apis.chain([(realm.issuer(), &realm.scopes.management)]).collect()
}

/// The APIs among an audience.
pub fn target_apis<'a>(realm: &'a RealmContext, audience: &'a [String]) -> impl Iterator<Item = &'a Api> {
    realm.apis.iter().filter(move |api| audience.contains(&api.identifier))
}

/// The APIs of an audience may have raised since what a client must follow.
pub(crate) fn check_targets(realm: &RealmContext, client: &Client, audience: &[String]) -> Result<(), ScopeRefusal> {
    target_apis(realm, audience).try_for_each(|api| check_profile(realm, client, api))
}

fn check_profile(realm: &RealmContext, client: &Client, api: &Api) -> Result<(), ScopeRefusal> {
    let least = api
        .profile
        .as_deref()
        .and_then(protocol::profile::SecurityProfile::find);
    let profile = client.profile(&realm.realm);
    match least {
        Some(least) if profile.rank < least.rank => Err(ScopeRefusal::Target(format!(
            "the API {} needs a client that follows the profile {} or a stricter one; this one follows {}",
            api.identifier, least.name, profile.name
        ))),
        _ => Ok(()),
    }
}

/// Scope and audience of a two-party token.
pub fn for_client_itself(
    realm: &RealmContext,
    client: &Client,
    form: &Form,
) -> Result<(Scope, Vec<String>), GrantRefusal> {
    let asked = asked(form)?;
    let known = &realm.scopes.known;
    let none = Scope::default();
    let registered = client.metadata.scope.as_ref().unwrap_or(&none);
    let needs_user = |name: &str| OPENID_SCOPES.contains(&name);
    let scope = if asked.is_empty() {
        // Management of grants is asked for by name: its tokens are for no API.
        let is_meant = |name: &str| !needs_user(name) && !realm.scopes.management.contains(name);
        registered.intersection(known).filter(is_meant)
    } else {
        asked.intersection(known)
    };
    if let Some(name) = scope.iter().find(|name| needs_user(name)) {
        return Err(ScopeRefusal::NeedsUser(name.to_owned()).into());
    }
    if let Some(name) = scope.difference(registered).iter().next() {
        return Err(ScopeRefusal::NotRegistered(name.to_owned()).into());
    }
    if scope.is_empty() {
        return Err(ScopeRefusal::Nothing(known.to_string()).into());
    }
    let audience = audience(realm, client, &scope, &resources(form)?)?;
    Ok((for_audience(realm, &scope, &audience)?, audience))
}

/// The `scope` parameter of a token request; empty when there is none.
pub(crate) fn asked(form: &Form) -> Result<Scope, GrantRefusal> {
    let text = form.first("scope").unwrap_or_default();
    Scope::parse(text).map_err(|error| GrantRefusal::Scope(error.to_string()))
}

/// The `resource` parameters of a request.
pub fn resources(form: &Form) -> Result<Vec<Resource>, ScopeRefusal> {
    form.all("resource")
        .map(|text| Resource::parse(text).map_err(|error| ScopeRefusal::Target(error.to_string())))
        .collect()
}

/// A token request may name fewer resources than were granted (RFC 8707 §2.2); the scope shrinks to theirs.
pub fn narrow(
    realm: &RealmContext,
    scope: &Scope,
    audience: &[String],
    form: &Form,
) -> Result<(Scope, Vec<String>), GrantRefusal> {
    let resources = resources(form)?;
    if resources.is_empty() {
        return Ok((scope.clone(), audience.to_vec()));
    }
    if let Some(stranger) = resources
        .iter()
        .find(|named| !audience.iter().any(|known| known == named.as_str()))
    {
        return Err(GrantRefusal::Target(format!(
            "the permission does not cover the resource {}",
            stranger.as_str()
        )));
    }
    let is_named = |known: &&String| resources.iter().any(|named| named.as_str() == known.as_str());
    let named: Vec<String> = audience.iter().filter(is_named).cloned().collect();
    let theirs = target_apis(realm, &named).fold(realm.scopes.openid.clone(), |scope, api| scope.union(&api.scopes()));
    let scope = scope.intersection(&theirs);
    if scope.is_empty() {
        return Err(ScopeRefusal::NothingOfResource.into());
    }
    Ok((scope, named))
}
