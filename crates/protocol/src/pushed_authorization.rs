//! The reference to an authorization request that its client has pushed.
//!
//! Spec: RFC 9126 §2.2 and §7.1, RFC 9101 §5.2.1; FAPI 2.0 Security Profile §5.3.2.2-12 (less than 600 seconds)

use serde::Serialize;

/// How long the browser may take to come with a reference, in seconds.
pub const EXPIRES_IN: i64 = 60;
/// RFC 9126 §2.2: "The `request_uri` SHOULD be a URN of the form
/// `urn:ietf:params:oauth:request_uri:<reference-value>`".
const PREFIX: &str = "urn:ietf:params:oauth:request_uri:";

/// What the client gets for its request.
#[derive(Debug, Serialize)]
pub struct PushedAuthorizationResponse {
    /// The reference: who has it can begin the request.
    pub request_uri: String,
    /// For how long, in seconds.
    pub expires_in: i64,
}

/// The reference with this random part, which must be "cryptographically strong" (§2.2, §7.1).
pub fn request_uri(random: &str) -> String {
    format!("{PREFIX}{random}")
}

/// Whether a `request_uri` is such a reference; others are addresses at which clients publish request objects.
pub fn is_reference(request_uri: &str) -> bool {
    request_uri.starts_with(PREFIX)
}
