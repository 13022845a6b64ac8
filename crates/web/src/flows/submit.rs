//! The answer to a step is taken: by the same functions that take the forms of the pages.

use ::oauth::authorize::Person;
use authn::{
    email_code::MINUTES,
    enrolment::{self, Counts, EnrolRefusal},
    factors::{passkey as passkeys, recovery_code, totp},
    password_reset,
};
use axum::http::StatusCode;
use explanation::{
    Explain,
    catalogue::{flows, sign_in as catalogue},
};
use model::Goal;

use super::{
    answer::{Answer, Change},
    caller::Caller,
    current,
    link::Link,
    refusal::FlowsRefusal,
    step::{Enrolled, FlowStep},
};
use crate::{
    account::{
        certificate, email_code,
        factor::{self, Shown},
        factors::{Changer, changer, item},
        invitation, passkey, reset, sign_in, sign_up,
    },
    again::{Again, NotDone},
    extract::Call,
    flow::OpenFlow,
    oauth::{Requester, Settled, settle},
    pages::Text,
};

/// What became of an answer.
pub enum Taken {
    /// The flow goes on.
    GoOn,
    /// It goes on with this step.
    To(FlowStep),
    /// The step is to be done again: as it was, or as it is now.
    Again(Box<Again>, Option<FlowStep>),
}

/// Takes an answer. `csrf` says whom the step was shown to.
pub async fn take(caller: &mut Caller, open: &mut OpenFlow, csrf: &str, answer: Answer) -> Result<Taken, FlowsRefusal> {
    match answer {
        Answer::Password {
            username,
            password,
            remember,
        } => {
            let typed = sign_in::Typed {
                username: &username,
                password: &password,
                is_remembered: remember,
            };
            let signed_in = sign_in::by_password(&caller.call, open, typed).await;
            signed(caller, signed_in.map(Some))
        }
        Answer::Passkey {
            challenge,
            credential,
            remember,
        } => {
            let credential = text(credential);
            let answer = (challenge.as_str(), credential.as_str());
            let signed_in = passkey::by_passkey(&caller.call, open, answer, remember).await;
            signed(caller, signed_in.map(Some))
        }
        Answer::SignUp {
            username,
            password,
            email,
            name,
        } => {
            if !caller.call.realm.realm.sign_up {
                return Ok(other_step());
            }
            let typed = sign_up::Typed::new(&username, &email, &name);
            let signed_up = sign_up::apply(&caller.call, open, &typed, &password).await;
            signed(caller, signed_up)
        }
        Answer::SendEmailCode { .. } | Answer::EmailCode { .. } | Answer::SendResetLink { .. } => {
            by_mail(caller, open, answer).await
        }
        Answer::SetPassword { password, code } => set_password(caller, open, (&password, &code)).await,
        answer => match whose(&caller.call, open, csrf).await? {
            Some(person) => of_person(caller, open, (csrf, person), answer).await,
            None => Ok(not_theirs()),
        },
    }
}

/// Sends mail to whoever somebody says they are, or takes the code from it, where the realm lets users.
async fn by_mail(caller: &mut Caller, open: &OpenFlow, answer: Answer) -> Result<Taken, FlowsRefusal> {
    let (call, realm) = (&caller.call, &caller.call.realm.realm);
    let (step, not_done) = match answer {
        Answer::SendEmailCode { username } if realm.email_code => match email_code::send(call, open, &username).await {
            Ok(sent) => return Ok(Taken::To(code_sent(sent))),
            Err(not_done) => (None, not_done),
        },
        Answer::EmailCode { sent, code } if realm.email_code => {
            match email_code::take(call, open, (&sent, &code)).await {
                Ok(signed_in) => return signed(caller, Ok(Some(signed_in))),
                Err(not_done) => (Some(code_sent(sent)), not_done),
            }
        }
        Answer::SendResetLink { username } if realm.password_reset => match reset::send(call, open, &username).await {
            Ok(()) => {
                let minutes = password_reset::MINUTES;
                return Ok(Taken::To(FlowStep::LinkSent { minutes }));
            }
            Err(not_done) => (None, not_done),
        },
        _ => return Ok(other_step()),
    };
    again(not_done, step)
}

fn code_sent(sent: String) -> FlowStep {
    FlowStep::EmailCode { sent, minutes: MINUTES }
}

/// Sets the password that the link of a flow lets its user set.
async fn set_password(
    caller: &mut Caller,
    open: &OpenFlow,
    (password, code): (&str, &str),
) -> Result<Taken, FlowsRefusal> {
    let call = &caller.call;
    let not_done = match link_of(call, open) {
        Some(Link::Reset(token)) => match reset::set(call, token, (password, code)).await {
            Ok(_) => return Ok(Taken::To(FlowStep::PasswordSet {})),
            Err(refusal) => reset::said(refusal)?,
        },
        Some(Link::Invitation(token)) => match invitation::set_password(call, &open.flow.id, (token, password)).await {
            Ok(signed_in) => {
                caller.keep((&signed_in.session, &signed_in.cookie), Some(&signed_in.device));
                return Ok(Taken::To(FlowStep::Accepted {}));
            }
            Err(refusal) => invitation::said(refusal)?,
        },
        None => return Ok(other_step()),
    };
    again(not_done.into(), None)
}

/// Takes up the invitation of a flow, whose user has a password.
async fn accept(caller: &mut Caller, open: &OpenFlow) -> Result<Taken, FlowsRefusal> {
    let call = &caller.call;
    let Some(Link::Invitation(token)) = link_of(call, open) else {
        return Ok(other_step());
    };
    let invited = authn::invitation::open(&call.realm, token).await?;
    let Some(proved) = invitation::accept(call, &invited, token).await? else {
        return Ok(Taken::GoOn);
    };
    caller.keep((&proved.session, &proved.cookie), None);
    Ok(Taken::To(FlowStep::Accepted {}))
}

fn link_of<'a>(call: &Call, open: &'a OpenFlow) -> Option<Link<'a>> {
    match &open.flow.goal {
        Goal::Page(page) => Link::of(&call.realm, page),
        _ => None,
    }
}

/// Who is signed in, if the step was shown to them.
async fn whose(call: &Call, open: &OpenFlow, csrf: &str) -> Result<Option<Person>, FlowsRefusal> {
    let person = call.person().await?;
    Ok(person.filter(|person| open.is_csrf_of(person, csrf)))
}

async fn of_person(
    caller: &mut Caller,
    open: &mut OpenFlow,
    (csrf, person): (&str, Person),
    answer: Answer,
) -> Result<Taken, FlowsRefusal> {
    let call = &caller.call;
    match answer {
        Answer::SelectAccount { another: true } => {
            let requester = Requester::of(call, open).await?;
            Ok(Taken::To(current::sign_in(call, open, &requester)))
        }
        Answer::SelectAccount { another: false } => {
            open.flow.chosen_session = Some(person.session.id);
            // What carried it says nothing of that.
            open.carried.clear();
            Ok(Taken::GoOn)
        }
        Answer::Code { method, code } => prove(caller, open, &person, Shown::Code(method, &code)).await,
        Answer::FactorPasskey { challenge, credential } => {
            let credential = text(credential);
            prove(caller, open, &person, Shown::Passkey((&challenge, &credential))).await
        }
        Answer::SendFactorCode {} => {
            let requester = Requester::of(call, open).await?;
            match factor::send_code(call, open, &requester, &person).await {
                Ok(true) => Ok(Taken::GoOn),
                Ok(false) => Ok(other_step()),
                Err(not_done) => again(not_done, None),
            }
        }
        Answer::AcceptInvitation {} => accept(caller, open).await,
        Answer::Back {} => {
            let requester = Requester::of(call, open).await?;
            match factor::without(call, open, &requester, &person).await? {
                Some(refusal) => Err(refusal.into()),
                None => Ok(other_step()),
            }
        }
        Answer::Consent(consent) => {
            let Requester::App(valid) = Requester::of(call, open).await? else {
                return Ok(other_step());
            };
            match settle(call, open, &valid, &consent.form(csrf)).await? {
                Settled::First(_) => Ok(Taken::GoOn),
                Settled::AskAgain(text) => {
                    let why = (&catalogue::FORM_MISMATCH).into();
                    let again = Again::new(StatusCode::BAD_REQUEST, text, why);
                    Ok(Taken::Again(Box::new(again), None))
                }
                Settled::Answered(None) => Err(FlowsRefusal::Over),
                Settled::Answered(Some(response)) => Ok(Taken::To(current::done(call, &response).await?)),
            }
        }
        answer => of_account(call, open, answer).await,
    }
}

/// Changes what the account has, if nothing else comes first.
async fn of_account(call: &Call, open: &OpenFlow, answer: Answer) -> Result<Taken, FlowsRefusal> {
    let change = match &answer {
        Answer::EnrolTotp { .. } => Change::Totp,
        Answer::EnrolPasskey { .. } => Change::Passkey,
        Answer::KeepRecoveryCodes { .. } => Change::RecoveryCodes,
        _ => Change::Authenticators,
    };
    if open.flow.goal != Goal::Page(change.page().to_owned()) {
        return Ok(other_step());
    }
    let Changer::May(person) = changer(call).await? else {
        return Ok(Taken::GoOn);
    };
    let whose = (&person.session, &person.user);
    let counts = match &answer {
        Answer::EnrolTotp { enrolment, code } => {
            let counts = totp::confirm(&call.realm, whose, enrolment, code).await;
            if matches!(counts, Err(EnrolRefusal::WrongCode)) {
                let offer = totp::again(&call.realm, whose, enrolment);
                let same = offer.map(|offer| current::enrol_totp(&person, offer));
                return again(not_enrolled(EnrolRefusal::WrongCode), same);
            }
            counts
        }
        Answer::EnrolPasskey {
            challenge,
            credential,
            name,
        } => {
            let credential = text(credential.clone());
            passkeys::enrol(&call.realm, whose, (challenge, &credential), name).await
        }
        Answer::KeepRecoveryCodes { enrolment } => recovery_code::confirm(&call.realm, whose, enrolment).await,
        Answer::Rename { id, name } => {
            let is_there = enrolment::rename(&call.realm, &person.user, id, name).await?;
            return Ok(if is_there { Taken::GoOn } else { gone() });
        }
        Answer::Remove { id } => {
            let is_gone = item::remove(call, &person, id).await?;
            return Ok(if is_gone { Taken::GoOn } else { gone() });
        }
        _ => return Ok(other_step()),
    };
    match counts {
        Ok(counts) => Ok(Taken::To(enrolled(counts))),
        Err(refusal) => again(not_enrolled(refusal), None),
    }
}

async fn prove(caller: &mut Caller, open: &OpenFlow, person: &Person, shown: Shown<'_>) -> Result<Taken, FlowsRefusal> {
    match factor::prove_more(&caller.call, open, person, shown).await {
        Ok(proved) => {
            caller.keep((&proved.session, &proved.cookie), None);
            Ok(Taken::GoOn)
        }
        Err(not_done) => again(not_done, None),
    }
}

/// Somebody signed in or up. `None`: the account was made in this flow before.
fn signed(
    caller: &mut Caller,
    signed_in: Result<Option<authn::sign_in::SignedIn>, NotDone>,
) -> Result<Taken, FlowsRefusal> {
    match signed_in {
        Ok(signed_in) => {
            if let Some(signed_in) = signed_in {
                caller.keep((&signed_in.session, &signed_in.cookie), Some(&signed_in.device));
            }
            Ok(Taken::GoOn)
        }
        Err(not_done) => again(not_done, None),
    }
}

fn again(not_done: NotDone, step: Option<FlowStep>) -> Result<Taken, FlowsRefusal> {
    match not_done {
        NotDone::Again(again) => Ok(Taken::Again(again, step)),
        NotDone::Fault(fault) => Err(fault.into()),
    }
}

fn enrolled(counts: Counts) -> FlowStep {
    let (counts, counts_from) = match counts {
        Counts::AtOnce => ("at_once", None),
        Counts::WhenConfirmed(from) => ("when_confirmed", Some(from)),
        Counts::WhenApproved => ("when_approved", None),
    };
    FlowStep::Enrolled(Enrolled { counts, counts_from })
}

/// How it is said that nothing was enrolled.
fn not_enrolled(refusal: EnrolRefusal) -> NotDone {
    let why = refusal.explanation();
    let key = match refusal {
        EnrolRefusal::Fault(error) => return error.into(),
        EnrolRefusal::Passkey(refusal) => return passkey::said(refusal),
        EnrolRefusal::Certificate(refusal) => {
            let (status, text) = certificate::said(&refusal);
            return Again::new(status, text, why).into();
        }
        EnrolRefusal::WrongCode => "enrol.error.code",
        EnrolRefusal::Again => "flows.error.again",
        EnrolRefusal::TooMany => "flows.error.too_many",
        EnrolRefusal::SignedOut => "flows.error.over",
    };
    Again::new(StatusCode::BAD_REQUEST, Text::key(key), why).into()
}

fn told(key: &'static str, why: &'static explanation::Reason) -> Taken {
    let again = Again::new(StatusCode::BAD_REQUEST, Text::key(key), why.into());
    Taken::Again(Box::new(again), None)
}

/// The answer is for another step than the flow is at.
fn other_step() -> Taken {
    told("flows.error.other_step", &flows::OTHER_STEP)
}

/// The step was shown to somebody else, or nobody is signed in any more.
fn not_theirs() -> Taken {
    told("consent.error.form", &catalogue::FORM_MISMATCH)
}

/// The account has none of that id.
fn gone() -> Taken {
    told("flows.error.gone", &flows::OTHER_STEP)
}

/// A credential as the browser's or the system's answer is read.
fn text(credential: serde_json::Map<String, serde_json::Value>) -> String {
    serde_json::Value::Object(credential).to_string()
}
