//! `/sign-in/invitation?t=LINK`: where an operator's invitation leads.
//!
//! Who has no password sets the first one there; who has one signs in, and says by the page's button that they are the one
//! who was invited. Opening the link does nothing by itself.

use ::oauth::{Fault, authorize::Person};
use authn::{
    invitation::{self, InvitationRefusal},
    prove::Proved,
    sign_in::SignedIn,
    users::MIN_PASSWORD,
};
use axum::{http::StatusCode, response::Response};
use explanation::Explain;
use model::{Goal, Secret, User, new_id};
use protocol::{error_code::ErrorCode, form::Form};

use super::{
    ask_to_sign_in,
    email_code::show,
    factor,
    sign_in::{self, Visitor, busy},
    sign_up::of_weakness,
};
use crate::{
    again::Again,
    extract::{Call, PageForm},
    pages::{ErrorKind, FieldError, Invited, Label, SetPassword, csp},
    respond, views,
};

/// Where the link leads.
pub const PATH: &str = "/sign-in/invitation";
/// Where it goes on.
const DONE: &str = "/account?done=invited";

/// `GET /sign-in/invitation?t=LINK`.
pub async fn invitation_page(call: Call) -> Response {
    let query = Form::parse(call.query().as_bytes()).unwrap_or_default();
    let token = query.first("t").unwrap_or("");
    let invited = match invitation::open(&call.realm, token).await {
        Ok(invited) => invited,
        Err(refusal) => return refused(&call, refusal),
    };
    if invited.password_hash.is_none() {
        return ask_for_password(&call, &invited, token, None);
    }
    match who_accepts(&call, &invited).await {
        Ok(Some(person)) => {
            let locale = views::locale(&call, &[]);
            let view = Invited {
                realm: views::realm(&call, locale, ""),
                user: Label::new(person.user.display()),
                action: call.path(PATH),
                csrf: token.to_owned(),
            };
            respond::page(&call, locale, StatusCode::OK, &view, &csp::plain())
        }
        Ok(None) => sign_in_first(&call, token).await,
        Err(refusal) => refused(&call, refusal),
    }
}

/// Whoever is signed in, if that is who was invited, and not too long ago.
pub async fn who_accepts(call: &Call, invited: &User) -> Result<Option<Person>, InvitationRefusal> {
    let person = call.person().await?;
    Ok(
        person
            .filter(|person| person.user.id == invited.id && !invitation::wants_sign_in(&call.realm, &person.session)),
    )
}

async fn sign_in_first(call: &Call, token: &str) -> Response {
    ask_to_sign_in(call, Goal::Page(format!("{PATH}?t={token}"))).await
}

fn ask_for_password(call: &Call, invited: &User, token: &str, again: Option<&Again>) -> Response {
    let locale = views::locale(call, &[]);
    let view = SetPassword {
        realm: views::realm(call, locale, ""),
        username: Label::new(&invited.username),
        action: call.path(PATH),
        csrf: token.to_owned(),
        flow: String::new(),
        least: MIN_PASSWORD,
        wants_code: false,
        error: again.map(|again| FieldError {
            field: "password",
            text: again.text.clone(),
        }),
    };
    show(call, again, |status| {
        respond::page(call, locale, status, &view, &csp::plain())
    })
}

/// `POST /sign-in/invitation`: the first password, or that it is taken.
pub async fn accept_invitation(PageForm { call, form }: PageForm) -> Response {
    let token = form.first("csrf").unwrap_or("");
    if !call.is_same_origin() {
        return refused(&call, InvitationRefusal::Over);
    }
    let invited = match invitation::open(&call.realm, token).await {
        Ok(invited) => invited,
        Err(refusal) => return refused(&call, refusal),
    };
    if invited.password_hash.is_none() {
        let new = form.first("password").unwrap_or("");
        return match set_password(&call, &new_id(), (token, new)).await {
            Ok(signed_in) => {
                let session = (&signed_in.session, signed_in.cookie.as_str());
                let cookies = sign_in::cookies_of(&call, session, Some(&signed_in.device));
                respond::see_other(&call, DONE, &cookies)
            }
            Err(refusal) => again(&call, &invited, token, refusal),
        };
    }
    match accept(&call, &invited, token).await {
        Ok(Some(proved)) => factor::go_on(&call, DONE, &proved),
        Ok(None) => sign_in_first(&call, token).await,
        Err(refusal) => refused(&call, refusal),
    }
}

/// Whoever is signed in takes it up; `None`: they sign in first.
pub async fn accept(call: &Call, invited: &User, token: &str) -> Result<Option<Proved>, InvitationRefusal> {
    let Some(person) = who_accepts(call, invited).await? else {
        return Ok(None);
    };
    let proved = invitation::accept(&call.realm, (&person.session, &person.user), token).await?;
    Ok(Some(proved))
}

/// Sets the first password of whom it is for, and signs them in.
pub async fn set_password(
    call: &Call,
    flow_id: &str,
    (token, new): (&str, &str),
) -> Result<SignedIn, InvitationRefusal> {
    let visitor = Visitor::of(call, false).await?;
    let (browser, new) = (visitor.in_flow(call, flow_id), Secret::new(new));
    invitation::set_first_password(&call.realm, &call.app.passwords, &browser, (token, &new)).await
}

/// Shows the form again where another password can be typed.
fn again(call: &Call, invited: &User, token: &str, refusal: InvitationRefusal) -> Response {
    match said(refusal) {
        Ok(again) => ask_for_password(call, invited, token, Some(&again)),
        Err(refusal) => refused(call, refusal),
    }
}

/// How a refusal is said; it itself where typing something else is of no use.
pub fn said(refusal: InvitationRefusal) -> Result<Again, InvitationRefusal> {
    let why = refusal.explanation();
    match refusal {
        InvitationRefusal::Weak(weakness) => Ok(Again::new(StatusCode::BAD_REQUEST, of_weakness(weakness), why)),
        InvitationRefusal::Busy(_) => Ok(busy(why)),
        InvitationRefusal::Over | InvitationRefusal::Fault(_) => Err(refusal),
    }
}

fn refused(call: &Call, refusal: InvitationRefusal) -> Response {
    let (reason, why) = (refusal.to_string(), refusal.explanation());
    match refusal {
        InvitationRefusal::Fault(error) => respond::fault_page(call, &Fault::from(error)),
        _ => respond::error_page(call, ErrorKind::NotFound, ErrorCode::InvalidRequest, (&reason, why)),
    }
}
