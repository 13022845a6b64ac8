//! `/account/factors/totp`: an authenticator app gets its secret, and shows that it has it.
//!
//! Spec: RFC 6238 §5.1
//!
//! The secret is on the page and, sealed, in its form; a row appears when a code of it was right.

use ::oauth::{Fault, authorize::Person};
use authn::{
    enrolment::EnrolRefusal,
    factors::totp::{self, Offer},
};
use axum::{http::StatusCode, response::Response};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use explanation::Explain;

use super::{act, csrf, enrolled, who_may_change};
use crate::{
    extract::{Call, PageForm},
    pages::{EnrolTotp, Href, Label, Text, csp},
    respond, views,
};

/// Where it is.
pub const PATH: &str = "/account/factors/totp";

/// `GET`: the secret, as a picture and as text.
pub async fn totp_page(call: Call) -> Response {
    let person = match who_may_change(&call, PATH).await {
        Ok(person) => person,
        Err(elsewhere) => return *elsewhere,
    };
    match totp::begin(&call.realm, (&person.session, &person.user)) {
        Ok(offer) => show(&call, &person, offer, StatusCode::OK, None),
        Err(error) => respond::fault_page(&call, &Fault::from(error)),
    }
}

/// `POST`: a code of it.
pub async fn enrol_totp(PageForm { call, form }: PageForm) -> Response {
    let (sealed, code) = (form.first("enrolment").unwrap_or(""), form.first("code").unwrap_or(""));
    act(&call, &form, PATH, |person| async {
        let person = person;
        let whose = (&person.session, &person.user);
        match totp::confirm(&call.realm, whose, sealed, code).await {
            Ok(counts) => Ok(enrolled(&call, counts)),
            Err(refusal @ EnrolRefusal::WrongCode) => {
                let Some(offer) = totp::again(&call.realm, whose, sealed) else {
                    return Ok(respond::see_other(&call, PATH, &[]));
                };
                let status = StatusCode::BAD_REQUEST;
                let why = refusal.explanation();
                respond::shown_again(&call, status, "the secret of an authenticator app is shown again", why);
                let error = Text::key("enrol.error.code");
                Ok(show(&call, &person, offer, status, Some(error)))
            }
            // Too old, or of another session: with a new secret.
            Err(EnrolRefusal::SignedOut) => Ok(respond::see_other(&call, PATH, &[])),
            Err(refusal) => Err(refusal),
        }
    })
    .await
}

fn show(call: &Call, person: &Person, offer: Offer, status: StatusCode, error: Option<Text>) -> Response {
    let locale = views::locale(call, &[]);
    let letters: Vec<char> = offer.secret.chars().collect();
    let groups = letters.chunks(4).map(|group| group.iter().collect::<String>());
    let picture = offer
        .picture
        .map(|svg| format!("data:image/svg+xml;base64,{}", STANDARD.encode(svg)));
    let view = EnrolTotp {
        realm: views::realm(call, locale, ""),
        user: Label::new(person.user.display()),
        secret: groups.collect::<Vec<_>>().join(" "),
        picture,
        app: Href::local(offer.uri),
        action: call.path(PATH),
        account: Href::local(call.path("/account")),
        csrf: csrf(call),
        enrolment: offer.sealed,
        error,
    };
    respond::page(call, locale, status, &view, &csp::plain())
}
