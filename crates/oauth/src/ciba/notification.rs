//! A call with a JSON body and a Bearer token that its receiver chose.
//!
//! Spec: CIBA §10.2 and §12
//!
//! In the outbox it is wrapped: who reads the database cannot make the call.

use jose::{WrapKey, b64};
use serde::{Deserialize, Serialize};

use crate::Fault;

/// What is posted. It holds secrets: no `Debug`.
#[derive(Serialize, Deserialize)]
pub struct Notification {
    /// The JSON.
    pub body: String,
    /// The `Authorization` header.
    pub authorization: String,
}

impl Notification {
    /// As the payload of the call `id` of a realm.
    pub fn wrap(&self, wrap: &WrapKey, issuer: &str, id: &str) -> Result<String, Fault> {
        let plain = serde_json::to_vec(self).map_err(|error| Fault::Signing(error.to_string()))?;
        Ok(b64::encode(wrap.wrap(&label(issuer, id), &plain)))
    }

    /// What the payload of a call holds; `None` when it was not wrapped for it.
    pub fn unwrap(wrap: &WrapKey, issuer: &str, id: &str, payload: &str) -> Option<Self> {
        let plain = wrap.unwrap(&label(issuer, id), &b64::decode(payload)?).ok()?;
        serde_json::from_slice(&plain).ok()
    }
}

fn label(issuer: &str, id: &str) -> String {
    format!("notification {issuer} {id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_read_by_its_own_id_alone() {
        let wrap = WrapKey::from_bytes([7; 32]);
        let call = Notification {
            body: "{}".into(),
            authorization: "Bearer t".into(),
        };
        let payload = call.wrap(&wrap, "https://id.example", "c1").unwrap();
        let read = |issuer, id| Notification::unwrap(&wrap, issuer, id, &payload);
        assert_eq!(read("https://id.example", "c1").unwrap().authorization, "Bearer t");
        assert!(read("https://id.example", "c2").is_none() && read("https://other.example", "c1").is_none());
        assert!(Notification::unwrap(&wrap, "https://id.example", "c1", "{}").is_none());
    }
}
