//! `/sign-in/invitation?t=LINK`: where an operator's invitation leads.
//!
//! Who has no password sets the first one there; who has one signs in, and says by the page's button that they are the one
//! who was invited. Opening the link does nothing by itself.

use ::oauth::{Fault, authorize::Person};
use authn::{
    invitation::{self, InvitationRefusal},
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

const PATH: &str = "/sign-in/invitation";
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
async fn who_accepts(call: &Call, invited: &User) -> Result<Option<Person>, InvitationRefusal> {
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
        let new = Secret::new(form.first("password").unwrap_or(""));
        return match set_password(&call, (token, &new)).await {
            Ok(signed_in) => {
                let session = (&signed_in.session, signed_in.cookie.as_str());
                let cookies = sign_in::cookies_of(&call, session, Some(&signed_in.device));
                respond::see_other(&call, DONE, &cookies)
            }
            Err(refusal) => again(&call, &invited, token, refusal),
        };
    }
    let accepted = match who_accepts(&call, &invited).await {
        Ok(Some(person)) => invitation::accept(&call.realm, (&person.session, &person.user), token).await,
        Ok(None) => return sign_in_first(&call, token).await,
        Err(refusal) => Err(refusal),
    };
    match accepted {
        Ok(proved) => factor::go_on(&call, DONE, &proved),
        Err(refusal) => refused(&call, refusal),
    }
}

async fn set_password(call: &Call, typed: (&str, &Secret)) -> Result<SignedIn, InvitationRefusal> {
    let visitor = Visitor::of(call, false).await?;
    let flow_id = new_id();
    let browser = visitor.in_flow(call, &flow_id);
    invitation::set_first_password(&call.realm, &call.app.passwords, &browser, typed).await
}

/// Shows the form again where another password can be typed.
fn again(call: &Call, invited: &User, token: &str, refusal: InvitationRefusal) -> Response {
    let why = refusal.explanation();
    let again = match refusal {
        InvitationRefusal::Weak(weakness) => Again::new(StatusCode::BAD_REQUEST, of_weakness(weakness), why),
        InvitationRefusal::Busy(_) => busy(why),
        InvitationRefusal::Over | InvitationRefusal::Fault(_) => return refused(call, refusal),
    };
    ask_for_password(call, invited, token, Some(&again))
}

fn refused(call: &Call, refusal: InvitationRefusal) -> Response {
    let (reason, why) = (refusal.to_string(), refusal.explanation());
    match refusal {
        InvitationRefusal::Fault(error) => respond::fault_page(call, &Fault::from(error)),
        _ => respond::error_page(call, ErrorKind::NotFound, ErrorCode::InvalidRequest, (&reason, why)),
    }
}
