//! What must happen before this request can be answered: sign-in, consent, or nothing.
//!
//! Spec: OpenID Connect Core §3.1.2.1 (`prompt`, `max_age`, `id_token_hint`), §3.1.2.3, §3.1.2.4, §3.1.2.6,
//! RFC 8252 §8.6, RFC 9470 §5 (the API's least `acr`)

use model::{Grant, Session, User};
use protocol::{
    error_code::ErrorCode,
    scope::{OFFLINE_ACCESS, Scope},
};
use realm::RealmContext;

use super::{AuthorizeRefusal, ValidRequest};
use crate::{id_token_hint::IdTokenHint, scope_policy, subject};

/// Who is signed in, in which session.
#[derive(Debug, Clone)]
pub struct Person {
    /// The session.
    pub session: Session,
    /// The user.
    pub user: User,
}

/// What comes next.
#[derive(Debug)]
pub enum Decision {
    /// The user must authenticate.
    SignIn,
    /// The user must be asked.
    Consent(ConsentNeeded),
    /// Everything is there: [`super::issue`] this scope.
    Issue(Scope),
}

/// What the user is asked.
#[derive(Debug)]
pub struct ConsentNeeded {
    /// Everything that the app asks for.
    pub scope: Scope,
    /// What of it the user permitted before.
    pub already: Scope,
    /// For how long the permission lasts while the user is away, in seconds; `None`: only while signed in.
    pub offline_for: Option<i64>,
}

/// Decides. `flow_id` is the flow in which the user may have authenticated just now.
pub async fn decide(
    realm: &RealmContext,
    valid: &ValidRequest,
    person: Option<&Person>,
    flow_id: Option<&str>,
) -> Result<Decision, AuthorizeRefusal> {
    let refuse = |code, text: &str| Err(AuthorizeRefusal::redirect(realm.issuer(), valid, code, text));
    // "If this parameter contains none with any other value, an error is returned" was checked when it was parsed.
    let is_silent = valid.request.prompt.is_none();

    let Some(person) = person.filter(|person| is_fresh(realm, valid, &person.session, flow_id)) else {
        return if is_silent {
            refuse(
                ErrorCode::LoginRequired,
                "the user is not signed in, or must sign in again",
            )
        } else {
            Ok(Decision::SignIn)
        };
    };
    if let Some(hint) = &valid.request.id_token_hint {
        match IdTokenHint::verify(realm, hint) {
            None => {
                return refuse(
                    ErrorCode::InvalidRequest,
                    "id_token_hint is not an ID token of this issuer",
                );
            }
            Some(hint) if hint.sub != subject::of(realm, &valid.client.metadata, &person.user.id)? => {
                // Whoever signed in just now is somebody else: asking again would go round in circles.
                let is_just_signed_in = flow_id == Some(person.session.flow_id.as_str());
                return if is_silent || is_just_signed_in {
                    refuse(
                        ErrorCode::LoginRequired,
                        "another user than the one of id_token_hint is signed in",
                    )
                } else {
                    Ok(Decision::SignIn)
                };
            }
            Some(_) => {}
        }
    }
    check_assurance(realm, valid, person)?;

    let grant = realm
        .store
        .find_grant(realm.issuer(), &person.user.id, valid.client.id())
        .await?;
    let already = permitted_already(realm, valid, grant.as_ref());
    if !needs_consent(valid, &already) {
        return Ok(Decision::Issue(valid.scope.clone()));
    }
    if is_silent {
        return refuse(ErrorCode::ConsentRequired, "the user has not permitted this yet");
    }
    let offline_for = valid.is_offline(&valid.scope).then_some(realm.realm.lifetimes.grant);
    Ok(Decision::Consent(ConsentNeeded {
        scope: valid.scope.clone(),
        already,
        offline_for,
    }))
}

/// Whether this session's authentication is recent enough for what the request wants.
fn is_fresh(realm: &RealmContext, valid: &ValidRequest, session: &Session, flow_id: Option<&str>) -> bool {
    // Who authenticated in this very flow has done what was asked.
    if flow_id == Some(session.flow_id.as_str()) {
        return true;
    }
    let prompt = &valid.request.prompt;
    if prompt.wants_login() || prompt.wants_account_selection() {
        return false;
    }
    // "the elapsed time […] is greater than this value" (§3.1.2.1); max_age=0 is prompt=login.
    valid
        .request
        .max_age
        .is_none_or(|max_age| max_age > 0 && realm.now() - session.auth_time <= max_age)
}

fn check_assurance(realm: &RealmContext, valid: &ValidRequest, person: &Person) -> Result<(), AuthorizeRefusal> {
    let audience =
        scope_policy::audience(realm, &valid.client, &valid.scope, &valid.request.resource).unwrap_or_default();
    let needed = scope_policy::target_apis(realm, &audience)
        .filter_map(|api| api.acr)
        .max();
    match needed {
        Some(needed) if person.session.acr < needed => Err(AuthorizeRefusal::redirect(
            realm.issuer(),
            valid,
            ErrorCode::UnmetAuthenticationRequirements,
            &format!(
                "the API needs {needed}, and this user can only reach {}",
                person.session.acr
            ),
        )),
        _ => Ok(()),
    }
}

/// What of the asked scope a living grant permits.
pub(super) fn permitted_already(realm: &RealmContext, valid: &ValidRequest, grant: Option<&Grant>) -> Scope {
    grant
        .filter(|grant| grant.is_alive(realm.now()))
        .map(|grant| grant.scope.intersection(&valid.scope))
        .unwrap_or_default()
}

pub(super) fn needs_consent(valid: &ValidRequest, already: &Scope) -> bool {
    if valid.request.prompt.wants_consent() {
        return true;
    }
    // "the authorization server SHOULD NOT process repeated authorization requests automatically" for apps that
    // anybody can claim to be (RFC 8252 §8.6).
    let anybody_can_claim = valid.client.metadata.is_public() && !valid.redirect_uri.as_str().starts_with("https://");
    if anybody_can_claim {
        return true;
    }
    let is_new = !valid.scope.is_subset_of(already);
    let is_trusted = valid.client.metadata.first_party && !valid.scope.contains(OFFLINE_ACCESS);
    is_new && !is_trusted
}
