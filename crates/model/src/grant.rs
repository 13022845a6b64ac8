//! A grant: what a user has permitted a client; remembered, shown at `/account`, and can be taken back.

use protocol::{AuthorizationDetails, claims::ClaimNames, scope::Scope};

/// A grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The id.
    pub id: String,
    /// Who permitted.
    pub user_id: String,
    /// What app.
    pub client_id: String,
    /// What was permitted, all requests together.
    pub scope: Scope,
    /// Claims that were permitted one by one, besides those of the scope.
    pub claims: ClaimNames,
    /// What was permitted in detail, of the types that are remembered (RFC 9396).
    pub authorization_details: AuthorizationDetails,
    /// Whether its client manages it by its id, beside the one grant that is remembered.
    pub managed: bool,
    /// When it was first given, unix seconds.
    pub created_at: i64,
    /// When it was last used in an authorization, unix seconds.
    pub updated_at: i64,
    /// When it ends by itself, unix seconds.
    pub expires_at: i64,
    /// When it was taken back.
    pub ended_at: Option<i64>,
}

impl Grant {
    /// Whether it still permits anything.
    pub fn is_alive(&self, now: i64) -> bool {
        self.ended_at.is_none() && now < self.expires_at
    }
}
