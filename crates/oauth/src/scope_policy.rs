//! Which scopes a client may have, and for whom the token that they need is meant.
//!
//! Spec: RFC 6749 §3.3, RFC 8707 §2, RFC 9396 §3.1 and §3.2, RFC 9728; OpenID Connect Core §3.1.2.1, §11.
//! Scopes that this realm does not know are ignored, as OpenID Connect asks; known ones that the client is not
//! registered for are refused, so that its developer learns of it.

use explanation::{
    Explain, Explanation,
    catalogue::{authorize, scope as catalogue},
    shown_uri,
};
use model::{Api, Authorization, Client};
use protocol::{
    acr::Acr,
    authorization_details::AuthorizationDetails,
    client_metadata::ClientMetadata,
    error_code::ErrorCode,
    form::Form,
    grant_type::GrantType,
    profile::SecurityProfile,
    resource_indicator::{self, Resource, ResourceError},
    scope::{OFFLINE_ACCESS, OPENID, Scope, ScopeError},
};
use realm::{RealmContext, trail};

pub use realm::OPENID_SCOPES;

use crate::{authorization_details, grants::GrantRefusal};

/// Why a scope or resource is not possible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScopeRefusal {
    /// A scope that is none.
    #[error(transparent)]
    Malformed(#[from] ScopeError),
    /// A resource that is none.
    #[error(transparent)]
    MalformedResource(#[from] ResourceError),
    /// More than was granted.
    #[error("the scope asked for is wider than what was granted")]
    TooWide,
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
    /// Of several APIs it is not clear which the token is for.
    #[error(
        "say with the parameter resource for which one API of this server the token is: the identifier must be known \
         here, and scopes or authorization_details of several APIs need it"
    )]
    SeveralTargets,
    /// The API wants better clients.
    #[error(
        "the API {api} needs a client that follows the profile {least} or a stricter one; this one follows {profile}"
    )]
    WeakProfile {
        /// The API.
        api: String,
        /// The least that it takes.
        least: &'static str,
        /// The client's.
        profile: &'static str,
    },
    /// A resource that was not granted.
    #[error("the permission does not cover the resource {0}")]
    NotGranted(String),
    /// The API is not content with somebody else's word for the user.
    #[error("the API {0} wants the user to authenticate here, at a higher level")]
    AssuranceTooLow(String),
}

impl ScopeRefusal {
    /// The registered error code (RFC 6749 §5.2, RFC 8707 §2).
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::MalformedResource(_)
            | Self::SeveralTargets
            | Self::WeakProfile { .. }
            | Self::NotGranted(_)
            | Self::AssuranceTooLow(_) => ErrorCode::InvalidTarget,
            Self::Malformed(_)
            | Self::TooWide
            | Self::Nothing(_)
            | Self::NothingOfResource
            | Self::NotRegistered(_)
            | Self::NeedsUser(_) => ErrorCode::InvalidScope,
        }
    }
}

impl Explain for ScopeRefusal {
    fn explanation(&self) -> Explanation {
        let reason = match self {
            Self::Malformed(error) => return error.explanation(),
            Self::MalformedResource(error) => return error.explanation(),
            Self::TooWide => &catalogue::TOO_WIDE,
            Self::Nothing(known) => return Explanation::from(&catalogue::NOTHING_KNOWN).expected(known),
            Self::NothingOfResource => &catalogue::NOTHING_OF_RESOURCE,
            Self::NotRegistered(name) => return Explanation::from(&catalogue::NOT_REGISTERED).found(name),
            Self::NeedsUser(name) => return Explanation::from(&catalogue::NEEDS_USER).found(name),
            Self::SeveralTargets => &catalogue::SEVERAL_TARGETS,
            Self::WeakProfile { least, profile, .. } => {
                return Explanation::from(&catalogue::WEAK_PROFILE).with(least, profile);
            }
            Self::NotGranted(resource) => {
                return Explanation::from(&catalogue::NOT_GRANTED).found(shown_uri(resource));
            }
            Self::AssuranceTooLow(api) => return Explanation::from(&catalogue::ASSURANCE_TOO_LOW).found(api),
        };
        reason.into()
    }
}

/// What a client may ask for with a user; without a registered scope the OpenID ones.
pub(crate) fn registered<'a>(realm: &'a RealmContext, metadata: &'a ClientMetadata) -> &'a Scope {
    metadata.scope.as_ref().unwrap_or(&realm.scopes.openid)
}

/// What a token permits, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights {
    /// The scope.
    pub scope: Scope,
    /// What is permitted in detail.
    pub authorization_details: AuthorizationDetails,
    /// For whom the token is meant.
    pub audience: Vec<String>,
}

impl Rights {
    /// What an authorization permits, as far as its client is still registered for it.
    pub(crate) fn of(realm: &RealmContext, client: &ClientMetadata, authorization: &Authorization) -> Self {
        let details = &authorization.details.authorization_details;
        Self {
            scope: authorization.scope.intersection(registered(realm, client)),
            authorization_details: authorization_details::registered(realm, client, details),
            audience: authorization.audience.clone(),
        }
    }

    /// Whether it opens anything anywhere.
    pub fn are_none(&self) -> bool {
        self.audience.is_empty() || (self.scope.is_empty() && self.authorization_details.is_empty())
    }
}

/// The scope of an authorization request: what of it is known and registered. Who asks in detail and names no scope asks
/// for none.
pub fn for_user(
    realm: &RealmContext,
    client: &Client,
    asked: &Scope,
    details: &AuthorizationDetails,
) -> Result<Scope, ScopeRefusal> {
    if asked.is_empty() && !details.is_empty() {
        return Ok(Scope::default());
    }
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
        trail::compared(&catalogue::NOT_REGISTERED, &registered.to_string(), name);
        return Err(ScopeRefusal::NotRegistered(name.to_owned()));
    }
    Ok(asked)
}

/// What a user can be asked for: what of the scope is known, registered and needed by the resources that are named.
/// `can_refresh`: whether the answer could bring a refresh token at all.
pub fn for_user_at(
    realm: &RealmContext,
    client: &Client,
    (asked, details): (&Scope, &AuthorizationDetails),
    resources: &[Resource],
    can_refresh: bool,
) -> Result<Scope, ScopeRefusal> {
    // offline_access means nothing without a code and the refresh_token grant (OIDC Core §11: ignore it).
    let can_refresh = can_refresh && client.metadata.allows_grant_type(GrantType::RefreshToken);
    let scope = for_user(realm, client, asked, details)?.filter(|name| name != OFFLINE_ACCESS || can_refresh);
    let audience = audience(realm, client, (&scope, details), resources)?;
    for_audience(realm, (&scope, details), &audience)
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

impl Explain for UnmetAssurance {
    fn explanation(&self) -> Explanation {
        Explanation::from(&authorize::API_ACR_UNMET).with(self.needed.to_string(), self.reached.to_string())
    }
}

/// The least level that all APIs of an audience take.
pub fn least_acr(realm: &RealmContext, audience: &[String]) -> Option<Acr> {
    target_apis(realm, audience).filter_map(|api| api.acr).max()
}

/// Whether an authentication of this level is good enough for each API of an audience.
pub fn check_assurance(realm: &RealmContext, audience: &[String], reached: Acr) -> Result<(), UnmetAssurance> {
    match least_acr(realm, audience) {
        Some(needed) if reached < needed => Err(UnmetAssurance { needed, reached }),
        _ => Ok(()),
    }
}

/// The audience of a token with this scope and these details; checks that the client follows what each API demands.
///
/// Details say by their type which API they are for, so that `resource` has no say in that (RFC 9396 §3.2); a token for
/// several APIs is given to whoever names them.
pub fn audience(
    realm: &RealmContext,
    client: &Client,
    (scope, details): (&Scope, &AuthorizationDetails),
    resources: &[Resource],
) -> Result<Vec<String>, ScopeRefusal> {
    let mut audience = resource_indicator::audience(resources, scope, &scopes_of_apis(realm), realm.issuer())
        .map_err(|_| ScopeRefusal::SeveralTargets)?;
    for owner in authorization_details::owners(realm, details) {
        if !audience.iter().any(|known| known == owner) {
            audience.push(owner.to_owned());
        }
    }
    if resources.is_empty() && audience.iter().filter(|known| *known != realm.issuer()).count() > 1 {
        return Err(ScopeRefusal::SeveralTargets);
    }
    check_targets(realm, client, &audience)?;
    Ok(audience)
}

/// What of a scope a token with this audience needs: a resource that was named leaves out the scopes of other APIs
/// (RFC 8707 §2.2).
pub fn for_audience(
    realm: &RealmContext,
    (scope, details): (&Scope, &AuthorizationDetails),
    audience: &[String],
) -> Result<Scope, ScopeRefusal> {
    let scope = of_audience(realm, scope, audience);
    if scope.is_empty() && details.is_empty() {
        return Err(ScopeRefusal::NothingOfResource);
    }
    Ok(scope)
}

/// What of a scope is of use at an audience.
pub(crate) fn of_audience(realm: &RealmContext, scope: &Scope, audience: &[String]) -> Scope {
    resource_indicator::scope_for_audience(audience, scope, &scopes_of_apis(realm))
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

/// Whether clients of this profile get tokens for an audience: for anything but an API, all do.
pub(crate) fn admits(realm: &RealmContext, audience: &str, profile: &SecurityProfile) -> bool {
    let mut apis = realm.apis.iter().filter(|api| api.identifier == audience);
    apis.all(|api| least_profile(api).is_none_or(|least| least.admits(profile)))
}

fn least_profile(api: &Api) -> Option<&'static SecurityProfile> {
    api.profile.as_deref().and_then(SecurityProfile::find)
}

fn check_profile(realm: &RealmContext, client: &Client, api: &Api) -> Result<(), ScopeRefusal> {
    let profile = client.profile(&realm.realm);
    match least_profile(api) {
        Some(least) if !least.admits(profile) => Err(ScopeRefusal::WeakProfile {
            api: api.identifier.clone(),
            least: least.name,
            profile: profile.name,
        }),
        _ => Ok(()),
    }
}

/// The rights of a two-party token.
pub fn for_client_itself(realm: &RealmContext, client: &Client, form: &Form) -> Result<Rights, GrantRefusal> {
    let asked = asked(form)?;
    let details = authorization_details::asked(form)?;
    authorization_details::check(realm, &client.metadata, &details)?;
    let known = &realm.scopes.known;
    let none = Scope::default();
    let registered = client.metadata.scope.as_ref().unwrap_or(&none);
    let needs_user = |name: &str| OPENID_SCOPES.contains(&name);
    let scope = if asked.is_empty() && !details.is_empty() {
        Scope::default()
    } else if asked.is_empty() {
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
        trail::compared(&catalogue::NOT_REGISTERED, &registered.to_string(), name);
        return Err(ScopeRefusal::NotRegistered(name.to_owned()).into());
    }
    if scope.is_empty() && details.is_empty() {
        return Err(ScopeRefusal::Nothing(known.to_string()).into());
    }
    let audience = audience(realm, client, (&scope, &details), &resources(form)?)?;
    Ok(Rights {
        scope: for_audience(realm, (&scope, &details), &audience)?,
        authorization_details: details,
        audience,
    })
}

/// The `scope` parameter of a token request; empty when there is none.
pub(crate) fn asked(form: &Form) -> Result<Scope, GrantRefusal> {
    let text = form.first("scope").unwrap_or_default();
    Ok(Scope::parse(text).map_err(ScopeRefusal::from)?)
}

/// The `resource` parameters of a request.
pub fn resources(form: &Form) -> Result<Vec<Resource>, ScopeRefusal> {
    form.all("resource").map(|text| Ok(Resource::parse(text)?)).collect()
}

/// A token request may name fewer resources than were granted (RFC 8707 §2.2): scope and details shrink to theirs. It may
/// also ask for less in detail (RFC 9396 §6).
pub fn narrow(realm: &RealmContext, granted: Rights, form: &Form) -> Result<Rights, GrantRefusal> {
    let details = authorization_details::narrow(realm, &granted.authorization_details, form)?;
    let resources = resources(form)?;
    let rights = if resources.is_empty() {
        Rights {
            authorization_details: details,
            ..granted
        }
    } else {
        at_resources(realm, granted, &details, &resources)?
    };
    if rights.are_none() {
        return Err(ScopeRefusal::NothingOfResource.into());
    }
    Ok(rights)
}

fn at_resources(
    realm: &RealmContext,
    granted: Rights,
    details: &AuthorizationDetails,
    resources: &[Resource],
) -> Result<Rights, GrantRefusal> {
    let is_granted = |named: &Resource| granted.audience.iter().any(|known| known == named.as_str());
    if let Some(stranger) = resources.iter().find(|named| !is_granted(named)) {
        return Err(ScopeRefusal::NotGranted(stranger.as_str().to_owned()).into());
    }
    let is_named = |known: &String| resources.iter().any(|named| named.as_str() == known.as_str());
    let audience: Vec<String> = granted.audience.into_iter().filter(is_named).collect();
    let theirs =
        target_apis(realm, &audience).fold(realm.scopes.openid.clone(), |scope, api| scope.union(&api.scopes()));
    Ok(Rights {
        scope: granted.scope.intersection(&theirs),
        authorization_details: authorization_details::for_audience(realm, details, &audience),
        audience,
    })
}
