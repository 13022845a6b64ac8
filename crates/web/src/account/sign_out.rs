//! `/logout`: ends the session of this browser.

use ::oauth::Fault;
use authn::session::{self, cookie_name};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::Response,
};

use super::submitter;
use crate::{
    extract::{Call, PageForm, cookies},
    pages::{Href, Label, Link, Message, SignOut, Text, csp},
    respond, views,
};

/// `GET /logout`: asks, since a link alone must not sign anybody out.
pub async fn sign_out_page(call: Call) -> Response {
    let person = match call.person().await {
        Ok(Some(person)) => person,
        Ok(None) => return signed_out(&call),
        Err(error) => return respond::fault_page(&call, &Fault::from(error)),
    };
    let locale = views::locale(&call, &[]);
    let view = SignOut {
        realm: views::realm(&call, locale, ""),
        user: Label::new(person.user.display()),
        client_name: None,
        action: call.path("/logout"),
        csrf: call.session_cookie().map(session::csrf).unwrap_or_default(),
        fields: Vec::new(),
    };
    respond::page(&call, locale, StatusCode::OK, &view, &csp::plain())
}

/// `POST /logout`.
pub async fn sign_out(PageForm { call, form }: PageForm) -> Response {
    let person = match submitter(&call, &form).await {
        Ok(Some(person)) => person,
        Ok(None) => return go_on(&call),
        Err(refusal) => return *refusal,
    };
    match session::end(&call.realm, &person.user.id, &person.session.id).await {
        Ok(_) => go_on(&call),
        Err(error) => respond::fault_page(&call, &Fault::from(error)),
    }
}

/// To the page that says so, which can be reloaded.
fn go_on(call: &Call) -> Response {
    respond::see_other(call, "/logout", &[no_session(call)])
}

/// Removes the session's cookie.
fn no_session(call: &Call) -> String {
    let realm = &call.realm.realm;
    cookies::set(realm, &cookie_name(realm), "", Some(0))
}

fn signed_out(call: &Call) -> Response {
    let locale = views::locale(call, &[]);
    let view = Message {
        realm: views::realm(call, locale, ""),
        title: Text::key("message.signed_out_title"),
        text: Text::key("message.signed_out_text"),
        link: Some(Link {
            href: Href::local(call.path("/account")),
            label: Text::key("message.sign_in_again"),
        }),
    };
    let mut response = respond::page(call, locale, StatusCode::OK, &view, &csp::plain());
    if let Ok(cookie) = HeaderValue::from_str(&no_session(call)) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
