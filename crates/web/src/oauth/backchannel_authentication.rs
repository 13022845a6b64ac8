//! `POST /bc-authorize` (CIBA §7).

use ::oauth::backchannel_authentication::{BackchannelAuthenticationRefusal, ValidRequest, accept, validate};
use authn::{
    backchannel_user_code::{self, UserCodeRefusal},
    notice,
};
use axum::{http::StatusCode, response::Response};
use explanation::Explain;
use protocol::{BackchannelAuthenticationResponse, form::Form};
use storage::outbox::NewCall;

use super::endpoint_request;
use crate::{
    extract::{Call, FormCall},
    respond,
};

/// Answers a backchannel authentication request.
pub async fn backchannel_authentication(FormCall { call, form }: FormCall) -> Response {
    match request(&call, &form).await {
        Ok(answer) => respond::json(StatusCode::OK, &answer),
        // Not a failure of this server: its developer is to know.
        Err(refusal @ BackchannelAuthenticationRefusal::TooManyWaiting) => respond::error_json(
            &call,
            refusal.code().status(),
            refusal.code(),
            (&refusal.to_string(), refusal.explanation()),
        ),
        Err(refusal) => respond::oauth_error(&call, refusal.code(), &refusal),
    }
}

async fn request(
    call: &Call,
    form: &Form,
) -> Result<BackchannelAuthenticationResponse, BackchannelAuthenticationRefusal> {
    let realm = &call.realm;
    let valid = validate(realm, &endpoint_request(call, form)).await?;
    check_user_code(call, &valid).await?;
    let notice = notice(call, &valid);
    let (client_id, user) = (valid.client.id().to_owned(), valid.user.id.clone());
    let answer = accept(realm, valid, notice).await?;
    tracing::info!(client_id, user, "a user is asked in the background");
    Ok(answer)
}

/// CIBA §7.1.2: clients whose users are asked without it are registered so.
async fn check_user_code(call: &Call, valid: &ValidRequest) -> Result<(), BackchannelAuthenticationRefusal> {
    if !valid.uses_user_code() {
        return Ok(());
    }
    let parties = (valid.client.id(), &valid.user);
    let checked = backchannel_user_code::check(&call.realm, &call.app.passwords, parties, valid.user_code()).await;
    checked.map_err(|refusal| match refusal {
        UserCodeRefusal::Missing => BackchannelAuthenticationRefusal::UserCodeMissing,
        UserCodeRefusal::Wrong => BackchannelAuthenticationRefusal::UserCodeWrong,
        UserCodeRefusal::TooManyGuesses(seconds) => BackchannelAuthenticationRefusal::TooManyGuesses(seconds),
        UserCodeRefusal::Busy(_) => BackchannelAuthenticationRefusal::Busy,
        UserCodeRefusal::Fault(error) => BackchannelAuthenticationRefusal::Fault(error.into()),
    })
}

/// The mail that tells the user, in their language.
fn notice(call: &Call, valid: &ValidRequest) -> Option<NewCall> {
    let expires_at = call.realm.now() + valid.expires_in();
    notice::waiting_request(&call.realm, &valid.user, expires_at)
}
