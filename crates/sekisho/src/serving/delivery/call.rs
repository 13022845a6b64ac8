//! Logout and notification calls: an HTTP POST to the call's destination.
//!
//! Spec: OIDC Back-Channel Logout §2.5, CIBA Core §10.2

use serde::Deserialize;
use storage::outbox::OutboxItem;

use crate::serving::outgoing::Outgoing;

/// What such a call carries.
#[derive(Deserialize)]
struct Payload {
    content_type: String,
    body: String,
    #[serde(default)]
    authorization: Option<String>,
}

/// Posts; any 2xx is a delivery.
pub(super) async fn deliver(outgoing: &Outgoing, item: &OutboxItem) -> Result<(), String> {
    // The parser's message could quote the payload.
    let payload: Payload = serde_json::from_str(&item.payload).map_err(|_| "the payload is damaged".to_owned())?;
    let status = outgoing
        .post(
            &item.destination,
            &payload.content_type,
            payload.authorization.as_deref(),
            payload.body,
        )
        .await
        .map_err(|error| error.to_string())?;
    if status.is_success() {
        Ok(())
    } else if status.is_redirection() {
        Err(format!("it answered {}: redirects are not followed", status.as_u16()))
    } else {
        Err(format!("it answered {}", status.as_u16()))
    }
}
