//! `/account/requests`: what apps ask of the user in the background, one request after the other.
//!
//! Spec: CIBA §8, OpenID Connect Core §3.1.2.4 (the user decides)
//!
//! The page of a request loads itself again when the request is over. The page without one looks for the next.

use ::oauth::{
    Fault,
    authorize::Person,
    ciba::{self, WaitingForUser},
    elsewhere::{self, Answered, AskRefusal},
};
use authn::{next_step::next_step, session};
use axum::{
    http::{HeaderValue, StatusCode},
    response::Response,
};
use model::Goal;
use protocol::{DemandOf, Reach, form::Form};

use super::{ask_for_more, ask_to_sign_in, submitter};
use crate::{
    extract::{Call, PageForm},
    oauth::{chosen, question},
    pages::{Consent, Label, Requests, Text, WaitingView, csp},
    respond, views,
};

/// Where it is.
const PATH: &str = "/account/requests";

/// `GET /account/requests`: the oldest request that waits, or that none does.
pub async fn requests_page(call: Call) -> Response {
    or_fault(&call, page(&call).await)
}

/// `POST /account/requests`: the answer.
pub async fn answer_request(PageForm { call, form }: PageForm) -> Response {
    let person = match submitter(&call, &form).await {
        Ok(Some(person)) => person,
        Ok(None) => return ask_to_sign_in(&call, Goal::Requests).await,
        Err(refusal) => return *refusal,
    };
    or_fault(&call, answer(&call, &person, &form).await)
}

fn or_fault(call: &Call, result: Result<Response, Fault>) -> Response {
    result.unwrap_or_else(|fault| respond::fault_page(call, &fault))
}

async fn page(call: &Call) -> Result<Response, Fault> {
    let Some(person) = call.person().await? else {
        return Ok(ask_to_sign_in(call, Goal::Requests).await);
    };
    let waiting = ciba::waiting(&call.realm, &person.user).await?;
    let query = Form::parse(call.query().as_bytes()).unwrap_or_default();
    let done = query.first("done").and_then(notice);
    match waiting.first() {
        Some(oldest) if done.is_none() => show(call, &person, oldest, waiting.len() - 1, None).await,
        _ => Ok(none(call, &person, done, waiting.len())),
    }
}

/// What was just done, said by the redirect that followed it.
fn notice(done: &str) -> Option<Text> {
    let key = match done {
        "approved" => "requests.notice.approved",
        "denied" => "requests.notice.denied",
        "over" => "requests.notice.over",
        _ => return None,
    };
    Some(Text::key(key))
}

fn none(call: &Call, person: &Person, notice: Option<Text>, waiting: usize) -> Response {
    let locale = views::locale(call, &[]);
    let view = Requests {
        realm: views::realm(call, locale, ""),
        user: Label::new(person.user.display()),
        refreshes: notice.is_none(),
        notice,
        waiting,
    };
    respond::page(call, locale, StatusCode::OK, &view, &csp::waiting())
}

async fn show(
    call: &Call,
    person: &Person,
    waiting: &WaitingForUser,
    others: usize,
    error: Option<Text>,
) -> Result<Response, Fault> {
    let request = &waiting.request;
    let (needed, error) = match elsewhere::ask(&call.realm, request, person).await {
        Ok(needed) => (needed, error),
        Err(AskRefusal::Fault(fault)) => return Err(fault),
        Err(AskRefusal::Assurance(_)) => {
            let step = next_step(
                &call.realm,
                (&person.session, &person.user),
                &request.demand(&call.realm),
                &call.circumstances(request.client.id(), request.audience.clone()),
            )
            .await?;
            let unmet = Text::key(match step.reach() {
                Reach::Short { .. } => "requests.error.prove",
                _ => "requests.error.assurance",
            });
            (elsewhere::question(&call.realm, request, person).await?, Some(unmet))
        }
    };
    let locale = views::locale(call, &[]);
    let view = Consent {
        client: views::client(&request.client, locale),
        waiting: Some(WaitingView {
            binding_message: waiting.binding_message.as_deref().map(Label::sentence),
            expires: request.expires_at(),
            others,
        }),
        action: call.path(PATH),
        flow: request.id().to_owned(),
        csrf: call.session_cookie().map(session::csrf).unwrap_or_default(),
        error,
        ..question(call, locale, (person, &needed), &request.audience)
    };
    let mut response = respond::page(call, locale, StatusCode::OK, &view, &csp::plain());
    let rest = (request.expires_at() - call.realm.now()).max(0) + 1;
    let refresh = format!("{rest}; url={}", call.path(PATH));
    if let Ok(refresh) = HeaderValue::from_str(&refresh) {
        response.headers_mut().insert("refresh", refresh);
    }
    Ok(response)
}

async fn answer(call: &Call, person: &Person, form: &Form) -> Result<Response, Fault> {
    let waiting = ciba::waiting(&call.realm, &person.user).await?;
    let id = form.first("flow").unwrap_or("");
    let others = waiting.len().saturating_sub(1);
    let Some(asked) = waiting.iter().find(|waiting| waiting.request.id() == id) else {
        return Ok(said(call, "over"));
    };
    let (client_id, user) = (asked.request.client.id(), person.user.id.as_str());
    if form.first("decision") != Some("approve") {
        tracing::info!(client_id, user, "a request in the background is refused");
        return Ok(match ciba::deny(&call.realm, asked).await? {
            Answered::Taken => said(call, "denied"),
            _ => said(call, "over"),
        });
    }
    let demand = asked.request.demand(&call.realm);
    let circumstances = call.circumstances(client_id, asked.request.audience.clone());
    let step = next_step(&call.realm, (&person.session, &person.user), &demand, &circumstances).await?;
    if let Reach::Short {
        is_voluntary: false, ..
    }
    | Reach::Denied
    | Reach::Never(DemandOf::Policy) = step.reach()
    {
        return Ok(ask_for_more(call, Goal::Requests).await);
    }
    // Who may not be asked may not answer either.
    if elsewhere::ask(&call.realm, &asked.request, person).await.is_err() {
        return show(call, person, asked, others, None).await;
    }
    let permitted = chosen(call, &asked.request.asked(), form);
    Ok(match ciba::approve(&call.realm, asked, person, &permitted).await? {
        Answered::Taken => {
            tracing::info!(client_id, user, scope = %permitted.scope, "a request in the background is permitted");
            said(call, "approved")
        }
        Answered::Nothing => show(call, person, asked, others, Some(Text::key("consent.error.nothing"))).await?,
        Answered::SignedOut => ask_to_sign_in(call, Goal::Requests).await,
        Answered::TooLate => said(call, "over"),
    })
}

/// To the page that says so, which can be reloaded.
fn said(call: &Call, done: &str) -> Response {
    respond::see_other(call, &format!("{PATH}?done={done}"), &[])
}
