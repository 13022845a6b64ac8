//! `/account/factors/certificate`: a certificate that no rule maps becomes its owner's.
//!
//! Spec: RFC 5280 §6, NIST SP 800-63B §6.1.2
//!
//! The browser shows it where certificates are asked for (`/sign-in/certificate/show`), and comes back with a voucher for this
//! session. The page says which one it is; the form keeps it.

use authn::{enrolment::EnrolRefusal, factors::client_certificate};
use axum::{http::StatusCode, response::Response};
use explanation::Explain;
use protocol::form::Form;

use super::{act, csrf, enrolled, who_may_change};
use crate::{
    account::certificate::{said, to_enrol},
    extract::{Call, PageForm},
    pages::{EnrolCertificate, Href, Label, Text, csp},
    respond, views,
};

const PATH: &str = "/account/factors/certificate";

/// `GET`, with `voucher` when the browser comes back.
pub async fn certificate_page(call: Call) -> Response {
    let person = match who_may_change(&call, PATH).await {
        Ok(person) => person,
        Err(elsewhere) => return *elsewhere,
    };
    let query = Form::parse(call.query().as_bytes()).unwrap_or_default();
    let voucher = query.first("voucher").unwrap_or("");
    let found = match voucher {
        "" => None,
        voucher => match client_certificate::subject_of(&call.realm, &person.session.id, voucher) {
            Ok(subject) => Some((subject, voucher)),
            Err(refusal) => {
                let (status, text) = said(&refusal);
                let why = refusal.explanation();
                respond::shown_again(&call, status, "the page for a certificate is shown again", why);
                return show(&call, &person.session.id, status, (None, Some(text)));
            }
        },
    };
    show(&call, &person.session.id, StatusCode::OK, (found, None))
}

/// `POST`: it is kept.
pub async fn enrol_certificate(PageForm { call, form }: PageForm) -> Response {
    let voucher = form.first("voucher").unwrap_or("");
    act(&call, &form, PATH, |person| async {
        let person = person;
        let whose = (&person.session, &person.user);
        match client_certificate::enrol(&call.realm, whose, voucher).await {
            Ok(counts) => Ok(enrolled(&call, counts)),
            Err(EnrolRefusal::Certificate(refusal)) => {
                let (status, text) = said(&refusal);
                let why = refusal.explanation();
                respond::shown_again(&call, status, "the page for a certificate is shown again", why);
                Ok(show(&call, &person.session.id, status, (None, Some(text))))
            }
            Err(refusal) => Err(refusal),
        }
    })
    .await
}

fn show(
    call: &Call,
    session_id: &str,
    status: StatusCode,
    (found, error): (Option<(String, &str)>, Option<Text>),
) -> Response {
    let locale = views::locale(call, &[]);
    let (subject, voucher) = found.unwrap_or_default();
    let view = EnrolCertificate {
        realm: views::realm(call, locale, ""),
        subject: Label::new(&subject),
        voucher: voucher.to_owned(),
        show: to_enrol(call, session_id),
        action: call.path(PATH),
        account: Href::local(call.path("/account")),
        csrf: csrf(call),
        error,
    };
    respond::page(call, locale, status, &view, &csp::plain())
}
