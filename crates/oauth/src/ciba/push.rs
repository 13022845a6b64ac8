//! Tokens that are brought to a client.
//!
//! Spec: CIBA §5 (sender-constrained tokens), §10.3.1 and §12
//!
//! They are made when they are sent, so that none lies in the database. Delivery is at least once: each attempt has
//! another access token of the same authorization, and the same refresh token. They are bound to the keys that the
//! backchannel request proved.

use model::{CibaRequest, PolledState};
use protocol::{TokenDeliveryMode, error_code::ErrorCode};
use realm::RealmContext;
use serde::{Deserialize, Serialize};

use super::{Notification, callback::Callback};
use crate::{
    Fault,
    grants::{GrantRefusal, push_ciba},
    issue::issue,
};

/// Which request's tokens are owed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushOrder {
    request: String,
}

impl PushOrder {
    pub(super) fn of(request: &CibaRequest) -> Self {
        Self {
            request: request.polled.id.clone(),
        }
    }

    pub(super) fn payload(&self) -> Result<String, Fault> {
        serde_json::to_string(self).map_err(|error| Fault::Signing(error.to_string()))
    }
}

/// The call that brings the tokens, or says why there are none. `None`: nobody is to be told any more.
pub async fn push(realm: &RealmContext, order: &PushOrder) -> Result<Option<Notification>, Fault> {
    let (store, issuer) = (&realm.store, realm.issuer());
    let Some(request) = store.find_ciba_request_by_id(issuer, &order.request).await? else {
        return Ok(None);
    };
    let client = store.find_client(issuer, &request.polled.client_id).await?;
    let is_pushed_to = Some(TokenDeliveryMode::Push);
    let client =
        client.filter(|client| client.enabled && client.metadata.backchannel_token_delivery_mode == is_pushed_to);
    let (Some(client), Some(callback)) = (client, Callback::of(realm, &request)) else {
        return Ok(None);
    };
    if !matches!(request.polled.state, PolledState::Approved | PolledState::Used) {
        return Ok(None);
    }
    let redeemed = match push_ciba(realm, &client, &request, &callback.auth_req_id).await {
        Ok(redeemed) => redeemed,
        Err(GrantRefusal::Fault(fault)) => return Err(fault),
        // Another node has done it meanwhile: look again.
        Err(GrantRefusal::RequestUsed) => return Err(Fault::Contended),
        // What the user has taken back since, for example.
        Err(refusal) => {
            let code = ErrorCode::TransactionFailed;
            return Ok(Some(callback.error(code, &refusal.to_string())));
        }
    };
    let response = issue(realm, redeemed, request.details.cnf.clone())?;
    let mut body = serde_json::to_value(&response).map_err(|error| Fault::Signing(error.to_string()))?;
    if let Some(members) = body.as_object_mut() {
        members.insert("auth_req_id".to_owned(), callback.auth_req_id.clone().into());
    }
    Ok(Some(callback.with(&body)))
}
