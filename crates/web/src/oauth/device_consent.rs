//! `/consent` for the request of another device: who asks for what, and whether the user began it.
//!
//! Spec: RFC 8628 §3.3 and §5.4 (remote phishing: the user compares the code, and is told what it would mean).

use ::oauth::{
    Fault,
    authorize::Person,
    device,
    elsewhere::{self, Answered, AskRefusal, WaitingRequest},
};
use authn::next_step::next_step;
use axum::{http::StatusCode, response::Response};
use explanation::Explain;
use model::Goal;
use protocol::{DemandOf, Reach, device_authorization::UserCode, error_code::ErrorCode, form::Form};

use super::{
    consent::{chosen, is_who_was_asked, question},
    requester::device_request_of,
};
use crate::{
    extract::Call,
    flow::OpenFlow,
    pages::{Consent, ErrorKind, Label, Text, csp},
    respond, views,
};

/// Asks, unless the request is over or the user has to sign in first.
pub(super) async fn page(call: &Call, open: &OpenFlow) -> Response {
    or_fault(call, show(call, open, None).await)
}

/// The answer.
pub(super) async fn answer(call: &Call, open: &OpenFlow, form: &Form) -> Response {
    or_fault(call, decided(call, open, form).await)
}

fn or_fault(call: &Call, result: Result<Response, Fault>) -> Response {
    result.unwrap_or_else(|fault| respond::fault_page(call, &fault))
}

/// Who answers which request; otherwise where the browser goes first.
async fn parties(call: &Call, open: &OpenFlow) -> Result<Result<(WaitingRequest, Person), Response>, Fault> {
    let Some(waiting) = device_request_of(call, open).await? else {
        return Ok(Err(said(call, "over")));
    };
    let Some(person) = call.person().await? else {
        return Ok(Err(sign_in(call, open)));
    };
    let demand = waiting.demand(&call.realm);
    let circumstances = call.circumstances(waiting.client.id(), waiting.audience.clone());
    let step = next_step(&call.realm, (&person.session, &person.user), &demand, &circumstances).await?;
    Ok(match step.reach() {
        Reach::Short { .. } | Reach::Denied | Reach::Never(DemandOf::Policy) => Err(respond::see_other(
            call,
            &format!("/sign-in/factor?flow={}", open.flow.id),
            &[],
        )),
        Reach::Met | Reach::Never(_) => Ok((waiting, person)),
    })
}

async fn show(call: &Call, open: &OpenFlow, error: Option<Text>) -> Result<Response, Fault> {
    let (waiting, person) = match parties(call, open).await? {
        Ok(parties) => parties,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let needed = match elsewhere::ask(&call.realm, &waiting, &person).await {
        Ok(needed) => needed,
        Err(AskRefusal::Fault(fault)) => return Err(fault),
        Err(AskRefusal::Assurance(unmet)) => {
            let code = ErrorCode::UnmetAuthenticationRequirements;
            return Ok(respond::error_page(
                call,
                ErrorKind::AccessDenied,
                code,
                (&unmet.to_string(), unmet.explanation()),
            ));
        }
    };
    let locale = views::locale(call, &[]);
    let view = Consent {
        client: views::client(&waiting.client, locale),
        user_code: shown_code(open),
        realm: views::realm_of_flow(call, locale, open, None),
        flow: open.carried.clone(),
        csrf: open.csrf_of(&person),
        error,
        ..question(call, locale, (&person, &needed), &waiting.audience)
    };
    Ok(respond::page(call, locale, StatusCode::OK, &view, &csp::plain()))
}

/// The code that the device shows.
fn shown_code(open: &OpenFlow) -> Option<Label> {
    let Goal::Device(code) = &open.flow.goal else {
        return None;
    };
    UserCode::parse(code).map(|code| Label::new(&code.to_string()))
}

async fn decided(call: &Call, open: &OpenFlow, form: &Form) -> Result<Response, Fault> {
    let (waiting, person) = match parties(call, open).await? {
        Ok(parties) => parties,
        Err(elsewhere) => return Ok(elsewhere),
    };
    if !is_who_was_asked(open, Some(&person), form) {
        return show(call, open, Some(Text::key("consent.error.form"))).await;
    }
    let (client_id, user) = (waiting.client.id(), person.user.id.as_str());
    if form.first("decision") != Some("approve") {
        tracing::info!(client_id, user, "a device is refused");
        return Ok(match device::deny(&call.realm, &waiting).await? {
            Answered::Taken => said(call, "denied"),
            _ => said(call, "over"),
        });
    }
    // Who may not be asked may not answer either.
    if elsewhere::ask(&call.realm, &waiting, &person).await.is_err() {
        return show(call, open, None).await;
    }
    let permitted = chosen(call, &waiting.asked(), form);
    Ok(
        match device::approve(&call.realm, &waiting, &person, &permitted).await? {
            Answered::Taken => {
                tracing::info!(client_id, user, scope = %permitted.scope, "a device is authorized");
                said(call, "approved")
            }
            Answered::Nothing => show(call, open, Some(Text::key("consent.error.nothing"))).await?,
            Answered::SignedOut => sign_in(call, open),
            Answered::TooLate => said(call, "over"),
        },
    )
}

/// To the page that says so, which can be reloaded.
fn said(call: &Call, done: &str) -> Response {
    respond::see_other(call, &format!("/device?done={done}"), &[])
}

fn sign_in(call: &Call, open: &OpenFlow) -> Response {
    respond::see_other(call, &format!("/sign-in?flow={}", open.flow.id), &[])
}
