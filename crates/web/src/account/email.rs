//! `POST /account/email`: users show that the address of their account is theirs.

use ::oauth::Fault;
use authn::address::{self, AddressRefusal};
use axum::response::Response;
use model::Goal;

use super::{ask_to_sign_in, submitter};
use crate::{extract::PageForm, respond};

/// Sends a code, or takes it; the account page says what became of it.
pub async fn email(PageForm { call, form }: PageForm) -> Response {
    let person = match submitter(&call, &form).await {
        Ok(Some(person)) => person,
        Ok(None) => return ask_to_sign_in(&call, Goal::Account).await,
        Err(refusal) => return *refusal,
    };
    let (user, session) = (&person.user, &person.session);
    let (result, done) = if form.first("decision") == Some("send") {
        (address::send(&call.realm, user, session).await, "email-sent")
    } else {
        let typed = form.first("email_code").unwrap_or("");
        (
            address::verify(&call.realm, user, session, typed).await,
            "email-confirmed",
        )
    };
    let done = match result {
        Ok(()) => done,
        Err(AddressRefusal::Fault(error)) => return respond::fault_page(&call, &Fault::from(error)),
        Err(refusal) => {
            tracing::info!(user = user.id, %refusal, "an address is not verified");
            match refusal {
                AddressRefusal::TooMany { .. } => "email-too-many",
                AddressRefusal::Nothing => "nothing",
                _ => "email-wrong",
            }
        }
    };
    respond::see_other(&call, &format!("/account?done={done}"), &[])
}
