//! `/flows`: every flow of the pages as JSON, for apps of the organisation itself that show the steps with their own screens.
//!
//! `POST /flows` begins a flow, `POST /flows/step` takes the answer to a step; each answers the next one. What is decided is
//! decided where the pages have it decided; here is what is read and what is shown. A flow travels sealed, as it does in
//! browsers: whoever has its text has the flow.

mod answer;
mod caller;
mod current;
mod link;
mod openapi;
mod refusal;
mod schema;
mod step;
mod submit;

use ::oauth::authorize::{AuthorizeRefusal, validate};
use axum::{http::StatusCode, response::Response};
use explanation::Explain;
use model::{Flow, Goal};
use protocol::form::Form;
use serde::Serialize;
use serde_json::Value;

use self::{
    answer::{Begin, Continue},
    caller::{Caller, FlowsCall},
    refusal::{FlowsRefusal, Wrong},
    step::{FlowStep, NotLetIn},
    submit::Taken,
};
use crate::{
    again::Again,
    flow::{self, OpenFlow},
    oauth::encode,
    respond, views,
};

pub use self::{caller::preflight, openapi::document};

/// Between what carries a flow and what says whom its step was shown to; in neither of both.
const SEAM: char = '~';

/// What an answer holds.
#[derive(Serialize)]
struct Shown {
    flow: Option<String>,
    session: Option<String>,
    step: FlowStep,
    #[serde(flatten)]
    wrong: Option<Wrong>,
}

/// `POST /flows`.
pub async fn begin(FlowsCall { mut caller, body }: FlowsCall) -> Response {
    let shown = begun(&mut caller, body).await;
    finish(&caller, shown).await
}

/// `POST /flows/step`.
pub async fn go_on(FlowsCall { mut caller, body }: FlowsCall) -> Response {
    let shown = taken(&mut caller, body).await;
    finish(&caller, shown).await
}

async fn begun(caller: &mut Caller, body: Value) -> Result<Response, FlowsRefusal> {
    let begin: Begin = answer::read(body)?;
    caller.bring(begin.session.as_deref());
    let client_id = caller.client.id().to_owned();
    let (goal, object) = match (begin.authorize, begin.account, begin.link) {
        (Some(parameters), None, None) => {
            let form = answer::request(parameters, &client_id)?;
            // A request object is looked at this once.
            let valid = validate(&caller.call.realm, &form, None).await?;
            (Goal::Authorize(encode(&form)), valid.object.as_ref().map(encode))
        }
        (None, Some(change), None) => (Goal::Page(change.page().to_owned()), None),
        (None, None, Some(address)) => {
            let goal = link::goal(&caller.call.realm, &address);
            (goal.ok_or(FlowsRefusal::Malformed)?, None)
        }
        _ => return Err(FlowsRefusal::Malformed),
    };
    let open = OpenFlow {
        flow: Flow {
            shown_by: Some(client_id),
            object,
            ..Flow::new(goal, caller.call.realm.now())
        },
        carried: String::new(),
    };
    show(caller, open, None, None).await
}

async fn taken(caller: &mut Caller, body: Value) -> Result<Response, FlowsRefusal> {
    let sent: Continue = answer::read(body)?;
    caller.bring(sent.session.as_deref());
    let (carried, csrf) = sent.flow.split_once(SEAM).ok_or(FlowsRefusal::Over)?;
    let flow = flow::open(&caller.call.realm, carried, Some(caller.client.id())).await?;
    if !flow.is_csrf(csrf.split('.').next().unwrap_or("")) {
        return Err(FlowsRefusal::Over);
    }
    let carried = carried.to_owned();
    let mut open = OpenFlow { flow, carried };
    let Some(answer) = sent.answer else {
        return show(caller, open, None, None).await;
    };
    match submit::take(caller, &mut open, csrf, answer).await? {
        Taken::GoOn => show(caller, open, None, None).await,
        Taken::To(step) => show(caller, open, Some(step), None).await,
        Taken::Again(again, step) => show(caller, open, step, Some(*again)).await,
    }
}

/// Shows a step: this one, or the one that the flow is at.
async fn show(
    caller: &Caller,
    mut open: OpenFlow,
    step: Option<FlowStep>,
    again: Option<Again>,
) -> Result<Response, FlowsRefusal> {
    let call = &caller.call;
    let (step, person) = match step {
        Some(step) => (step, call.person().await?),
        None => current::step(call, &open).await?,
    };
    let flow = if step.is_last() {
        None
    } else {
        if open.carried.is_empty() {
            open.carried = flow::carry(&call.realm, &open.flow).await?;
        }
        let csrf = person.map_or_else(|| open.flow.csrf.clone(), |person| open.csrf_of(&person));
        Some(format!("{}{SEAM}{csrf}", open.carried))
    };
    if let FlowStep::NotLetIn(NotLetIn { why, .. }) = &step {
        let (status, text) = (StatusCode::FORBIDDEN, "a policy does not let the user in");
        refusal::remember(call, (status, why.reason.code()), why.clone(), text);
        let wrong = Some(Wrong::refused(call, why.reason.code(), why, &text));
        let session = caller.kept()?;
        let shown = Shown {
            flow,
            session,
            step,
            wrong,
        };
        return Ok(respond::json(status, &without_nulls(&shown)));
    }
    let wrong = again.as_ref().map(|again| {
        again.tell(call, "a step of a flow is shown again");
        Wrong::again(call, again, views::locale(call, &ui_locales(&open)))
    });
    let shown = Shown {
        flow,
        session: caller.kept()?,
        step,
        wrong,
    };
    let status = again.as_ref().map_or(StatusCode::OK, |again| again.status);
    let response = respond::json(status, &without_nulls(&shown));
    Ok(match &again {
        Some(again) => again.shown(response),
        None => response,
    })
}

/// The languages that the request of a flow asks for.
fn ui_locales(open: &OpenFlow) -> Vec<String> {
    let Goal::Authorize(query) = &open.flow.goal else {
        return Vec::new();
    };
    let form = Form::parse(query.as_bytes()).unwrap_or_default();
    let tags = form.first("ui_locales").unwrap_or("").split(' ');
    tags.map(str::to_owned).collect()
}

/// A refusal that the app would learn by a redirect ends the flow, and comes with what the redirect would carry.
async fn finish(caller: &Caller, shown: Result<Response, FlowsRefusal>) -> Response {
    let call = &caller.call;
    let response = match shown {
        Ok(response) => response,
        Err(FlowsRefusal::Authorize(refusal)) if matches!(*refusal, AuthorizeRefusal::Redirected(_)) => {
            refused(caller, &refusal)
                .await
                .unwrap_or_else(|refusal| refusal::refused(call, &refusal))
        }
        Err(refusal) => refusal::refused(call, &refusal),
    };
    caller.readable(response)
}

async fn refused(caller: &Caller, refusal: &AuthorizeRefusal) -> Result<Response, FlowsRefusal> {
    let AuthorizeRefusal::Redirected(redirected) = refusal else {
        return Err(FlowsRefusal::Over);
    };
    let (call, code, why) = (&caller.call, refusal.code(), refusal.explanation());
    let step = current::done(call, &redirected.response).await?;
    let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::BAD_REQUEST);
    refusal::remember(call, (status, code), why.clone(), &redirected.error.description);
    let shown = Shown {
        flow: None,
        session: caller.kept()?,
        step,
        wrong: Some(Wrong::refused(call, code, &why, &redirected.error.description)),
    };
    Ok(respond::json(status, &without_nulls(&shown)))
}

/// The value as JSON, without the members that say nothing.
fn without_nulls(value: &impl Serialize) -> Value {
    fn drop_nulls(value: &mut Value) {
        match value {
            Value::Object(members) => {
                members.retain(|_, member| !member.is_null());
                members.values_mut().for_each(drop_nulls);
            }
            Value::Array(items) => items.iter_mut().for_each(drop_nulls),
            _ => {}
        }
    }
    let mut value = serde_json::to_value(value).unwrap_or_default();
    drop_nulls(&mut value);
    value
}
