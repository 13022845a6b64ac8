//! `urn:ietf:params:oauth:grant-type:device_code`: a device polls until its user has answered elsewhere.
//!
//! Spec: RFC 8628 §3.4 and §3.5.
//!
//! A code is good for tokens once. A second use is refused and ends nothing: the code never travelled through a
//! browser, and what looks like a replay is a device that polls twice or lost an answer.

use jose::sha256;
use model::{DeviceRequest, DeviceRequestState, new_id};
use protocol::form::Form;
use realm::RealmContext;
use storage::{Change, Outcome, StorageError, device_request};

use super::{
    GrantRefusal,
    first_tokens::{self, FirstUse},
};
use crate::{Fault, client_auth::AuthenticatedClient, issue::Redeemed};

/// By how many seconds the interval grows when a device polls too often.
const STEP: i64 = 5;
/// How often a poll that something overtakes is decided again.
const ATTEMPTS: usize = 3;

pub(super) async fn redeem(
    realm: &RealmContext,
    client: &AuthenticatedClient,
    form: &Form,
) -> Result<Redeemed, GrantRefusal> {
    let code = form.first("device_code").ok_or(GrantRefusal::Missing("device_code"))?;
    let hash = sha256(code.as_bytes());
    for _ in 0..ATTEMPTS {
        let request = realm
            .store
            .find_device_request(realm.issuer(), &hash)
            .await?
            .ok_or(GrantRefusal::UnknownCode)?;
        if request.client_id != client.client().id() {
            return Err(GrantRefusal::CodeOfAnotherClient);
        }
        match request.state {
            DeviceRequestState::Used => return Err(GrantRefusal::DeviceCodeUsed),
            DeviceRequestState::Denied => return Err(GrantRefusal::Denied),
            _ if request.is_expired(realm.now()) => return Err(GrantRefusal::DeviceCodeExpired),
            DeviceRequestState::Approved => return tokens(realm, client, form, &request).await,
            DeviceRequestState::Pending => {
                if let Some(refusal) = poll(realm, &request).await? {
                    return Err(refusal);
                }
            }
        }
    }
    Err(GrantRefusal::Fault(Fault::Contended))
}

async fn tokens(
    realm: &RealmContext,
    client: &AuthenticatedClient,
    form: &Form,
    request: &DeviceRequest,
) -> Result<Redeemed, GrantRefusal> {
    let id = request.authorization_id.as_deref().ok_or(GrantRefusal::Ended)?;
    let first_use = FirstUse {
        change: Change::new().then(device_request::redeem(realm.issuer(), &request.id)),
        missed: GrantRefusal::DeviceCodeUsed,
    };
    first_tokens::redeem(realm, client, form, id, first_use).await
}

/// Notes the poll in the row, so that every node knows when the device may come again. `None`: the user answered, or the
/// device polled elsewhere, in this very moment.
async fn poll(realm: &RealmContext, request: &DeviceRequest) -> Result<Option<GrantRefusal>, StorageError> {
    let (issuer, now, change_id) = (realm.issuer(), realm.now(), new_id());
    let is_too_early = now < request.polled_at + request.poll_interval;
    // "the interval MUST be increased by 5 seconds for this and all subsequent requests" (§3.5, slow_down).
    let interval = request.poll_interval + if is_too_early { STEP } else { 0 };
    let change = Change::new()
        .then(device_request::poll(issuer, request, interval, &change_id, now))
        .recognised_by(device_request::changed_by(issuer, &request.id, &change_id));
    Ok(match realm.store.commit(change).await? {
        Outcome::Missed => None,
        Outcome::Applied if is_too_early => Some(GrantRefusal::SlowDown(interval)),
        Outcome::Applied => Some(GrantRefusal::Pending),
    })
}
