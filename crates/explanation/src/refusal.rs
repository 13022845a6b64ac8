//! A refusal as it is remembered, so that it can be explained later.

use serde::Serialize;

use crate::{Check, ErrorCode, Explanation};

/// What is remembered of a refusal: nothing that the request brought as a secret, and nothing about its user.
#[derive(Debug, Clone, Serialize)]
pub struct Refusal {
    /// The id of the request, which its answer said.
    pub id: String,
    /// When, in unix seconds.
    pub at: i64,
    /// The realm; none where no realm was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The method of the request.
    pub method: String,
    /// Its path, below the issuer's.
    pub path: String,
    /// The status of the answer.
    pub status: u16,
    /// The error code.
    pub error: ErrorCode,
    /// What was told with it.
    pub description: String,
    /// The client that it came from, as far as the request said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Whether the client had proved that it is this one.
    pub client_is_proven: bool,
    /// The network that it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// The trace that it belongs to, of a call of an API: whoever calls chooses it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// The checks that it had passed, in their order.
    pub passed: Vec<&'static Check>,
    /// The check that it failed, and why.
    pub failed: Explanation,
}
