//! Refusals of endpoints that a token opens.
//!
//! Spec: RFC 6750 §3 and §3.1, RFC 9449 §7.1, §7.2 and §9

use std::fmt::{Debug, Display};

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use explanation::Explain;
use protocol::{bearer::Challenge, error_code::ErrorCode};

use super::oauth_error_with;
use crate::extract::Call;

/// By which scheme a token was presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// There was no token.
    None,
    /// `Bearer`, or one that nobody here knows.
    Bearer,
    /// `DPoP`.
    Dpop,
}

/// A refusal with its challenge, unless the failure is this server's. `is_missing`: the request had no token.
pub fn bearer_error(
    call: &Call,
    code: ErrorCode,
    refusal: &(impl Display + Debug + Explain),
    is_missing: bool,
) -> Response {
    let mut response = error(call, code.status(), code, (refusal, is_missing));
    if is_fault(code) {
        return response;
    }
    let mut challenge = Challenge::bearer(call.realm.issuer());
    if !is_missing {
        challenge = challenge.error(code).error_description(&refusal.to_string());
    }
    append(&mut response, &challenge);
    response
}

/// The same where the token may also come by the scheme DPoP: both schemes are offered, and "if the mechanism used to
/// attempt authentication could be established unambiguously, then the corresponding challenge SHOULD be used to deliver
/// error information" (RFC 9449 §7.2).
pub fn token_error(
    call: &Call,
    code: ErrorCode,
    refusal: &(impl Display + Debug + Explain),
    attempt: Attempt,
) -> Response {
    // RFC 9449 §7.1 and §9: where tokens are taken, a bad proof and a missing nonce are answered like a bad token.
    let status = match code {
        ErrorCode::InvalidDpopProof | ErrorCode::UseDpopNonce => StatusCode::UNAUTHORIZED.as_u16(),
        _ => code.status(),
    };
    let mut response = error(call, status, code, (refusal, attempt == Attempt::None));
    if is_fault(code) {
        return response;
    }
    let told = |challenge: Challenge| challenge.error(code).error_description(&refusal.to_string());
    let bearer = Challenge::bearer(call.realm.issuer());
    let dpop = Challenge::dpop(call.realm.issuer(), &call.realm.proof_algs());
    let challenges = match attempt {
        Attempt::None => [bearer, dpop],
        Attempt::Bearer => [told(bearer), dpop],
        Attempt::Dpop => [told(dpop), bearer],
    };
    for challenge in challenges {
        append(&mut response, &challenge);
    }
    response
}

const fn is_fault(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::ServerError | ErrorCode::TemporarilyUnavailable)
}

/// "If the request lacks any authentication information […] the resource server SHOULD NOT include an error code or other
/// error information" (RFC 6750 §3.1).
fn error(
    call: &Call,
    status: u16,
    code: ErrorCode,
    (refusal, is_missing): (&(impl Display + Debug + Explain), bool),
) -> Response {
    let mut response = oauth_error_with(call, status, code, refusal);
    if is_missing && !is_fault(code) {
        *response.body_mut() = Body::empty();
        response.headers_mut().remove(header::CONTENT_TYPE);
    }
    response
}

fn append(response: &mut Response, challenge: &Challenge) {
    if let Ok(value) = HeaderValue::from_str(&challenge.to_string()) {
        response.headers_mut().append(header::WWW_AUTHENTICATE, value);
    }
}
