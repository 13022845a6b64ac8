//! What Budget remembers of one browser.

use super::super::oidc_client::token::Tokens;
use super::super::sessions::PendingRequests;

/// One browser.
#[derive(Default)]
pub(super) struct Session {
    /// The user is at the authorization server, in as many tabs.
    pub pending: PendingRequests<()>,
    /// The user is signed in.
    pub connection: Option<Connection>,
    /// Shown once.
    pub notice: Option<String>,
}

/// A user who signed in, and what they permitted.
pub(super) struct Connection {
    /// What to call them.
    pub user_name: String,
    /// For the API.
    pub tokens: Tokens,
}

impl Session {
    /// What becomes of a session when its user has signed in.
    pub(super) fn connected(&mut self, connection: Connection) -> Self {
        Self {
            pending: std::mem::take(&mut self.pending),
            connection: Some(connection),
            notice: None,
        }
    }

    pub(super) fn with_notice(notice: String) -> Self {
        Self {
            notice: Some(notice),
            ..Self::default()
        }
    }
}
