//! The user's own pages: sign-in, what they permitted, where they are signed in.

pub mod certificate;
mod devices;
mod email;
pub mod email_code;
pub mod factor;
pub mod factors;
pub mod invitation;
mod not_me;
mod overview;
pub mod passkey;
mod password;
mod requests;
pub mod reset;
mod select_account;
pub mod sign_in;
pub mod sign_up;
mod user_code;

use ::oauth::{Fault, authorize::Person};
use authn::{next_step::next_step, session};
use axum::{http::Uri, response::Response};
use explanation::{
    Explanation,
    catalogue::{server, sign_in as catalogue},
};
use model::{Flow, Goal};
use protocol::{Demand, Reach, error_code::ErrorCode, form::Form};
use storage::StorageError;

pub use certificate::{redeem_certificate, show_certificate};
pub use devices::forget_device;
pub use email::email;
pub use email_code::{email_code, email_code_page};
pub use factor::{factor, factor_page};
pub use factors::{
    answer_confirmation, authenticator_page, certificate_page, confirmation_page, enrol_certificate, enrol_passkey,
    enrol_totp, keep_recovery_codes, passkey_page, recovery_codes_page, remove_authenticator, rename_authenticator,
    totp_page,
};
pub use invitation::{accept_invitation, invitation_page};
pub use not_me::{not_me, not_me_page};
pub use overview::{end_session, page, revoke_grant};
pub use passkey::sign_in_by_passkey_form;
pub use password::{change_password, password_page};
pub use requests::{answer_request, requests_page};
pub use reset::{forgotten, forgotten_page, reset, reset_page};
pub use select_account::{select_account, select_account_page};
pub use sign_in::{sign_in, sign_in_page};
pub use sign_up::{sign_up, sign_up_page};
pub use user_code::set_user_code;

use crate::{
    extract::Call,
    flow::{self, FlowError, OpenFlow},
    oauth::{Requester, flow_error, refuse},
    pages::ErrorKind,
    respond,
};

/// `GET /`: whoever comes without knowing where to go sees their own pages.
pub async fn root(call: Call) -> Response {
    respond::see_other(&call, "/account", &[])
}

/// Any other path of a realm.
pub async fn no_such_page(call: Call, uri: Uri) -> Response {
    respond::error_page(
        &call,
        ErrorKind::NotFound,
        ErrorCode::InvalidRequest,
        (&format!("there is no page {}", uri.path()), (&server::NOT_FOUND).into()),
    )
}

/// A page that does not take the method of the request.
pub async fn wrong_method(call: Call) -> Response {
    respond::error_page(
        &call,
        ErrorKind::Method,
        ErrorCode::InvalidRequest,
        (
            &format!("{} is not for {}", call.uri.path(), call.method),
            Explanation::from(&server::METHOD).found(call.method.as_str()),
        ),
    )
}

/// Asks who is not signed in to sign in; then it goes on to the goal.
async fn ask_to_sign_in(call: &Call, goal: Goal) -> Response {
    begin(call, goal, "/sign-in").await
}

/// Asks who is signed in to prove more, as the goal demands; then it goes on to it.
async fn ask_for_more(call: &Call, goal: Goal) -> Response {
    begin(call, goal, factor::PATH).await
}

async fn begin(call: &Call, goal: Goal, page: &str) -> Response {
    let flow = Flow::new(goal, call.realm.now());
    match flow::begin(call, &flow).await {
        Ok(cookies) => respond::see_other(call, &format!("{page}?flow={}", flow.id), &cookies),
        Err(error) => flow_error(call, error),
    }
}

/// The flow that the query of a page names, with for whom it is; otherwise where the browser goes instead.
async fn resumed(call: &Call) -> Result<(OpenFlow, Requester), Box<Response>> {
    let query = Form::parse(call.query().as_bytes()).unwrap_or_default();
    let id = query.first("flow").unwrap_or("");
    if id.is_empty() {
        // Nobody sent the user here: their own pages know what to do.
        return Err(Box::new(respond::see_other(call, "/account", &[])));
    }
    opened(call, flow::resume(call, id).await).await
}

/// The flow that a form continues which anybody may send who was shown it, with for whom it is.
async fn submitted(call: &Call, form: &Form) -> Result<(OpenFlow, Requester), Box<Response>> {
    let (carried, csrf) = (form.first("flow").unwrap_or(""), form.first("csrf").unwrap_or(""));
    opened(call, flow::submitted(call, carried, csrf).await).await
}

async fn opened(call: &Call, open: Result<OpenFlow, FlowError>) -> Result<(OpenFlow, Requester), Box<Response>> {
    let open = open.map_err(|error| Box::new(flow_error(call, error)))?;
    match Requester::of(call, &open).await {
        Ok(requester) => Ok((open, requester)),
        Err(refusal) => Err(Box::new(refuse(call, &refusal).await)),
    }
}

/// The user, if the rules of the realm let them at their own pages; otherwise where the browser goes first. Who has nothing
/// to prove more with can still set something up: that has its own guards ([`authn::enrolment`]).
async fn admitted(call: &Call, person: Person, goal: Goal) -> Result<Person, Box<Response>> {
    match is_admitted(call, &person).await {
        Ok(true) => Ok(person),
        Ok(false) => Err(Box::new(ask_for_more(call, goal).await)),
        Err(error) => Err(Box::new(respond::fault_page(call, &Fault::from(error)))),
    }
}

/// Whether they do.
async fn is_admitted(call: &Call, person: &Person) -> Result<bool, StorageError> {
    let whose = (&person.session, &person.user);
    let circumstances = call.circumstances("", Vec::new());
    let step = next_step(&call.realm, whose, &Demand::default(), &circumstances).await?;
    Ok(matches!(step.reach(), Reach::Met | Reach::Never(_)))
}

/// Who is signed in and sent this form from a page of their session. `None`: nobody is signed in any more.
pub async fn submitter(call: &Call, form: &Form) -> Result<Option<Person>, Box<Response>> {
    let fault = |error| Box::new(respond::fault_page(call, &Fault::from(error)));
    let Some(person) = call.person().await.map_err(fault)? else {
        return Ok(None);
    };
    let csrf = form.first("csrf").unwrap_or("");
    let is_ours = call
        .session_cookie()
        .is_some_and(|cookie| session::is_csrf(cookie, csrf))
        && call.is_same_origin();
    if is_ours {
        return admitted(call, person, Goal::Account).await.map(Some);
    }
    let reason = "the form did not come from a page of this session";
    let why = (&catalogue::FORM_MISMATCH).into();
    let page = respond::error_page(call, ErrorKind::FormMismatch, ErrorCode::InvalidRequest, (reason, why));
    Err(Box::new(page))
}
