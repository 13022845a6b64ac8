//! Is this a request that this client may make?
//!
//! Spec: RFC 6749 §4.1.1 and §4.1.2.1, OpenID Connect Core §3.1.2.2 and §6.3.3, RFC 9126 §2.1, RFC 9396 §3 and §5,
//! RFC 9449 §10 and §10.1
//!
//! The order matters: until client and redirect URI are settled, nothing is redirected.

use explanation::{Explain, Explanation, catalogue, shown_uri};
use model::{Client, Flow, PushedRequestDetails};
use protocol::{
    Acr, Confirmation, Demand,
    authorization_request::{AuthorizationRequest, RequestError},
    claims::{self, ClaimNames},
    form::Form,
    profile::SecurityProfile,
    prompt::{self, PromptValue},
    redirect_uri::ValidatedRedirectUri,
    response_mode::ResponseMode,
    scope::{OPENID, Scope},
};
use realm::{RealmContext, trail};

use super::{AuthorizationResponse, AuthorizeRefusal, Permission, RedirectedRefusal, parameters::Parameters};
use crate::{
    authorization_details,
    client_auth::AuthenticatedClient,
    scope_policy::{self, ScopeRefusal},
    token_binding,
};

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
    /// The parameters that its request object amounts to, if the browser brought one: what the flow is to hold.
    pub object: Option<Form>,
    /// The pushed request that is answered with it, if it was pushed.
    pub pushed_id: Option<Vec<u8>>,
}

impl ValidRequest {
    /// Everything that the user is to permit.
    pub fn asked(&self) -> Permission {
        Permission {
            scope: self.scope.clone(),
            claims: self.claims.clone(),
            authorization_details: self.request.authorization_details.clone(),
        }
    }

    /// The APIs that it is about.
    pub fn audience(&self, realm: &RealmContext) -> Vec<String> {
        let asked = (&self.scope, &self.request.authorization_details);
        scope_policy::audience(realm, &self.client, asked, &self.request.resource).unwrap_or_default()
    }

    /// What it demands of the user's authentication, together with its APIs.
    pub fn demand(&self, realm: &RealmContext) -> Demand {
        let wanted = self.request.wanted_acr();
        Demand {
            wanted: wanted.iter().filter_map(|text| Acr::of_wire(text)).collect(),
            is_essential: self.request.claims.essential_acr().is_some(),
            least: scope_policy::least_acr(realm, &self.audience(realm)),
            ..Demand::default()
        }
    }

    /// The answer that is yet to be given.
    pub(super) fn response(&self) -> AuthorizationResponse {
        AuthorizationResponse::to(
            &self.client.metadata,
            self.redirect_uri.clone(),
            self.request.response_mode,
        )
    }

    /// Whether granting this scope lets the client act while the user is away.
    pub fn is_offline(&self, scope: &Scope) -> bool {
        self.request.response_type.has_code() && scope_policy::gives_refresh_token(&self.client, scope)
    }
}

/// Validates the authorization request that a browser brings, or brought when `flow` began.
pub async fn validate(
    realm: &RealmContext,
    sent: &Form,
    flow: Option<&Flow>,
) -> Result<ValidRequest, AuthorizeRefusal> {
    // Step 1: the client.
    let client_id = sent
        .get("client_id")
        .ok()
        .flatten()
        .ok_or(AuthorizeRefusal::ClientMissing)?;
    trail::says_client(client_id);
    let client = realm
        .store
        .find_client(realm.issuer(), client_id)
        .await?
        .filter(|client| client.enabled)
        .ok_or_else(|| AuthorizeRefusal::ClientUnknown(client_id.to_owned()))?;
    trail::passed(&catalogue::authorize::CLIENT);

    // Step 2: which parameters count.
    let profile = client.profile(&realm.realm);
    let parameters = Parameters::find(realm, &client, profile, sent, flow).await?;
    check(realm, client, profile, parameters)
}

/// Validates the authorization request that a client pushes, by the same rules, before a user is asked (RFC 9126 §2.1:
/// "as it would an authorization request sent to the authorization endpoint").
pub(crate) async fn validate_pushed(
    realm: &RealmContext,
    client: &AuthenticatedClient,
    sent: &Form,
) -> Result<PushedRequestDetails, AuthorizeRefusal> {
    let profile = client.client().profile(&realm.realm);
    let counted = Parameters::of_push(realm, client, profile, sent).await?;
    let names_and_values = counted.form.iter();
    let parameters = names_and_values
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let is_signed = counted.is_signed;
    let valid = check(realm, client.client().clone(), profile, counted)?;
    Ok(PushedRequestDetails {
        parameters,
        is_signed,
        bound_to: valid.bound_to,
    })
}

fn check(
    realm: &RealmContext,
    client: Client,
    profile: &'static SecurityProfile,
    parameters: Parameters,
) -> Result<ValidRequest, AuthorizeRefusal> {
    // Step 3: the redirect URI. From here on refusals can be told to the client.
    let form = &parameters.form;
    let redirect_uri = redirect_uri(form, &client, profile)?;
    trail::passed(&catalogue::redirect_uri::REGISTERED);

    // Step 4: everything that can be read off the request.
    let refuse = |error: RequestError| refuse(realm, form, &client, redirect_uri.clone(), error);
    // Whoever looks for a scope beside the object is to learn where it belongs.
    if profile.signed_requests && form.first("scope").is_none() {
        let text = "the request object has no scope, and what is beside it does not count";
        return Err(refuse(RequestError::new(
            &catalogue::request_object::SCOPE_MISSING,
            text,
        )));
    }
    let request = AuthorizationRequest::parse(form, &client.metadata, profile, &redirect_uri, parameters.is_pushed)
        .map_err(refuse)?;
    check_prompt(realm, &request).map_err(refuse)?;
    token_binding::check_code_challenge(realm, profile, &request).map_err(refuse)?;
    let bound_to = bound_to(parameters.proven, &request).map_err(refuse)?;

    trail::passed(&catalogue::authorize::RESPONSE_TYPE);
    trail::passed(&catalogue::authorize::PARAMETERS);
    trail::passed(&catalogue::pkce::CHALLENGE);

    // Step 5: what the client may ask for, and of which API.
    authorization_details::check(realm, &client.metadata, &request.authorization_details)
        .map_err(|refusal| refuse(RequestError::of(refusal.code(), &refusal)))?;
    let scope = scope(realm, &client, &request).map_err(refuse)?;
    trail::passed(&catalogue::scope::POSSIBLE);
    let covered = |claim: &String| claims::of_scope(&scope).any(|given| given == claim);
    let mut claims = request.claims.attributes();
    claims.retain(|claim| !covered(claim));
    let object = (parameters.is_signed && !parameters.is_pushed).then_some(parameters.form);
    Ok(ValidRequest {
        request,
        client,
        profile,
        redirect_uri,
        scope,
        claims,
        bound_to,
        object,
        pushed_id: parameters.pushed_id,
    })
}

/// RFC 9449 §10.1: when both are there, the server "MUST reject the request if the JWK Thumbprint in `dpop_jkt` does not
/// match the public key in the DPoP header".
fn bound_to(proven: Confirmation, request: &AuthorizationRequest) -> Result<Confirmation, RequestError> {
    match (&proven.jkt, &request.dpop_jkt) {
        (Some(proven), Some(named)) if proven != named => Err(RequestError::new(
            Explanation::from(&catalogue::authorize::DPOP_JKT).with(proven, named),
            "dpop_jkt is not the thumbprint of the key by which the proof in the header DPoP was made",
        )),
        (None, Some(named)) => Ok(Confirmation {
            jkt: Some(named.clone()),
            ..proven
        }),
        _ => Ok(proven),
    }
}

/// Without the parameters that count nobody knows where the answer goes, except to a redirect URI that was sent beside.
pub(super) fn refuse_beside(
    realm: &RealmContext,
    sent: &Form,
    client: &Client,
    profile: &SecurityProfile,
    error: RequestError,
) -> AuthorizeRefusal {
    match redirect_uri(sent, client, profile) {
        Ok(redirect_uri) if sent.first("redirect_uri").is_some() => refuse(realm, sent, client, redirect_uri, error),
        _ => AuthorizeRefusal::Parameters(error),
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
    .map_err(|error| {
        let registered: Vec<_> = client.metadata.redirect_uris.iter().map(|uri| shown_uri(uri)).collect();
        let sent_uri = sent.map_or_else(|| "none".to_owned(), shown_uri);
        trail::compared(error.explanation().reason, &registered.join(", "), &sent_uri);
        AuthorizeRefusal::RedirectUri {
            error,
            sent: sent.map(str::to_owned),
            client_id: client.id().to_owned(),
        }
    })
}

fn refuse(
    realm: &RealmContext,
    form: &Form,
    client: &Client,
    redirect_uri: ValidatedRedirectUri,
    error: RequestError,
) -> AuthorizeRefusal {
    let mode = ResponseMode::for_errors(
        form.first("response_mode"),
        form.first("response_type"),
        client.profile(&realm.realm),
        client.metadata.authorization_encrypted_response_alg.is_some(),
    );
    // A state that came twice is not echoed: nobody can say which was meant.
    let state = form.get("state").ok().flatten();
    let response = AuthorizationResponse::to(&client.metadata, redirect_uri, mode).error(realm.issuer(), state, &error);
    AuthorizeRefusal::Redirected(Box::new(RedirectedRefusal { error, response }))
}

/// Initiating User Registration §4.1: for a value "not declared in the `prompt_values_supported` metadata field" the
/// server answers `invalid_request`, and says which value it was.
fn check_prompt(realm: &RealmContext, request: &AuthorizationRequest) -> Result<(), RequestError> {
    let unsupported = |value: &PromptValue| !prompt::supported(realm.realm.sign_up).any(|known| known == *value);
    match request.prompt.iter().find(unsupported) {
        Some(value) => Err(RequestError::new(
            Explanation::from(&catalogue::authorize::PROMPT_UNSUPPORTED).found(value.as_str()),
            format!("prompt {} is not supported", value.as_str()),
        )),
        None => Ok(()),
    }
}

fn scope(realm: &RealmContext, client: &Client, request: &AuthorizationRequest) -> Result<Scope, RequestError> {
    let to_error = |refusal: ScopeRefusal| RequestError::of(refusal.code(), &refusal);
    let can_refresh = request.response_type.has_code();
    let asked = (&request.scope, &request.authorization_details);
    scope_policy::for_user_at(realm, client, asked, &request.resource, can_refresh).map_err(to_error)
}
