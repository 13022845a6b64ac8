//! An authorization request that its client has pushed (RFC 9126), until it is answered.

use protocol::{Confirmation, form::Form};
use serde::{Deserialize, Serialize};

/// A pushed request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushedRequest {
    /// SHA-256 of its `request_uri`.
    pub id: Vec<u8>,
    /// Whose it is.
    pub client_id: String,
    /// What it says.
    pub details: PushedRequestDetails,
    /// When it was answered, unix seconds.
    pub answered_at: Option<i64>,
    /// When it was pushed, unix seconds.
    pub created_at: i64,
    /// Until when the user's browser must have come with it, unix seconds. Whoever came in time may take longer.
    pub visit_until: i64,
    /// When nobody can be about to answer it any more, unix seconds.
    pub expires_at: i64,
}

/// What a pushed request says, and what was proved with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushedRequestDetails {
    /// Names and values of the parameters that count.
    pub parameters: Vec<(String, String)>,
    /// Whether the client has signed them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_signed: bool,
    /// The keys that its code is bound to.
    #[serde(default, skip_serializing_if = "Confirmation::is_empty")]
    pub bound_to: Confirmation,
}

impl PushedRequestDetails {
    /// The parameters as a form.
    pub fn form(&self) -> Form {
        Form::from_pairs(self.parameters.iter().cloned())
    }
}
