//! `POST /introspect`: is this token worth something, and to whom?
//!
//! Spec: RFC 7662 §2, RFC 9396 §9.2, RFC 9701 §4, §5
//!
//! Accepted: callers that authenticate, as at the token endpoint. Whoever asks about a token that is not meant for them,
//! and not their own, learns only that it is not active (RFC 7662 §2.2, §4). An API key is told about like an access token of
//! its client, to the API that it is for. Deliberately not: a JWT for whoever did not
//! ask for one by `Accept`.

use std::sync::Arc;

use explanation::{Explain, Explanation, catalogue::form};
use model::{Client, RefreshFamily};
use protocol::{
    ApiKeySecret, AuthorizationDetails, ClientMetadata,
    audience::Audience,
    error_code::ErrorCode,
    form::twice,
    grant_type::GrantType,
    introspection::{self, IntrospectionJwtClaims, IntrospectionResponse},
    revocation_events::Tags,
    scope::Scope,
};
use realm::RealmContext;
use storage::authorization::LiveAuthorization;

use crate::{
    EndpointRequest, Fault,
    api_key::{self, ApiKeyRefusal},
    authorization_details,
    client_auth::{self, ClientAuthRefusal},
    issue::{AccessToken, Answer, Protection, ProtectionRefusal, refresh_token::PresentedRefreshToken},
    scope_policy, sender_constraint, subject,
};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum IntrospectionRefusal {
    /// A parameter came twice.
    #[error("the parameter {0} may appear only once")]
    DuplicateParameter(String),
    /// No token.
    #[error("the parameter token is missing")]
    TokenMissing,
    /// The caller did not prove who it is.
    #[error(transparent)]
    Client(#[from] ClientAuthRefusal),
    /// The answer cannot be protected as the caller wants it.
    #[error(transparent)]
    Protection(#[from] ProtectionRefusal),
    /// A failure of this server.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl IntrospectionRefusal {
    /// The registered error code.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::DuplicateParameter(_) | Self::TokenMissing => ErrorCode::InvalidRequest,
            Self::Client(refusal) => refusal.code(),
            Self::Protection(refusal) => refusal.code(),
            Self::Fault(fault) if fault.is_temporary() => ErrorCode::TemporarilyUnavailable,
            Self::Fault(_) => ErrorCode::ServerError,
        }
    }
}

impl Explain for IntrospectionRefusal {
    fn explanation(&self) -> Explanation {
        match self {
            Self::DuplicateParameter(name) => twice(name),
            Self::TokenMissing => Explanation::from(&form::MISSING).expected("token"),
            Self::Client(refusal) => refusal.explanation(),
            Self::Protection(refusal) => refusal.explanation(),
            Self::Fault(fault) => fault.explanation(),
        }
    }
}

impl From<storage::StorageError> for IntrospectionRefusal {
    fn from(error: storage::StorageError) -> Self {
        Self::Fault(error.into())
    }
}

/// Answers an introspection request, by a JWT if that is asked for.
pub async fn introspect(
    realm: &RealmContext,
    request: &EndpointRequest<'_>,
    wants_jwt: bool,
) -> Result<Answer<IntrospectionResponse>, IntrospectionRefusal> {
    if let Some(name) = request.form.duplicate() {
        return Err(IntrospectionRefusal::DuplicateParameter(name.to_owned()));
    }
    let token = request.form.first("token").ok_or(IntrospectionRefusal::TokenMissing)?;
    let client = client_auth::authenticate(realm, request)
        .await?
        .require_confidential()?;
    let response = response(realm, client.client(), token).await?;
    if wants_jwt {
        Ok(Answer::Jwt(jwt(realm, client.client(), response).await?))
    } else {
        Ok(Answer::Json(response))
    }
}

async fn response(realm: &RealmContext, caller: &Client, token: &str) -> Result<IntrospectionResponse, Fault> {
    if ApiKeySecret::is_meant(token) {
        return api_key_response(realm, caller.id(), token).await;
    }
    if let Some(access_token) = AccessToken::read(realm, token) {
        return access_token_response(realm, caller.id(), access_token).await;
    }
    if let Some(presented) = PresentedRefreshToken::parse(token) {
        return refresh_token_response(realm, caller, &presented).await;
    }
    Ok(IntrospectionResponse::inactive())
}

/// The answer as a JWT for the caller: what a token is worth stands apart from the claims of the JWT itself, so that
/// nobody takes it for the token (RFC 9701 §5, §8.1).
async fn jwt(
    realm: &RealmContext,
    caller: &Client,
    response: IntrospectionResponse,
) -> Result<String, ProtectionRefusal> {
    let claims = IntrospectionJwtClaims {
        iss: realm.issuer().to_owned(),
        aud: Audience::one(caller.id()),
        iat: realm.now(),
        token_introspection: response,
    };
    let protection = Protection::of_introspection(realm, &caller.metadata).await?;
    Ok(protection.protect(realm, introspection::JWT_TYP, &claims)?)
}

/// What an access token is worth: what it says, intersected with the rows that stand behind it.
#[derive(Debug, Clone)]
pub struct LiveToken {
    /// What the token says; its `sub` is the user's one subject identifier, however the token named them.
    pub token: AccessToken,
    /// The `sub` by which the token's client knows the user.
    pub sub_for_client: String,
    /// What it permits now.
    pub scope: Scope,
    /// What it permits in detail now.
    pub authorization_details: AuthorizationDetails,
    /// For whom it is meant now.
    pub audience: Vec<String>,
    /// The user's name to sign in with.
    pub username: Option<String>,
    /// What the token's client is registered for.
    pub client_metadata: Arc<ClientMetadata>,
}

/// The client that got a token in exchange for another client's: it stands behind the token too.
async fn exchanger(realm: &RealmContext, token: &AccessToken) -> Result<Option<Arc<ClientMetadata>>, Fault> {
    let client = realm
        .store
        .live_client(realm.issuer(), &token.client_id, &token.jti)
        .await?;
    Ok(client.filter(|client| client.allows_grant_type(GrantType::TokenExchange)))
}

/// Looks up what stands behind a token. `None`: nothing any more.
pub async fn live(realm: &RealmContext, mut token: AccessToken) -> Result<Option<LiveToken>, Fault> {
    let issuer = realm.issuer();
    let mut sub_for_client = token.sub.clone();
    let exchanger = match &token.owner {
        Some(_) => {
            let Some(client) = exchanger(realm, &token).await? else {
                return Ok(None);
            };
            Some(client)
        }
        None => None,
    };
    let (scope, details, audience, username, client_metadata) = if let Some(id) = &token.authorization_id {
        let rows = realm
            .store
            .live_authorization(issuer, id, &token.jti, realm.now())
            .await?;
        let owner = token.owner.as_ref().unwrap_or(&token.client_id);
        let Some(rows) = rows.filter(|rows| rows.client_id == *owner) else {
            return Ok(None);
        };
        // A sealed token names the user by the one identifier, a JWT as its client knows them. Either is this user and
        // nobody else; a JWT of a client that has changed its sector since is worth nothing.
        let client = exchanger.as_ref().unwrap_or(&rows.client_metadata);
        sub_for_client = subject::of(realm, client, &rows.user_id)?;
        if token.sub != rows.user_id && token.sub != sub_for_client {
            return Ok(None);
        }
        token.sub.clone_from(&rows.user_id);
        let registered = scope_policy::registered(realm, &rows.client_metadata);
        (
            rows.scope.intersection(registered),
            still_in_detail(realm, &token, &rows),
            rows.audience,
            Some(rows.username),
            rows.client_metadata,
        )
    } else {
        let owner = token.owner.as_ref().unwrap_or(&token.client_id);
        let Some(client) = realm.store.live_client(issuer, owner, &token.jti).await? else {
            return Ok(None);
        };
        // Nothing else makes such tokens.
        if !client.allows_grant_type(GrantType::ClientCredentials) {
            return Ok(None);
        }
        (
            client.scope.clone().unwrap_or_default(),
            authorization_details::registered(realm, &client, &token.authorization_details.clone().unwrap_or_default()),
            token.audience.clone(),
            None,
            client,
        )
    };
    let client_metadata = exchanger.unwrap_or(client_metadata);
    let profile = client_metadata.profile_or(realm.realm.profile.0);
    if !sender_constraint::is_bound_enough(&client_metadata, profile, token.cnf.as_ref()) {
        return Ok(None);
    }
    let scope = token.scope.intersection(&scope);
    let audience: Vec<String> = token
        .audience
        .iter()
        // An API may have raised since what a client must follow.
        .filter(|aud| audience.contains(aud) && scope_policy::admits(realm, aud, profile))
        .cloned()
        .collect();
    let scope = scope_policy::of_audience(realm, &scope, &audience);
    let details = authorization_details::for_audience(realm, &details, &audience);
    let is_worth_something = !audience.is_empty() && (!scope.is_empty() || !details.is_empty());
    Ok(is_worth_something.then_some(LiveToken {
        token,
        sub_for_client,
        scope,
        authorization_details: details,
        audience,
        username,
        client_metadata,
    }))
}

/// What of a token's details its authorization permits, and its client is still registered for.
fn still_in_detail(realm: &RealmContext, token: &AccessToken, rows: &LiveAuthorization) -> AuthorizationDetails {
    let permitted = authorization_details::registered(realm, &rows.client_metadata, &rows.authorization_details);
    match &token.authorization_details {
        Some(details) => authorization_details::within(&realm.details_types, details, &permitted),
        None => permitted,
    }
}

/// Whether a token is a client's own, or meant for the API whose credentials the client has.
pub(crate) fn is_meant_for(realm: &RealmContext, client_id: &str, token: &AccessToken) -> bool {
    token.client_id == client_id || is_of_api(realm, client_id, &token.audience)
}

/// Whether a client has the credentials of an API of this audience.
fn is_of_api(realm: &RealmContext, client_id: &str, audience: &[String]) -> bool {
    let mut apis = scope_policy::target_apis(realm, audience);
    apis.any(|api| api.introspection.iter().any(|id| id == client_id))
}

impl LiveToken {
    /// The same of what is left of the token: an API for which it is no longer meant learns nothing of it.
    pub(crate) fn is_meant_for(&self, realm: &RealmContext, client_id: &str) -> bool {
        self.token.client_id == client_id || is_of_api(realm, client_id, &self.audience)
    }
}

async fn access_token_response(
    realm: &RealmContext,
    caller: &str,
    token: AccessToken,
) -> Result<IntrospectionResponse, Fault> {
    if !is_meant_for(realm, caller, &token) {
        return Ok(IntrospectionResponse::inactive());
    }
    let is_own = token.client_id == caller;
    let live = live(realm, token).await?;
    let Some(live) = live.filter(|live| live.is_meant_for(realm, caller)) else {
        return Ok(IntrospectionResponse::inactive());
    };
    // An API knows users by their one identifier. A client learns no more of its own token than it knows already: the
    // name to sign in with would tell what a pairwise `sub` hides.
    let token_type = live.token.token_type();
    // Nobody keeps what their own token is worth.
    let revocation_tags = if is_own {
        Vec::new()
    } else {
        live.token.revocation_tags(realm.issuer())
    };
    let authorization_details = if is_own {
        live.authorization_details
    } else {
        authorization_details::for_api_of(realm, &live.authorization_details, caller)
    };
    let (sub, username) = if is_own {
        let is_public = live.sub_for_client == live.token.sub;
        (live.sub_for_client, live.username.filter(|_| is_public))
    } else {
        (live.token.sub, live.username)
    };
    Ok(IntrospectionResponse {
        active: true,
        scope: Some(live.scope).filter(|scope| !scope.is_empty()),
        authorization_details,
        token_type: Some(token_type.into()),
        client_id: Some(live.token.client_id),
        username,
        exp: Some(live.token.expires_at),
        iat: Some(live.token.issued_at),
        sub: Some(sub),
        aud: live.audience.into(),
        iss: Some(realm.issuer().to_owned()),
        jti: Some(live.token.jti),
        acr: live.token.acr.map(|acr| acr.to_string()),
        auth_time: live.token.auth_time,
        act: live.token.act,
        may_act: live.token.may_act,
        cnf: live.token.cnf,
        revocation_tags,
        ..IntrospectionResponse::inactive()
    })
}

/// An API key is told about to its API alone: the client knows what it was given.
async fn api_key_response(realm: &RealmContext, caller: &str, text: &str) -> Result<IntrospectionResponse, Fault> {
    let live = match api_key::live(realm, text).await {
        Ok(live) if is_of_api(realm, caller, std::slice::from_ref(&live.key.api)) => live,
        Err(ApiKeyRefusal::Fault(fault)) => return Err(fault),
        _ => return Ok(IntrospectionResponse::inactive()),
    };
    api_key::note_use(realm, &live.key).await;
    let tags = Tags::of(realm.issuer());
    Ok(IntrospectionResponse {
        active: true,
        revocation_tags: vec![tags.token(&live.key.id), tags.client(&live.key.client_id)],
        scope: Some(live.scope),
        token_type: Some("Bearer".into()),
        sub: Some(live.key.client_id.clone()),
        client_id: Some(live.key.client_id),
        exp: Some(live.key.expires_at),
        iat: Some(live.key.created_at),
        aud: Audience::one(live.key.api),
        iss: Some(realm.issuer().to_owned()),
        jti: Some(live.key.id),
        ..IntrospectionResponse::inactive()
    })
}

/// A refresh token is told about to its own client alone.
async fn refresh_token_response(
    realm: &RealmContext,
    caller: &Client,
    presented: &PresentedRefreshToken,
) -> Result<IntrospectionResponse, Fault> {
    let now = realm.now();
    let is_live = |family: &RefreshFamily| {
        presented.is_genuine(realm, family.key_id)
            && family.client_id == caller.id()
            && family.ended_at.is_none()
            && now < family.expires_at
            && presented.generation == family.generation
    };
    let family = realm
        .store
        .find_refresh_family(realm.issuer(), &presented.family)
        .await?
        .filter(is_live);
    let Some(family) = family else {
        return Ok(IntrospectionResponse::inactive());
    };
    let authorization = realm
        .store
        .find_living_authorization(realm.issuer(), &family.authorization_id, now)
        .await?;
    let Some((authorization, _)) = authorization else {
        return Ok(IntrospectionResponse::inactive());
    };
    Ok(IntrospectionResponse {
        active: true,
        scope: Some(family.scope.intersection(&authorization.scope)).filter(|scope| !scope.is_empty()),
        authorization_details: authorization_details::registered(
            realm,
            &caller.metadata,
            &authorization.details.authorization_details,
        ),
        client_id: Some(family.client_id),
        exp: Some(family.expires_at),
        sub: Some(subject::of(realm, &caller.metadata, &authorization.user_id)?),
        iss: Some(realm.issuer().to_owned()),
        ..IntrospectionResponse::inactive()
    })
}
