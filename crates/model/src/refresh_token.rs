//! A family of refresh tokens: one row, one living generation.
//!
//! The token of generation n is `family ‖ n ‖ HMAC(key, realm ‖ family ‖ n)`, so nothing of it is stored, and a
//! repeated request can be given the same next token again.

use protocol::{Confirmation, scope::Scope};

/// A family of refresh tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshFamily {
    /// The id.
    pub family: String,
    /// From which authorization it came.
    pub authorization_id: String,
    /// For which client.
    pub client_id: String,
    /// The key that makes its tokens.
    pub key_id: i64,
    /// The newest generation that was handed out.
    pub generation: i64,
    /// When that generation was handed out, unix seconds.
    pub rotated_at: i64,
    /// What it may ask for.
    pub scope: Scope,
    /// The key of a public client that its tokens are bound to (RFC 9449 §5); a client with credentials may change its key.
    pub cnf: Option<Confirmation>,
    /// When it ends unless used, unix seconds.
    pub expires_at: i64,
    /// When it was ended.
    pub ended_at: Option<i64>,
}
