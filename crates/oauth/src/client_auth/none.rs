//! `none`: a public client only says who it is.
//!
//! Spec: RFC 6749 §3.2.1. Used when the request carries no credentials at all.

use protocol::token_endpoint_auth_method::TokenEndpointAuthMethod;

use super::{CREDENTIALS, ClientAuthRefusal, Credential, Presented};
use crate::EndpointRequest;

#[expect(clippy::unnecessary_wraps, reason = "every method has this signature")]
pub(super) fn presented(request: &EndpointRequest<'_>) -> Result<Option<Presented>, ClientAuthRefusal> {
    let has_credentials = CREDENTIALS.iter().any(|name| request.form.first(name).is_some());
    if has_credentials || !request.authorization.is_empty() {
        return Ok(None);
    }
    Ok(request.form.first("client_id").map(|client_id| Presented {
        client_id: client_id.to_owned(),
        method: TokenEndpointAuthMethod::None,
        credential: Credential::None,
    }))
}
