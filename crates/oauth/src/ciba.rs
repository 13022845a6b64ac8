//! What a user decides about the requests that clients make in the background, and how clients are told.
//!
//! Spec: CIBA §8, §10.2 and §10.3

mod callback;
mod notification;
mod push;

use jose::sha256;
use model::{CibaRequest, User};
use realm::RealmContext;
use storage::{Polled, StorageError};

pub(crate) use self::callback::Callback;
pub use self::{
    notification::Notification,
    push::{PushOrder, push},
};
use crate::{
    Fault,
    authorize::{Permission, Person},
    elsewhere::{self, Answered, WaitingRequest},
};

/// How many requests are looked at for a user at once: more never wait.
const MOST: i64 = 64;

/// A request that waits for its user.
pub struct WaitingForUser {
    /// What is asked.
    pub request: WaitingRequest,
    /// What the user compares.
    pub binding_message: Option<String>,
    row: CibaRequest,
}

/// What waits for a user, the oldest first.
pub async fn waiting(realm: &RealmContext, user: &User) -> Result<Vec<WaitingForUser>, StorageError> {
    let found = realm
        .store
        .ciba_requests_of_user(realm.issuer(), &user.id, realm.now(), MOST)
        .await?;
    let mut waiting = Vec::with_capacity(found.len());
    for row in found {
        waiting.extend(WaitingForUser::of(realm, row).await?);
    }
    Ok(waiting)
}

/// The request that an `auth_req_id` names, and its user. `None`: it does not wait.
pub async fn find(realm: &RealmContext, auth_req_id: &str) -> Result<Option<(WaitingForUser, User)>, StorageError> {
    let (store, issuer) = (&realm.store, realm.issuer());
    let Some(row) = store.find_ciba_request(issuer, &sha256(auth_req_id.as_bytes())).await? else {
        return Ok(None);
    };
    let user = store.find_user(issuer, &row.user_id).await?;
    let waiting = WaitingForUser::of(realm, row).await?;
    Ok(waiting.zip(user.filter(|user| user.enabled)))
}

impl WaitingForUser {
    async fn of(realm: &RealmContext, row: CibaRequest) -> Result<Option<Self>, StorageError> {
        let (polled, details) = (row.polled.clone(), &row.details);
        let asked = (details.scope.clone(), details.authorization_details.clone());
        let request = WaitingRequest::of(realm, Polled::Ciba, polled, asked, &details.resource).await?;
        let Some(mut request) = request else { return Ok(None) };
        request.acr_values.clone_from(&details.acr_values);
        Ok(Some(Self {
            request,
            binding_message: details.binding_message.clone(),
            row,
        }))
    }
}

/// The user permits `permitted` (what was left ticked).
pub async fn approve(
    realm: &RealmContext,
    waiting: &WaitingForUser,
    person: &Person,
    permitted: &Permission,
) -> Result<Answered, Fault> {
    let told = callback::owed(realm, &waiting.request.client, &waiting.row, true)?;
    elsewhere::approve(realm, &waiting.request, person, permitted, told).await
}

/// The user does not permit it.
pub async fn deny(realm: &RealmContext, waiting: &WaitingForUser) -> Result<Answered, Fault> {
    let told = callback::owed(realm, &waiting.request.client, &waiting.row, false)?;
    elsewhere::deny(realm, &waiting.request, told).await
}
