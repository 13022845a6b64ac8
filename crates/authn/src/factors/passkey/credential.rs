//! What is stored of a passkey: the public half, and what is known of its authenticator.
//!
//! Spec: WebAuthn Level 3 §4 (credential record)

use jose::b64;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A credential record, as the library writes it; nothing in it is secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// The record.
    pub record: String,
    facts: Facts,
}

/// What is stored cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a stored passkey cannot be read")]
pub struct UnreadableCredential;

#[derive(Deserialize)]
struct Record {
    cred: Facts,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Facts {
    cred_id: String,
    counter: u32,
    user_verified: bool,
    backup_eligible: bool,
}

impl Credential {
    /// Reads a record.
    pub fn parse(record: &str) -> Result<Self, UnreadableCredential> {
        let read: Record = serde_json::from_str(record).map_err(|_| UnreadableCredential)?;
        Ok(Self {
            record: record.to_owned(),
            facts: read.cred,
        })
    }

    pub(super) fn of(passkey: &impl Serialize) -> Result<Self, UnreadableCredential> {
        Self::parse(&serde_json::to_string(passkey).map_err(|_| UnreadableCredential)?)
    }

    /// Its id, which its authenticator chose.
    pub fn id(&self) -> Vec<u8> {
        b64::decode(&self.facts.cred_id).unwrap_or_default()
    }

    /// Whether its authenticator verified the user when it was enrolled: then it is two factors, and always asks again.
    pub fn verifies_user(&self) -> bool {
        self.facts.user_verified
    }

    /// Whether its key can be copied to other devices: a key in software (`swk`), else in hardware (`hwk`; without
    /// attestation that is what the authenticator says of itself).
    pub fn is_syncable(&self) -> bool {
        self.facts.backup_eligible
    }

    /// How often it had signed when it was used last; 0 where authenticators do not count.
    pub fn counter(&self) -> u32 {
        self.facts.counter
    }

    /// As a page names it to the browser (`PublicKeyCredentialDescriptorJSON`).
    pub(super) fn descriptor(&self) -> Value {
        json!({ "type": "public-key", "id": self.facts.cred_id })
    }
}
