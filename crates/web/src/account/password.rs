//! `/account/password`: users who are signed in change their password.
//!
//! Spec: NIST SP 800-63B §6.1.4

use ::oauth::{Fault, authorize::Person};
use authn::{
    password_change::{self, ChangeRefusal, PasswordChange},
    session::{self, device_cookie_name},
    users::MIN_PASSWORD,
};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use explanation::Explain;
use model::{Goal, Secret};

use super::{ask_to_sign_in, sign_up::of_weakness, submitter};
use crate::{
    extract::{Call, PageForm},
    pages::{ChangePassword, FieldError, Href, Label, Text, csp},
    respond, views,
};

/// `GET /account/password`.
pub async fn password_page(call: Call) -> Response {
    match call.person().await {
        Ok(Some(person)) => show(&call, &person, StatusCode::OK, true, None),
        Ok(None) => ask_to_sign_in(&call, Goal::Account).await,
        Err(error) => respond::fault_page(&call, &Fault::from(error)),
    }
}

fn show(call: &Call, person: &Person, status: StatusCode, ends_others: bool, error: Option<FieldError>) -> Response {
    let locale = views::locale(call, &[]);
    let view = ChangePassword {
        realm: views::realm(call, locale, ""),
        username: Label::new(&person.user.username),
        action: call.path("/account/password"),
        csrf: call.session_cookie().map(session::csrf).unwrap_or_default(),
        least: MIN_PASSWORD,
        ends_others,
        error,
        back: Href::local(call.path("/account")),
    };
    respond::page(call, locale, status, &view, &csp::plain())
}

/// `POST /account/password`.
pub async fn change_password(PageForm { call, form }: PageForm) -> Response {
    let person = match submitter(&call, &form).await {
        Ok(Some(person)) => person,
        Ok(None) => return ask_to_sign_in(&call, Goal::Account).await,
        Err(refusal) => return *refusal,
    };
    let secret = |name| Secret::new(form.first(name).unwrap_or(""));
    let ends_others = form.first("others") == Some("end");
    let wanted = PasswordChange {
        user: &person.user,
        session: &person.session,
        device: call.cookies.get(&device_cookie_name(&call.realm.realm)),
        old: &secret("old"),
        new: &secret("new"),
        ends_others,
    };
    match password_change::change(&call.realm, &call.app.passwords, wanted).await {
        Ok(()) => {
            tracing::info!(user = person.user.id, "password changed");
            respond::see_other(&call, "/account?done=password-changed", &[])
        }
        Err(ChangeRefusal::Fault(error)) => respond::fault_page(&call, &Fault::from(error)),
        Err(refusal) => {
            let (status, retry_after, error) = answer(&refusal);
            respond::shown_again(&call, status, "the password form is shown again", refusal.explanation());
            let mut response = show(&call, &person, status, ends_others, Some(error));
            if let Some(seconds) = retry_after {
                let headers = response.headers_mut();
                headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            response
        }
    }
}

/// How a refusal is said: the status, after how many seconds to try again, and at which field.
fn answer(refusal: &ChangeRefusal) -> (StatusCode, Option<i64>, FieldError) {
    let at = |field, text| FieldError { field, text };
    match refusal {
        ChangeRefusal::Weak(weakness) => (StatusCode::BAD_REQUEST, None, at("new", of_weakness(*weakness))),
        ChangeRefusal::Wrong => {
            let text = Text::key("account.password.error.wrong");
            (StatusCode::FORBIDDEN, None, at("old", text))
        }
        ChangeRefusal::TooManyGuesses { retry_after } => {
            let minutes = (retry_after + 59) / 60;
            let text = Text::key("account.password.error.too_many").with("count", minutes.to_string());
            (StatusCode::TOO_MANY_REQUESTS, Some(*retry_after), at("old", text))
        }
        ChangeRefusal::Busy(_) | ChangeRefusal::Fault(_) => {
            let text = Text::key("sign_in.error.busy");
            (StatusCode::SERVICE_UNAVAILABLE, Some(2), at("old", text))
        }
    }
}
