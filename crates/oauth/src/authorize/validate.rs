//! Is this a request that this client may make?
//!
//! Spec: RFC 6749 §4.1.1 and §4.1.2.1, OpenID Connect Core §3.1.2.2 and §6.3.3
//!
//! The order matters: until client and redirect URI are settled, nothing is redirected.

use model::Client;
use protocol::{
    Confirmation,
    authorization_request::{AuthorizationRequest, RequestError},
    claims::{self, ClaimNames},
    error_code::ErrorCode,
    form::Form,
    profile::SecurityProfile,
    prompt::{self, PromptValue},
    redirect_uri::ValidatedRedirectUri,
    response_mode::ResponseMode,
    scope::{OPENID, Scope},
};
use realm::RealmContext;

use super::{AuthorizationResponse, AuthorizeRefusal, Permission, RedirectedRefusal, request_object};
use crate::scope_policy::{self, ScopeRefusal};

/// A request that may be answered. Made only by [`validate`].
pub struct ValidRequest {
    /// What is asked.
    pub request: AuthorizationRequest,
    /// Who asks.
    pub client: Client,
    /// By which rules.
    pub profile: &'static SecurityProfile,
    /// Where the answer goes.
    pub redirect_uri: ValidatedRedirectUri,
    /// What of the asked scope is known here and registered for the client.
    pub scope: Scope,
    /// The claims that are asked for one by one, and that the scope does not cover.
    pub claims: ClaimNames,
    /// The keys that its code is to be bound to.
    pub bound_to: Confirmation,
    /// The parameters that its request object amounts to, if it has one: what the flow is to hold.
    pub object: Option<Form>,
}

impl ValidRequest {
    /// Everything that the user is to permit.
    pub fn asked(&self) -> Permission {
        Permission {
            scope: self.scope.clone(),
            claims: self.claims.clone(),
        }
    }

    /// Whether granting this scope lets the client act while the user is away.
    pub fn is_offline(&self, scope: &Scope) -> bool {
        self.request.response_type.has_code() && scope_policy::gives_refresh_token(&self.client, scope)
    }
}

/// Validates an authorization request. `object` is what its request object amounted to, if that was looked at before.
pub async fn validate(
    realm: &RealmContext,
    sent: &Form,
    object: Option<Form>,
) -> Result<ValidRequest, AuthorizeRefusal> {
    // Step 1: the client.
    let client_id = sent
        .get("client_id")
        .ok()
        .flatten()
        .ok_or(AuthorizeRefusal::ClientMissing)?;
    let client = realm
        .store
        .find_client(realm.issuer(), client_id)
        .await?
        .filter(|client| client.enabled)
        .ok_or_else(|| AuthorizeRefusal::ClientUnknown(client_id.to_owned()))?;
    let profile = client.profile(&realm.realm);

    // Step 2: what the client has signed, if it has.
    let object = match object {
        Some(object) => Some(object),
        None => request_object::assemble(realm, &client.metadata, sent)
            .await
            .map_err(|error| refuse_object(realm, sent, &client, profile, error))?,
    };
    let form = object.as_ref().unwrap_or(sent);

    // Step 3: the redirect URI. From here on refusals can be told to the client.
    let redirect_uri = redirect_uri(form, &client, profile)?;

    // Step 4: everything that can be read off the request.
    let refuse = |error: RequestError| refuse(realm, form, redirect_uri.clone(), error);
    let request = AuthorizationRequest::parse(form, &client.metadata, profile, &redirect_uri).map_err(refuse)?;
    check_prompt(realm, &request).map_err(refuse)?;

    // Step 5: what the client may ask for, and of which API.
    let scope = scope(realm, &client, &request).map_err(refuse)?;
    let covered = |claim: &String| claims::of_scope(&scope).any(|given| given == claim);
    let mut claims = request.claims.attributes();
    claims.retain(|claim| !covered(claim));
    let bound_to = Confirmation {
        jkt: request.dpop_jkt.clone(),
        ..Confirmation::default()
    };
    Ok(ValidRequest {
        request,
        client,
        profile,
        redirect_uri,
        scope,
        claims,
        bound_to,
        object,
    })
}

/// Without its object nobody knows where the request's answer goes, except to a redirect URI that was sent beside it.
fn refuse_object(
    realm: &RealmContext,
    sent: &Form,
    client: &Client,
    profile: &SecurityProfile,
    error: RequestError,
) -> AuthorizeRefusal {
    match redirect_uri(sent, client, profile) {
        Ok(redirect_uri) if sent.first("redirect_uri").is_some() => refuse(realm, sent, redirect_uri, error),
        _ => AuthorizeRefusal::RequestObject(error),
    }
}

fn redirect_uri(
    form: &Form,
    client: &Client,
    profile: &SecurityProfile,
) -> Result<ValidatedRedirectUri, AuthorizeRefusal> {
    let sent = form
        .get("redirect_uri")
        .map_err(|_| AuthorizeRefusal::RedirectUriTwice)?;
    let is_openid = form
        .first("scope")
        .is_some_and(|scope| scope.split(' ').any(|token| token == OPENID));
    ValidatedRedirectUri::check(
        sent,
        &client.metadata.redirect_uris,
        profile.exact_loopback,
        profile.redirect_uri_always_required || is_openid,
    )
    .map_err(|error| AuthorizeRefusal::RedirectUri {
        error,
        sent: sent.map(str::to_owned),
        client_id: client.id().to_owned(),
    })
}

fn refuse(
    realm: &RealmContext,
    form: &Form,
    redirect_uri: ValidatedRedirectUri,
    error: RequestError,
) -> AuthorizeRefusal {
    let mode = ResponseMode::for_errors(form.first("response_mode"), form.first("response_type"));
    // A state that came twice is not echoed: nobody can say which was meant.
    let state = form.get("state").ok().flatten();
    let response = AuthorizationResponse::error(realm.issuer(), redirect_uri, mode, state, &error);
    AuthorizeRefusal::Redirected(Box::new(RedirectedRefusal { error, response }))
}

/// Initiating User Registration §4.1: for a value "not declared in the `prompt_values_supported` metadata field" the
/// server answers `invalid_request`, and says which value it was.
fn check_prompt(realm: &RealmContext, request: &AuthorizationRequest) -> Result<(), RequestError> {
    let unsupported = |value: &PromptValue| !prompt::supported(realm.realm.sign_up).any(|known| known == *value);
    match request.prompt.iter().find(unsupported) {
        Some(value) => Err(RequestError::new(
            ErrorCode::InvalidRequest,
            format!("prompt {} is not supported", value.as_str()),
        )),
        None => Ok(()),
    }
}

fn scope(realm: &RealmContext, client: &Client, request: &AuthorizationRequest) -> Result<Scope, RequestError> {
    let to_error = |refusal: ScopeRefusal| {
        let code = match refusal {
            ScopeRefusal::Target(_) => ErrorCode::InvalidTarget,
            _ => ErrorCode::InvalidScope,
        };
        RequestError::new(code, refusal.to_string())
    };
    let can_refresh = request.response_type.has_code();
    scope_policy::for_user_at(realm, client, &request.scope, &request.resource, can_refresh).map_err(to_error)
}
