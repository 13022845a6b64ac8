//! Calls by HTTP POST.
//!
//! Spec: OIDC Back-Channel Logout §2.5, §2.8, CIBA Core §10.2
//!
//! A call is made again only after "potentially recoverable errors (such as network outage or temporary service
//! interruption at either the OP or RP)"; any other answer than a success is the last.

use http::StatusCode;
use serde::Deserialize;
use storage::outbox::OutboxItem;

use super::courier::Undelivered;
use crate::serving::outgoing::Outgoing;

/// What a notification carries.
#[derive(Deserialize)]
struct Payload {
    content_type: String,
    body: String,
    #[serde(default)]
    authorization: Option<String>,
}

/// Posts a notification.
pub(super) async fn deliver(outgoing: &Outgoing, item: &OutboxItem) -> Result<(), Undelivered> {
    let payload: Payload = read(item)?;
    let authorization = payload.authorization.as_deref();
    post(
        outgoing,
        &item.destination,
        &payload.content_type,
        authorization,
        payload.body,
    )
    .await
}

/// What is to be delivered. The parser's message could quote it.
pub(super) fn read<T: for<'de> Deserialize<'de>>(item: &OutboxItem) -> Result<T, Undelivered> {
    serde_json::from_str(&item.payload).map_err(|_| Undelivered::Never("the payload is damaged".to_owned()))
}

/// Posts; any 2xx is a delivery.
pub(super) async fn post(
    outgoing: &Outgoing,
    url: &str,
    content_type: &str,
    authorization: Option<&str>,
    body: String,
) -> Result<(), Undelivered> {
    let status = outgoing
        .post(url, content_type, authorization, body)
        .await
        .map_err(|error| Undelivered::ForNow(error.to_string()))?;
    if status.is_success() {
        return Ok(());
    }
    let answered = format!("it answered {}", status.as_u16());
    Err(match status {
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS => {
            Undelivered::ForNow(answered)
        }
        status if status.is_server_error() => Undelivered::ForNow(answered),
        status if status.is_redirection() => Undelivered::Never(format!("{answered}: redirects are not followed")),
        _ => Undelivered::Never(answered),
    })
}
