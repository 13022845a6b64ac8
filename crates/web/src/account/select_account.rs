//! `/select-account`: go on as who is signed in here, or as somebody else.
//!
//! Spec: OpenID Connect Core §3.1.2.1 (`prompt=select_account`)
//!
//! The choice is written into the flow, with the session that it is about: it counts for no other session, and for no
//! other request.

use ::oauth::authorize::{AuthorizeRefusal, Decision, Person, ValidRequest};
use axum::{http::StatusCode, response::Response};
use protocol::form::Form;

use crate::{
    extract::{Call, PageForm},
    flow::{self, OpenFlow},
    oauth::{begin_again, decide_next, flow_error, refuse, request_of},
    pages::{Label, SelectAccount, Text, csp},
    respond, views,
};

/// `GET /select-account?flow=ID`.
pub async fn select_account_page(call: Call) -> Response {
    let query = Form::parse(call.query().as_bytes()).ok();
    let id = query.as_ref().and_then(|form| form.first("flow")).unwrap_or("");
    let open = match flow::resume(&call, id).await {
        Ok(open) => open,
        Err(error) => return flow_error(&call, error),
    };
    match show(&call, &open, None).await {
        Ok(response) => response,
        Err(refusal) => refuse(&call, &refusal).await,
    }
}

async fn show(call: &Call, open: &OpenFlow, error: Option<Text>) -> Result<Response, AuthorizeRefusal> {
    let Some(valid) = request_of(call, open).await? else {
        return Ok(begin_again(call, &open.flow.goal));
    };
    let person = call.person().await?;
    match (
        decide_next(call, &valid, person.as_ref(), Some(&open.flow)).await?,
        person,
    ) {
        (Decision::SelectAccount, Some(person)) => Ok(ask(call, open, &valid, &person, error)),
        (Decision::SignIn, _) => Ok(go_to(call, "/sign-in", open)),
        // Nothing is left to choose.
        _ => Ok(go_to(call, "/consent", open)),
    }
}

fn ask(call: &Call, open: &OpenFlow, valid: &ValidRequest, person: &Person, error: Option<Text>) -> Response {
    let locale = views::locale(call, &valid.request.ui_locales);
    let view = SelectAccount {
        realm: views::realm_of_flow(call, locale, open, valid.request.display),
        client: views::client(&valid.client, locale).returning_to(valid.redirect_uri.as_str()),
        user: Label::new(person.user.display()),
        username: Label::new(&person.user.username),
        action: call.path("/select-account"),
        flow: open.carried.clone(),
        csrf: open.csrf_of(person),
        error,
    };
    let policy = csp::flow(valid.redirect_uri.as_str());
    respond::page(call, locale, StatusCode::OK, &view, &policy)
}

fn go_to(call: &Call, page: &str, open: &OpenFlow) -> Response {
    respond::see_other(call, &format!("{page}?flow={}", open.flow.id), &[])
}

/// `POST /select-account`.
pub async fn select_account(PageForm { call, form }: PageForm) -> Response {
    let open = match flow::submitted_by_someone(&call, &form).await {
        Ok(open) => open,
        Err(error) => return flow_error(&call, error),
    };
    match chosen(&call, open, &form).await {
        Ok(response) => response,
        Err(refusal) => refuse(&call, &refusal).await,
    }
}

async fn chosen(call: &Call, open: OpenFlow, form: &Form) -> Result<Response, AuthorizeRefusal> {
    if form.first("account") == Some("another") {
        return Ok(go_to(call, "/sign-in", &open));
    }
    let presented = form.first("csrf").unwrap_or("");
    let person = call.person().await?;
    let Some(person) = person.filter(|person| open.is_csrf_of(person, presented)) else {
        return show(call, &open, Some(Text::key("select_account.error.form"))).await;
    };
    let mut flow = open.flow;
    flow.chosen_session = Some(person.session.id);
    Ok(match flow::begin(call, &flow).await {
        Ok(cookies) => respond::see_other(call, &format!("/consent?flow={}", flow.id), &cookies),
        Err(error) => flow_error(call, error),
    })
}
