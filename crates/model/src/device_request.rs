//! A request of a device that waits for its user, who answers it elsewhere.

use protocol::{AuthorizationDetails, scope::Scope};
use serde::{Deserialize, Serialize};

use crate::PolledRequest;

/// A device's request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceRequest {
    /// What it has in common with others.
    pub polled: PolledRequest,
    /// SHA-256 of the code that the device polls with.
    pub device_code_hash: Vec<u8>,
    /// The letters that the user enters.
    pub user_code: String,
    /// For what.
    pub details: DeviceRequestDetails,
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
