//! `/device`: the user enters the code that a device shows, and later reads what became of it.
//!
//! Spec: RFC 8628 §3.3, §3.3.1, §5.1.
//!
//! A link that brings the code along (`verification_uri_complete`) only fills the field in: nothing is looked up before
//! the user has sent the form, and the code is shown again beside the question.

use ::oauth::{Fault, device};
use authn::user_code;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use explanation::catalogue::sign_in as catalogue;
use model::{Flow, Goal};
use protocol::{device_authorization::UserCode, form::Form};

use super::{authorize::begin_again, flow_error};
use crate::{
    extract::{Call, PageForm},
    flow::{self, OpenFlow},
    pages::{Device, Href, Link, Message, Text, csp},
    respond, views,
};

/// Nothing that somebody types as a code is longer, in characters.
const LONGEST_CODE: usize = 64;

/// `GET /device`.
pub async fn device_page(call: Call) -> Response {
    let query = Form::parse(call.query().as_bytes()).unwrap_or_default();
    if let Some(done) = query.first("done") {
        return said(&call, done);
    }
    let Some(id) = query.first("flow") else {
        let code = query.first("user_code").unwrap_or("");
        return begin(&call, "/device", Goal::UserCode(cut(code))).await;
    };
    match flow::resume(&call, id).await {
        Ok(open) => match &open.flow.goal {
            Goal::UserCode(code) => show(&call, &open, StatusCode::OK, code, None),
            other => begin_again(&call, other),
        },
        Err(error) => flow_error(&call, error),
    }
}

/// `POST /device`: the code.
pub async fn enter_user_code(PageForm { call, form }: PageForm) -> Response {
    let (carried, csrf) = (form.first("flow").unwrap_or(""), form.first("csrf").unwrap_or(""));
    let open = match flow::submitted(&call, carried, csrf).await {
        Ok(open) => open,
        Err(error) => return flow_error(&call, error),
    };
    let typed = cut(form.first("user_code").unwrap_or(""));
    match look_up(&call, &open, &typed).await {
        Ok(response) => response,
        Err(fault) => respond::fault_page(&call, &fault),
    }
}

async fn look_up(call: &Call, open: &OpenFlow, typed: &str) -> Result<Response, Fault> {
    // What cannot be a code is no guess.
    let Some(code) = UserCode::parse(typed) else {
        let error = Text::key("device.error.form");
        unknown_code(call);
        return Ok(show(call, open, StatusCode::BAD_REQUEST, typed, Some(error)));
    };
    let person = call.person().await?;
    let user = person.as_ref().map(|person| &person.user);
    let guess = match user_code::reserve(&call.realm, user, call.address).await? {
        Ok(guess) => guess,
        Err(retry_after) => return Ok(too_many(call, open, typed, retry_after)),
    };
    if device::find(&call.realm, &code).await?.is_none() {
        let error = Text::key("device.error.wrong");
        unknown_code(call);
        return Ok(show(call, open, StatusCode::BAD_REQUEST, typed, Some(error)));
    }
    guess.give_back(&call.realm).await?;
    let next = if user.is_some() { "/consent" } else { "/sign-in" };
    Ok(begin(call, next, Goal::Device(code.as_str().to_owned())).await)
}

fn unknown_code(call: &Call) {
    let why = (&catalogue::USER_CODE_UNKNOWN).into();
    respond::shown_again(call, StatusCode::BAD_REQUEST, "no device waits for this code", why);
}

fn too_many(call: &Call, open: &OpenFlow, typed: &str, retry_after: i64) -> Response {
    let minutes = (retry_after + 59) / 60;
    let error = Text::key("device.error.too_many").with("count", minutes.to_string());
    let status = StatusCode::TOO_MANY_REQUESTS;
    let why = (&catalogue::TOO_MANY_GUESSES).into();
    respond::shown_again(call, status, "too many codes were typed", why);
    let mut response = show(call, open, status, typed, Some(error));
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from(retry_after));
    response
}

/// Begins a flow at a page.
async fn begin(call: &Call, page: &str, goal: Goal) -> Response {
    let flow = Flow::new(goal, call.realm.now());
    match flow::begin(call, &flow).await {
        Ok(cookies) => respond::see_other(call, &format!("{page}?flow={}", flow.id), &cookies),
        Err(error) => flow_error(call, error),
    }
}

fn show(call: &Call, open: &OpenFlow, status: StatusCode, typed: &str, error: Option<Text>) -> Response {
    let locale = views::locale(call, &[]);
    let view = Device {
        realm: views::realm(call, locale, &format!("flow={}", open.flow.id)),
        action: call.path("/device"),
        flow: open.carried.clone(),
        csrf: open.flow.csrf.clone(),
        user_code: UserCode::parse(typed).map_or_else(|| typed.to_owned(), |code| code.to_string()),
        error,
    };
    respond::page(call, locale, status, &view, &csp::plain())
}

/// What became of it, said by the redirect that followed the answer.
fn said(call: &Call, done: &str) -> Response {
    let (done, title, text) = match done {
        "approved" => ("approved", "device.approved_title", "device.approved_text"),
        "denied" => ("denied", "device.denied_title", "device.denied_text"),
        _ => ("over", "device.over_title", "device.over_text"),
    };
    let (page, label) = match done {
        "over" => ("/device", "device.another"),
        _ => ("/account", "message.to_account"),
    };
    let locale = views::locale(call, &[]);
    let view = Message {
        realm: views::realm(call, locale, &format!("done={done}")),
        title: Text::key(title),
        text: Text::key(text),
        link: Some(Link {
            href: Href::local(call.path(page)),
            label: Text::key(label),
        }),
    };
    respond::page(call, locale, StatusCode::OK, &view, &csp::plain())
}

fn cut(code: &str) -> String {
    code.chars().take(LONGEST_CODE).collect()
}
