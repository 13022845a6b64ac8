//! A session: one browser in which a user signed in.

use protocol::assurance::{Assurance, Proof, reached};

use crate::User;

/// A session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The id; also the `sid` of ID tokens. Not a secret.
    pub id: String,
    /// Whose.
    pub user_id: String,
    /// SHA-256 of the secret in the browser's cookie.
    pub secret_hash: Vec<u8>,
    /// The flow in which the user authenticated last.
    pub flow_id: String,
    /// When the user authenticated last, unix seconds.
    pub auth_time: i64,
    /// What the user proved, each method once. What it is worth changes with time: see [`Session::assurance`].
    pub proofs: Vec<Proof>,
    /// The browser's `User-Agent`, cut.
    pub user_agent: String,
    /// The browser's network address.
    pub address: String,
    /// When it began, unix seconds.
    pub created_at: i64,
    /// When its browser was last heard of, unix seconds; to the minute, and only where sessions end when nothing happens.
    pub seen_at: i64,
    /// Whether its cookie outlives the browser.
    pub is_remembered: bool,
    /// When it ends by itself, unix seconds.
    pub expires_at: i64,
    /// When it was ended.
    pub ended_at: Option<i64>,
}

impl Session {
    /// Whether it can still be used.
    pub fn is_alive(&self, now: i64) -> bool {
        self.ended_at.is_none() && now < self.expires_at
    }

    /// How sure this server is of its user.
    pub fn assurance(&self, user: &User, now: i64) -> Assurance {
        reached(&self.proofs, now).capped(user.proofing)
    }
}
