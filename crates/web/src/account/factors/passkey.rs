//! `/account/factors/passkey`: a device, a security key or a password manager gets a passkey.
//!
//! Spec: WebAuthn Level 3 §7.1
//!
//! The challenge belongs to the session in which the page was shown, and is used once.

use ::oauth::{Fault, authorize::Person};
use authn::{
    enrolment::EnrolRefusal,
    factors::passkey::{self, PasskeyRefusal},
};
use axum::{http::StatusCode, response::Response};
use realm::RealmError;

use super::{act, csrf, enrolled, who_may_change};
use crate::{
    account::passkey::{answer, said},
    again::NotDone,
    extract::{Call, PageForm},
    pages::{EnrolPasskey, Href, Label, PasskeyForm, Text, csp},
    respond, views,
};

/// Where it is.
pub const PATH: &str = "/account/factors/passkey";

/// `GET`.
pub async fn passkey_page(call: Call) -> Response {
    match who_may_change(&call, PATH).await {
        Ok(person) => show(&call, &person, StatusCode::OK, None).await,
        Err(elsewhere) => *elsewhere,
    }
}

/// `POST`: what the browser made.
pub async fn enrol_passkey(PageForm { call, form }: PageForm) -> Response {
    let name = form.first("name").unwrap_or("");
    act(&call, &form, PATH, |person| async {
        let person = person;
        let whose = (&person.session, &person.user);
        match passkey::enrol(&call.realm, whose, answer(&form), name).await {
            Ok(counts) => Ok(enrolled(&call, counts)),
            Err(EnrolRefusal::Passkey(refusal)) => Ok(match said(refusal) {
                NotDone::Fault(fault) => respond::fault_page(&call, &fault),
                NotDone::Again(again) => {
                    again.tell(&call, "the page for a new passkey is shown again");
                    show(&call, &person, again.status, Some(again.text)).await
                }
            }),
            Err(refusal) => Err(refusal),
        }
    })
    .await
}

async fn show(call: &Call, person: &Person, status: StatusCode, error: Option<Text>) -> Response {
    let begun = match passkey::ask_for_new(&call.realm, &person.session.id, &person.user).await {
        Ok(begun) => begun,
        Err(PasskeyRefusal::Fault(error)) => return respond::fault_page(call, &Fault::from(error)),
        Err(error) => return respond::fault_page(call, &Fault::from(RealmError::Key(error.to_string()))),
    };
    let locale = views::locale(call, &[]);
    let view = EnrolPasskey {
        realm: views::realm(call, locale, ""),
        user: Label::new(person.user.display()),
        passkey: PasskeyForm {
            action: call.path(PATH),
            flow: String::new(),
            csrf: csrf(call),
            ceremony: "create",
            options: begun.options.to_string(),
            challenge: begun.carried,
            button: "passkey.enrol_button",
            is_beside_password: false,
        },
        account: Href::local(call.path("/account")),
        error,
    };
    respond::page(call, locale, status, &view, &csp::with_script(&csp::plain()))
}
