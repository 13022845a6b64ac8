//! `/sign-in/factor`: the user, who is signed in, proves what is still missing for what a flow demands.
//!
//! Spec: OpenID Connect Core §3.1.2.3, RFC 9470 §5, OpenID Connect Unmet Authentication Requirements §2
//!
//! What is missing is found out anew each time ([`authn::next_step`]): the page holds no state of its own, so it may be
//! reloaded, left for hours, or opened twice. A method with a page of its own has a line in [`prove`]. A code by mail is
//! sent when its user asks for it, by a form: pages are opened by more than people.

use ::oauth::authorize::{AuthorizeRefusal, Person, denied, unmet};
use ::policy::{Denied, Why};
use authn::{
    email_code::MINUTES,
    next_step::{Step, by_demand, next_step},
    policy,
    prove::{self, ProveRefusal, Proved},
};
use axum::{http::StatusCode, response::Response};
use explanation::Explain;
use model::Goal;
use protocol::{DemandOf, Method, form::Form};
use storage::StorageError;

use super::{
    certificate, passkey,
    sign_in::{cookies_of, next},
};
use crate::{
    again::{Again, NotDone},
    extract::{Call, PageForm},
    flow::{self, OpenFlow},
    oauth::{Requester, flow_error, refuse},
    pages::{EnrolFirst, Factor, FactorEmailCode, Href, Label, Lack, Link, NotLetIn, Text},
    respond::{self, Told},
    views,
};

/// Where it is.
pub const PATH: &str = "/sign-in/factor";

/// `GET /sign-in/factor?flow=ID`, with `method` when the user chose another one than the first, and `sent` when a code was
/// mailed.
pub async fn factor_page(call: Call) -> Response {
    let query = Form::parse(call.query().as_bytes()).unwrap_or_default();
    let open = match flow::resume(&call, query.first("flow").unwrap_or("")).await {
        Ok(open) => open,
        Err(error) => return flow_error(&call, error),
    };
    let chosen = query.first("method").and_then(Method::parse);
    let is_sent = query.first("sent").is_some();
    or_refuse(&call, show(&call, &open, (chosen, is_sent), None).await).await
}

/// `POST /sign-in/factor`: a code, or that the user goes back without.
pub async fn factor(PageForm { call, form }: PageForm) -> Response {
    let open = match flow::submitted_by_someone(&call, &form).await {
        Ok(open) => open,
        Err(error) => return flow_error(&call, error),
    };
    or_refuse(&call, submitted(&call, &open, &form).await).await
}

async fn or_refuse(call: &Call, result: Result<Response, AuthorizeRefusal>) -> Response {
    match result {
        Ok(response) => response,
        Err(refusal) => refuse(call, &refusal).await,
    }
}

async fn show(
    call: &Call,
    open: &OpenFlow,
    (chosen, is_sent): (Option<Method>, bool),
    again: Option<&Again>,
) -> Result<Response, AuthorizeRefusal> {
    let requester = Requester::of(call, open).await?;
    let Some(person) = call.person().await? else {
        return Ok(go_to(call, "/sign-in", open));
    };
    Ok(match missing(call, open, &requester, &person).await? {
        Step::Met => respond::see_other(call, &next(open), &[]),
        Step::Prove { choices, .. } => match chosen
            .filter(|chosen| choices.contains(chosen))
            .or(choices.first().copied())
        {
            Some(method) => {
                let way = (method, is_sent);
                prove(call, (open, &requester), &person, (way, &choices), again).await
            }
            None => enrol_first(call, (open, &requester), &person, (&[], false)),
        },
        Step::Enrol {
            methods, is_waiting, ..
        } => enrol_first(call, (open, &requester), &person, (&methods, is_waiting)),
        Step::Denied { denied } => not_let_in(call, (open, &requester), &person, &denied),
    })
}

/// What is missing of what the flow demands of this user.
pub async fn missing(
    call: &Call,
    open: &OpenFlow,
    requester: &Requester,
    person: &Person,
) -> Result<Step, StorageError> {
    let demand = requester.demand(call, open, person).await?;
    let circumstances = requester.circumstances(call, open, person).await?;
    let whose = (&person.session, &person.user);
    let step = next_step(&call.realm, whose, &demand, &circumstances).await?;
    let is_own = matches!(requester, Requester::User) && !matches!(open.flow.goal, Goal::Requests);
    match step {
        // Where else than at their own pages would a user set it up?
        Step::Enrol {
            of: DemandOf::Policy, ..
        } if is_own => by_demand(&call.realm, whose, &demand).await,
        step => Ok(step),
    }
}

fn go_to(call: &Call, page: &str, open: &OpenFlow) -> Response {
    respond::see_other(call, &format!("{page}?flow={}", open.flow.id), &[])
}

/// Asks for one method; the others are links.
async fn prove(
    call: &Call,
    (open, requester): (&OpenFlow, &Requester),
    person: &Person,
    ((method, is_sent), choices): ((Method, bool), &[Method]),
    again: Option<&Again>,
) -> Response {
    let flow = format!("flow={}", open.flow.id);
    let others = choices.iter().filter(|other| **other != method);
    let others = others.map(|other| Link {
        href: Href::local(call.path(&format!("{PATH}?{flow}&method={}", other.as_str()))),
        label: Text::key(other_way(*other)),
    });
    let others = others.collect();
    let (status, error) = again.map_or((StatusCode::OK, None), |again| (again.status, Some(again.text.clone())));
    match method {
        Method::Password => return go_to(call, "/sign-in", open),
        Method::Passkey => return passkey::prove(call, (open, requester), person, others, (status, error)).await,
        Method::ClientCertificate => {
            return certificate::prove(call, (open, requester), person, others, (status, error));
        }
        Method::EmailCode => {
            let is_sent = is_sent || error.is_some();
            return by_mail(call, (open, requester), person, others, (status, is_sent, error));
        }
        _ => {}
    }
    let locale = views::locale(call, requester.ui_locales());
    let has_lost_a_device = person
        .session
        .proofs
        .iter()
        .any(|proof| proof.method == Method::RecoveryCode);
    let view = Factor {
        realm: views::realm_of_flow(call, locale, open, requester.display()),
        client: requester.client(locale),
        user: Label::new(person.user.display()),
        action: call.path(PATH),
        flow: open.carried.clone(),
        csrf: open.csrf_of(person),
        method: method.as_str(),
        lead: lead(method),
        hint: hint(method),
        is_number: method != Method::RecoveryCode,
        others,
        account: has_lost_a_device.then(|| Href::local(call.path("/account"))),
        error,
    };
    respond::page(call, locale, status, &view, &requester.policy())
}

/// Asks for the code that was mailed, or whether to mail it.
fn by_mail(
    call: &Call,
    (open, requester): (&OpenFlow, &Requester),
    person: &Person,
    others: Vec<Link>,
    (status, is_sent, error): (StatusCode, bool, Option<Text>),
) -> Response {
    let locale = views::locale(call, requester.ui_locales());
    let view = FactorEmailCode {
        realm: views::realm_of_flow(call, locale, open, requester.display()),
        client: requester.client(locale),
        user: Label::new(person.user.display()),
        action: call.path(PATH),
        flow: open.carried.clone(),
        csrf: open.csrf_of(person),
        is_sent,
        minutes: MINUTES,
        others,
        error,
    };
    respond::page(call, locale, status, &view, &requester.policy())
}

const fn lead(method: Method) -> &'static str {
    match method {
        Method::Hotp => "factor.lead.hotp",
        Method::RecoveryCode => "factor.lead.recovery_code",
        Method::EmailCode => "factor.lead.email_code",
        _ => "factor.lead.totp",
    }
}

const fn hint(method: Method) -> &'static str {
    match method {
        Method::RecoveryCode => "factor.hint.recovery_code",
        _ => "factor.hint.code",
    }
}

const fn other_way(method: Method) -> &'static str {
    match method {
        Method::Password => "factor.other.password",
        Method::Passkey => "factor.other.passkey",
        Method::Totp => "factor.other.totp",
        Method::Hotp => "factor.other.hotp",
        Method::ClientCertificate => "factor.other.client_certificate",
        Method::EmailCode => "factor.other.email_code",
        Method::RecoveryCode => "factor.other.recovery_code",
        Method::Invitation => "factor.other.invitation",
    }
}

/// Says what to do to an account that has nothing to prove more with.
fn enrol_first(
    call: &Call,
    (open, requester): (&OpenFlow, &Requester),
    person: &Person,
    (methods, is_waiting): (&[Method], bool),
) -> Response {
    let locale = views::locale(call, requester.ui_locales());
    let client = requester.client(locale);
    let view = EnrolFirst {
        realm: views::realm_of_flow(call, locale, open, requester.display()),
        user: Label::new(person.user.display()),
        is_waiting,
        lack: Lack::of(methods),
        account: Href::local(call.path("/account")),
        action: call.path(PATH),
        flow: open.carried.clone(),
        csrf: open.csrf_of(person),
        can_go_back: matches!(requester, Requester::App(_)),
        client,
    };
    respond::page(call, locale, StatusCode::OK, &view, &requester.policy())
}

/// Says that the rules of the realm do not let the user in, and what to do.
fn not_let_in(call: &Call, (open, requester): (&OpenFlow, &Requester), person: &Person, denied: &Denied) -> Response {
    policy::tell(&call.realm, &person.user, denied);
    let why = policy::explain(denied);
    let (status, code) = (StatusCode::FORBIDDEN, why.reason.code());
    let told = Told {
        status: status.as_u16(),
        code,
        description: "a policy does not let the user in",
        why,
    };
    respond::refused(call, told);
    let locale = views::locale(call, requester.ui_locales());
    let message = match &denied.why {
        Why::Rule(message) => Some(Label::paragraph(message.in_language(locale.tag()))),
        Why::NoRule | Why::Failed(_) => None,
    };
    let view = NotLetIn {
        realm: views::realm_of_flow(call, locale, open, requester.display()),
        client: requester.client(locale),
        user: Label::new(person.user.display()),
        is_failure: matches!(denied.why, Why::Failed(_)),
        message,
        action: call.path(PATH),
        flow: open.carried.clone(),
        csrf: open.csrf_of(person),
        can_go_back: matches!(requester, Requester::App(_)),
        sign_out: Href::local(call.path("/logout")),
        code: code.as_str().to_owned(),
        explain_id: call.id.as_str().to_owned(),
    };
    respond::page(call, locale, status, &view, &requester.policy())
}

async fn submitted(call: &Call, open: &OpenFlow, form: &Form) -> Result<Response, AuthorizeRefusal> {
    let presented = form.first("csrf").unwrap_or("");
    let person = call.person().await?;
    // Somebody else may have signed in since, or nobody is any more: whoever it is now is asked.
    let Some(person) = person.filter(|person| open.is_csrf_of(person, presented)) else {
        return show(call, open, (None, false), None).await;
    };
    match form.first("decision") {
        Some("back") => return go_back(call, open, &person).await,
        Some("send") => return send(call, open, &person).await,
        _ => {}
    }
    let method = form.first("method").and_then(Method::parse).unwrap_or(Method::Totp);
    let shown = match method {
        Method::Passkey => Shown::Passkey(passkey::answer(form)),
        method => Shown::Code(method, form.first("code").unwrap_or("")),
    };
    match prove_more(call, open, &person, shown).await {
        Ok(proved) => Ok(go_on(call, &next(open), &proved)),
        Err(not_done) => show_again(call, open, method, not_done).await,
    }
}

/// What a user shows.
pub enum Shown<'a> {
    /// A code of one of their authenticators of this method.
    Code(Method, &'a str),
    /// A passkey: the challenge of this flow, and the browser's answer to it.
    Passkey((&'a str, &'a str)),
}

/// The session of this user learns what they show.
pub async fn prove_more(call: &Call, open: &OpenFlow, person: &Person, shown: Shown<'_>) -> Result<Proved, NotDone> {
    let whose = (&person.session, &person.user);
    let (method, proved) = match shown {
        Shown::Passkey(answer) => {
            let proved = prove::by_passkey(&call.realm, whose, (&open.flow.id, answer)).await;
            (Method::Passkey, proved)
        }
        Shown::Code(method, code) => (method, prove::by_code(&call.realm, whose, method, code).await),
    };
    proved.map_err(|refusal| said(refusal, method))
}

/// Mails the code, and asks for it.
async fn send(call: &Call, open: &OpenFlow, person: &Person) -> Result<Response, AuthorizeRefusal> {
    let requester = Requester::of(call, open).await?;
    match send_code(call, open, &requester, person).await {
        Ok(true) => {
            let sent = format!(
                "{PATH}?flow={}&method={}&sent=yes",
                open.flow.id,
                Method::EmailCode.as_str()
            );
            Ok(respond::see_other(call, &sent, &[]))
        }
        Ok(false) => Ok(go_to(call, PATH, open)),
        Err(not_done) => show_again(call, open, Method::EmailCode, not_done).await,
    }
}

/// Mails a code to a user of whom a rule of the realm wants one. `false`: none does.
pub async fn send_code(call: &Call, open: &OpenFlow, requester: &Requester, person: &Person) -> Result<bool, NotDone> {
    match missing(call, open, requester, person).await? {
        Step::Prove { choices, .. } if choices.contains(&Method::EmailCode) => {
            let sent = prove::send_code(&call.realm, (&person.session, &person.user)).await;
            sent.map(|()| true).map_err(|refusal| said(refusal, Method::EmailCode))
        }
        _ => Ok(false),
    }
}

/// Says why a certificate did not do, on the page on which it is asked for.
pub async fn again(call: &Call, open: &OpenFlow, refusal: ProveRefusal) -> Response {
    let method = Method::ClientCertificate;
    or_refuse(call, show_again(call, open, method, said(refusal, method)).await).await
}

async fn show_again(
    call: &Call,
    open: &OpenFlow,
    method: Method,
    not_done: NotDone,
) -> Result<Response, AuthorizeRefusal> {
    match not_done {
        NotDone::Fault(fault) => Ok(respond::fault_page(call, &fault)),
        NotDone::Again(again) => {
            again.tell(call, "the form of a further factor is shown again");
            let response = show(call, open, (Some(method), false), Some(&again)).await?;
            Ok(again.shown(response))
        }
    }
}

/// How a refusal is said.
fn said(refusal: ProveRefusal, method: Method) -> NotDone {
    let why = refusal.explanation();
    match refusal {
        ProveRefusal::TooManyGuesses { retry_after } => {
            Again::too_many("factor.error.too_many", retry_after, why).into()
        }
        ProveRefusal::TooManySent { retry_after } => Again::too_many("by_mail.error.too_many", retry_after, why).into(),
        ProveRefusal::Passkey(refusal) => passkey::said(refusal),
        ProveRefusal::Certificate(refusal) => {
            let (status, text) = certificate::said(&refusal);
            Again::new(status, text, why).into()
        }
        ProveRefusal::Wrong => {
            let key = match method {
                Method::EmailCode => "by_mail.error.wrong",
                _ => "factor.error.wrong",
            };
            Again::new(StatusCode::UNAUTHORIZED, Text::key(key), why).into()
        }
        ProveRefusal::Fault(error) => error.into(),
    }
}

/// The app is told that what it demands is out of the user's reach.
async fn go_back(call: &Call, open: &OpenFlow, person: &Person) -> Result<Response, AuthorizeRefusal> {
    let requester = Requester::of(call, open).await?;
    match without(call, open, &requester, person).await? {
        Some(refusal) => Err(refusal),
        None => Ok(respond::see_other(call, "/account", &[])),
    }
}

/// What an app is told whose user goes back without proving more; `None`: no app waits.
pub async fn without(
    call: &Call,
    open: &OpenFlow,
    requester: &Requester,
    person: &Person,
) -> Result<Option<AuthorizeRefusal>, StorageError> {
    let Requester::App(valid) = requester else {
        return Ok(None);
    };
    let of = match missing(call, open, requester, person).await? {
        Step::Denied { denied: why } => return Ok(Some(denied(&call.realm, valid, policy::explain(&why)))),
        Step::Enrol {
            of: DemandOf::Policy, ..
        } => DemandOf::Policy,
        _ => DemandOf::Api,
    };
    let reached = person.assurance(call.realm.now()).acr;
    Ok(Some(unmet(&call.realm, valid, of, reached)))
}

/// More is proved: on to `below`, with the session's new cookie.
pub fn go_on(call: &Call, below: &str, proved: &Proved) -> Response {
    let cookies = cookies_of(call, (&proved.session, &proved.cookie), None);
    respond::see_other(call, below, &cookies)
}
