//! What Pay remembers of one browser.

use super::super::fapi_client::BoundToken;
use super::super::fapi_client::payments::ApiAnswer;
use super::super::payments_api::Order;
use super::super::sessions::PendingRequests;
use super::attempt::Attempt;

/// One browser.
#[derive(Default)]
pub(super) struct Session {
    /// The user is at the bank, in as many tabs, for these orders.
    pub pending: PendingRequests<Order>,
    /// The last payment that was consented to.
    pub consented: Option<Consented>,
}

/// A payment that was consented to.
pub(super) struct Consented {
    pub order: Order,
    pub token: BoundToken,
    /// What the bank said when it was ordered.
    pub answer: ApiAnswer,
    /// What was tried afterwards, and what the bank said to that.
    pub attempt: Option<(Attempt, ApiAnswer)>,
}

impl Session {
    /// What becomes of a session when its user has consented; what other tabs asked meanwhile is kept.
    pub(super) fn with(&mut self, consented: Consented) -> Self {
        Self {
            pending: std::mem::take(&mut self.pending),
            consented: Some(consented),
        }
    }
}
