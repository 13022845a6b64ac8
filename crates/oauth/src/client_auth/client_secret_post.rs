//! `client_secret_post`: client id and secret in the body.
//!
//! Spec: RFC 6749 §2.3.1.

use model::Secret;
use protocol::token_endpoint_auth_method::TokenEndpointAuthMethod;

use super::{ClientAuthRefusal, Credential, Presented};
use crate::EndpointRequest;

pub(super) fn presented(request: &EndpointRequest<'_>) -> Result<Option<Presented>, ClientAuthRefusal> {
    let Some(secret) = request.form.first("client_secret") else {
        return Ok(None);
    };
    let client_id = request.form.first("client_id").ok_or(ClientAuthRefusal::Missing)?;
    Ok(Some(Presented {
        client_id: client_id.to_owned(),
        method: TokenEndpointAuthMethod::ClientSecretPost,
        credential: Credential::Secret(Secret::new(secret)),
    }))
}
