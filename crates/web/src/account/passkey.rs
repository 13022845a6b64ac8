//! `/sign-in/passkey`, and what the other pages that ask for a passkey share.
//!
//! Spec: WebAuthn Level 3 §5.1.4 (`mediation`), §13.4.8
//!
//! The page's script asks the browser; the answer comes by an ordinary form, and every step ends in a redirect. Without the
//! script the other ways to sign in are there.

use ::oauth::{Fault, authorize::Person};
use authn::{
    factors::passkey::{self, Begun, PasskeyRefusal},
    sign_in::sign_in_by_passkey,
};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use explanation::Explain;
use protocol::form::Form;
use realm::RealmError;

use super::sign_in::{self, Visitor};
use crate::{
    extract::{Call, PageForm},
    flow::{self, OpenFlow},
    oauth::{Requester, flow_error, refuse},
    pages::{FactorPasskey, Label, Link, PasskeyForm, Text, csp},
    respond, views,
};

/// The form of the sign-in page; `None` where there are no passkeys.
pub(super) fn beside_password(call: &Call, open: &OpenFlow) -> Option<PasskeyForm> {
    match passkey::ask_anybody(&call.realm, &open.flow.id) {
        Ok(begun) => Some(PasskeyForm {
            button: "passkey.sign_in",
            is_beside_password: true,
            ..form(call.path("/sign-in/passkey"), (open, &open.flow.csrf), begun)
        }),
        Err(PasskeyRefusal::NoRelyingParty) => None,
        // What fails here must not keep anybody from the other ways.
        Err(error) => {
            tracing::error!(%error, "no passkey can be asked for");
            None
        }
    }
}

fn form(action: String, (open, csrf): (&OpenFlow, &str), begun: Begun) -> PasskeyForm {
    PasskeyForm {
        action,
        flow: open.carried.clone(),
        csrf: csrf.to_owned(),
        ceremony: "get",
        options: begun.options.to_string(),
        challenge: begun.carried,
        button: "passkey.use",
        is_beside_password: false,
    }
}

/// What a form brought: the challenge, and the browser's answer to it.
pub(super) fn answer(form: &Form) -> (&str, &str) {
    (
        form.first("challenge").unwrap_or(""),
        form.first("credential").unwrap_or(""),
    )
}

/// `POST /sign-in/passkey`.
pub async fn sign_in_by_passkey_form(PageForm { call, form }: PageForm) -> Response {
    let (carried, csrf) = (form.first("flow").unwrap_or(""), form.first("csrf").unwrap_or(""));
    let open = match flow::submitted(&call, carried, csrf).await {
        Ok(open) => open,
        Err(error) => return flow_error(&call, error),
    };
    let requester = match Requester::of(&call, &open).await {
        Ok(requester) => requester,
        Err(refusal) => return refuse(&call, &refusal).await,
    };
    let visitor = match Visitor::of(&call, &form).await {
        Ok(visitor) => visitor,
        Err(error) => return respond::fault_page(&call, &Fault::from(error)),
    };
    match sign_in_by_passkey(&call.realm, &visitor.browser(&call, &open), answer(&form)).await {
        Ok(signed_in) => sign_in::go_on(&call, &open, &signed_in),
        Err(PasskeyRefusal::Fault(error)) => respond::fault_page(&call, &Fault::from(error)),
        Err(refusal) => {
            let (status, text) = said(&refusal);
            respond::shown_again(&call, status, "the sign-in form is shown again", refusal.explanation());
            let hint = requester.login_hint();
            let mut response = sign_in::show(&call, &open, &requester, status, hint, Some(text));
            if let PasskeyRefusal::TooManyGuesses { retry_after } = refusal {
                let headers = response.headers_mut();
                headers.insert(header::RETRY_AFTER, HeaderValue::from(retry_after));
            }
            response
        }
    }
}

/// Asks for a passkey as a further factor.
pub(super) async fn prove(
    call: &Call,
    (open, requester): (&OpenFlow, &Requester),
    person: &Person,
    others: Vec<Link>,
    (status, error): (StatusCode, Option<Text>),
) -> Response {
    let begun = match passkey::ask(&call.realm, &open.flow.id, &person.user).await {
        Ok(begun) => begun,
        Err(PasskeyRefusal::Fault(error)) => return respond::fault_page(call, &Fault::from(error)),
        Err(error) => return respond::fault_page(call, &Fault::from(RealmError::Key(error.to_string()))),
    };
    let locale = views::locale(call, requester.ui_locales());
    let view = FactorPasskey {
        realm: views::realm_of_flow(call, locale, open, requester.display()),
        client: requester.client(locale),
        user: Label::new(person.user.display()),
        passkey: form(call.path(super::factor::PATH), (open, &open.csrf_of(person)), begun),
        others,
        error,
    };
    let policy = csp::with_script(&requester.policy());
    respond::page(call, locale, status, &view, &policy)
}

/// How a refusal is said. What is unknown and what is wrong is said the same.
pub(super) fn said(refusal: &PasskeyRefusal) -> (StatusCode, Text) {
    let key = match refusal {
        PasskeyRefusal::TooManyGuesses { retry_after } => {
            let minutes = (retry_after + 59) / 60;
            let text = Text::key("sign_in.error.too_many").with("count", minutes.to_string());
            return (StatusCode::TOO_MANY_REQUESTS, text);
        }
        PasskeyRefusal::Over | PasskeyRefusal::Used => "passkey.error.over",
        PasskeyRefusal::NotVerified => "passkey.error.not_verified",
        PasskeyRefusal::Cloned => "passkey.error.cloned",
        PasskeyRefusal::Enrolled => "passkey.error.enrolled",
        PasskeyRefusal::NoRelyingParty
        | PasskeyRefusal::Unreadable
        | PasskeyRefusal::Unknown
        | PasskeyRefusal::Wrong(_)
        | PasskeyRefusal::Library(_)
        | PasskeyRefusal::Stored(_)
        | PasskeyRefusal::Fault(_) => "passkey.error.wrong",
    };
    (StatusCode::UNAUTHORIZED, Text::key(key))
}
