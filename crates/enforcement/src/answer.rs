//! The answer to a call that does not get through, whatever carries it.
//! Spec: RFC 6750 §3, RFC 9449 §7.1, RFC 9728 §5.1, RFC 9110 §15.6.4

use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
};
use jose::SigningAlg;
use protocol::{Access, Challenge, TokenScheme};
use serde::Serialize;

use crate::{Refusal, limit};

/// How long a client should wait that cannot be checked right now, in seconds.
const PAUSE: u16 = 5;

/// Status, header fields and body.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The header fields.
    pub headers: HeaderMap,
    /// The body: a JSON object, or nothing.
    pub body: Vec<u8>,
}

#[derive(Serialize)]
struct ErrorBody<'a> {
    error: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_description: Option<String>,
}

impl Answer {
    /// A refusal with its challenges: one for each scheme that one of the ways in uses.
    ///
    /// `realm` and `algs`: the API's identifier, and how proofs may be signed there. `tried`: the scheme by which the token
    /// came. `metadata`: where the API's metadata is.
    pub fn of(
        refusal: &Refusal,
        (realm, algs): (&str, &[SigningAlg]),
        (ways, tried): (&[Access], TokenScheme),
        metadata: Option<&str>,
    ) -> Self {
        let mut answer = Self::plain(refusal);
        if refusal.is_about_call() {
            return answer;
        }
        for challenge in refusal.challenges(realm, tried, algs) {
            let is_of_way = |way: &Access| way.is_token() || *way == Access::ApiKey && challenge.scheme() == "Bearer";
            if ways.iter().any(is_of_way) {
                let challenge = match metadata {
                    Some(url) => challenge.resource_metadata(url),
                    None => challenge,
                };
                answer.add(WWW_AUTHENTICATE, &challenge.to_string());
            }
        }
        if ways.contains(&Access::Basic) {
            answer.add(WWW_AUTHENTICATE, &Challenge::basic(realm).to_string());
        }
        // "The server generating a 401 response MUST send a WWW-Authenticate header field" (RFC 9110 §15.5.2), and there is no
        // scheme for certificates.
        if answer.status == StatusCode::UNAUTHORIZED && !answer.headers.contains_key(WWW_AUTHENTICATE) {
            answer.status = StatusCode::FORBIDDEN;
        }
        answer
    }

    /// A refusal without challenges: there is nothing that a token could do about it.
    pub fn plain(refusal: &Refusal) -> Self {
        let body = refusal.error_code().map(|code| ErrorBody {
            error: code.as_str(),
            error_description: refusal.description(),
        });
        let mut answer = Self::new(refusal.status(), body);
        if let Refusal::TooManyGuesses { retry_after } = refusal {
            answer.headers.insert(RETRY_AFTER, HeaderValue::from(*retry_after));
        }
        if let Refusal::LimitExceeded(exceeded) = refusal {
            answer
                .headers
                .insert(RETRY_AFTER, HeaderValue::from(exceeded.retry_after()));
            answer
                .headers
                .extend(limit::fields(std::slice::from_ref(&exceeded.usage)));
        }
        answer
    }

    /// Fail closed: who cannot be checked does not get in. The client did nothing wrong and may try again.
    pub fn unavailable() -> Self {
        let body = ErrorBody {
            error: "temporarily_unavailable",
            error_description: Some("The access token cannot be checked at the moment".to_owned()),
        };
        let mut answer = Self::new(StatusCode::SERVICE_UNAVAILABLE, Some(body));
        answer.headers.insert(RETRY_AFTER, HeaderValue::from(PAUSE));
        answer
    }

    fn new(status: StatusCode, body: Option<ErrorBody<'_>>) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let body = body.and_then(|body| serde_json::to_vec(&body).ok()).unwrap_or_default();
        if !body.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        Self { status, headers, body }
    }

    /// One more header field. What cannot be in one is left out: the status alone would still refuse.
    pub fn add(&mut self, name: impl TryInto<HeaderName>, value: &str) {
        if let (Ok(name), Ok(value)) = (name.try_into(), HeaderValue::from_str(value)) {
            self.headers.append(name, value);
        }
    }
}
