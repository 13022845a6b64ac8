//! `/sign-in`: user name and password.

use ::oauth::{Fault, authorize::Person};
use authn::{
    session::{self, cookie_name, device_cookie_name},
    sign_in::{Attempt, Browser, SignInRefusal, SignedIn},
};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use explanation::{Explain, Explanation, catalogue::sign_in as catalogue};
use model::{Goal, Secret, Session};
use protocol::form::Form;
use storage::StorageError;

use super::{certificate, passkey};
use crate::{
    browser_state,
    extract::{Call, PageForm, cookies},
    flow::{self, OpenFlow},
    oauth::{Requester, flow_error, refuse},
    pages::{Href, SignIn, Text, csp},
    respond, views,
};

/// How long a browser is recognised after a sign-in, in seconds.
const RECOGNISED: i64 = 90 * 24 * 3600;
/// How much of a `User-Agent` is kept, in characters.
const USER_AGENT: usize = 256;

/// `GET /sign-in?flow=ID`.
pub async fn sign_in_page(call: Call) -> Response {
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
        Ok(requester) => show(&call, &open, &requester, StatusCode::OK, requester.login_hint(), None),
        Err(refusal) => refuse(&call, &refusal).await,
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
        notice: None,
        passkey: passkey::beside_password(call, open),
        certificate: certificate::link(call, open, false),
        sign_up: sign_up.map(Href::local),
    };
    let policy = match &view.passkey {
        Some(_) => csp::with_script(&requester.policy()),
        None => requester.policy(),
    };
    respond::page(call, locale, status, &view, &policy)
}

/// `POST /sign-in`.
pub async fn sign_in(PageForm { call, form }: PageForm) -> Response {
    let (carried, csrf) = (form.first("flow").unwrap_or(""), form.first("csrf").unwrap_or(""));
    let open = match flow::submitted(&call, carried, csrf).await {
        Ok(open) => open,
        Err(error) => return flow_error(&call, error),
    };
    let requester = match Requester::of(&call, &open).await {
        Ok(requester) => requester,
        Err(refusal) => return refuse(&call, &refusal).await,
    };
    let (username, password) = (
        form.first("username").unwrap_or(""),
        form.first("password").unwrap_or(""),
    );
    let refuse = |status, error: Text, why: Explanation| {
        respond::shown_again(&call, status, "the sign-in form is shown again", why);
        show(&call, &open, &requester, status, username, Some(error))
    };
    if username.trim().is_empty() || password.is_empty() {
        let why = (&catalogue::CREDENTIALS_MISSING).into();
        return refuse(StatusCode::BAD_REQUEST, Text::key("sign_in.error.missing"), why);
    }
    let attempted = attempt(&call, &open, &form).await;
    count(&attempted);
    match attempted {
        Ok(signed_in) => go_on(&call, &open, &signed_in),
        Err(refusal @ SignInRefusal::WrongCredentials) => refuse(
            StatusCode::UNAUTHORIZED,
            Text::key("sign_in.error.wrong"),
            refusal.explanation(),
        ),
        Err(ref refusal @ SignInRefusal::TooManyGuesses { retry_after }) => {
            let minutes = (retry_after + 59) / 60;
            let mut response = refuse(
                StatusCode::TOO_MANY_REQUESTS,
                Text::key("sign_in.error.too_many").with("count", minutes.to_string()),
                refusal.explanation(),
            );
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(retry_after));
            response
        }
        Err(refusal @ SignInRefusal::Busy(_)) => {
            let mut response = refuse(
                StatusCode::SERVICE_UNAVAILABLE,
                Text::key("sign_in.error.busy"),
                refusal.explanation(),
            );
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
            response
        }
        Err(SignInRefusal::Fault(error)) => respond::fault_page(&call, &Fault::from(error)),
    }
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

async fn attempt(call: &Call, open: &OpenFlow, form: &Form) -> Result<SignedIn, SignInRefusal> {
    let visitor = Visitor::of(call, form).await?;
    let attempt = Attempt {
        username: form.first("username").unwrap_or(""),
        password: &Secret::new(form.first("password").unwrap_or("")),
        browser: visitor.browser(call, open),
    };
    authn::sign_in::sign_in(&call.realm, &call.app.passwords, attempt).await
}

/// Who sends a form, as far as the browser tells.
pub(super) struct Visitor {
    current: Option<Person>,
    user_agent: String,
    address: String,
    is_remembered: bool,
}

impl Visitor {
    /// `form`: the one of the sign-in page says whether to stay signed in.
    pub(super) async fn of(call: &Call, form: &Form) -> Result<Self, StorageError> {
        let user_agent = call.header("user-agent").unwrap_or("");
        Ok(Self {
            current: call.person().await?,
            user_agent: user_agent.chars().take(USER_AGENT).collect(),
            address: call.address.to_string(),
            is_remembered: form.first("remember") == Some("yes"),
        })
    }

    /// The browser, in a flow.
    pub(super) fn browser<'a>(&'a self, call: &'a Call, open: &'a OpenFlow) -> Browser<'a> {
        Browser {
            flow_id: &open.flow.id,
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
    let realm = &call.realm.realm;
    let cookies = [
        session_cookie(call, &signed_in.session, &signed_in.cookie),
        cookies::set(realm, &device_cookie_name(realm), &signed_in.device, Some(RECOGNISED)),
        browser_state::set(call, Some(&session::browser_state(&signed_in.cookie))),
    ];
    respond::see_other(call, &next(open), &cookies)
}

/// The cookie of a session: it ends with the browser, unless the user wanted to stay signed in.
pub(super) fn session_cookie(call: &Call, session: &Session, value: &str) -> String {
    let realm = &call.realm.realm;
    let rest = session.is_remembered.then(|| session.expires_at - call.realm.now());
    cookies::set(realm, &cookie_name(realm), value, rest)
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
