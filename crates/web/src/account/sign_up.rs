//! `/sign-up`: people make an account for themselves, where the realm lets them.
//!
//! Spec: Initiating User Registration via OpenID Connect §4.1
//!
//! The page belongs to a flow, as the sign-in page does, and each of the two links to the other.

use authn::{
    sign_in::SignedIn,
    sign_up::{Application, SignUpRefusal},
    users::{MIN_PASSWORD, PasswordProblem},
    weak_password::Weakness,
};
use axum::{http::StatusCode, response::Response};
use explanation::Explain;
use model::Secret;
use protocol::form::Form;

use super::{
    no_such_page, resumed,
    sign_in::{Visitor, go_on, next},
    submitted,
};
use crate::{
    again::{Again, NotDone},
    extract::{Call, PageForm},
    flow::OpenFlow,
    oauth::Requester,
    pages::{FieldError, Href, SignUp, Text},
    respond, views,
};

/// What is in the form besides the password.
pub struct Typed {
    /// The user name.
    pub username: String,
    /// The e-mail address.
    pub email: String,
    /// What to be called.
    pub name: String,
}

impl Typed {
    /// As typed, cut to what is looked at.
    pub fn new(username: &str, email: &str, name: &str) -> Self {
        let cut = |text: &str| text.chars().take(255).collect();
        Self {
            username: cut(username),
            email: cut(email),
            name: cut(name),
        }
    }

    fn of(form: &Form) -> Self {
        let text = |name| form.first(name).unwrap_or("");
        Self::new(text("username"), text("email"), text("name"))
    }

    /// What the app knows of who comes. An e-mail address may be wanted as either.
    fn hinted(hint: &str) -> Self {
        let username: String = hint.chars().take(255).collect();
        let email = if username.contains('@') {
            username.clone()
        } else {
            String::new()
        };
        Self {
            username,
            email,
            name: String::new(),
        }
    }
}

/// `GET /sign-up?flow=ID`.
pub async fn sign_up_page(call: Call) -> Response {
    if !call.realm.realm.sign_up {
        let uri = call.uri.clone();
        return no_such_page(call, uri).await;
    }
    match resumed(&call).await {
        Ok((open, requester)) => {
            let typed = Typed::hinted(requester.login_hint());
            show(&call, &open, &requester, typed, StatusCode::OK, None)
        }
        Err(response) => *response,
    }
}

fn show(
    call: &Call,
    open: &OpenFlow,
    requester: &Requester,
    typed: Typed,
    status: StatusCode,
    error: Option<FieldError>,
) -> Response {
    let locale = views::locale(call, requester.ui_locales());
    let flow = format!("flow={}", open.flow.id);
    let view = SignUp {
        realm: views::realm_of_flow(call, locale, open, requester.display()),
        client: requester.client(locale),
        action: call.path("/sign-up"),
        flow: open.carried.clone(),
        csrf: open.flow.csrf.clone(),
        username: typed.username,
        email: typed.email,
        name: typed.name,
        least: MIN_PASSWORD,
        error,
        sign_in: Href::local(call.path(&format!("/sign-in?{flow}"))),
    };
    respond::page(call, locale, status, &view, &requester.policy())
}

/// `POST /sign-up`.
pub async fn sign_up(PageForm { call, form }: PageForm) -> Response {
    if !call.realm.realm.sign_up {
        let uri = call.uri.clone();
        return no_such_page(call, uri).await;
    }
    let (open, requester) = match submitted(&call, &form).await {
        Ok(opened) => opened,
        Err(response) => return *response,
    };
    let typed = Typed::of(&form);
    match apply(&call, &open, &typed, form.first("password").unwrap_or("")).await {
        Ok(Some(signed_up)) => go_on(&call, &open, &signed_up),
        // The page was sent twice, or gone back to: the account is there.
        Ok(None) => respond::see_other(&call, &next(&open), &[]),
        Err(NotDone::Fault(fault)) => respond::fault_page(&call, &fault),
        Err(NotDone::Again(again)) => {
            again.tell(&call, "the sign-up form is shown again");
            let error = FieldError {
                field: again.field.unwrap_or("username"),
                text: again.text.clone(),
            };
            again.shown(show(&call, &open, &requester, typed, again.status, Some(error)))
        }
    }
}

/// Makes the account. `None`: it was made in this flow before.
pub async fn apply(call: &Call, open: &OpenFlow, typed: &Typed, password: &str) -> Result<Option<SignedIn>, NotDone> {
    let visitor = Visitor::of(call, false).await?;
    let application = Application {
        username: &typed.username,
        password: &Secret::new(password),
        email: &typed.email,
        name: &typed.name,
        browser: visitor.browser(call, open),
    };
    match authn::sign_up::sign_up(&call.realm, &call.app.passwords, application).await {
        Ok(signed_up) => Ok(Some(signed_up)),
        Err(SignUpRefusal::FlowUsed) => Ok(None),
        Err(refusal) => Err(said(refusal)),
    }
}

/// What is wrong with a new password.
pub(super) fn of_weakness(weakness: Weakness) -> Text {
    let key = match weakness {
        Weakness::Length(PasswordProblem::TooShort) => "sign_up.error.short",
        Weakness::Length(PasswordProblem::TooLong) => "sign_up.error.long",
        Weakness::Common => "sign_up.error.common",
        Weakness::Pattern => "sign_up.error.pattern",
        Weakness::Personal => "sign_up.error.personal",
        Weakness::Breached => "sign_up.error.breached",
    };
    Text::key(key).with("count", MIN_PASSWORD.to_string())
}

/// How a refusal is said, and at which field.
fn said(refusal: SignUpRefusal) -> NotDone {
    let why = refusal.explanation();
    let wrong = |field, text, why| NotDone::from(Again::new(StatusCode::BAD_REQUEST, text, why).at(field));
    match refusal {
        SignUpRefusal::UnacceptableUsername => wrong("username", Text::key("sign_up.error.username"), why),
        SignUpRefusal::UsernameTaken => wrong("username", Text::key("sign_up.error.taken"), why),
        SignUpRefusal::UnacceptableEmail => wrong("email", Text::key("sign_up.error.email"), why),
        SignUpRefusal::UnacceptableName => wrong("name", Text::key("sign_up.error.name"), why),
        SignUpRefusal::WeakPassword(weakness) => wrong("password", of_weakness(weakness), why),
        SignUpRefusal::TooMany { retry_after } => Again::too_many("sign_up.error.too_many", retry_after, why).into(),
        SignUpRefusal::Busy(_) | SignUpRefusal::FlowUsed => {
            let text = Text::key("sign_up.error.busy");
            Again::new(StatusCode::SERVICE_UNAVAILABLE, text, why).after(2).into()
        }
        SignUpRefusal::Fault(error) => error.into(),
    }
}
