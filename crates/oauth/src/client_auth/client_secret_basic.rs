//! `client_secret_basic`: HTTP Basic with form-encoded client id and secret.
//!
//! Spec: RFC 6749 §2.3.1.

use model::Secret;
use protocol::{basic, token_endpoint_auth_method::TokenEndpointAuthMethod};

use super::{ClientAuthRefusal, Credential, Presented};
use crate::EndpointRequest;

pub(super) fn presented(request: &EndpointRequest<'_>) -> Result<Option<Presented>, ClientAuthRefusal> {
    let Some(header) = request.authorization.first() else {
        return Ok(None);
    };
    let credentials =
        basic::BasicCredentials::from_authorization(header).map_err(|_| ClientAuthRefusal::MalformedHeader)?;
    Ok(Some(Presented {
        client_id: credentials.client_id,
        method: TokenEndpointAuthMethod::ClientSecretBasic,
        credential: Credential::Secret(Secret::new(credentials.client_secret)),
    }))
}
