//! A request of a device that waits for its user, who answers it elsewhere.

use protocol::{AuthorizationDetails, scope::Scope};
use serde::{Deserialize, Serialize};

/// A device's request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceRequest {
    /// The id.
    pub id: String,
    /// SHA-256 of the code that the device polls with.
    pub device_code_hash: Vec<u8>,
    /// The letters that the user enters.
    pub user_code: String,
    /// What app asks.
    pub client_id: String,
    /// For what.
    pub details: DeviceRequestDetails,
    /// What the user said.
    pub state: DeviceRequestState,
    /// What came of the user's approval.
    pub authorization_id: Option<String>,
    /// How many seconds the device must wait between polls.
    pub poll_interval: i64,
    /// When the device last polled, unix seconds; 0: not yet.
    pub polled_at: i64,
    /// When it was made, unix seconds.
    pub created_at: i64,
    /// When its codes stop working, unix seconds.
    pub expires_at: i64,
}

impl DeviceRequest {
    /// Whether its codes have stopped working.
    pub fn is_expired(&self, now: i64) -> bool {
        now >= self.expires_at
    }

    /// Whether the user may still answer it.
    pub fn is_waiting(&self, now: i64) -> bool {
        self.state == DeviceRequestState::Pending && !self.is_expired(now)
    }
}

/// What a device asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceRequestDetails {
    /// What of the asked scope was known and registered.
    pub scope: Scope,
    /// The resources that it named (RFC 8707).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resource: Vec<String>,
    /// What it asked for in detail (RFC 9396).
    #[serde(default, skip_serializing_if = "AuthorizationDetails::is_empty")]
    pub authorization_details: AuthorizationDetails,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceRequestState {
    /// The user has not answered.
    Pending,
    /// The user permitted it.
    Approved,
    /// The user did not.
    Denied,
    /// The device has its tokens.
    Used,
}

impl DeviceRequestState {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Used => "used",
        }
    }

    /// From the stored form.
    pub fn from_stored(text: &str) -> Option<Self> {
        [Self::Pending, Self::Approved, Self::Denied, Self::Used]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}
