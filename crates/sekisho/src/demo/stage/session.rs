//! What the stage's app remembers of one browser.

use super::super::sessions::PendingRequests;
use super::act::{Act, Fresh, Scene};

/// One browser.
#[derive(Default)]
pub(super) struct Session {
    /// The user is at the authorization server; perhaps with an act that is to be played with the code.
    pub pending: PendingRequests<Option<Act>>,
    /// A code that was not used yet.
    pub fresh: Option<Fresh>,
    /// What was played last.
    pub played: Option<(Act, Vec<Scene>)>,
    /// What came to nothing, shown once.
    pub problem: Option<String>,
}
