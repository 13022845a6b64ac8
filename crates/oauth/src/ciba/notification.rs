//! What a client is called with, kept until there is an answer.
//!
//! Spec: CIBA §10.2 and §10.3
//!
//! Whoever reads the database must not be able to call the client in this server's name, nor fetch tokens: both values
//! are kept wrapped.

use realm::RealmContext;
use serde::{Deserialize, Serialize};

use crate::Fault;

/// The secrets of a notification: no `Debug`.
#[derive(Serialize, Deserialize)]
pub struct Notification {
    /// What names the request.
    pub auth_req_id: String,
    /// What the client recognises this server by.
    pub client_notification_token: String,
}

impl Notification {
    /// As it is stored with the request of this id.
    pub(crate) fn wrap(&self, realm: &RealmContext, id: &str) -> Result<Vec<u8>, Fault> {
        let plain = serde_json::to_vec(self).map_err(|error| Fault::Signing(error.to_string()))?;
        Ok(realm.wrap.wrap(&label(realm, id), &plain))
    }

    /// What was stored.
    pub(crate) fn unwrap(realm: &RealmContext, id: &str, wrapped: &[u8]) -> Option<Self> {
        let plain = realm.wrap.unwrap(&label(realm, id), wrapped).ok()?;
        serde_json::from_slice(&plain).ok()
    }
}

fn label(realm: &RealmContext, id: &str) -> String {
    format!("notification {} {id}", realm.issuer())
}
