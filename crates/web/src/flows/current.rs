//! Which step a flow is at. Decided by the same functions that send a browser from page to page.

use ::oauth::authorize::{
    Approval, AuthorizationResponse, AuthorizeRefusal, ConsentNeeded, Decision, Destination, Person, ValidRequest,
};
use ::policy::{Denied, Why};
use authn::{
    enrolment::can_make_recovery_codes,
    factors::{
        passkey::{self, Begun, PasskeyRefusal},
        recovery_code,
        totp::{self, Offer},
    },
    invitation,
    next_step::Step,
    password_reset, policy,
    users::MIN_PASSWORD,
};
use model::{Goal, User};
use protocol::Method;
use realm::RealmError;

use super::{
    link::Link,
    refusal::FlowsRefusal,
    step::{Authenticator, Consent, Done, Factor, FlowStep, NotLetIn, Passkey, SignIn, SignUp},
};
use crate::{
    account::{
        factor::missing,
        factors::{self, Changer, item},
        invitation::who_accepts,
    },
    extract::Call,
    flow::OpenFlow,
    oauth::{Requester, answer, decide_next, question},
    pages::Label,
    views,
};

/// The step that a flow is at, and who is shown it. A request that needs nothing more is answered by that.
pub async fn step(call: &Call, open: &OpenFlow) -> Result<(FlowStep, Option<Person>), FlowsRefusal> {
    let requester = Requester::of(call, open).await?;
    match (&requester, &open.flow.goal) {
        (Requester::App(valid), _) => of_request(call, open, &requester, valid).await,
        (_, Goal::Page(page)) => match Link::of(&call.realm, page) {
            Some(link) => of_link(call, open, &requester, link).await,
            None => of_account(call, open, &requester, page).await,
        },
        _ => Err(FlowsRefusal::Over),
    }
}

async fn of_request(
    call: &Call,
    open: &OpenFlow,
    requester: &Requester,
    valid: &ValidRequest,
) -> Result<(FlowStep, Option<Person>), FlowsRefusal> {
    let person = call.person().await?;
    let decision = decide_next(call, valid, person.as_ref(), Some(&open.flow)).await?;
    let Some(person) = person else {
        return Ok((who_are_you(call, open, requester), None));
    };
    let step = match decision {
        Decision::SignIn => return Ok((who_are_you(call, open, requester), None)),
        Decision::SelectAccount => FlowStep::SelectAccount {
            user: Label::new(person.user.display()),
            username: Label::new(&person.user.username),
        },
        Decision::Prove | Decision::Enrol => further(call, open, requester, &person).await?,
        Decision::Consent(needed) => consent(call, valid, &person, &needed),
        Decision::Issue(permitted) => {
            let place = (call, Some(open.flow.id.as_str()));
            let response = answer(valid, Some(&person), &permitted, place, Approval::Remembered).await?;
            done(call, &response.ok_or(FlowsRefusal::Over)?).await?
        }
    };
    Ok((step, Some(person)))
}

async fn of_link(
    call: &Call,
    open: &OpenFlow,
    requester: &Requester,
    link: Link<'_>,
) -> Result<(FlowStep, Option<Person>), FlowsRefusal> {
    let token = match link {
        Link::Reset(token) => {
            let link = password_reset::open(&call.realm, token).await?;
            return Ok((set_password(&link.user, link.wants_code), None));
        }
        Link::Invitation(token) => token,
    };
    let invited = invitation::open(&call.realm, token).await?;
    if invited.password_hash.is_none() {
        return Ok((set_password(&invited, false), None));
    }
    let person = who_accepts(call, &invited).await?;
    let step = match &person {
        Some(person) => FlowStep::Invitation {
            user: Label::new(person.user.display()),
        },
        None => sign_in(call, open, requester),
    };
    Ok((step, person))
}

fn set_password(user: &User, wants_code: bool) -> FlowStep {
    FlowStep::SetPassword {
        username: Label::new(&user.username),
        least: MIN_PASSWORD,
        wants_code,
    }
}

async fn of_account(
    call: &Call,
    open: &OpenFlow,
    requester: &Requester,
    page: &str,
) -> Result<(FlowStep, Option<Person>), FlowsRefusal> {
    let person = match factors::changer(call).await? {
        Changer::SignIn => return Ok((sign_in(call, open, requester), None)),
        Changer::ProveMore(person) => {
            let step = further(call, open, requester, &person).await?;
            return Ok((step, Some(person)));
        }
        Changer::May(person) => person,
    };
    let (whose, user) = ((&person.session, &person.user), Label::new(person.user.display()));
    let step = match page {
        factors::totp::PATH => enrol_totp(&person, totp::begin(&call.realm, whose)?),
        factors::passkey::PATH => {
            let begun = passkey::ask_for_new(&call.realm, &person.session.id, &person.user).await;
            let passkey = asked(begun)?;
            FlowStep::EnrolPasskey { user, passkey }
        }
        // The account has no second factor that counts, or it has been lost.
        factors::recovery_codes::PATH if !can_make_recovery_codes(&person.session, call.realm.now()) => {
            let is_waiting = factors::of(call, &person).await?;
            let is_waiting = is_waiting.iter().any(|one| !one.is_active(call.realm.now()));
            FlowStep::EnrolFirst {
                user,
                methods: Vec::new(),
                is_waiting,
            }
        }
        factors::recovery_codes::PATH => {
            let offer = recovery_code::begin(&call.realm, &person.session)?;
            FlowStep::EnrolRecoveryCodes {
                user,
                codes: offer.codes,
                enrolment: offer.sealed,
            }
        }
        item::PATH => authenticators(call, &person).await?,
        _ => return Err(FlowsRefusal::Over),
    };
    Ok((step, Some(person)))
}

fn who_are_you(call: &Call, open: &OpenFlow, requester: &Requester) -> FlowStep {
    match requester {
        Requester::App(valid) if valid.request.prompt.wants_sign_up() => FlowStep::SignUp(SignUp {
            username: hint(requester),
            least: MIN_PASSWORD,
        }),
        _ => sign_in(call, open, requester),
    }
}

fn hint(requester: &Requester) -> Option<Label> {
    Some(Label::sentence(requester.login_hint())).filter(|hint| !hint.is_empty())
}

/// The user says who they are, whoever is signed in.
pub fn sign_in(call: &Call, open: &OpenFlow, requester: &Requester) -> FlowStep {
    let begun = passkey::ask_anybody(&call.realm, &open.flow.id);
    FlowStep::SignIn(SignIn {
        username: hint(requester),
        remember: call.realm.realm.remember_me,
        sign_up: call.realm.realm.sign_up,
        email_code: call.realm.realm.email_code,
        password_reset: call.realm.realm.password_reset,
        // What fails here must not keep anybody from the other ways.
        passkey: begun.ok().map(passkey_of),
    })
}

fn passkey_of(begun: Begun) -> Passkey {
    Passkey {
        options: begun.options,
        challenge: begun.carried,
    }
}

fn asked(begun: Result<Begun, PasskeyRefusal>) -> Result<Passkey, FlowsRefusal> {
    match begun {
        Ok(begun) => Ok(passkey_of(begun)),
        Err(PasskeyRefusal::Fault(error)) => Err(error.into()),
        Err(error) => Err(RealmError::Key(error.to_string()).into()),
    }
}

/// What is missing of what the flow demands. A certificate is shown by a browser alone.
async fn further(
    call: &Call,
    open: &OpenFlow,
    requester: &Requester,
    person: &Person,
) -> Result<FlowStep, FlowsRefusal> {
    let user = Label::new(person.user.display());
    let (choices, target, is_voluntary) = match missing(call, open, requester, person).await? {
        Step::Prove {
            choices,
            target,
            is_voluntary,
        } => (choices, target, is_voluntary),
        Step::Enrol {
            methods, is_waiting, ..
        } => {
            return Ok(FlowStep::EnrolFirst {
                user,
                methods,
                is_waiting,
            });
        }
        Step::Denied { denied } => return Ok(not_let_in(call, requester, person, &denied)),
        // It was there in this very moment: whoever asks again goes on.
        Step::Met => return Err(FlowsRefusal::Over),
    };
    let had_any = !choices.is_empty();
    let is_here = |method: &Method| *method != Method::ClientCertificate;
    let choices: Vec<Method> = choices.into_iter().filter(is_here).collect();
    if choices.is_empty() {
        return Ok(if had_any {
            FlowStep::Browser {
                url: page_of(call, open),
            }
        } else {
            FlowStep::EnrolFirst {
                user,
                methods: Vec::new(),
                is_waiting: false,
            }
        });
    }
    let mut passkey = None;
    if choices.contains(&Method::Passkey) {
        passkey = Some(asked(passkey::ask(&call.realm, &open.flow.id, &person.user).await)?);
    }
    Ok(FlowStep::Factor(Factor {
        user,
        choices,
        target: target.urn(),
        is_voluntary,
        passkey,
    }))
}

/// The rules of the realm do not let the user in.
fn not_let_in(call: &Call, requester: &Requester, person: &Person, denied: &Denied) -> FlowStep {
    policy::tell(&call.realm, &person.user, denied);
    let locale = views::locale(call, requester.ui_locales());
    let message = match &denied.why {
        Why::Rule(message) => Some(Label::paragraph(message.in_language(locale.tag()))),
        Why::NoRule | Why::Failed(_) => None,
    };
    FlowStep::NotLetIn(NotLetIn {
        user: Label::new(person.user.display()),
        message,
        why: policy::explain(denied),
    })
}

/// Where a browser begins with what the flow is for.
fn page_of(call: &Call, open: &OpenFlow) -> String {
    match &open.flow.goal {
        Goal::Authorize(query) => call.realm.url(&format!("/authorize?{query}")),
        Goal::Page(path) => call.realm.url(path),
        _ => call.realm.url("/account"),
    }
}

fn consent(call: &Call, valid: &ValidRequest, person: &Person, needed: &ConsentNeeded) -> FlowStep {
    let locale = views::locale(call, &valid.request.ui_locales);
    let page = question(call, locale, (person, needed), &valid.audience(&call.realm));
    FlowStep::Consent(Box::new(Consent {
        user: page.user,
        scopes: page.scopes,
        details: page.details,
        claims: views::claims(locale, valid, needed),
        apis: page.apis,
        long_lived: page.long_lived,
    }))
}

/// The secret of an authenticator app, new or once more.
pub fn enrol_totp(person: &Person, offer: Offer) -> FlowStep {
    FlowStep::EnrolTotp {
        user: Label::new(person.user.display()),
        secret: offer.secret,
        uri: offer.uri,
        enrolment: offer.sealed,
    }
}

async fn authenticators(call: &Call, person: &Person) -> Result<FlowStep, FlowsRefusal> {
    let all = factors::of(call, person).await?;
    let now = call.realm.now();
    let authenticators = all
        .iter()
        .map(|one| Authenticator::new(factors::view(one, now), item::is_last(call, person, &all, one)))
        .collect();
    Ok(FlowStep::Authenticators {
        user: Label::new(person.user.display()),
        authenticators,
    })
}

/// What the app is told.
pub async fn done(call: &Call, response: &AuthorizationResponse) -> Result<FlowStep, FlowsRefusal> {
    let parameters = response.protected(&call.realm).await.map_err(AuthorizeRefusal::from)?;
    let members = parameters.iter().cloned();
    let members = members.map(|(name, value)| (name.to_owned(), value.into())).collect();
    let (redirect_to, post_to) = match response.carrying(parameters) {
        Destination::Redirect(url) => (Some(url), None),
        Destination::FormPost { action, .. } => (None, Some(action)),
    };
    Ok(FlowStep::Done(Done {
        parameters: members,
        redirect_to,
        post_to,
    }))
}
