//! A ceremony in progress: the challenge, sealed, in the page that shows it.
//!
//! Spec: WebAuthn Level 3 §13.4.3
//!
//! It costs no row until it is answered. It names what it belongs to, a flow or a session of this browser, so that an answer
//! counts nowhere else; its id is used once, in the very change that relies on the answer.

use jose::b64;
use model::{flow::LIFETIME, new_id};
use realm::{Purpose as Seal, RealmContext};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use storage::{Statement, used_assertion};

use super::PasskeyRefusal;

/// Longer answers come from no browser.
const LONGEST_ANSWER: usize = 32 * 1024;
/// A used challenge is remembered for longer than it lives by this, in seconds: clocks of nodes differ a little.
const SLACK: i64 = 60;

/// What a challenge is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// To enrol a passkey.
    Registration,
    /// To prove who one is.
    Authentication,
}

/// Whether who touches the authenticator matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verification {
    /// The passkey is to be two factors by itself.
    Required,
    /// It is one more, after another.
    Preferred,
}

/// A challenge that is in progress.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ceremony {
    id: String,
    purpose: Purpose,
    /// The id of the flow or session that it belongs to.
    belongs_to: String,
    /// Who is to answer; `None`: whoever has a passkey.
    pub(super) user_id: Option<String>,
    pub(super) verification: Verification,
    began_at: i64,
    /// What the library must see again, in its own form.
    state: Value,
}

/// A ceremony that begins.
#[derive(Debug)]
pub struct Begun {
    /// What the page's script hands to `navigator.credentials`, as JSON (WebAuthn Level 3 §5.1.8–9).
    pub options: Value,
    /// What the form must bring back with the answer.
    pub carried: String,
}

impl Ceremony {
    pub(super) fn begin(
        realm: &RealmContext,
        (purpose, verification): (Purpose, Verification),
        (belongs_to, user_id): (&str, Option<&str>),
        options: Value,
        state: Value,
    ) -> Result<Begun, PasskeyRefusal> {
        let ceremony = Self {
            id: new_id(),
            purpose,
            belongs_to: belongs_to.to_owned(),
            user_id: user_id.map(str::to_owned),
            verification,
            began_at: realm.now(),
            state,
        };
        let carried = realm.seal(Seal::Flow, &ceremony).map(b64::encode)?;
        Ok(Begun { options, carried })
    }

    /// The ceremony that a form carries, if it is for this purpose, belongs to this flow or session, and is not over.
    pub fn open(
        realm: &RealmContext,
        carried: &str,
        purpose: Purpose,
        belongs_to: &str,
    ) -> Result<Self, PasskeyRefusal> {
        let sealed = b64::decode(carried).ok_or(PasskeyRefusal::Over)?;
        let ceremony: Self = realm.open(Seal::Flow, &sealed).ok_or(PasskeyRefusal::Over)?;
        let is_over = realm.now() >= ceremony.began_at + LIFETIME;
        if is_over || ceremony.purpose != purpose || ceremony.belongs_to != belongs_to {
            return Err(PasskeyRefusal::Over);
        }
        Ok(ceremony)
    }

    /// Uses the challenge: a change with this guard is applied once.
    pub(super) fn use_once(&self, realm: &RealmContext) -> Vec<Statement> {
        let id = jose::sha256(format!("passkey/{}", self.id).as_bytes());
        let expires_at = self.began_at + LIFETIME + SLACK;
        used_assertion::use_once(realm.issuer(), id, expires_at).guarded
    }

    pub(super) fn state<T: DeserializeOwned>(&self) -> Result<T, PasskeyRefusal> {
        T::deserialize(&self.state).map_err(|_| PasskeyRefusal::Over)
    }
}

/// What a browser answered.
pub(super) fn answer<T: DeserializeOwned>(text: &str) -> Result<T, PasskeyRefusal> {
    if text.len() > LONGEST_ANSWER {
        return Err(PasskeyRefusal::Unreadable);
    }
    serde_json::from_str(text).map_err(|_| PasskeyRefusal::Unreadable)
}

/// Sets a member of a JSON object.
pub(super) fn set(object: Option<&mut Value>, name: &str, value: Value) {
    if let Some(object) = object.and_then(Value::as_object_mut) {
        object.insert(name.to_owned(), value);
    }
}
