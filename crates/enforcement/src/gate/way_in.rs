//! By which way a call comes in, of those that the route takes.
//!
//! Spec: RFC 6750 §2.1, RFC 9449 §7.1, RFC 7617 §2
//!
//! One call brings one thing: a token, an API key, a client's id and secret, or, if it has nothing of these, its certificate. A
//! certificate beside a token is there to prove the token's key.

use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
use protocol::{Access, ApiKeySecret, ClientCertificate, TokenCredentials, TokenScheme, api_key};

use super::Call;
use crate::{Permit, Refusal, credentials};

/// What a client brings that calls for itself, without a token.
#[derive(Clone, Copy)]
pub enum ClientCredentials<'a> {
    /// An API key.
    ApiKey(&'a str),
    /// The `Authorization` field, which is one of HTTP Basic.
    Basic(&'a str),
    /// The certificate with which it connected.
    Certificate(&'a ClientCertificate),
}

/// What a call brings.
pub(super) enum WayIn<'a> {
    Token(TokenCredentials),
    Client(Brought<'a>),
}

/// What a client brings, and whose text it is.
pub(super) enum Brought<'a> {
    Key(TokenCredentials),
    Basic(&'a str),
    Certificate(&'a ClientCertificate),
}

impl Brought<'_> {
    pub(super) fn credentials(&self) -> ClientCredentials<'_> {
        match self {
            Self::Key(key) => ClientCredentials::ApiKey(key.token.as_str()),
            Self::Basic(value) => ClientCredentials::Basic(value),
            Self::Certificate(certificate) => ClientCredentials::Certificate(certificate),
        }
    }
}

/// What a call brings, if the route takes that.
pub(super) fn way_in<'a>(ways: &[Access], call: &Call<'a>, query: Option<&str>) -> Result<WayIn<'a>, Refusal> {
    let takes_tokens = ways.iter().any(|way| way.is_token());
    match credentials(call.headers, query) {
        Ok(key) if key.scheme == TokenScheme::Bearer && ApiKeySecret::is_meant(key.token.as_str()) => {
            if ways.contains(&Access::ApiKey) {
                Ok(WayIn::Client(Brought::Key(key)))
            } else {
                Err(Refusal::OtherWay("API keys"))
            }
        }
        Ok(token) if takes_tokens => Ok(WayIn::Token(token)),
        Ok(_) => Err(Refusal::OtherWay("access tokens")),
        Err(Refusal::NoCredentials) => without_token(ways, call).ok_or(Refusal::NoCredentials),
        Err(refusal) => Err(refusal),
    }
}

fn without_token<'a>(ways: &[Access], call: &Call<'a>) -> Option<WayIn<'a>> {
    let basic = call
        .headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .filter(|value| {
            let scheme = value.split(' ').next().unwrap_or_default();
            scheme.eq_ignore_ascii_case("Basic")
        });
    match (basic, call.certificate) {
        (Some(basic), _) if ways.contains(&Access::Basic) => Some(WayIn::Client(Brought::Basic(basic))),
        (None, Some(certificate)) if ways.contains(&Access::ClientCertificate) => {
            Some(WayIn::Client(Brought::Certificate(certificate)))
        }
        _ => None,
    }
}

/// Takes off an API key that stands in the header for it, before a call goes on. What an API has of its own in a field of this
/// name stays.
pub fn strip_api_key(headers: &mut HeaderMap) {
    let is_key = |value: &HeaderValue| value.as_bytes().starts_with(api_key::PREFIX.as_bytes());
    if headers.get_all(api_key::HEADER).iter().any(is_key) {
        headers.remove(api_key::HEADER);
    }
}

/// Whether the route takes tokens of this kind: for a user, or for a client itself.
pub(super) fn check_kind(ways: &[Access], permit: &Permit) -> Result<(), Refusal> {
    let (kind, other) = if permit.subject == permit.client_id {
        (Access::ClientCredentials, "access tokens without a user")
    } else {
        (Access::UserToken, "access tokens of users")
    };
    if ways.contains(&Access::Token) || ways.contains(&kind) {
        Ok(())
    } else {
        Err(Refusal::OtherWay(other))
    }
}
