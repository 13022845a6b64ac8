//! An authenticator: something with which a user proves who they are, besides the password.

use protocol::assurance::Method;
use serde_json::{Map, Value};

/// An authenticator.
#[derive(Debug, Clone, PartialEq)]
pub struct Authenticator {
    /// The id.
    pub id: String,
    /// Whose.
    pub user_id: String,
    /// What it is good for.
    pub method: Method,
    /// What its user calls it; empty: nothing.
    pub name: String,
    /// The secret that this server must be able to read, wrapped.
    pub wrapped_secret: Option<Vec<u8>>,
    /// What else is known of it, and may be known: settings, public keys.
    pub data: Map<String, Value>,
    /// By what it is found when it does not say whose it is; one authenticator of a method has it.
    pub lookup: Option<String>,
    /// What only grows: the step, the use or the signature that came last.
    pub counter: i64,
    /// SHA-256 of what was sent by mail, until its user confirms that it is theirs.
    pub confirmation_hash: Option<Vec<u8>>,
    /// When it was enrolled, unix seconds.
    pub created_at: i64,
    /// From when on it counts, unix seconds; `None`: not before somebody says so.
    pub active_at: Option<i64>,
    /// When it was used last, unix seconds.
    pub last_used_at: Option<i64>,
}

impl Authenticator {
    /// Whether it counts.
    pub fn is_active(&self, now: i64) -> bool {
        self.active_at.is_some_and(|from| from <= now)
    }
}
