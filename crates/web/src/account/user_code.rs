//! `POST /account/user-code`: the user sets the code without which they are not asked in the background, or goes without.
//!
//! Spec: CIBA §7.1.2 ("OPs should provide a method for the user to change the user code")

use ::oauth::Fault;
use authn::backchannel_user_code::{self, SetRefusal};
use axum::response::Response;
use model::{Goal, Secret};
use protocol::{form::Form, grant_type::GrantType};

use super::{ask_to_sign_in, submitter};
use crate::{
    extract::{Call, PageForm},
    respond,
};

/// Whether this realm's apps can ask users in the background at all.
pub fn is_offered(call: &Call) -> bool {
    let profiles = &call.realm.realm.profiles;
    profiles
        .iter()
        .any(|profile| profile.grant_types.contains(&GrantType::Ciba))
}

/// Sets or removes it; the account page says what became of it.
pub async fn set_user_code(PageForm { call, form }: PageForm) -> Response {
    let person = match submitter(&call, &form).await {
        Ok(Some(person)) => person,
        Ok(None) => return ask_to_sign_in(&call, Goal::Account).await,
        Err(refusal) => return *refusal,
    };
    match set(&call, &person.user, &form).await {
        Ok(done) => respond::see_other(&call, &format!("/account?done={done}"), &[]),
        Err(error) => respond::fault_page(&call, &Fault::from(error)),
    }
}

async fn set(call: &Call, user: &model::User, form: &Form) -> Result<&'static str, storage::StorageError> {
    if form.first("decision") == Some("remove") {
        backchannel_user_code::remove(&call.realm, user).await?;
        return Ok("code-removed");
    }
    let code = Secret::new(form.first("user_code").unwrap_or(""));
    match backchannel_user_code::set(&call.realm, &call.app.passwords, user, &code).await {
        Ok(()) => Ok("code-set"),
        Err(SetRefusal::Length) => Ok("code-length"),
        Err(SetRefusal::Password) => Ok("code-password"),
        Err(SetRefusal::Busy(_)) => Ok("code-busy"),
        Err(SetRefusal::Fault(error)) => Err(error),
    }
}
