//! `/consent`: the user decides what the app may do.
//!
//! Spec: RFC 6749 §4.1.1 (the resource owner decides), §10.2; OpenID Connect Core §3.1.2.4; RFC 9396 §3.1, §7.1.

use ::oauth::{
    authorization_details,
    authorize::{
        Approval, AuthorizationResponse, AuthorizeRefusal, ConsentNeeded, Decision, Permission, Person, ValidRequest,
        deny,
    },
    scope_policy,
};
use axum::{http::StatusCode, response::Response};
use model::Goal;
use protocol::{
    form::Form,
    scope::{OPENID, Scope},
};

use super::{
    authorize::{answer, begin_again, decide_next, flow_error, refuse, request_of, send},
    device_consent,
};
use crate::{
    extract::{Call, PageForm},
    flow::{self, OpenFlow},
    locale::Locale,
    pages::{ApiView, ClientView, Consent, Label, Text, csp},
    respond, views,
};

const DAY: i64 = 24 * 3600;

/// `GET /consent?flow=ID`: asks, or goes straight on when there is nothing to ask.
pub async fn consent_page(call: Call) -> Response {
    let query = Form::parse(call.query().as_bytes()).ok();
    let id = query.as_ref().and_then(|form| form.first("flow")).unwrap_or("");
    let open = match flow::resume(&call, id).await {
        Ok(open) => open,
        Err(error) => return flow_error(&call, error),
    };
    if let Goal::Device(_) = open.flow.goal {
        return device_consent::page(&call, &open).await;
    }
    match show(&call, &open, None).await {
        Ok(response) => response,
        Err(refusal) => refuse(&call, &refusal).await,
    }
}

/// `POST /consent`: the answer.
pub async fn consent(PageForm { call, form }: PageForm) -> Response {
    let open = match flow::submitted_by_someone(&call, &form).await {
        Ok(open) => open,
        Err(error) => return flow_error(&call, error),
    };
    if let Goal::Device(_) = open.flow.goal {
        return device_consent::answer(&call, &open, &form).await;
    }
    match decided(&call, &open, &form).await {
        Ok(response) => response,
        Err(refusal) => refuse(&call, &refusal).await,
    }
}

async fn show(call: &Call, open: &OpenFlow, error: Option<Text>) -> Result<Response, AuthorizeRefusal> {
    let Some(valid) = request_of(call, open).await? else {
        return Ok(begin_again(call, &open.flow.goal));
    };
    let person = call.person().await?;
    let id = &open.flow.id;
    match (
        decide_next(call, &valid, person.as_ref(), Some(&open.flow)).await?,
        &person,
    ) {
        (Decision::Consent(needed), Some(person)) => Ok(ask(call, open, &valid, person, &needed, error)),
        (Decision::Issue(permitted), Some(_)) => {
            let place = (call, Some(id.as_str()));
            let response = answer(&valid, person.as_ref(), &permitted, place, Approval::Remembered).await?;
            Ok(sent(call, open, response).await)
        }
        (Decision::Prove | Decision::Enrol, Some(_)) => {
            Ok(respond::see_other(call, &format!("/sign-in/factor?flow={id}"), &[]))
        }
        (Decision::SelectAccount, Some(_)) => Ok(respond::see_other(call, &format!("/select-account?flow={id}"), &[])),
        _ => Ok(respond::see_other(call, &format!("/sign-in?flow={id}"), &[])),
    }
}

fn ask(
    call: &Call,
    open: &OpenFlow,
    valid: &ValidRequest,
    person: &Person,
    needed: &ConsentNeeded,
    error: Option<Text>,
) -> Response {
    let locale = views::locale(call, &valid.request.ui_locales);
    let audience = valid.audience(&call.realm);
    let redirect_uri = valid.redirect_uri.as_str();
    let view = Consent {
        realm: views::realm_of_flow(call, locale, open, valid.request.display),
        client: views::client(&valid.client, locale).returning_to(redirect_uri),
        claims: views::claims(locale, valid, needed),
        redirect_host: Some(Consent::host_of(redirect_uri)),
        flow: open.carried.clone(),
        csrf: open.csrf_of(person),
        error,
        ..question(call, locale, (person, needed), &audience)
    };
    respond::page(call, locale, StatusCode::OK, &view, &csp::flow(redirect_uri))
}

/// What every user is asked, whichever way the request came.
pub fn question(
    call: &Call,
    locale: Locale,
    (person, needed): (&Person, &ConsentNeeded),
    audience: &[String],
) -> Consent {
    let apis = scope_policy::target_apis(&call.realm, audience)
        .map(|api| ApiView {
            name: Label::new(&api.name),
            identifier: api.identifier.clone(),
        })
        .collect();
    Consent {
        realm: views::realm(call, locale, ""),
        client: ClientView::new("", ""),
        user_code: None,
        waiting: None,
        user: Label::new(person.user.display()),
        scopes: views::scopes(call, locale, &needed.asked.scope, &needed.already.scope),
        details: views::details(
            call,
            locale,
            &needed.asked.authorization_details,
            &needed.already.authorization_details,
        ),
        claims: Vec::new(),
        apis,
        long_lived: needed.offline_for.map(|seconds| (seconds + DAY - 1) / DAY),
        redirect_host: None,
        action: call.path("/consent"),
        flow: String::new(),
        csrf: String::new(),
        error: None,
    }
}

/// Whether the form comes from the page that this very user was shown.
pub(super) fn is_who_was_asked(open: &OpenFlow, person: Option<&Person>, form: &Form) -> bool {
    let presented = form.first("csrf").unwrap_or("");
    person.is_some_and(|person| open.is_csrf_of(person, presented))
}

async fn sent(call: &Call, open: &OpenFlow, response: Option<AuthorizationResponse>) -> Response {
    match response {
        Some(response) => send(call, &response).await,
        None => begin_again(call, &open.flow.goal),
    }
}

async fn decided(call: &Call, open: &OpenFlow, form: &Form) -> Result<Response, AuthorizeRefusal> {
    let Some(valid) = request_of(call, open).await? else {
        return Ok(begin_again(call, &open.flow.goal));
    };
    let id = &open.flow.id;
    match settle(call, open, &valid, form).await? {
        Settled::Answered(response) => Ok(sent(call, open, response).await),
        Settled::AskAgain(error) => show(call, open, Some(error)).await,
        Settled::First(Decision::SelectAccount) => {
            Ok(respond::see_other(call, &format!("/select-account?flow={id}"), &[]))
        }
        Settled::First(Decision::Prove | Decision::Enrol) => {
            Ok(respond::see_other(call, &format!("/sign-in/factor?flow={id}"), &[]))
        }
        Settled::First(_) => Ok(respond::see_other(call, &format!("/sign-in?flow={id}"), &[])),
    }
}

/// What became of a user's answer.
pub enum Settled {
    /// Something else comes first.
    First(Decision),
    /// The answer is not taken: why, for the user.
    AskAgain(Text),
    /// What the app is told; `None`: the flow was completed before, or the session ended meanwhile.
    Answered(Option<AuthorizationResponse>),
}

/// Takes the user's answer: `decision` and, with their marks, what is left ticked.
pub async fn settle(
    call: &Call,
    open: &OpenFlow,
    valid: &ValidRequest,
    form: &Form,
) -> Result<Settled, AuthorizeRefusal> {
    let person = call.person().await?;
    // Only who could be asked may answer: the session may have ended while the page was open.
    match decide_next(call, valid, person.as_ref(), Some(&open.flow)).await? {
        Decision::Consent(_) | Decision::Issue(_) => {}
        first => return Ok(Settled::First(first)),
    }
    if form.first("decision") != Some("approve") {
        return Err(deny(&call.realm, valid).await?);
    }
    if !is_who_was_asked(open, person.as_ref(), form) {
        return Ok(Settled::AskAgain(Text::key("consent.error.form")));
    }
    let chosen = chosen(call, &valid.asked(), form);
    if chosen.opens_nothing() {
        return Ok(Settled::AskAgain(Text::key("consent.error.nothing")));
    }
    let place = (call, Some(open.flow.id.as_str()));
    let response = answer(valid, person.as_ref(), &chosen, place, Approval::Asked).await?;
    Ok(Settled::Answered(response))
}

/// What the user left ticked. `openid` stays if it was asked for.
pub fn chosen(call: &Call, asked: &Permission, form: &Form) -> Permission {
    let is_ticked = |name: &str, value: &str| form.all(name).any(|ticked| ticked == value);
    let details = authorization_details::chosen(
        &call.realm,
        &asked.authorization_details,
        |index| is_ticked("detail", &index.to_string()),
        |index, item| is_ticked("item", &format!("{index}.{item}")),
    );
    let ticked = Permission {
        scope: Scope::from_tokens(form.all("scope").chain([OPENID])).unwrap_or_default(),
        claims: form.all("claim").map(str::to_owned).collect(),
        authorization_details: details,
    };
    ticked.intersection(asked)
}
