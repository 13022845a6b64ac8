//! Calls to clients whose user was signed out.
//!
//! Spec: OIDC Back-Channel Logout §2.5
//!
//! The token is made when it is sent, so that it is never old, however long its client was away.

use oauth::logout::{LogoutNotice, NoLogoutToken, logout_token};
use realm::Realms;
use storage::outbox::OutboxItem;

use super::{call, courier::Undelivered};
use crate::serving::outgoing::Outgoing;

/// Tells a client.
pub(super) async fn deliver(realms: &Realms, outgoing: &Outgoing, item: &OutboxItem) -> Result<(), Undelivered> {
    let notice: LogoutNotice = call::read(item)?;
    let realm = realms
        .by_issuer(&item.realm)
        .await
        .map_err(|error| Undelivered::ForNow(error.to_string()))?
        .ok_or_else(|| Undelivered::Never("the realm is gone".to_owned()))?;
    let token = logout_token(&realm, &notice).await.map_err(|error| match error {
        NoLogoutToken::ClientGone(_) => Undelivered::Never(error.to_string()),
        NoLogoutToken::Protection(_) => Undelivered::ForNow(error.to_string()),
    })?;
    // The characters of a JWT need no escaping in a form.
    let body = format!("logout_token={token}");
    call::post_form(outgoing, &item.destination, body).await
}
