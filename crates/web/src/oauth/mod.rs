//! The endpoints of OAuth 2.0 and OpenID Connect, one file each.

mod access_token;
mod authorize;
mod backchannel_authentication;
mod check_session;
mod consent;
mod device;
mod device_authorization;
mod device_consent;
mod dpop_nonce;
mod grants;
mod introspect;
mod logout;
mod metadata;
mod par;
mod protected_resource;
mod register;
mod requester;
mod revocation_events;
mod revoke;
mod token;
mod userinfo;

use ::oauth::EndpointRequest;
use axum::{http::HeaderMap, response::Response};
use explanation::{Explanation, catalogue};
use protocol::{dpop, error_code::ErrorCode, form::Form};

pub use authorize::{
    answer, authorize_get, authorize_post, begin_again, decide_next, encode, flow_error, refuse, request_of,
};
pub use backchannel_authentication::backchannel_authentication;
pub use check_session::check_session;
pub use consent::{Settled, chosen, consent, consent_page, question, settle};
pub use device::{device_page, enter_user_code};
pub use device_authorization::device_authorization;
pub use dpop_nonce::{BroughtProof, NonceNeeded};
pub use grants::{query_grant, revoke_grant};
pub use introspect::introspect;
pub use logout::{logout, logout_post};
pub use metadata::{jwks, metadata, preflight};
pub use par::par;
pub use protected_resource::{is_asked_for as is_protected_resource, protected_resource};
pub use register::{end_registration, read_registration, register, replace_registration};
pub use requester::Requester;
pub use revocation_events::revocation_events;
pub use revoke::revoke;
pub use token::token;
pub use userinfo::{userinfo_get, userinfo_post};

use crate::{extract::Call, pages::ErrorKind, respond};

/// What the authorization server gets of a request.
fn endpoint_request<'a>(call: &'a Call, form: &'a Form) -> EndpointRequest<'a> {
    EndpointRequest {
        authorization: header_values(&call.headers, "authorization"),
        dpop: header_values(&call.headers, dpop::HEADER),
        method: call.method.as_str(),
        path: call.uri.path(),
        form,
        certificate: call.certificate.as_deref(),
        token_bindings: call.token_bindings.as_deref(),
    }
}

/// What fits into a URL together with the other header fields of a request.
const LONGEST_QUERY: usize = 16 * 1024;

/// Turns a form that a browser posted into a GET: one from another site brings no cookies (`SameSite`), the GET does.
fn as_get<'a>(call: &Call, below: &str, form: impl Iterator<Item = (&'a str, &'a str)>) -> Response {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(form);
    let query = query.finish();
    if query.len() > LONGEST_QUERY {
        let reason = format!("the request is longer than {LONGEST_QUERY} bytes, which no URL can be");
        let why = Explanation::from(&catalogue::form::TOO_LARGE).expected(format!("{LONGEST_QUERY} bytes at most"));
        return respond::error_page(call, ErrorKind::TooLarge, ErrorCode::InvalidRequest, (&reason, why));
    }
    respond::see_other(call, format!("{below}?{query}").trim_end_matches('?'), &[])
}

/// All values of a header. One that is no text is kept as an empty one, which is malformed, so that it is not overlooked.
fn header_values<'a>(headers: &'a HeaderMap, name: &str) -> Vec<&'a str> {
    let values = headers.get_all(name).iter();
    values.map(|value| value.to_str().unwrap_or("")).collect()
}
