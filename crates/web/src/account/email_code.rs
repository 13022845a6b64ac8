//! `/sign-in/email`: a code by mail in the place of a password, where the realm lets users.
//!
//! Whatever is typed, the answer is the page that asks for the code; whether one was sent is for the mailbox to tell.

use authn::{
    email_code::MINUTES,
    sign_in::{EmailCodeRefusal, SignedIn, send_email_code, sign_in_by_email_code},
};
use axum::{http::StatusCode, response::Response};
use explanation::{Explain, catalogue::sign_in as catalogue};

use super::{
    no_such_page, resumed,
    sign_in::{Visitor, go_on},
    submitted,
};
use crate::{
    again::{Again, NotDone},
    extract::{Call, PageForm},
    flow::OpenFlow,
    oauth::Requester,
    pages::{AskByMail, EnterMailCode, Href, MailKind, Text},
    respond, views,
};

/// Where it is.
pub const PATH: &str = "/sign-in/email";

/// Where the sign-in page leads to, in a realm with codes by mail.
pub(super) fn link(call: &Call, open: &OpenFlow) -> Option<Href> {
    let is_offered = call.realm.realm.email_code;
    is_offered.then(|| Href::local(call.path(&format!("{PATH}?flow={}", open.flow.id))))
}

/// `GET /sign-in/email?flow=ID`: asks to whom.
pub async fn email_code_page(call: Call) -> Response {
    if !call.realm.realm.email_code {
        let uri = call.uri.clone();
        return no_such_page(call, uri).await;
    }
    match resumed(&call).await {
        Ok((open, requester)) => {
            let hint = requester.login_hint();
            ask(&call, (&open, &requester), (MailKind::Code, PATH), hint, None)
        }
        Err(response) => *response,
    }
}

/// Asks to whom a mail is to go.
pub(super) fn ask(
    call: &Call,
    (open, requester): (&OpenFlow, &Requester),
    (kind, path): (MailKind, &str),
    username: &str,
    not_done: Option<NotDone>,
) -> Response {
    let again = match not_done {
        Some(NotDone::Fault(fault)) => return respond::fault_page(call, &fault),
        Some(NotDone::Again(again)) => Some(again),
        None => None,
    };
    let locale = views::locale(call, requester.ui_locales());
    let view = AskByMail {
        realm: views::realm_of_flow(call, locale, open, requester.display()),
        client: requester.client(locale),
        kind,
        action: call.path(path),
        flow: open.carried.clone(),
        csrf: open.flow.csrf.clone(),
        username: username.chars().take(255).collect(),
        error: again.as_ref().map(|again| again.text.clone()),
        back: Href::local(call.path(&format!("/sign-in?flow={}", open.flow.id))),
    };
    show(call, again.as_deref(), |status| {
        respond::page(call, locale, status, &view, &requester.policy())
    })
}

/// A page, with what was wrong before if anything was.
pub(super) fn show(call: &Call, again: Option<&Again>, page: impl FnOnce(StatusCode) -> Response) -> Response {
    let Some(again) = again else {
        return page(StatusCode::OK);
    };
    again.tell(call, "a form of the sign-in is shown again");
    again.shown(page(again.status))
}

/// Something must be typed.
pub(super) fn typed(username: &str) -> Result<&str, NotDone> {
    if !username.trim().is_empty() {
        return Ok(username);
    }
    let why = (&catalogue::CREDENTIALS_MISSING).into();
    Err(Again::new(StatusCode::BAD_REQUEST, Text::key("by_mail.error.missing"), why).into())
}

/// `POST /sign-in/email`: sends a code, or takes it.
pub async fn email_code(PageForm { call, form }: PageForm) -> Response {
    if !call.realm.realm.email_code {
        let uri = call.uri.clone();
        return no_such_page(call, uri).await;
    }
    let (open, requester) = match submitted(&call, &form).await {
        Ok(opened) => opened,
        Err(response) => return *response,
    };
    let (place, username) = ((&open, &requester), form.first("username").unwrap_or(""));
    let Some(code) = form.first("code") else {
        return match send(&call, &open, username).await {
            Ok(sent) => enter(&call, place, (username, &sent), None),
            Err(not_done) => ask(&call, place, (MailKind::Code, PATH), username, Some(not_done)),
        };
    };
    let sent = form.first("sent").unwrap_or("");
    match take(&call, &open, (sent, code)).await {
        Ok(signed_in) => go_on(&call, &open, &signed_in),
        Err(NotDone::Fault(fault)) => respond::fault_page(&call, &fault),
        Err(NotDone::Again(again)) => enter(&call, place, (username, sent), Some(&again)),
    }
}

/// Sends a code to whom this stands for, a user name or a mail address: what must come back with the code.
pub async fn send(call: &Call, open: &OpenFlow, username: &str) -> Result<String, NotDone> {
    let from = call.address.to_string();
    let sent = send_email_code(&call.realm, (&open.flow.id, &from), typed(username)?).await;
    sent.map_err(said)
}

/// Signs in by what was sent: what came back with the code, and the code.
pub async fn take(call: &Call, open: &OpenFlow, sent: (&str, &str)) -> Result<SignedIn, NotDone> {
    let visitor = Visitor::of(call, false).await?;
    let signed_in = sign_in_by_email_code(&call.realm, &visitor.browser(call, open), sent).await;
    signed_in.map_err(said)
}

/// Asks for the code.
fn enter(
    call: &Call,
    (open, requester): (&OpenFlow, &Requester),
    (username, sent): (&str, &str),
    again: Option<&Again>,
) -> Response {
    let locale = views::locale(call, requester.ui_locales());
    let view = EnterMailCode {
        realm: views::realm_of_flow(call, locale, open, requester.display()),
        client: requester.client(locale),
        action: call.path(PATH),
        flow: open.carried.clone(),
        csrf: open.flow.csrf.clone(),
        sent: sent.to_owned(),
        username: username.chars().take(255).collect(),
        minutes: MINUTES,
        error: again.map(|again| again.text.clone()),
        back: Href::local(call.path(&format!("/sign-in?flow={}", open.flow.id))),
    };
    show(call, again, |status| {
        respond::page(call, locale, status, &view, &requester.policy())
    })
}

/// How a refusal is said.
fn said(refusal: EmailCodeRefusal) -> NotDone {
    let why = refusal.explanation();
    let key = match refusal {
        EmailCodeRefusal::TooMany { retry_after } => {
            return Again::too_many("by_mail.error.too_many", retry_after, why).into();
        }
        EmailCodeRefusal::Fault(error) => return error.into(),
        EmailCodeRefusal::Over => "by_mail.error.over",
        EmailCodeRefusal::Wrong => "by_mail.error.wrong",
    };
    Again::new(StatusCode::UNAUTHORIZED, Text::key(key), why).into()
}
