//! A request that a client made in the background of a user whom it named, and that waits for the user.

use protocol::{AuthorizationDetails, Confirmation, scope::Scope};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::PolledRequest;

/// A backchannel authentication request.
#[derive(Debug, Clone, PartialEq)]
pub struct CibaRequest {
    /// What it has in common with others.
    pub polled: PolledRequest,
    /// SHA-256 of the `auth_req_id`.
    pub auth_req_id_hash: Vec<u8>,
    /// Who is asked.
    pub user_id: String,
    /// For what.
    pub details: CibaRequestDetails,
    /// What the client is to be told with when there is an answer, wrapped; none for one that polls.
    pub notification: Option<Vec<u8>>,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CibaRequestDetails {
    /// What of the asked scope was known and registered.
    pub scope: Scope,
    /// The resources that it named (RFC 8707).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resource: Vec<String>,
    /// What it asked for in detail (RFC 9396).
    #[serde(default, skip_serializing_if = "AuthorizationDetails::is_empty")]
    pub authorization_details: AuthorizationDetails,
    /// What the user compares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binding_message: Option<String>,
    /// The levels of authentication that the client prefers, best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acr_values: Vec<String>,
    /// What the client told of its own device, for whoever judges the risk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_context: Option<Map<String, Value>>,
    /// The keys that tokens are bound to which are pushed: those that the request proved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
}
