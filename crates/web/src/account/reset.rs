//! `/sign-in/forgotten` sends a link to a new password, `/sign-in/reset` is where it leads.
//!
//! Spec: NIST SP 800-63B §6.1.2.3
//!
//! Whatever is typed, the answer is the same. The link works in any browser; opening it shows a page, and only its form
//! acts, since mail programs and their scanners open links by themselves.

use ::oauth::Fault;
use authn::{
    password_reset::{self, ResetRefusal},
    users::MIN_PASSWORD,
};
use axum::{http::StatusCode, response::Response};
use explanation::Explain;
use model::{Secret, User};
use protocol::{error_code::ErrorCode, form::Form};

use super::{
    email_code::{ask, show, typed},
    no_such_page, resumed,
    sign_in::busy,
    sign_up::of_weakness,
    submitted,
};
use crate::{
    again::{Again, NotDone},
    extract::{Call, PageForm},
    flow::{self, OpenFlow},
    pages::{ErrorKind, FieldError, Href, Label, Link, MailKind, Message, SetPassword, Text, csp},
    respond, views,
};

const ASK: &str = "/sign-in/forgotten";
/// Where the link leads.
pub const SET: &str = "/sign-in/reset";

/// Where the sign-in page leads who has forgotten the password.
pub(super) fn link(call: &Call, open: &OpenFlow) -> Option<Href> {
    let is_offered = call.realm.realm.password_reset;
    is_offered.then(|| Href::local(call.path(&format!("{ASK}?flow={}", open.flow.id))))
}

/// `GET /sign-in/forgotten?flow=ID`: asks to whom, or says that it was sent.
pub async fn forgotten_page(call: Call) -> Response {
    if !call.realm.realm.password_reset {
        let uri = call.uri.clone();
        return no_such_page(call, uri).await;
    }
    let query = Form::parse(call.query().as_bytes()).unwrap_or_default();
    if query.first("done").is_some() {
        return message(&call, "by_mail.sent_title", "by_mail.sent_link");
    }
    match resumed(&call).await {
        Ok((open, requester)) => {
            let hint = requester.login_hint();
            ask(&call, (&open, &requester), (MailKind::Link, ASK), hint, None)
        }
        Err(response) => *response,
    }
}

/// `POST /sign-in/forgotten`.
pub async fn forgotten(PageForm { call, form }: PageForm) -> Response {
    if !call.realm.realm.password_reset {
        let uri = call.uri.clone();
        return no_such_page(call, uri).await;
    }
    let (open, requester) = match submitted(&call, &form).await {
        Ok(opened) => opened,
        Err(response) => return *response,
    };
    let username = form.first("username").unwrap_or("");
    match send(&call, &open, username).await {
        Ok(()) => respond::see_other(&call, &format!("{ASK}?done=sent"), &[]),
        Err(not_done) => ask(
            &call,
            (&open, &requester),
            (MailKind::Link, ASK),
            username,
            Some(not_done),
        ),
    }
}

/// Sends a link to whom this stands for, a user name or a mail address.
pub async fn send(call: &Call, open: &OpenFlow, username: &str) -> Result<(), NotDone> {
    let from = call.address.to_string();
    let sent = password_reset::send_link(&call.realm, (&open.flow.id, &from), typed(username)?).await;
    sent.map_err(|refusal| {
        let why = refusal.explanation();
        match refusal {
            ResetRefusal::TooMany { retry_after } => Again::too_many("by_mail.error.too_many", retry_after, why).into(),
            ResetRefusal::Fault(error) => error.into(),
            // Nothing else keeps a mail from being sent.
            _ => Again::new(StatusCode::BAD_REQUEST, Text::key("by_mail.error.missing"), why).into(),
        }
    })
}

/// `GET /sign-in/reset?t=LINK`, with `flow` where it was asked for: asks for the new password, or says that it is set.
pub async fn reset_page(call: Call) -> Response {
    if !call.realm.realm.password_reset {
        let uri = call.uri.clone();
        return no_such_page(call, uri).await;
    }
    let query = Form::parse(call.query().as_bytes()).unwrap_or_default();
    if query.first("done").is_some() {
        return message(&call, "reset.done_title", "reset.done");
    }
    let (token, flow) = (query.first("t").unwrap_or(""), query.first("flow").unwrap_or(""));
    match password_reset::open(&call.realm, token).await {
        Ok(link) => ask_for_password(&call, (&link.user, link.wants_code), (token, flow), None),
        Err(refusal) => refused(&call, refusal),
    }
}

fn ask_for_password(
    call: &Call,
    (user, wants_code): (&User, bool),
    (token, flow): (&str, &str),
    again: Option<&Again>,
) -> Response {
    let locale = views::locale(call, &[]);
    let view = SetPassword {
        realm: views::realm(call, locale, ""),
        username: Label::new(&user.username),
        action: call.path(SET),
        csrf: token.to_owned(),
        flow: flow.to_owned(),
        least: MIN_PASSWORD,
        wants_code,
        error: again.map(|again| FieldError {
            field: again.field.unwrap_or("password"),
            text: again.text.clone(),
        }),
    };
    show(call, again, |status| {
        respond::page(call, locale, status, &view, &csp::plain())
    })
}

/// `POST /sign-in/reset`.
pub async fn reset(PageForm { call, form }: PageForm) -> Response {
    if !call.realm.realm.password_reset {
        let uri = call.uri.clone();
        return no_such_page(call, uri).await;
    }
    let (token, flow) = (form.first("csrf").unwrap_or(""), form.first("flow").unwrap_or(""));
    if !call.is_same_origin() {
        return refused(&call, ResetRefusal::Over);
    }
    let typed = (form.first("password").unwrap_or(""), form.first("code").unwrap_or(""));
    match set(&call, token, typed).await {
        // In the browser that asked for the link, its flow goes on.
        Ok(_) => match flow::resume(&call, flow).await {
            Ok(open) => respond::see_other(&call, &format!("/sign-in?flow={}&done=password-set", open.flow.id), &[]),
            Err(_) => respond::see_other(&call, &format!("{SET}?done=set"), &[]),
        },
        Err(refusal) => again(&call, (token, flow), refusal).await,
    }
}

/// Sets a new password by a link, with a code of the account's second factor where there is one.
pub async fn set(call: &Call, token: &str, (password, code): (&str, &str)) -> Result<User, ResetRefusal> {
    let typed = (&Secret::new(password), code);
    password_reset::reset(&call.realm, &call.app.passwords, token, typed).await
}

/// Shows the form again where something can be typed differently.
async fn again(call: &Call, link: (&str, &str), refusal: ResetRefusal) -> Response {
    let again = match said(refusal) {
        Ok(again) => again,
        Err(refusal) => return refused(call, refusal),
    };
    match password_reset::open(&call.realm, link.0).await {
        Ok(of) => ask_for_password(call, (&of.user, of.wants_code), link, Some(&again)),
        Err(refusal) => refused(call, refusal),
    }
}

/// How a refusal is said; it itself where typing something else is of no use.
pub fn said(refusal: ResetRefusal) -> Result<Again, ResetRefusal> {
    let why = refusal.explanation();
    Ok(match refusal {
        ResetRefusal::Weak(weakness) => Again::new(StatusCode::BAD_REQUEST, of_weakness(weakness), why),
        ResetRefusal::WrongCode => Again::new(StatusCode::UNAUTHORIZED, Text::key("reset.error.code"), why).at("code"),
        ResetRefusal::TooMany { retry_after } => Again::too_many("by_mail.error.too_many", retry_after, why).at("code"),
        ResetRefusal::Busy(_) => busy(why),
        ResetRefusal::Over | ResetRefusal::NoCode | ResetRefusal::Fault(_) => return Err(refusal),
    })
}

fn refused(call: &Call, refusal: ResetRefusal) -> Response {
    let (reason, why) = (refusal.to_string(), refusal.explanation());
    match refusal {
        ResetRefusal::Fault(error) => respond::fault_page(call, &Fault::from(error)),
        ResetRefusal::NoCode => message(call, "reset.no_code_title", "reset.no_code"),
        _ => respond::error_page(call, ErrorKind::NotFound, ErrorCode::InvalidRequest, (&reason, why)),
    }
}

/// Says something, and leads to the user's own pages.
fn message(call: &Call, title: &'static str, text: &'static str) -> Response {
    let locale = views::locale(call, &[]);
    let view = Message {
        realm: views::realm(call, locale, ""),
        title: Text::key(title),
        text: Text::key(text),
        link: Some(Link {
            href: Href::local(call.path("/account")),
            label: Text::key("message.to_account"),
        }),
    };
    respond::page(call, locale, StatusCode::OK, &view, &csp::plain())
}
