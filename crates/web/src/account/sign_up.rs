//! `/sign-up`: people make an account for themselves, where the realm lets them.
//!
//! Spec: Initiating User Registration via OpenID Connect §4.1
//!
//! The page belongs to a flow, as the sign-in page does, and each of the two links to the other.

use ::oauth::Fault;
use authn::{
    sign_up::{Application, SignUpRefusal},
    users::{MIN_PASSWORD, PasswordProblem},
    weak_password::Weakness,
};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use explanation::Explain;
use model::Secret;
use protocol::form::Form;

use super::{
    no_such_page,
    sign_in::{Visitor, go_on, next},
};
use crate::{
    extract::{Call, PageForm},
    flow::{self, OpenFlow},
    oauth::{Requester, flow_error, refuse},
    pages::{FieldError, Href, SignUp, Text},
    respond, views,
};

/// What is in the form besides the password.
#[derive(Default)]
struct Typed {
    username: String,
    email: String,
    name: String,
}

impl Typed {
    fn of(form: &Form) -> Self {
        let text = |name| form.first(name).unwrap_or("").chars().take(255).collect();
        Self {
            username: text("username"),
            email: text("email"),
            name: text("name"),
        }
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
    let query = Form::parse(call.query().as_bytes()).ok();
    let id = query.as_ref().and_then(|form| form.first("flow")).unwrap_or("");
    if id.is_empty() {
        // Nobody sent the user here: their own pages know what to do.
        return respond::see_other(&call, "/account", &[]);
    }
    let open = match flow::resume(&call, id).await {
        Ok(open) => open,
        Err(error) => return flow_error(&call, error),
    };
    match Requester::of(&call, &open).await {
        Ok(requester) => {
            let typed = Typed::hinted(requester.login_hint());
            show(&call, &open, &requester, typed, StatusCode::OK, None)
        }
        Err(refusal) => refuse(&call, &refusal).await,
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
    let typed = Typed::of(&form);
    let application = Application {
        username: &typed.username,
        password: &Secret::new(form.first("password").unwrap_or("")),
        email: &typed.email,
        name: &typed.name,
        browser: visitor.browser(&call, &open),
    };
    match authn::sign_up::sign_up(&call.realm, &call.app.passwords, application).await {
        Ok(signed_up) => go_on(&call, &open, &signed_up),
        // The page was sent twice, or gone back to: the account is there.
        Err(SignUpRefusal::FlowUsed) => respond::see_other(&call, &next(&open), &[]),
        Err(SignUpRefusal::Fault(error)) => respond::fault_page(&call, &Fault::from(error)),
        Err(refusal) => {
            let (status, retry_after, error) = answer(&refusal);
            respond::shown_again(&call, status, "the sign-up form is shown again", refusal.explanation());
            let mut response = show(&call, &open, &requester, typed, status, Some(error));
            if let Some(seconds) = retry_after {
                let headers = response.headers_mut();
                headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            response
        }
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

/// How a refusal is said: the status, after how many seconds to try again, and at which field.
fn answer(refusal: &SignUpRefusal) -> (StatusCode, Option<i64>, FieldError) {
    let wrong = |field, key| {
        (
            StatusCode::BAD_REQUEST,
            None,
            FieldError {
                field,
                text: Text::key(key),
            },
        )
    };
    match refusal {
        SignUpRefusal::UnacceptableUsername => wrong("username", "sign_up.error.username"),
        SignUpRefusal::UsernameTaken => wrong("username", "sign_up.error.taken"),
        SignUpRefusal::UnacceptableEmail => wrong("email", "sign_up.error.email"),
        SignUpRefusal::UnacceptableName => wrong("name", "sign_up.error.name"),
        SignUpRefusal::WeakPassword(weakness) => {
            let (status, retry_after, mut error) = wrong("password", "sign_up.error.short");
            error.text = of_weakness(*weakness);
            (status, retry_after, error)
        }
        SignUpRefusal::TooMany { retry_after } => {
            let minutes = (retry_after + 59) / 60;
            let text = Text::key("sign_up.error.too_many").with("count", minutes.to_string());
            let field = "username";
            (
                StatusCode::TOO_MANY_REQUESTS,
                Some(*retry_after),
                FieldError { field, text },
            )
        }
        SignUpRefusal::Busy(_) | SignUpRefusal::FlowUsed | SignUpRefusal::Fault(_) => {
            let text = Text::key("sign_up.error.busy");
            let field = "username";
            (StatusCode::SERVICE_UNAVAILABLE, Some(2), FieldError { field, text })
        }
    }
}
