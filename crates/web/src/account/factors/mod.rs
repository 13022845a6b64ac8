//! `/account/factors`: what the user proves who they are with, besides the password; each can be named and given up.
//!
//! Spec: NIST SP 800-63B §6.1.2
//!
//! Whoever changes them has proved just now all that the account has: see [`authn::enrolment`].

mod certificate;
mod confirm;
pub mod item;
pub mod passkey;
pub mod recovery_codes;
pub mod totp;

use std::future::Future;

use ::oauth::{Fault, authorize::Person};
use authn::{
    enrolment::{self, Counts, EnrolRefusal, Hindrance, hindrance},
    factors::recovery_code,
    session,
};
use axum::{http::StatusCode, response::Response};
use explanation::Explain;
use model::{Authenticator, Goal};
use protocol::{Method, form::Form};
use storage::StorageError;

pub use self::{
    certificate::{certificate_page, enrol_certificate},
    confirm::{answer_confirmation, confirmation_page},
    item::{authenticator_page, remove_authenticator, rename_authenticator},
    passkey::{enrol_passkey, passkey_page},
    recovery_codes::{keep_recovery_codes, recovery_codes_page},
    totp::{enrol_totp, totp_page},
};
use super::{ask_for_more, ask_to_sign_in, is_admitted, submitter};
use crate::{
    extract::Call,
    pages::{FactorState, FactorView, Label, Text},
    respond,
};

/// Who may change what the account has, and what comes first.
pub enum Changer {
    /// This user may.
    May(Person),
    /// Somebody must sign in, perhaps again.
    SignIn,
    /// This user must prove more.
    ProveMore(Person),
}

/// Who may change what the account of whoever is signed in has.
pub async fn changer(call: &Call) -> Result<Changer, StorageError> {
    let Some(person) = call.person().await? else {
        return Ok(Changer::SignIn);
    };
    Ok(match hindrance(&call.realm, (&person.session, &person.user)).await? {
        None if !is_admitted(call, &person).await? => Changer::ProveMore(person),
        None => Changer::May(person),
        Some(Hindrance::SignInAgain) => Changer::SignIn,
        Some(Hindrance::ProveMore) => Changer::ProveMore(person),
    })
}

/// Who may change what the account has. Otherwise where the browser goes first, to come back to `page`.
async fn who_may_change(call: &Call, page: &str) -> Result<Person, Box<Response>> {
    let goal = Goal::Page(page.to_owned());
    match changer(call).await {
        Ok(Changer::May(person)) => Ok(person),
        Ok(Changer::SignIn) => Err(Box::new(ask_to_sign_in(call, goal).await)),
        Ok(Changer::ProveMore(_)) => Err(Box::new(ask_for_more(call, goal).await)),
        Err(error) => Err(Box::new(respond::fault_page(call, &Fault::from(error)))),
    }
}

/// Does something for who may, if the form is one of theirs.
async fn act<F, R>(call: &Call, form: &Form, page: &str, action: F) -> Response
where
    F: FnOnce(Person) -> R,
    R: Future<Output = Result<Response, EnrolRefusal>>,
{
    match submitter(call, form).await {
        Ok(Some(_)) => {}
        Ok(None) => return ask_to_sign_in(call, Goal::Page(page.to_owned())).await,
        Err(refusal) => return *refusal,
    }
    let person = match who_may_change(call, page).await {
        Ok(person) => person,
        Err(elsewhere) => return *elsewhere,
    };
    match action(person).await {
        Ok(response) => response,
        Err(EnrolRefusal::Fault(error)) => respond::fault_page(call, &Fault::from(error)),
        Err(refusal) => {
            let status = StatusCode::BAD_REQUEST;
            respond::shown_again(call, status, "an authenticator is not enrolled", refusal.explanation());
            done(call, "nothing")
        }
    }
}

fn done(call: &Call, what: &str) -> Response {
    respond::see_other(call, &format!("/account?done={what}"), &[])
}

/// To the account page, which says when the new one counts.
fn enrolled(call: &Call, counts: Counts) -> Response {
    let what = match counts {
        Counts::AtOnce => "enrolled",
        Counts::WhenConfirmed(_) => "enrolled-confirm",
        Counts::WhenApproved => "enrolled-approve",
    };
    done(call, what)
}

/// What every form of this session must bring back.
fn csrf(call: &Call) -> String {
    call.session_cookie().map(session::csrf).unwrap_or_default()
}

/// What this user has.
pub async fn of(call: &Call, person: &Person) -> Result<Vec<Authenticator>, StorageError> {
    let store = &call.realm.store;
    store.authenticators_of_user(call.realm.issuer(), &person.user.id).await
}

/// What the user has, for the account page.
pub(super) async fn views(call: &Call, person: &Person) -> Result<Vec<FactorView>, StorageError> {
    let all = of(call, person).await?;
    Ok(all.iter().map(|one| view(one, call.realm.now())).collect())
}

/// Whether recovery codes can be made in this session, and are of use.
pub(super) fn offers_recovery_codes(call: &Call, person: &Person, factors: &[FactorView]) -> bool {
    let is_factor = |factor: &&FactorView| factor.left.is_none() && factor.state == FactorState::Active;
    factors.iter().any(|factor| is_factor(&factor))
        && enrolment::can_make_recovery_codes(&person.session, call.realm.now())
}

/// One of them, as it is shown.
pub fn view(of: &Authenticator, now: i64) -> FactorView {
    let is_codes = of.method == Method::RecoveryCode;
    FactorView {
        id: of.id.clone(),
        method: of.method.as_str(),
        title: Text::key(title(of.method)),
        name: Label::new(&of.name),
        since: of.created_at,
        last_used: of.last_used_at,
        state: match of.active_at {
            Some(from) if from <= now => FactorState::Active,
            Some(_) => FactorState::Delayed,
            None if of.confirmation_hash.is_some() => FactorState::Unconfirmed,
            None => FactorState::Unapproved,
        },
        counts_from: of.active_at,
        left: is_codes.then(|| recovery_code::left(of)),
    }
}

const fn title(method: Method) -> &'static str {
    match method {
        Method::Password => "account.factor.password",
        Method::Passkey => "account.factor.passkey",
        Method::Totp => "account.factor.totp",
        Method::Hotp => "account.factor.hotp",
        Method::ClientCertificate => "account.factor.client_certificate",
        Method::EmailCode => "account.factor.email_code",
        Method::RecoveryCode => "account.factor.recovery_code",
        Method::Invitation => "account.factor.invitation",
    }
}
