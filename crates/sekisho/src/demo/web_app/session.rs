//! What Budget remembers of one browser.

use super::super::connection::Connection;
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
