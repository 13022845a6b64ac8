//! Tokens that are brought to clients.
//!
//! Spec: CIBA §10.3
//!
//! They are made when they are sent, and lie nowhere in between.

use oauth::ciba::{PushOrder, push};
use realm::Realms;
use storage::outbox::OutboxItem;

use super::{call, courier::Undelivered};
use crate::serving::outgoing::Outgoing;

/// Brings a client its tokens.
pub(super) async fn deliver(realms: &Realms, outgoing: &Outgoing, item: &OutboxItem) -> Result<(), Undelivered> {
    let order: PushOrder = call::read(item)?;
    let realm = realms
        .by_issuer(&item.realm)
        .await
        .map_err(|error| Undelivered::ForNow(error.to_string()))?
        .ok_or_else(|| Undelivered::Never("the realm is gone".to_owned()))?;
    let notification = push(&realm, &order)
        .await
        .map_err(|fault| Undelivered::ForNow(fault.to_string()))?
        .ok_or_else(|| Undelivered::Never("the client is gone, or is not to be told any more".to_owned()))?;
    call::notify(outgoing, &item.destination, notification).await
}
