//! `/sign-in`: user name and password.

use ::oauth::authorize::Person;
use authn::{
    session::{self, cookie_name, device_cookie_name},
    sign_in::{Attempt, Browser, SignInRefusal, SignedIn},
};
use axum::{http::StatusCode, response::Response};
use explanation::{Explain, Explanation, catalogue::sign_in as catalogue};
use model::{Goal, Secret, Session};
use protocol::form::Form;
use storage::StorageError;

use super::{certificate, email_code, passkey, reset, resumed, submitted};
use crate::{
    again::{Again, NotDone},
    browser_state,
    extract::{Call, PageForm, cookies},
    flow::OpenFlow,
    oauth::Requester,
    pages::{Href, SignIn, Text, csp},
    respond, views,
};

/// How long a browser is recognised after a sign-in, in seconds.
const RECOGNISED: i64 = 90 * 24 * 3600;
/// How much of a `User-Agent` is kept, in characters.
const USER_AGENT: usize = 256;

/// `GET /sign-in?flow=ID`.
pub async fn sign_in_page(call: Call) -> Response {
    match resumed(&call).await {
        Ok((open, requester)) => show(&call, &open, &requester, StatusCode::OK, requester.login_hint(), None),
        Err(response) => *response,
    }
}

pub(super) fn show(
    call: &Call,
    open: &OpenFlow,
    requester: &Requester,
    status: StatusCode,
    username: &str,
    error: Option<Text>,
) -> Response {
    let locale = views::locale(call, requester.ui_locales());
    let flow = format!("flow={}", open.flow.id);
    let sign_up = call.realm.realm.sign_up.then(|| call.path(&format!("/sign-up?{flow}")));
    let view = SignIn {
        realm: views::realm_of_flow(call, locale, open, requester.display()),
        client: requester.client(locale),
        action: call.path("/sign-in"),
        flow: open.carried.clone(),
        csrf: open.flow.csrf.clone(),
        username: username.chars().take(255).collect(),
        remember: call.realm.realm.remember_me,
        error,
        notice: notice(call),
        passkey: passkey::beside_password(call, open),
        certificate: certificate::link(call, open, false),
        sign_up: sign_up.map(Href::local),
        email_code: email_code::link(call, open),
        forgotten: reset::link(call, open),
    };
    let policy = match &view.passkey {
        Some(_) => csp::with_script(&requester.policy()),
        None => requester.policy(),
    };
    respond::page(call, locale, status, &view, &policy)
}

/// What was just done, said by the redirect that followed it.
fn notice(call: &Call) -> Option<Text> {
    let query = Form::parse(call.query().as_bytes()).ok()?;
    let is_set = query.first("done") == Some("password-set");
    is_set.then(|| Text::key("sign_in.notice.password_set"))
}

/// `POST /sign-in`.
pub async fn sign_in(PageForm { call, form }: PageForm) -> Response {
    let (open, requester) = match submitted(&call, &form).await {
        Ok(opened) => opened,
        Err(response) => return *response,
    };
    let typed = Typed {
        username: form.first("username").unwrap_or(""),
        password: form.first("password").unwrap_or(""),
        is_remembered: form.first("remember") == Some("yes"),
    };
    match by_password(&call, &open, typed).await {
        Ok(signed_in) => go_on(&call, &open, &signed_in),
        Err(not_done) => show_again(&call, &open, &requester, typed.username, not_done),
    }
}

/// The page again, with what was wrong.
pub(super) fn show_again(
    call: &Call,
    open: &OpenFlow,
    requester: &Requester,
    username: &str,
    not_done: NotDone,
) -> Response {
    match not_done {
        NotDone::Fault(fault) => respond::fault_page(call, &fault),
        NotDone::Again(again) => {
            again.tell(call, "the sign-in form is shown again");
            let text = Some(again.text.clone());
            again.shown(show(call, open, requester, again.status, username, text))
        }
    }
}

/// What somebody typed who wants to sign in.
#[derive(Clone, Copy)]
pub struct Typed<'a> {
    /// The user name.
    pub username: &'a str,
    /// The password.
    pub password: &'a str,
    /// Whether they want to stay signed in.
    pub is_remembered: bool,
}

/// Signs in by user name and password.
pub async fn by_password(call: &Call, open: &OpenFlow, typed: Typed<'_>) -> Result<SignedIn, NotDone> {
    if typed.username.trim().is_empty() || typed.password.is_empty() {
        let why = (&catalogue::CREDENTIALS_MISSING).into();
        return Err(Again::new(StatusCode::BAD_REQUEST, Text::key("sign_in.error.missing"), why).into());
    }
    let visitor = Visitor::of(call, typed.is_remembered).await?;
    let attempt = Attempt {
        username: typed.username,
        password: &Secret::new(typed.password),
        browser: visitor.browser(call, open),
    };
    let attempted = authn::sign_in::sign_in(&call.realm, &call.app.passwords, attempt).await;
    count(&attempted);
    attempted.map_err(said)
}

/// How a refusal is said.
fn said(refusal: SignInRefusal) -> NotDone {
    let why = refusal.explanation();
    match refusal {
        SignInRefusal::WrongCredentials => {
            Again::new(StatusCode::UNAUTHORIZED, Text::key("sign_in.error.wrong"), why).into()
        }
        SignInRefusal::TooManyGuesses { retry_after } => {
            Again::too_many("sign_in.error.too_many", retry_after, why).into()
        }
        SignInRefusal::Busy(_) => busy(why).into(),
        SignInRefusal::Fault(error) => error.into(),
    }
}

/// Too many passwords are looked at.
pub(super) fn busy(why: Explanation) -> Again {
    Again::new(StatusCode::SERVICE_UNAVAILABLE, Text::key("sign_in.error.busy"), why).after(2)
}

/// Counts how sign-ins end, for the operator.
fn count(attempted: &Result<SignedIn, SignInRefusal>) {
    let result = match attempted {
        Ok(_) => "signed_in",
        Err(SignInRefusal::WrongCredentials) => "wrong",
        Err(SignInRefusal::TooManyGuesses { .. }) => "too_many",
        Err(SignInRefusal::Busy(_)) => "busy",
        Err(SignInRefusal::Fault(_)) => "failed",
    };
    metrics::counter!("sekisho_sign_ins_total", "result" => result).increment(1);
}

/// Who sends a form, as far as the browser tells.
pub(super) struct Visitor {
    current: Option<Person>,
    user_agent: String,
    address: String,
    is_remembered: bool,
}

impl Visitor {
    /// `is_remembered`: whether the user wants to stay signed in.
    pub(super) async fn of(call: &Call, is_remembered: bool) -> Result<Self, StorageError> {
        let user_agent = call.header("user-agent").unwrap_or("");
        Ok(Self {
            current: call.person().await?,
            user_agent: user_agent.chars().take(USER_AGENT).collect(),
            address: call.address.to_string(),
            is_remembered,
        })
    }

    /// The browser, in a flow.
    pub(super) fn browser<'a>(&'a self, call: &'a Call, open: &'a OpenFlow) -> Browser<'a> {
        self.in_flow(call, &open.flow.id)
    }

    /// The same, in a flow of which only the id is known.
    pub(super) fn in_flow<'a>(&'a self, call: &'a Call, flow_id: &'a str) -> Browser<'a> {
        Browser {
            flow_id,
            current: self.current.as_ref().map(|person| &person.session),
            device: call.cookies.get(&device_cookie_name(&call.realm.realm)),
            user_agent: &self.user_agent,
            address: &self.address,
            is_remembered: self.is_remembered,
        }
    }
}

/// The user is known: on to what the flow was for.
pub(super) fn go_on(call: &Call, open: &OpenFlow, signed_in: &SignedIn) -> Response {
    let (session, device) = (&signed_in.session, &signed_in.device);
    let cookies = cookies_of(call, (session, &signed_in.cookie), Some(device));
    respond::see_other(call, &next(open), &cookies)
}

/// The cookies of a session that began or goes on with a new secret; and that of its device, after a sign-in.
pub fn cookies_of(call: &Call, (session, secret): (&Session, &str), device: Option<&String>) -> Vec<String> {
    let realm = &call.realm.realm;
    let device = device.map(|device| cookies::set(realm, &device_cookie_name(realm), device, Some(RECOGNISED)));
    let state = browser_state::set(call, Some(&session::browser_state(secret)));
    let rest = session.is_remembered.then(|| session.expires_at - call.realm.now());
    let session = cookies::set(realm, &cookie_name(realm), secret, rest);
    [session, state].into_iter().chain(device).collect()
}

/// Where a flow goes when the user is known.
pub(super) fn next(open: &OpenFlow) -> String {
    match &open.flow.goal {
        Goal::Authorize(_) | Goal::Device(_) => format!("/consent?flow={}", open.flow.id),
        Goal::UserCode(_) => "/device".to_owned(),
        Goal::Account => "/account".to_owned(),
        Goal::Requests => "/account/requests".to_owned(),
        Goal::Page(path) => path.clone(),
    }
}
