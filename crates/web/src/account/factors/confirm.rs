//! `/account/factors/confirm?token=TOKEN`: the link in the mail about a new authenticator.
//!
//! Spec: NIST SP 800-63B §6.1.2
//!
//! Who reads the user's mail has the word here, whoever is signed in: it was the user, or it was not. Programs that look
//! at links in mails open the page; only its form decides.

use ::oauth::Fault;
use authn::enrolment;
use axum::{http::StatusCode, response::Response};
use explanation::{Explanation, catalogue::sign_in as catalogue};
use protocol::{error_code::ErrorCode, form::Form};
use storage::StorageError;

use super::title;
use crate::{
    extract::{Call, PageForm},
    pages::{ConfirmEnrolment, ErrorKind, Href, Label, Link, Message, Text, csp},
    respond, views,
};

const PATH: &str = "/account/factors/confirm";

/// `GET`: asks, or says what was done.
pub async fn confirmation_page(call: Call) -> Response {
    let query = Form::parse(call.query().as_bytes()).unwrap_or_default();
    match query.first("done").and_then(said) {
        Some(text) => message(&call, text),
        None => or_fault(&call, show(&call, query.first("token").unwrap_or("")).await),
    }
}

/// `POST`: the answer.
pub async fn answer_confirmation(PageForm { call, form }: PageForm) -> Response {
    or_fault(&call, answer(&call, &form).await)
}

fn or_fault(call: &Call, result: Result<Response, StorageError>) -> Response {
    result.unwrap_or_else(|error| respond::fault_page(call, &Fault::from(error)))
}

async fn show(call: &Call, token: &str) -> Result<Response, StorageError> {
    let Some((found, user)) = enrolment::to_confirm(&call.realm, token).await? else {
        return Ok(over(call));
    };
    let locale = views::locale(call, &[]);
    let view = ConfirmEnrolment {
        realm: views::realm(call, locale, ""),
        user: Label::new(user.display()),
        title: Text::key(title(found.method)),
        since: found.created_at,
        counts_from: found.created_at + call.realm.realm.enrolment_delay,
        action: call.path(PATH),
        csrf: token.to_owned(),
    };
    Ok(respond::page(call, locale, StatusCode::OK, &view, &csp::plain()))
}

async fn answer(call: &Call, form: &Form) -> Result<Response, StorageError> {
    let token = form.first("csrf").unwrap_or("");
    let found = enrolment::to_confirm(&call.realm, token).await?;
    let Some((found, user)) = found.filter(|_| call.is_same_origin()) else {
        return Ok(over(call));
    };
    let done = if form.first("decision") == Some("mine") {
        match enrolment::confirm(&call.realm, &found).await? {
            Some(at) if at > call.realm.now() => "later",
            Some(_) => "confirmed",
            None => return Ok(over(call)),
        }
    } else if enrolment::disown(&call.realm, (&found, &user)).await? {
        "disowned"
    } else {
        return Ok(over(call));
    };
    Ok(respond::see_other(call, &format!("{PATH}?done={done}"), &[]))
}

/// What was just done, said by the redirect that followed it.
fn said(done: &str) -> Option<&'static str> {
    match done {
        "later" => Some("confirm_enrolment.confirmed_later"),
        "confirmed" => Some("confirm_enrolment.confirmed"),
        "disowned" => Some("confirm_enrolment.disowned"),
        _ => None,
    }
}

fn message(call: &Call, text: &'static str) -> Response {
    let locale = views::locale(call, &[]);
    let view = Message {
        realm: views::realm(call, locale, ""),
        title: Text::key("confirm_enrolment.done"),
        text: Text::key(text),
        link: Some(Link {
            href: Href::local(call.path("/account")),
            label: Text::key("message.to_account"),
        }),
    };
    respond::page(call, locale, StatusCode::OK, &view, &csp::plain())
}

/// The link was used, or is none of ours.
fn over(call: &Call) -> Response {
    let reason = "nothing waits for this confirmation: the link was used before, or is not whole";
    respond::error_page(
        call,
        ErrorKind::NotFound,
        ErrorCode::InvalidRequest,
        (reason, Explanation::from(&catalogue::NOTHING_TO_CONFIRM)),
    )
}
