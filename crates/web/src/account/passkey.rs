//! `/sign-in/passkey`, and what the other pages that ask for a passkey share.
//!
//! Spec: WebAuthn Level 3 §5.1.4 (`mediation`), §13.4.8
//!
//! The page's script asks the browser; the answer comes by an ordinary form, and every step ends in a redirect. Without the
//! script the other ways to sign in are there.

use ::oauth::{Fault, authorize::Person};
use authn::{
    factors::passkey::{self, Begun, PasskeyRefusal},
    sign_in::{SignedIn, sign_in_by_passkey},
};
use axum::{http::StatusCode, response::Response};
use explanation::Explain;
use protocol::form::Form;
use realm::RealmError;

use super::{
    sign_in::{self, Visitor},
    submitted,
};
use crate::{
    again::{Again, NotDone},
    extract::{Call, PageForm},
    flow::OpenFlow,
    oauth::Requester,
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
    let (open, requester) = match submitted(&call, &form).await {
        Ok(opened) => opened,
        Err(response) => return *response,
    };
    let is_remembered = form.first("remember") == Some("yes");
    match by_passkey(&call, &open, answer(&form), is_remembered).await {
        Ok(signed_in) => sign_in::go_on(&call, &open, &signed_in),
        Err(not_done) => sign_in::show_again(&call, &open, &requester, requester.login_hint(), not_done),
    }
}

/// Signs the owner of a passkey in: by the challenge of this flow, and the browser's answer to it.
pub async fn by_passkey(
    call: &Call,
    open: &OpenFlow,
    answer: (&str, &str),
    is_remembered: bool,
) -> Result<SignedIn, NotDone> {
    let visitor = Visitor::of(call, is_remembered).await?;
    let signed_in = sign_in_by_passkey(&call.realm, &visitor.browser(call, open), answer).await;
    signed_in.map_err(said)
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
pub fn said(refusal: PasskeyRefusal) -> NotDone {
    let why = refusal.explanation();
    let key = match refusal {
        PasskeyRefusal::Fault(error) => return error.into(),
        PasskeyRefusal::TooManyGuesses { retry_after } => {
            return Again::too_many("sign_in.error.too_many", retry_after, why).into();
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
        | PasskeyRefusal::Stored(_) => "passkey.error.wrong",
    };
    Again::new(StatusCode::UNAUTHORIZED, Text::key(key), why).into()
}
