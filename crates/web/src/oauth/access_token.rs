//! The access token of a request to an endpoint that one opens, and the answer to a bad one.
//!
//! Spec: RFC 6750 §2 and §3, RFC 9449 §7.1 and §7.2
//!
//! Deliberately not: a token in the query (RFC 9700 §4.3.2).

use std::fmt::{Debug, Display};

use ::oauth::{
    dpop::Place,
    token_access::{AccessRefusal, TokenRequest},
};
use axum::response::Response;
use explanation::Explain;
use protocol::{
    BearerToken, ErrorCode, dpop,
    form::Form,
    token_credentials::{TokenCredentials, TokenScheme},
};

use super::header_values;
use crate::{
    extract::Call,
    respond::{self, Attempt},
};

/// The one token of a request. `form`: a body that may hold it (RFC 6750 §2.2).
///
/// "Clients MUST NOT use more than one method to transmit the token in each request" (RFC 6750 §2).
pub fn presented<'a>(call: &'a Call, form: Option<&Form>) -> Result<TokenRequest<'a>, AccessRefusal> {
    let read = |value: &str| TokenCredentials::from_authorization(value).map_err(|_| AccessRefusal::Invalid);
    let headers = header_values(&call.headers, "authorization");
    let mut found = headers.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    for token in form.into_iter().flat_map(|form| form.all("access_token")) {
        found.push(TokenCredentials {
            scheme: TokenScheme::Bearer,
            token: BearerToken::from_token(token).map_err(|_| AccessRefusal::Invalid)?,
        });
    }
    let is_in_query = form_urlencoded::parse(call.query().as_bytes()).any(|(name, _)| name == "access_token");
    if is_in_query || found.len() > 1 {
        return Err(AccessRefusal::Several);
    }
    Ok(TokenRequest {
        credentials: found.pop().ok_or(AccessRefusal::Missing)?,
        dpop: header_values(&call.headers, dpop::HEADER),
        method: call.method.as_str(),
        place: Place::Endpoint(call.uri.path()),
        certificate: call.certificate.as_deref(),
        token_bindings: call.token_bindings.as_deref(),
    })
}

/// A refusal with the challenges of both schemes. The error stands in that of the scheme which was tried.
pub fn refuse(call: &Call, code: ErrorCode, refusal: &(impl Display + Debug + Explain), is_missing: bool) -> Response {
    let mut schemes = header_values(&call.headers, "authorization")
        .into_iter()
        .filter_map(|value| TokenCredentials::from_authorization(value).ok())
        .map(|credentials| credentials.scheme);
    let attempt = if is_missing {
        Attempt::None
    } else if schemes.any(|scheme| scheme == TokenScheme::Dpop) {
        Attempt::Dpop
    } else {
        Attempt::Bearer
    };
    respond::token_error(call, code, refusal, attempt)
}
