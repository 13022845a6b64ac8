//! `none`: a public client only says who it is.
//!
//! Spec: RFC 6749 §3.2.1. Used when the request carries no credentials at all.

use protocol::token_endpoint_auth_method::TokenEndpointAuthMethod;

use super::{ClientAuthRefusal, Presented};
use crate::EndpointRequest;

#[expect(clippy::unnecessary_wraps, reason = "every method has this signature")]
pub(super) fn presented(request: &EndpointRequest<'_>) -> Result<Option<Presented>, ClientAuthRefusal> {
    if !request.authorization.is_empty() || request.form.first("client_secret").is_some() {
        return Ok(None);
    }
    Ok(request.form.first("client_id").map(|client_id| Presented {
        client_id: client_id.to_owned(),
        secret: None,
        method: TokenEndpointAuthMethod::None,
    }))
}
