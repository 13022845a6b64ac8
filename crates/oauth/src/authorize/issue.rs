//! The answer: the grant is written, an authorization appears, and the code or tokens go to the client.
//!
//! Spec: RFC 6749 §4.1.2 and §4.2.2, OpenID Connect Core §3.1.3.3, §3.2.2.5, §3.3.2.5,
//! OpenID Connect Session Management §2 (`session_state`; of refusals it says nothing).

use explanation::catalogue::authorize as catalogue;
use jose::{b64, random_bytes, random_token, sha256};
use model::{Authorization, AuthorizationContext, flow, new_id};
use protocol::{
    RequestError,
    error_code::ErrorCode,
    scope::{OPENID, Scope},
    session_state::session_state,
};
use realm::RealmContext;
use storage::{Outcome, Statement, StorageError, authorization, pushed_request, session};

use super::{AuthorizationResponse, AuthorizeRefusal, Permission, Person, ValidRequest, decide::needs_consent};
use crate::{
    Fault,
    consented::{self, Approval, Consented},
    issue::{AccessToken, Protection, ProtectionRefusal, access_token, id_token::IdToken},
    logout,
    scope_policy::{self, Rights},
};

/// How often a grant that others change meanwhile is read again.
const ATTEMPTS: usize = 3;
/// How long an authorization's row outlives its last token, in seconds.
const SLACK: i64 = 60;

/// What became of it.
pub enum Issued {
    /// The answer.
    Response(AuthorizationResponse),
    /// The flow or the pushed request was answered before, or the session ended meanwhile: begin again with the same
    /// request.
    StartAgain,
}

/// Grants `permitted` (what the user left ticked) and answers.
pub async fn issue(
    realm: &RealmContext,
    valid: &ValidRequest,
    person: &Person,
    permitted: &Permission,
    flow_id: Option<&str>,
    approval: Approval,
) -> Result<Issued, AuthorizeRefusal> {
    let asked = valid.asked();
    let permitted = permitted.intersection(&asked);
    let scope = &permitted.scope;
    let refuse = |error: RequestError| AuthorizeRefusal::redirect(realm.issuer(), valid, error);
    let asked_for = (scope, &permitted.authorization_details);
    let audience = scope_policy::audience(realm, &valid.client, asked_for, &valid.request.resource)
        .map_err(|error| refuse(RequestError::of(ErrorCode::InvalidTarget, &error)))?;
    if permitted.opens_nothing() || audience.is_empty() {
        let text = "the user permitted nothing that was asked for";
        return Err(refuse(RequestError::new(&catalogue::DENIED, text)));
    }
    let id_token = check_keys(realm, valid, scope, &audience).await?;
    for _ in 0..ATTEMPTS {
        let management = valid.request.grant_management.as_ref();
        let known = consented::find(realm, valid.client.id(), &person.user.id, management).await?;
        // What was remembered, or is to be changed, was taken back in this very moment.
        let Some(known) = known else {
            return Ok(Issued::StartAgain);
        };
        let already = known.already(realm, &asked);
        if approval == Approval::Remembered && needs_consent(valid, &already) {
            return Ok(Issued::StartAgain);
        }
        let consented = Consented {
            client_id: valid.client.id(),
            user_id: &person.user.id,
            asked: &asked,
            permitted: &permitted,
            approval,
        };
        let kind = consented.kind(realm, &known);
        let (grant, grant_change) = consented::use_grant(realm, &consented, known)?;
        let code = valid.request.response_type.has_code().then(random_token);
        let granted = Granted {
            grant_id: grant,
            permitted: &permitted,
            audience: &audience,
        };
        let new = new_authorization(realm, valid, person, granted, code.as_deref());
        let change_id = new_id();
        let pushed_id = valid.pushed_id.iter();
        let change = grant_change
            .then_all(pushed_id.map(|id| pushed_request::answer(realm.issuer(), id, realm.now())))
            .then(session::still_alive(realm.issuer(), &person.session.id))
            .then_all(flow_id.map(|id| session::use_flow(realm.issuer(), id, realm.now() + flow::LIFETIME)))
            .then(authorization::insert(realm.issuer(), &new, &change_id)?)
            .then_all(signed_in_to(realm, valid, person, scope)?)
            .then(consented.event(realm, kind, &new))
            .recognised_by(authorization::changed_by(realm.issuer(), &new.id, &change_id));
        if realm.store.commit(change).await? == Outcome::Applied {
            let response = respond(realm, valid, person, &new, (code, id_token))?;
            return Ok(Issued::Response(response));
        }
        if must_start_again(realm, valid, person, flow_id).await? {
            return Ok(Issued::StartAgain);
        }
    }
    Err(Fault::Contended.into())
}

/// Whether the keys are there for what is answered right away; says how an ID token will be protected.
async fn check_keys(
    realm: &RealmContext,
    valid: &ValidRequest,
    scope: &Scope,
    audience: &[String],
) -> Result<Option<Protection>, AuthorizeRefusal> {
    let response_type = valid.request.response_type;
    if valid.request.response_mode.is_jwt() {
        // Nothing can be said to whom nothing can be encrypted, so the browser is told.
        let protection = Protection::of_authorization_response(realm, &valid.client.metadata).await;
        protection.map_err(AuthorizeRefusal::from)?;
    }
    if response_type.has_token() {
        access_token::check_key(realm, audience)?;
    }
    if !response_type.has_id_token() || !scope.contains(OPENID) {
        return Ok(None);
    }
    match Protection::of_id_token(realm, &valid.client.metadata).await {
        Ok(protection) => Ok(Some(protection)),
        Err(ProtectionRefusal::Fault(fault)) => Err(fault.into()),
        Err(refusal) => {
            let error = RequestError::of(refusal.code(), &refusal);
            Err(AuthorizeRefusal::redirect(realm.issuer(), valid, error))
        }
    }
}

/// Who is signed in to a client by an ID token is signed out of it when the session ends.
fn signed_in_to(
    realm: &RealmContext,
    valid: &ValidRequest,
    person: &Person,
    scope: &Scope,
) -> Result<Option<Statement>, Fault> {
    if scope.contains(OPENID) {
        logout::remember(realm, &valid.client, &person.session)
    } else {
        Ok(None)
    }
}

async fn must_start_again(
    realm: &RealmContext,
    valid: &ValidRequest,
    person: &Person,
    flow_id: Option<&str>,
) -> Result<bool, StorageError> {
    if let Some(id) = &valid.pushed_id {
        let pushed = realm.store.find_pushed_request(realm.issuer(), id).await?;
        if pushed.is_none_or(|pushed| pushed.answered_at.is_some()) {
            return Ok(true);
        }
    }
    if let Some(flow_id) = flow_id
        && realm.store.is_flow_used(realm.issuer(), flow_id).await?
    {
        return Ok(true);
    }
    let session = realm.store.find_session(realm.issuer(), &person.session.id).await?;
    Ok(session.is_none_or(|session| session.ended_at.is_some()))
}

/// What the user permitted.
struct Granted<'a> {
    grant_id: String,
    permitted: &'a Permission,
    audience: &'a [String],
}

fn new_authorization(
    realm: &RealmContext,
    valid: &ValidRequest,
    person: &Person,
    granted: Granted<'_>,
    code: Option<&str>,
) -> Authorization {
    let now = realm.now();
    let lifetimes = &realm.realm.lifetimes;
    // A code keeps it alive only for a moment; with a refresh token it will live as long as its grant.
    let code_lifetime = lifetimes.authorization_code.min(valid.profile.longest_code_lifetime);
    let expires_at = now + code_lifetime + lifetimes.access_token + SLACK;
    let request = &valid.request;
    let assurance = person.assurance(now);
    Authorization {
        id: new_id(),
        grant_id: granted.grant_id,
        user_id: person.user.id.clone(),
        client_id: valid.client.id().to_owned(),
        session_id: person.session.id.clone(),
        scope: granted.permitted.scope.clone(),
        audience: granted.audience.to_vec(),
        details: AuthorizationContext {
            redirect_uri: request.redirect_uri_was_sent.then(|| request.redirect_uri.clone()),
            code_challenge: request.code_challenge.clone(),
            nonce: request.nonce.clone(),
            resource: request
                .resource
                .iter()
                .map(|resource| resource.as_str().to_owned())
                .collect(),
            authorization_details: granted.permitted.authorization_details.clone(),
            claims: request.claims.clone(),
            permitted_claims: granted.permitted.claims.clone(),
            claims_locales: request.claims_locales.clone(),
            bound_to: valid.bound_to.clone(),
            grant_is_managed: request.grant_management.is_some(),
            acr: assurance.acr.stated(&request.wanted_acr()),
            amr: assurance.amr,
        },
        auth_time: person.session.auth_time,
        code_hash: code.map(|code| sha256(code.as_bytes()).to_vec()),
        code_expires_at: code.map(|_| now + code_lifetime),
        code_used_at: None,
        offline: false,
        created_at: now,
        expires_at,
        ended_at: None,
    }
}

fn respond(
    realm: &RealmContext,
    valid: &ValidRequest,
    person: &Person,
    new: &Authorization,
    (code, protection): (Option<String>, Option<Protection>),
) -> Result<AuthorizationResponse, Fault> {
    let response_type = valid.request.response_type;
    let mut parameters: Vec<(&'static str, String)> = Vec::new();
    let mut id_token = protection
        .is_some()
        .then(|| IdToken::new(realm, &valid.client, new, &person.user, &new.scope))
        .transpose()?
        .map(|id_token| id_token.nonce(valid.request.nonce.clone()));
    let access_token = if response_type.has_token() {
        let token = AccessToken::for_user(
            realm,
            new,
            &person.user,
            &Rights::of(realm, &valid.client.metadata, new),
        );
        Some((token.mint(realm, &valid.client)?, token.expires_at - token.issued_at))
    } else {
        None
    };
    if let Some((token, expires_in)) = &access_token {
        parameters.push(("access_token", token.clone()));
        parameters.push(("token_type", "Bearer".into()));
        parameters.push(("expires_in", expires_in.to_string()));
        parameters.push(("scope", new.scope.to_string()));
        id_token = id_token.map(|id_token| id_token.access_token(token));
    }
    if let Some(code) = &code {
        id_token = id_token.map(|id_token| id_token.code(code));
        let is_private = protection.as_ref().is_some_and(Protection::is_encrypted);
        if !valid.profile.identity_in_front_channel && !is_private {
            id_token = id_token.map(IdToken::without_identity);
        }
    }
    if valid.profile.state_hash {
        id_token = id_token.map(|id_token| id_token.state(valid.request.state.as_deref()));
    }
    if !response_type.has_code() && !response_type.has_token() {
        id_token = id_token.map(|id_token| id_token.with_identity(new, &person.user));
    }
    let id_token = id_token
        .zip(protection)
        .map(|(id_token, protection)| id_token.mint(realm, protection))
        .transpose()?;
    parameters.extend(code.map(|code| ("code", code)));
    parameters.extend(id_token.map(|token| ("id_token", token)));
    // "When the OP supports session management, it MUST also return the Session State" (Session Management §2).
    if new.scope.contains(OPENID) {
        let state = session_state(
            valid.client.id(),
            valid.redirect_uri.as_str(),
            &person.browser_state,
            &b64::encode(random_bytes::<16>()),
        );
        parameters.extend(state.map(|state| ("session_state", state)));
    }
    Ok(valid
        .response()
        .success(realm.issuer(), valid.request.state.as_deref(), parameters))
}
