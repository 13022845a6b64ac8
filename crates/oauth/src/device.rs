//! What a user decides about the request of a device.
//!
//! Spec: RFC 8628 §3.3 and §5.4 (somebody else's device)

use protocol::device_authorization::UserCode;
use realm::RealmContext;
use storage::{Polled, StorageError};

use crate::{
    Fault,
    authorize::{Permission, Person},
    elsewhere::{self, Answered, WaitingRequest},
};

/// The request that waits under a code. `None`: there is none, it was answered, it has expired, or its client may not
/// ask for anything any more.
pub async fn find(realm: &RealmContext, user_code: &UserCode) -> Result<Option<WaitingRequest>, StorageError> {
    let found = realm
        .store
        .find_device_request_by_user_code(realm.issuer(), user_code.as_str())
        .await?;
    let Some(request) = found else {
        return Ok(None);
    };
    let details = request.details;
    let asked = (details.scope, details.authorization_details);
    WaitingRequest::of(realm, Polled::Device, request.polled, asked, &details.resource).await
}

/// The user permits `permitted` (what was left ticked).
pub async fn approve(
    realm: &RealmContext,
    waiting: &WaitingRequest,
    person: &Person,
    permitted: &Permission,
) -> Result<Answered, Fault> {
    elsewhere::approve(realm, waiting, person, permitted, None).await
}

/// The user does not permit it.
pub async fn deny(realm: &RealmContext, waiting: &WaitingRequest) -> Result<Answered, Fault> {
    elsewhere::deny(realm, waiting, None).await
}
