//! `/account/factors/item?id=ID`: one of the user's authenticators: its name, and the way to give it up.
//!
//! Spec: NIST SP 800-63B §6.1.2 and §6.4

use ::oauth::{Fault, authorize::Person};
use authn::{enrolment, next_step::reachable};
use axum::{http::StatusCode, response::Response};
use model::Authenticator;
use protocol::{Acr, Method, form::Form};
use storage::StorageError;

use super::{act, csrf, done, of, view, who_may_change};
use crate::{
    extract::{Call, PageForm},
    pages::{AuthenticatorPage, Href, csp},
    respond, views,
};

/// Where it is.
pub const PATH: &str = "/account/factors/item";

fn path_of(id: &str) -> String {
    let id: String = form_urlencoded::byte_serialize(id.as_bytes()).collect();
    format!("{PATH}?id={id}")
}

/// `GET`.
pub async fn authenticator_page(call: Call) -> Response {
    let query = Form::parse(call.query().as_bytes()).unwrap_or_default();
    let id = query.first("id").unwrap_or("");
    let person = match who_may_change(&call, &path_of(id)).await {
        Ok(person) => person,
        Err(elsewhere) => return *elsewhere,
    };
    match show(&call, &person, id).await {
        Ok(response) => response,
        Err(error) => respond::fault_page(&call, &Fault::from(error)),
    }
}

async fn show(call: &Call, person: &Person, id: &str) -> Result<Response, StorageError> {
    let all = of(call, person).await?;
    let Some(found) = all.iter().find(|one| one.id == id) else {
        return Ok(done(call, "nothing"));
    };
    let locale = views::locale(call, &[]);
    let page = AuthenticatorPage {
        realm: views::realm(call, locale, ""),
        factor: view(found, call.realm.now()),
        is_last: is_last(call, person, &all, found),
        can_be_named: found.method != Method::RecoveryCode,
        rename: call.path("/account/factors/rename"),
        remove: call.path("/account/factors/remove"),
        account: Href::local(call.path("/account")),
        csrf: csrf(call),
    };
    Ok(respond::page(call, locale, StatusCode::OK, &page, &csp::plain()))
}

/// Whether the account reaches two factors with it, and not without: what demands them is then out of reach.
pub fn is_last(call: &Call, person: &Person, all: &[Authenticator], found: &Authenticator) -> bool {
    let now = call.realm.now();
    let others: Vec<Authenticator> = all.iter().filter(|one| one.id != found.id).cloned().collect();
    reachable(&person.user, all, now) >= Acr::Loa3 && reachable(&person.user, &others, now) < Acr::Loa3
}

/// `POST /account/factors/rename`.
pub async fn rename_authenticator(PageForm { call, form }: PageForm) -> Response {
    let (id, name) = (form.first("id").unwrap_or(""), form.first("name").unwrap_or(""));
    act(&call, &form, &path_of(id), |person| async {
        let person = person;
        let is_there = enrolment::rename(&call.realm, &person.user, id, name).await?;
        Ok(done(&call, if is_there { "renamed" } else { "nothing" }))
    })
    .await
}

/// `POST /account/factors/remove`.
pub async fn remove_authenticator(PageForm { call, form }: PageForm) -> Response {
    let id = form.first("id").unwrap_or("");
    act(&call, &form, &path_of(id), |person| async {
        let person = person;
        let is_gone = remove(&call, &person, id).await?;
        Ok(done(&call, if is_gone { "removed" } else { "nothing" }))
    })
    .await
}

/// The user gives one up. `false`: they have none of this id.
pub async fn remove(call: &Call, person: &Person, id: &str) -> Result<bool, StorageError> {
    let all = of(call, person).await?;
    match all.iter().find(|one| one.id == id) {
        Some(found) => enrolment::remove(&call.realm, &person.user, found).await,
        None => Ok(false),
    }
}
