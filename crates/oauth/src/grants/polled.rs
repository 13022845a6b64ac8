//! What a client is told that polls until its user has answered elsewhere.
//!
//! Spec: RFC 8628 §3.4 and §3.5, CIBA §10.1 and §11
//!
//! A request is good for tokens once. A second use is refused and ends nothing: its code never travelled through a
//! browser, and what looks like a replay is a client that polls twice or lost an answer.

use model::{PolledRequest, PolledState, new_id};
use protocol::grant_type::GrantType;
use realm::RealmContext;
use storage::{Change, Outcome, Polled, StorageError};

use super::{GrantRefusal, first_tokens::FirstUse};
use crate::client_auth::AuthenticatedClient;

/// How often a poll that something overtakes is decided again.
pub(super) const ATTEMPTS: usize = 3;
/// By how many seconds the interval grows when a client polls too often.
const STEP: i64 = 5;

/// The authorization that the user gave. `None`: the user answered, or the client polled elsewhere, in this very moment;
/// look again.
pub(super) async fn answer(
    realm: &RealmContext,
    client: &AuthenticatedClient,
    kind: Polled,
    request: &PolledRequest,
) -> Result<Option<String>, GrantRefusal> {
    if request.client_id != client.client().id() {
        return Err(GrantRefusal::RequestOfAnotherClient);
    }
    match request.state {
        PolledState::Used => Err(GrantRefusal::RequestUsed),
        PolledState::Denied => Err(GrantRefusal::Denied),
        _ if request.is_expired(realm.now()) => Err(GrantRefusal::RequestExpired),
        PolledState::Approved => match &request.authorization_id {
            Some(id) => Ok(Some(id.clone())),
            None => Err(GrantRefusal::Ended),
        },
        PolledState::Pending => match poll(realm, kind, request).await? {
            Some(refusal) => Err(refusal),
            None => Ok(None),
        },
    }
}

/// The request is used up with its authorization.
pub(super) fn first_use(realm: &RealmContext, kind: Polled, request: &PolledRequest) -> FirstUse {
    FirstUse {
        grant_type: match kind {
            Polled::Device => GrantType::DeviceCode,
            Polled::Ciba => GrantType::Ciba,
        },
        change: Change::new().then(kind.redeem(realm.issuer(), &request.id)),
        missed: GrantRefusal::RequestUsed,
    }
}

/// Notes the poll in the row, so that every node knows when the client may come again.
async fn poll(
    realm: &RealmContext,
    kind: Polled,
    request: &PolledRequest,
) -> Result<Option<GrantRefusal>, StorageError> {
    let (issuer, now, change_id) = (realm.issuer(), realm.now(), new_id());
    let is_too_early = now < request.polled_at + request.poll_interval;
    // "the interval MUST be increased by 5 seconds for this and all subsequent requests" (RFC 8628 §3.5, slow_down).
    let interval = request.poll_interval + if is_too_early { STEP } else { 0 };
    let change = Change::new()
        .then(kind.poll(issuer, request, interval, &change_id, now))
        .recognised_by(kind.changed_by(issuer, &request.id, &change_id));
    Ok(match realm.store.commit(change).await? {
        Outcome::Missed => None,
        Outcome::Applied if is_too_early => Some(GrantRefusal::SlowDown(interval)),
        Outcome::Applied => Some(GrantRefusal::Pending),
    })
}
