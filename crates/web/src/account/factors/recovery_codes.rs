//! `/account/factors/recovery-codes`: ten codes, shown once, to be written down.
//!
//! Spec: NIST SP 800-63B §5.1.2.1
//!
//! They count when the user says that they have them: until then the former ones do.

use ::oauth::Fault;
use authn::{enrolment::can_make_recovery_codes, factors::recovery_code};
use axum::{http::StatusCode, response::Response};

use super::{act, csrf, done, enrolled, who_may_change};
use crate::{
    extract::{Call, PageForm},
    pages::{Href, Label, RecoveryCodes, csp},
    respond, views,
};

/// Where it is.
pub const PATH: &str = "/account/factors/recovery-codes";

/// `GET`: new codes.
pub async fn recovery_codes_page(call: Call) -> Response {
    let person = match who_may_change(&call, PATH).await {
        Ok(person) => person,
        Err(elsewhere) => return *elsewhere,
    };
    if !can_make_recovery_codes(&person.session, call.realm.now()) {
        return done(&call, "codes-later");
    }
    let offer = match recovery_code::begin(&call.realm, &person.session) {
        Ok(offer) => offer,
        Err(error) => return respond::fault_page(&call, &Fault::from(error)),
    };
    let locale = views::locale(&call, &[]);
    let view = RecoveryCodes {
        realm: views::realm(&call, locale, ""),
        user: Label::new(person.user.display()),
        codes: offer.codes,
        action: call.path(PATH),
        account: Href::local(call.path("/account")),
        csrf: csrf(&call),
        enrolment: offer.sealed,
    };
    respond::page(&call, locale, StatusCode::OK, &view, &csp::plain())
}

/// `POST`: the user has written them down.
pub async fn keep_recovery_codes(PageForm { call, form }: PageForm) -> Response {
    let sealed = form.first("enrolment").unwrap_or("");
    act(&call, &form, PATH, |person| async {
        let person = person;
        let whose = (&person.session, &person.user);
        let counts = recovery_code::confirm(&call.realm, whose, sealed).await?;
        Ok(enrolled(&call, counts))
    })
    .await
}
