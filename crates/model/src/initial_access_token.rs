//! An initial access token: who has it registers clients (RFC 7591 §3). Operators make it; the token itself is not kept.

use protocol::scope::Scope;

/// What is kept of an initial access token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InitialAccessToken {
    /// The id by which operators know it.
    pub id: String,
    /// The hash of the token, see [`crate::initial_token_hash`].
    pub token_hash: Vec<u8>,
    /// What the operator wrote about it.
    pub note: String,
    /// The scopes of APIs that clients may register with it.
    pub scope: Option<Scope>,
    /// How many clients it can still register.
    pub uses_left: i64,
    /// When it was made, unix seconds.
    pub created_at: i64,
    /// When it ends, unix seconds.
    pub expires_at: i64,
}

impl InitialAccessToken {
    /// Whether a client can be registered with it.
    pub fn is_good(&self, now: i64) -> bool {
        self.uses_left > 0 && now < self.expires_at
    }
}
