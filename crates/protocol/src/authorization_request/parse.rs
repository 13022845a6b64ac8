//! Reading an authorization request, one rule after the other.

use explanation::{
    Explain, Explanation,
    catalogue::{authorize, pkce},
};

use crate::{
    AuthorizationDetails, AuthorizationRequest, ClaimsRequest, ClientMetadata, CodeChallenge, DisplayMode, ErrorCode,
    Form, GrantManagement, PkceRule, Prompt, RequestError, Resource, ResponseMode, ResponseType, Scope,
    SecurityProfile, ValidatedRedirectUri,
    form::Duplicate,
    scope::{OFFLINE_ACCESS, OPENID},
};

type Checked<T> = Result<T, RequestError>;

pub(super) fn parse(
    form: &Form,
    client: &ClientMetadata,
    profile: &SecurityProfile,
    redirect_uri: &ValidatedRedirectUri,
    is_pushed: bool,
) -> Checked<AuthorizationRequest> {
    // RFC 6749 §3.1: "Request and response parameters MUST NOT be included more than once."
    if let Some(name) = form.duplicate() {
        return Err(Duplicate { name: name.to_owned() }.into());
    }
    check_unsupported_parameters(form)?;
    let response_type = response_type(form, client, profile)?;
    let response_mode = response_mode(form, response_type, client, profile)?;
    let scope = scope(form, response_type)?;
    let claims = claims(form, &scope, response_type)?;
    let mut acr_values: Vec<String> = words_of(form, "acr_values").collect();
    if acr_values.is_empty() {
        acr_values.clone_from(&client.default_acr_values);
    }
    let text = |name| form.first(name).map(str::to_owned);
    check_nonce_or_state(form, &scope, profile)?;
    Ok(AuthorizationRequest {
        client_id: client.client_id.clone(),
        redirect_uri: redirect_uri.as_str().to_owned(),
        redirect_uri_was_sent: form.first("redirect_uri").is_some(),
        response_type,
        response_mode,
        scope,
        state: text("state"),
        nonce: nonce(form, response_type)?,
        prompt: prompt(form)?,
        max_age: max_age(form)?.or(client.default_max_age),
        display: form.first("display").and_then(DisplayMode::parse),
        ui_locales: words_of(form, "ui_locales").collect(),
        claims_locales: words_of(form, "claims_locales").collect(),
        id_token_hint: text("id_token_hint"),
        login_hint: text("login_hint"),
        acr_values,
        claims,
        code_challenge: code_challenge(form, response_type.has_code() && needs_pkce(profile, is_pushed))?,
        dpop_jkt: text("dpop_jkt"),
        resource: resource(form)?,
        authorization_details: authorization_details(form)?,
        grant_management: GrantManagement::parse(form, client, response_type)?,
    })
}

/// OpenID Connect Core §6.1: "Should an OP not support this parameter and an RP uses it, the OP MUST return the
/// `request_not_supported` error"; §6.2 and §7.2.1 say the same of the others. Ignoring one would answer a request that
/// the client did not make. Where request objects are supported, they were taken apart before.
fn check_unsupported_parameters(form: &Form) -> Checked<()> {
    for (name, reason) in [
        ("request", &authorize::REQUEST_NOT_SUPPORTED),
        ("request_uri", &authorize::REQUEST_URI_NOT_SUPPORTED),
        ("registration", &authorize::REGISTRATION_NOT_SUPPORTED),
    ] {
        if form.first(name).is_some() {
            return Err(RequestError::new(
                reason,
                format!("the parameter {name} is not supported"),
            ));
        }
    }
    Ok(())
}

/// The words of a parameter, in their order.
fn words_of(form: &Form, name: &str) -> impl Iterator<Item = String> {
    let text = form.first(name).unwrap_or_default();
    text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned)
}

fn response_type(form: &Form, client: &ClientMetadata, profile: &SecurityProfile) -> Checked<ResponseType> {
    // RFC 6749 §3.1.1: "If an authorization request is missing the "response_type" parameter, or if the response type
    // is not understood, the authorization server MUST return an error response".
    let text = form
        .first("response_type")
        .ok_or_else(|| RequestError::new(&authorize::RESPONSE_TYPE_MISSING, "response_type is missing"))?;
    let response_type = ResponseType::parse(text)
        .map_err(|error| RequestError::new(&authorize::RESPONSE_TYPE_UNSUPPORTED, error.to_string()))?;
    if !profile.allows_response_type(&response_type.to_string()) {
        let allowed = profile.response_types.join(", ");
        return Err(RequestError::new(
            Explanation::from(&authorize::RESPONSE_TYPE_UNSUPPORTED).with(allowed, text),
            format!(
                "the response_type {response_type} is not allowed by the profile {}",
                profile.name
            ),
        ));
    }
    // RFC 6749 §4.1.2.1, unauthorized_client: "The client is not authorized to request an authorization code using
    // this method."
    if !client.allows_response_type(response_type) {
        return Err(RequestError::new(
            Explanation::from(&authorize::RESPONSE_TYPE_NOT_REGISTERED).with(listed(&client.response_types), text),
            format!("the response_type {response_type} is not registered for this client"),
        ));
    }
    Ok(response_type)
}

fn listed(types: &[ResponseType]) -> String {
    types.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn response_mode(
    form: &Form,
    response_type: ResponseType,
    client: &ClientMetadata,
    profile: &SecurityProfile,
) -> Checked<ResponseMode> {
    let is_encrypted = client.authorization_encrypted_response_alg.is_some();
    let requested = form.first("response_mode");
    let mode = ResponseMode::check(requested, response_type, profile, is_encrypted)
        .map_err(|error| RequestError::new(error.explanation(), error.to_string()))?;
    // `jwt` may be registered, and named, for what it stands for.
    let named = requested.and_then(ResponseMode::parse).unwrap_or(mode);
    let registered = &client.response_modes;
    if registered.is_empty() || registered.contains(&mode) || registered.contains(&named) {
        Ok(mode)
    } else {
        Err(RequestError::new(
            &authorize::RESPONSE_MODE_NOT_REGISTERED,
            "the response_mode is not registered for this client",
        ))
    }
}

fn scope(form: &Form, response_type: ResponseType) -> Checked<Scope> {
    let scope = Scope::parse(form.first("scope").unwrap_or_default())
        .map_err(|error| RequestError::new(error.explanation(), error.to_string()))?;
    // OpenID Connect Core §3.1.2.1: "OpenID Connect requests MUST contain the openid scope value."
    if response_type.has_id_token() && !scope.contains(OPENID) {
        return Err(RequestError::new(
            &authorize::OPENID_MISSING,
            "the scope must contain openid when an ID Token is asked for",
        ));
    }
    // OpenID Connect Core §11: the server "MUST ignore the offline_access request unless the Client is using a
    // response_type value that would result in an Authorization Code being returned".
    Ok(if response_type.has_code() {
        scope
    } else {
        scope.filter(|token| token != OFFLINE_ACCESS)
    })
}

fn nonce(form: &Form, response_type: ResponseType) -> Checked<Option<String>> {
    let nonce = form.first("nonce").map(str::to_owned);
    // OpenID Connect Core §3.2.2.1 and §3.3.2.11: nonce is REQUIRED when an ID Token comes from the authorization
    // endpoint, "to mitigate replay attacks".
    if response_type.has_id_token() && nonce.is_none() {
        return Err(RequestError::new(
            &authorize::NONCE_MISSING,
            "nonce is required when an ID Token is asked for from the authorization endpoint",
        ));
    }
    Ok(nonce)
}

/// FAPI 1.0 Baseline §5.2.2.2: a server "shall require the nonce parameter"; §5.2.2.3: without `openid`, it "shall require
/// the state parameter".
fn check_nonce_or_state(form: &Form, scope: &Scope, profile: &SecurityProfile) -> Checked<()> {
    let name = if scope.contains(OPENID) { "nonce" } else { "state" };
    if profile.nonce_or_state_required && form.first(name).is_none() {
        return Err(RequestError::new(
            Explanation::from(&authorize::NONCE_OR_STATE_REQUIRED).expected(name),
            format!("{name} is required by the profile {}", profile.name),
        ));
    }
    Ok(())
}

fn prompt(form: &Form) -> Checked<Prompt> {
    Prompt::parse(form.first("prompt").unwrap_or_default())
        .map_err(|error| RequestError::new(error.explanation(), error.to_string()))
}

fn max_age(form: &Form) -> Checked<Option<i64>> {
    let Some(text) = form.first("max_age") else {
        return Ok(None);
    };
    let seconds = Some(text)
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|text| text.parse().ok());
    seconds
        .map(Some)
        .ok_or_else(|| RequestError::new(&authorize::MAX_AGE, "max_age must be a number of seconds"))
}

fn claims(form: &Form, scope: &Scope, response_type: ResponseType) -> Checked<ClaimsRequest> {
    let Some(text) = form.first("claims") else {
        return Ok(ClaimsRequest::default());
    };
    let claims =
        ClaimsRequest::parse(text).map_err(|error| RequestError::new(&authorize::CLAIMS, error.to_string()))?;
    // Without openid there is neither an ID Token nor UserInfo to tell anything in.
    if !scope.contains(OPENID) {
        return Ok(ClaimsRequest::default());
    }
    // OpenID Connect Core §5.5: "When the userinfo member is used, the request MUST also use a response_type value that
    // results in an Access Token being issued".
    if !claims.userinfo.is_empty() && !response_type.has_code() && !response_type.has_token() {
        return Err(RequestError::new(
            &authorize::CLAIMS_WITHOUT_TOKEN,
            "claims asks for userinfo, and this response_type gives no access token to ask there: use id_token",
        ));
    }
    Ok(claims)
}

fn needs_pkce(profile: &SecurityProfile, is_pushed: bool) -> bool {
    match profile.pkce {
        PkceRule::IfSent => false,
        PkceRule::Always => true,
        PkceRule::IfPushed => is_pushed,
    }
}

fn code_challenge(form: &Form, is_required: bool) -> Checked<Option<CodeChallenge>> {
    let method = form.first("code_challenge_method");
    match form.first("code_challenge") {
        Some(challenge) => CodeChallenge::parse(challenge, method)
            .map(Some)
            .map_err(|error| RequestError::of(ErrorCode::InvalidRequest, &error)),
        None if method.is_some() => Err(RequestError::new(
            &pkce::METHOD_ALONE,
            "code_challenge_method was sent without code_challenge",
        )),
        // RFC 7636 §4.4.1: a server that requires PKCE answers a request without a code challenge with
        // "invalid_request".
        None if is_required => Err(RequestError::new(
            &pkce::CHALLENGE_MISSING,
            "code_challenge is required (PKCE, method S256)",
        )),
        None => Ok(None),
    }
}

fn resource(form: &Form) -> Checked<Vec<Resource>> {
    // RFC 8707 §2: invalid_target when "the requested resource is invalid, missing, unknown, or malformed".
    form.all("resource")
        .map(|text| Resource::parse(text).map_err(|error| RequestError::new(error.explanation(), error.to_string())))
        .collect()
}

/// The parameter of RFC 9396, wherever a request for permission comes in.
fn authorization_details(form: &Form) -> Checked<AuthorizationDetails> {
    let Some(text) = form.first("authorization_details") else {
        return Ok(AuthorizationDetails::default());
    };
    AuthorizationDetails::parse(text).map_err(|error| {
        let text = format!("authorization_details: {error}");
        RequestError::new(error.explanation(), text)
    })
}
