//! `/not-me`: where the mail about a new browser leads whoever did not sign in there.
//!
//! It works without a sign-in: the link is what opens it. Opening it shows a page; only the button acts, since mail
//! programs and their scanners open links by themselves.

use ::oauth::Fault;
use authn::not_me::NotMe;
use axum::{http::StatusCode, response::Response};
use explanation::catalogue::sign_in as catalogue;
use protocol::{error_code::ErrorCode, form::Form};

use crate::{
    extract::{Call, PageForm},
    pages::{ErrorKind, Href, Link, Message, NotMePage, csp},
    respond, views,
};

/// `GET /not-me?t=…`, and where the form leads.
pub async fn not_me_page(call: Call) -> Response {
    let query = Form::parse(call.query().as_bytes()).unwrap_or_default();
    match query.first("done") {
        Some("ended") => return done(&call, "not_me.ended"),
        Some("over") => return done(&call, "not_me.over"),
        _ => {}
    }
    let sealed = query.first("t").unwrap_or("");
    if NotMe::open(&call.realm, sealed).is_none() {
        return refused(&call);
    }
    let locale = views::locale(&call, &[]);
    let view = NotMePage {
        realm: views::realm(&call, locale, ""),
        action: call.path("/not-me"),
        link: sealed.to_owned(),
    };
    respond::page(&call, locale, StatusCode::OK, &view, &csp::plain())
}

/// `POST /not-me`.
pub async fn not_me(PageForm { call, form }: PageForm) -> Response {
    let Some(link) = NotMe::open(&call.realm, form.first("t").unwrap_or("")).filter(|_| call.is_same_origin()) else {
        return refused(&call);
    };
    match link.end(&call.realm).await {
        Ok(true) => {
            tracing::info!("a session was ended by the link in its mail");
            respond::see_other(&call, "/not-me?done=ended", &[])
        }
        Ok(false) => respond::see_other(&call, "/not-me?done=over", &[]),
        Err(error) => respond::fault_page(&call, &Fault::from(error)),
    }
}

fn refused(call: &Call) -> Response {
    let why = (&catalogue::NOT_ME_LINK).into();
    let reason = "the link was not made here, or is too old";
    respond::error_page(call, ErrorKind::FormMismatch, ErrorCode::InvalidRequest, (reason, why))
}

/// What to do now: somebody else knows the password.
fn done(call: &Call, text: &'static str) -> Response {
    let locale = views::locale(call, &[]);
    let view = Message {
        realm: views::realm(call, locale, ""),
        title: "not_me.title".into(),
        text: text.into(),
        link: Some(Link {
            href: Href::local(call.path("/account/password")),
            label: "account.password.link".into(),
        }),
    };
    respond::page(call, locale, StatusCode::OK, &view, &csp::plain())
}
