//! `/account`: my permissions and my sessions, each of which can be ended with immediate effect.

use std::future::Future;

use ::oauth::{Fault, authorize::Person, ciba};
use authn::{
    address, backchannel_user_code,
    factors::{client_certificate, passkey::RelyingParty},
    session,
};
use axum::{http::StatusCode, response::Response};
use model::{AuditKind, Goal, Grant, User};
use protocol::{form::Form, scope::OFFLINE_ACCESS};
use realm::audit;
use storage::{Change, Outcome, StorageError};

use super::{admitted, ask_to_sign_in, devices, factors, submitter, user_code};
use crate::{
    extract::{Call, PageForm},
    locale::Locale,
    pages::{Account, EmailView, GrantView, Href, Label, SessionView, Text, csp},
    respond, views,
};

/// `GET /account`.
pub async fn page(call: Call) -> Response {
    let person = match call.person().await {
        Ok(Some(person)) => match admitted(&call, person, Goal::Account).await {
            Ok(person) => person,
            Err(elsewhere) => return *elsewhere,
        },
        Ok(None) => return ask_to_sign_in(&call, Goal::Account).await,
        Err(error) => return respond::fault_page(&call, &Fault::from(error)),
    };
    let locale = views::locale(&call, &[]);
    match view(&call, locale, &person).await {
        Ok(view) => respond::page(&call, locale, StatusCode::OK, &view, &csp::plain()),
        Err(error) => respond::fault_page(&call, &Fault::from(error)),
    }
}

async fn view(call: &Call, locale: Locale, person: &Person) -> Result<Account, StorageError> {
    let (store, issuer, now) = (&call.realm.store, call.realm.issuer(), call.realm.now());
    let mut grants = Vec::new();
    for grant in by_client(store.grants_of_user(issuer, &person.user.id, now).await?) {
        let client = store.find_client(issuer, &grant.client_id).await?;
        let name = views::client_name(client.as_ref(), &grant.client_id, locale);
        let mut view = GrantView::new(&grant.client_id, &name, views::permissions(call, locale, &grant));
        view.since = grant.created_at;
        view.last_used = Some(grant.updated_at);
        view.expires = grant.expires_at;
        view.long_lived = grant.scope.contains(OFFLINE_ACCESS);
        grants.push(view);
    }
    let sessions = store.sessions_of_user(issuer, &person.user.id, now).await?;
    let sessions = sessions
        .into_iter()
        .filter(|listed| !session::is_idle(&call.realm, listed))
        .map(|session| SessionView {
            this: session.id == person.session.id,
            browser: SessionView::browser_name(locale, &session.user_agent),
            ip: Label::new(&session.address),
            since: session.created_at,
            last: session.auth_time,
            id: session.id,
        })
        .collect();
    let factors = factors::views(call, person).await?;
    let page = |of: &str| Href::local(call.path(&format!("/account/factors/{of}")));
    Ok(Account {
        enrol_passkey: RelyingParty::of(&call.realm.realm).map(|_| page("passkey")),
        enrol_certificate: client_certificate::is_offered(&call.realm).then(|| page("certificate")),
        offers_recovery_codes: factors::offers_recovery_codes(call, person, &factors),
        factors,
        realm: views::realm(call, locale, ""),
        user: Label::new(person.user.display()),
        grants,
        sessions,
        devices: devices::views(call, locale, person).await?,
        has_password: person.user.password_hash.is_some(),
        email: email_view(call, &person.user),
        failed: store
            .count_events_of_user(
                issuer,
                &person.user.id,
                AuditKind::SignInFailed,
                person.session.auth_time,
            )
            .await?,
        requests: ciba::waiting(&call.realm, &person.user).await?.len(),
        user_code: if user_code::is_offered(call) {
            Some(backchannel_user_code::is_set(&call.realm, &person.user).await?)
        } else {
            None
        },
        csrf: call.session_cookie().map(session::csrf).unwrap_or_default(),
        notice: notice(call),
        error: error(call),
    })
}

/// What each client may do, by all its grants: which of them it uses for what is its own affair.
fn by_client(grants: Vec<Grant>) -> Vec<Grant> {
    let mut clients: Vec<Grant> = Vec::new();
    for grant in grants {
        let Some(client) = clients.iter_mut().find(|known| known.client_id == grant.client_id) else {
            clients.push(grant);
            continue;
        };
        client.scope = client.scope.union(&grant.scope);
        client.claims.extend(grant.claims);
        client.created_at = client.created_at.min(grant.created_at);
        client.updated_at = client.updated_at.max(grant.updated_at);
        client.expires_at = client.expires_at.max(grant.expires_at);
    }
    clients
}

/// What was just done, said by the redirect that followed it.
fn notice(call: &Call) -> Option<Text> {
    let query = Form::parse(call.query().as_bytes()).ok()?;
    match query.first("done")? {
        "revoked" => Some(Text::key("account.notice.revoked").with("client", query.first("client").unwrap_or(""))),
        "ended" => Some(Text::key("account.notice.session_ended")),
        "password-changed" => Some(Text::key("account.notice.password_changed")),
        "device-forgotten" => Some(Text::key("account.notice.device_forgotten")),
        "email-sent" => Some(Text::key("account.notice.email_sent")),
        "email-confirmed" => Some(Text::key("account.notice.email_confirmed")),
        "nothing" => Some(Text::key("account.notice.nothing")),
        "enrolled" => Some(Text::key("account.notice.enrolled")),
        "enrolled-confirm" => Some(Text::key("account.notice.enrolled_confirm")),
        "enrolled-approve" => Some(Text::key("account.notice.enrolled_approve")),
        "invited" => Some(Text::key("account.notice.invited")),
        "renamed" => Some(Text::key("account.notice.renamed")),
        "removed" => Some(Text::key("account.notice.removed")),
        "codes-later" => Some(Text::key("account.notice.codes_later")),
        "code-set" => Some(Text::key("account.notice.code_set")),
        "code-removed" => Some(Text::key("account.notice.code_removed")),
        _ => None,
    }
}

/// The address that the user has yet to confirm, with what became of the last attempt.
fn email_view(call: &Call, user: &User) -> Option<EmailView> {
    let query = Form::parse(call.query().as_bytes()).unwrap_or_default();
    let error = match query.first("done") {
        Some("email-wrong") => Some("account.email.wrong"),
        Some("email-too-many") => Some("account.email.too_many"),
        _ => None,
    };
    Some(EmailView {
        address: Label::whole(address::unverified(user)?),
        error: error.map(Text::key),
    })
}

/// Why the code was not taken, likewise.
fn error(call: &Call) -> Option<Text> {
    let query = Form::parse(call.query().as_bytes()).ok()?;
    match query.first("done")? {
        "code-length" => Some(Text::key("account.error.code_length")),
        "code-password" => Some(Text::key("account.error.code_password")),
        "code-busy" => Some(Text::key("sign_in.error.busy")),
        _ => None,
    }
}

/// `POST /account/grants/revoke`: takes back what an app may do.
pub async fn revoke_grant(PageForm { call, form }: PageForm) -> Response {
    let client_id = form.first("client_id").unwrap_or("").to_owned();
    act(&call, &form, |person| async {
        let Person { user, .. } = person;
        let issuer = call.realm.issuer();
        let now = call.realm.now();
        let all = call.realm.store.grants_of_user(issuer, &user.id, now).await?;
        let mut has_ended = false;
        for grant in all.iter().filter(|grant| grant.client_id == client_id) {
            let end = storage::grant::end(issuer, &user.id, &grant.id, now);
            let event = audit::event(&call.realm, AuditKind::ConsentRevoked)
                .user(&user.id)
                .client(&client_id)
                .detail("grant", grant.id.as_str());
            let outcome = call.realm.store.commit(Change::new().then_all(end).then(event)).await?;
            has_ended |= outcome == Outcome::Applied;
        }
        if !has_ended {
            return Ok("/account?done=nothing".to_owned());
        }
        tracing::info!(user = user.id, client_id, "permission taken back");
        let client = call.realm.store.find_client(issuer, &client_id).await?;
        let name = views::client_name(client.as_ref(), &client_id, views::locale(&call, &[]));
        let name: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
        Ok(format!("/account?done=revoked&client={name}"))
    })
    .await
}

/// `POST /account/sessions/end`: ends a session, another or this one; then the browser has apps to tell at `/logout`.
pub async fn end_session(PageForm { call, form }: PageForm) -> Response {
    let id = form.first("session").unwrap_or("").to_owned();
    act(&call, &form, |person| async {
        let Person {
            user, session: this, ..
        } = person;
        let next = match session::end(&call.realm, &user.id, &id).await? {
            true if id == this.id => "/logout",
            true => "/account?done=ended",
            false => "/account?done=nothing",
        };
        Ok(next.to_owned())
    })
    .await
}

/// Does something for the user who is signed in, if the form is one of ours; then it goes on to what that answers.
pub(super) async fn act<F, R>(call: &Call, form: &Form, action: F) -> Response
where
    F: FnOnce(Person) -> R,
    R: Future<Output = Result<String, StorageError>>,
{
    let person = match submitter(call, form).await {
        Ok(Some(person)) => person,
        Ok(None) => return ask_to_sign_in(call, Goal::Account).await,
        Err(refusal) => return *refusal,
    };
    match action(person).await {
        Ok(next) => respond::see_other(call, &next, &[]),
        Err(error) => respond::fault_page(call, &Fault::from(error)),
    }
}
