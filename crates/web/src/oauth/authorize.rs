//! `/authorize`: from the app's request to the next page, or straight back to the app.
//!
//! Spec: RFC 6749 §3.1, OpenID Connect Core §3.1.2.

use ::oauth::{
    Fault,
    authorize::{
        Approval, AuthorizationResponse, AuthorizeRefusal, Decision, Destination, Issued, Permission, Person,
        ValidRequest, decide, issue, validate,
    },
};
use authn::{
    next_step::{Step, next_step},
    policy,
};
use axum::{http::StatusCode, response::Response};
use explanation::Explain;
use model::{Flow, Goal};
use protocol::{Reach, error_code::ErrorCode, form::Form, pkce::REFERRED_TB};

use super::as_get;
use crate::{
    browser_state,
    extract::{Call, PageForm},
    flow::{self, FlowError, OpenFlow},
    pages::{ErrorKind, FormPost, csp},
    respond::{self, Told},
    views,
};

/// `POST /authorize`. A form from another site brings no cookies (`SameSite`), so it is turned into a GET, which does.
pub async fn authorize_post(PageForm { call, form }: PageForm) -> Response {
    as_get(&call, "/authorize", form.iter())
}

/// `GET /authorize`.
pub async fn authorize_get(call: Call) -> Response {
    let form = match Form::parse(call.query().as_bytes()) {
        Ok(form) => form,
        Err(error) => {
            return respond::error_page(
                &call,
                ErrorKind::BadRequest,
                ErrorCode::InvalidRequest,
                (&error.to_string(), error.explanation()),
            );
        }
    };
    let bound = with_referred_key(&call, &form);
    let query = bound.as_ref().map_or_else(|| call.query().to_owned(), encode);
    let form = bound.unwrap_or(form);
    let person = match call.person().await {
        Ok(person) => person,
        Err(error) => return respond::fault_page(&call, &Fault::from(error)),
    };
    let response = match start(&call, (&form, &query), person.as_ref()).await {
        Ok(response) => response,
        Err(refusal) => refuse(&call, &refusal).await,
    };
    browser_state::keep(&call, person.as_ref(), response)
}

/// "The authorization code is bound to the Token Binding ID that the browser uses to deliver the authorization code to a
/// web server client" (OAuth Token Binding §5.2): it comes with this very request, and takes the place of the challenge
/// that stands for it.
fn with_referred_key(call: &Call, form: &Form) -> Option<Form> {
    let stands_for_it = |name: &str, value: &str| name == "code_challenge" && value == REFERRED_TB;
    let bindings = call.token_bindings.as_deref();
    let hash = bindings?.referred.as_ref()?.hash();
    (form.first("code_challenge_method") == Some(REFERRED_TB)).then_some(())?;
    Some(Form::from_pairs(form.iter().map(|(name, value)| {
        let value = if stands_for_it(name, value) { &hash } else { value };
        (name.to_owned(), value.to_owned())
    })))
}

async fn start(
    call: &Call,
    (form, query): (&Form, &str),
    person: Option<&Person>,
) -> Result<Response, AuthorizeRefusal> {
    let valid = validate(&call.realm, form, None).await?;
    let next = match decide_next(call, &valid, person, None).await? {
        // "the user has chosen to be shown the account creation experience rather than the login experience"
        // (Initiating User Registration §4.1).
        Decision::SignIn if valid.request.prompt.wants_sign_up() => "/sign-up",
        Decision::SignIn => "/sign-in",
        Decision::SelectAccount => "/select-account",
        Decision::Prove | Decision::Enrol => "/sign-in/factor",
        Decision::Consent(_) => "/consent",
        Decision::Issue(permitted) => {
            match answer(&valid, person, &permitted, (call, None), Approval::Remembered).await? {
                Some(response) => return Ok(send(call, &response).await),
                // What changed in this moment, the next page finds out.
                None => "/consent",
            }
        }
    };
    let mut flow = Flow::new(Goal::Authorize(query.to_owned()), call.realm.now());
    flow.object = valid.object.as_ref().map(encode);
    Ok(match flow::begin(call, &flow).await {
        Ok(cookies) => respond::see_other(call, &format!("{next}?flow={}", flow.id), &cookies),
        Err(error) => flow_error(call, error),
    })
}

/// What comes next, by what the user has proved and could prove.
pub async fn decide_next(
    call: &Call,
    valid: &ValidRequest,
    person: Option<&Person>,
    flow: Option<&Flow>,
) -> Result<Decision, AuthorizeRefusal> {
    let reach = match person {
        Some(person) => {
            let demand = valid.demand(&call.realm);
            let circumstances = call.circumstances(valid.client.id(), valid.audience(&call.realm));
            let step = next_step(&call.realm, (&person.session, &person.user), &demand, &circumstances).await?;
            if let (Step::Denied { denied }, true) = (&step, valid.request.prompt.is_none()) {
                policy::tell(&call.realm, &person.user, denied);
            }
            step.reach()
        }
        None => Reach::Met,
    };
    decide(&call.realm, valid, person, flow, reach).await
}

/// The request that a flow is to answer, validated again: client and redirect URI may have changed since it began.
/// None for another goal.
pub async fn request_of(call: &Call, open: &OpenFlow) -> Result<Option<ValidRequest>, AuthorizeRefusal> {
    let Goal::Authorize(query) = &open.flow.goal else {
        return Ok(None);
    };
    let Ok(form) = Form::parse(query.as_bytes()) else {
        return Ok(None);
    };
    validate(&call.realm, &form, Some(&open.flow)).await.map(Some)
}

/// A form as a query.
pub fn encode(form: &Form) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form.iter())
        .finish()
}

/// Issues what was decided, in a flow or right away. `None`: the session ended meanwhile or the flow was completed before.
pub async fn answer(
    valid: &ValidRequest,
    person: Option<&Person>,
    permitted: &Permission,
    (call, flow_id): (&Call, Option<&str>),
    approval: Approval,
) -> Result<Option<AuthorizationResponse>, AuthorizeRefusal> {
    let Some(person) = person else { return Ok(None) };
    match issue(&call.realm, valid, person, permitted, flow_id, approval).await? {
        Issued::Response(response) => {
            tracing::info!(client_id = valid.client.id(), user = person.user.id, scope = %permitted.scope, "authorized");
            Ok(Some(response))
        }
        Issued::StartAgain => Ok(None),
    }
}

/// Sends an authorization response through the browser.
pub async fn send(call: &Call, response: &AuthorizationResponse) -> Response {
    match response.destination(&call.realm).await {
        Ok(Destination::Redirect(location)) => respond::redirect(call, &location),
        Ok(Destination::FormPost { action, fields }) => {
            let locale = views::locale(call, &[]);
            let fields = fields
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect();
            let view = FormPost::new(views::realm(call, locale, ""), &action, fields);
            respond::page(call, locale, StatusCode::OK, &view, &csp::form_post(&action))
        }
        Err(refusal) => refuse_on_page(call, &AuthorizeRefusal::from(refusal)),
    }
}

/// Says why a request is refused: to the client where that is safe, else on a page.
pub async fn refuse(call: &Call, refusal: &AuthorizeRefusal) -> Response {
    let AuthorizeRefusal::Redirected(redirected) = refusal else {
        return refuse_on_page(call, refusal);
    };
    tracing::info!(error = redirected.error.code.as_str(), reason = %redirected.error, "refused by redirect");
    let mut response = send(call, &redirected.response).await;
    respond::explain(&call.id, &mut response);
    respond::refused(
        call,
        Told {
            status: response.status().as_u16(),
            code: redirected.error.code,
            description: &redirected.error.description,
            why: refusal.explanation(),
        },
    );
    response
}

fn refuse_on_page(call: &Call, refusal: &AuthorizeRefusal) -> Response {
    let kind = match refusal {
        AuthorizeRefusal::Fault(fault) => return respond::fault_page(call, fault),
        AuthorizeRefusal::ClientMissing
        | AuthorizeRefusal::RedirectUriTwice
        | AuthorizeRefusal::Parameters(_)
        | AuthorizeRefusal::Redirected(_) => ErrorKind::BadRequest,
        AuthorizeRefusal::ClientUnknown(_) => ErrorKind::UnknownClient,
        AuthorizeRefusal::RedirectUri { .. } => ErrorKind::RedirectUri,
    };
    respond::error_page(
        call,
        kind,
        refusal.code(),
        (&refusal.to_string(), refusal.explanation()),
    )
}

/// What a broken flow leads to: if it is known what it was for, it begins again; else a page says what to do.
pub fn flow_error(call: &Call, error: FlowError) -> Response {
    match error {
        FlowError::BeginAgain(flow) => begin_again(call, &flow.goal),
        FlowError::Lost => respond::error_page(
            call,
            ErrorKind::FlowLost,
            ErrorCode::InvalidRequest,
            (&error.to_string(), error.explanation()),
        ),
        FlowError::TooMany => respond::error_page(
            call,
            ErrorKind::Busy,
            ErrorCode::TemporarilyUnavailable,
            (&error.to_string(), error.explanation()),
        ),
        FlowError::Storage(error) => respond::fault_page(call, &Fault::from(error)),
        FlowError::Realm(error) => respond::fault_page(call, &Fault::from(error)),
    }
}

/// Begins a flow again with the same request: nothing is lost, whatever happened to cookies and tabs.
pub fn begin_again(call: &Call, goal: &Goal) -> Response {
    match goal {
        Goal::Authorize(query) => respond::see_other(call, &format!("/authorize?{query}"), &[]),
        Goal::UserCode(code) | Goal::Device(code) => {
            let code: String = form_urlencoded::byte_serialize(code.as_bytes()).collect();
            respond::see_other(call, &format!("/device?user_code={code}"), &[])
        }
        Goal::Account => respond::see_other(call, "/account", &[]),
        Goal::Requests => respond::see_other(call, "/account/requests", &[]),
        Goal::Page(path) => respond::see_other(call, path, &[]),
    }
}
