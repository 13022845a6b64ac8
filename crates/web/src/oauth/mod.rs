//! The endpoints of OAuth 2.0 and OpenID Connect, one file each.

mod authorize;
mod consent;
mod introspect;
mod metadata;
mod revoke;
mod token;
mod userinfo;

pub use authorize::{authorize_get, authorize_post, flow_error, refuse, request_of};
pub use consent::{consent, consent_page};
pub use introspect::introspect;
pub use metadata::{jwks, metadata, preflight};
pub use revoke::revoke;
pub use token::token;
pub use userinfo::{userinfo_get, userinfo_post};

use ::oauth::EndpointRequest;
use axum::http::HeaderMap;
use protocol::form::Form;

/// What the authorization server gets of a request.
fn endpoint_request<'a>(headers: &'a HeaderMap, form: &'a Form) -> EndpointRequest<'a> {
    EndpointRequest {
        // A header that is no text is kept as an empty one, which is malformed, so that it is not overlooked.
        authorization: headers
            .get_all("authorization")
            .iter()
            .map(|value| value.to_str().unwrap_or(""))
            .collect(),
        form,
    }
}
