//! How a client is told that its user has answered.
//!
//! Spec: CIBA §9, §10.2, §10.3 and §12
//!
//! Whoever reads the database must be able neither to call a client in this server's name nor to fetch tokens: what a
//! client is called with is kept wrapped until there is an answer. The call is owed by the very change that answers. A
//! request that expires owes none: "the Client is already aware of the transaction lifetime" (§10.2).

use model::{CibaRequest, Client, new_id};
use protocol::{TokenDeliveryMode, error_code::ErrorCode};
use realm::RealmContext;
use serde::{Deserialize, Serialize};
use serde_json::json;
use storage::{
    Statement,
    outbox::{self, NewCall},
};

use super::{Notification, PushOrder};
use crate::Fault;

/// How long after the end of a request its client is still told, in seconds: the user may have answered just in time.
const GRACE: i64 = 60;

/// The secrets of a call: no `Debug`.
#[derive(Serialize, Deserialize)]
pub(crate) struct Callback {
    /// What names the request.
    pub(crate) auth_req_id: String,
    /// What the client recognises this server by.
    pub(crate) client_notification_token: String,
}

impl Callback {
    /// As it is stored with the request of this id.
    pub(crate) fn wrap(&self, realm: &RealmContext, id: &str) -> Result<Vec<u8>, Fault> {
        let plain = serde_json::to_vec(self).map_err(|error| Fault::Signing(error.to_string()))?;
        Ok(realm.wrap.wrap(&label(realm, id), &plain))
    }

    /// What was stored with a request; none for one whose client polls.
    pub(super) fn of(realm: &RealmContext, request: &CibaRequest) -> Option<Self> {
        let label = label(realm, &request.polled.id);
        let plain = realm.wrap.unwrap(&label, request.notification.as_deref()?).ok()?;
        serde_json::from_slice(&plain).ok()
    }

    /// The call with this body.
    pub(super) fn with(&self, body: &serde_json::Value) -> Notification {
        Notification {
            body: body.to_string(),
            authorization: format!("Bearer {}", self.client_notification_token),
        }
    }

    /// §12: the answer to a client that tokens are pushed to, when there are none.
    pub(super) fn error(&self, code: ErrorCode, description: &str) -> Notification {
        self.with(&json!({
            "auth_req_id": self.auth_req_id,
            "error": code.as_str(),
            "error_description": description,
        }))
    }
}

fn label(realm: &RealmContext, id: &str) -> String {
    format!("ciba callback {} {id}", realm.issuer())
}

/// The call that an answer owes the client. `None`: it polls, or it has changed its mind since.
pub(super) fn owed(
    realm: &RealmContext,
    client: &Client,
    request: &CibaRequest,
    is_approved: bool,
) -> Result<Option<Statement>, Fault> {
    let endpoint = client.metadata.backchannel_client_notification_endpoint.as_ref();
    let mode = client.metadata.backchannel_token_delivery_mode;
    let (Some(mode), Some(endpoint), Some(callback)) = (mode, endpoint, Callback::of(realm, request)) else {
        return Ok(None);
    };
    let id = new_id();
    let (kind, payload) = match mode {
        TokenDeliveryMode::Poll => return Ok(None),
        // "sends only the auth_req_id in the body of the request", after "a successful or failed end-user
        // authentication" (§10.2).
        TokenDeliveryMode::Ping => {
            let ping = callback.with(&json!({ "auth_req_id": callback.auth_req_id }));
            ("notification", ping.wrap(&realm.wrap, realm.issuer(), &id)?)
        }
        TokenDeliveryMode::Push if !is_approved => {
            let denied = callback.error(ErrorCode::AccessDenied, "the user did not permit it");
            ("notification", denied.wrap(&realm.wrap, realm.issuer(), &id)?)
        }
        TokenDeliveryMode::Push => ("push", PushOrder::of(request).payload()?),
    };
    let call = NewCall {
        id,
        realm: realm.issuer().to_owned(),
        kind: kind.to_owned(),
        destination: endpoint.clone(),
        payload,
        expires_at: request.polled.expires_at + GRACE,
    };
    Ok(Some(outbox::enqueue(call, realm.now())))
}
