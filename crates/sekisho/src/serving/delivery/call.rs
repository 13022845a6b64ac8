//! Calls by HTTP POST.
//!
//! Spec: OIDC Back-Channel Logout §2.5, §2.8, CIBA Core §10.2 and §10.3
//!
//! A call is made again only after "potentially recoverable errors (such as network outage or temporary service
//! interruption at either the OP or RP)"; any other answer than a success is the last. What a client says to a
//! notification by a client error is final: it does not know the token, or does not want to be told.

use http::StatusCode;
use jose::WrapKey;
use oauth::ciba::Notification;
use serde::Deserialize;
use storage::outbox::OutboxItem;

use super::courier::Undelivered;
use crate::serving::outgoing::Outgoing;

/// Posts a notification.
pub(super) async fn deliver(wrap: &WrapKey, outgoing: &Outgoing, item: &OutboxItem) -> Result<(), Undelivered> {
    let notification = Notification::unwrap(wrap, &item.realm, &item.id, &item.payload).ok_or_else(damaged)?;
    notify(outgoing, &item.destination, notification).await
}

/// Posts what a notification holds.
pub(super) async fn notify(outgoing: &Outgoing, url: &str, call: Notification) -> Result<(), Undelivered> {
    let status = outgoing
        .post(url, "application/json", Some(&call.authorization), call.body)
        .await
        .map_err(|error| Undelivered::ForNow(error.to_string()))?;
    judge(status, &[])
}

/// What is to be delivered. The parser's message could quote it.
pub(super) fn read<T: for<'de> Deserialize<'de>>(item: &OutboxItem) -> Result<T, Undelivered> {
    serde_json::from_str(&item.payload).map_err(|_| damaged())
}

fn damaged() -> Undelivered {
    Undelivered::Never("the payload is damaged".to_owned())
}

/// Posts a form; any 2xx is a delivery.
pub(super) async fn post_form(outgoing: &Outgoing, url: &str, body: String) -> Result<(), Undelivered> {
    let status = outgoing
        .post(url, "application/x-www-form-urlencoded", None, body)
        .await
        .map_err(|error| Undelivered::ForNow(error.to_string()))?;
    let for_now = [
        StatusCode::REQUEST_TIMEOUT,
        StatusCode::TOO_EARLY,
        StatusCode::TOO_MANY_REQUESTS,
    ];
    judge(status, &for_now)
}

/// What an answer means. `for_now`: the client errors that may be over soon.
fn judge(status: StatusCode, for_now: &[StatusCode]) -> Result<(), Undelivered> {
    if status.is_success() {
        return Ok(());
    }
    let answered = format!("it answered {}", status.as_u16());
    Err(if status.is_server_error() || for_now.contains(&status) {
        Undelivered::ForNow(answered)
    } else if status.is_redirection() {
        Undelivered::Never(format!("{answered}: redirects are not followed"))
    } else {
        Undelivered::Never(answered)
    })
}
