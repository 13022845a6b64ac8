//! Requests to the authorization server: bounded in time and size, never redirected.

use std::time::Duration;

use reqwest::header::{ACCEPT, CACHE_CONTROL, HeaderMap};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde::de::DeserializeOwned;

use crate::Unavailable;

/// The longest answer that is read, in bytes.
const MAX_ANSWER: usize = 1024 * 1024;

/// The client that is used unless the program brings its own.
pub(crate) fn client() -> Result<Client, reqwest::Error> {
    Client::builder()
        .connect_timeout(Duration::from_secs(3))
        .timeout(Duration::from_secs(5))
        .redirect(Policy::none())
        .user_agent(concat!("sekisho-resource-server/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// Sends, and reads a JSON answer with status 200.
pub(crate) async fn json<T: DeserializeOwned>(request: RequestBuilder) -> Result<(HeaderMap, T), SendError> {
    let mut answer = request
        .header(ACCEPT, "application/json")
        .send()
        .await
        .map_err(|error| SendError::Unavailable(Unavailable::caused_by(&error)))?;
    if answer.status() != StatusCode::OK {
        return Err(SendError::Status(answer.status()));
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer
        .chunk()
        .await
        .map_err(|error| SendError::Unavailable(Unavailable::caused_by(&error)))?
    {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(SendError::Unavailable(Unavailable::new("the answer is too long")));
        }
        body.extend_from_slice(&chunk);
    }
    // The parser's message could quote the answer, so only its position is kept.
    let value = serde_json::from_slice(&body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        SendError::Unavailable(Unavailable::new(format!(
            "unexpected JSON at line {line}, column {column}"
        )))
    })?;
    Ok((answer.headers().clone(), value))
}

/// Why there is no answer that can be used.
pub(crate) enum SendError {
    /// Another status than 200.
    Status(StatusCode),
    /// Anything else.
    Unavailable(Unavailable),
}

impl From<SendError> for Unavailable {
    fn from(error: SendError) -> Self {
        match error {
            SendError::Status(status) => Self::new(format!("it answered with status {status}")),
            SendError::Unavailable(unavailable) => unavailable,
        }
    }
}

/// How long the answer may be kept, by `Cache-Control` (RFC 9111 §5.2.2): between ten seconds and a day, five
/// minutes if nothing is said.
pub(crate) fn fresh_for(headers: &HeaderMap) -> Duration {
    const SHORTEST: u64 = 10;
    const LONGEST: u64 = 24 * 60 * 60;
    const UNSAID: u64 = 5 * 60;
    let values = headers
        .get_all(CACHE_CONTROL)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let mut seconds = UNSAID;
    for directive in values.flat_map(|value| value.split(',')).map(str::trim) {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        if name.eq_ignore_ascii_case("no-store") || name.eq_ignore_ascii_case("no-cache") {
            return Duration::from_secs(SHORTEST);
        }
        if name.eq_ignore_ascii_case("max-age") {
            seconds = value.trim_matches('"').parse().unwrap_or(SHORTEST);
        }
    }
    Duration::from_secs(seconds.clamp(SHORTEST, LONGEST))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use reqwest::header::{CACHE_CONTROL, HeaderMap, HeaderValue};

    use super::fresh_for;

    #[test]
    fn cache_control_says_how_long_within_bounds() {
        for (value, seconds) in [
            ("max-age=600", 600),
            ("public, Max-Age=\"600\", must-revalidate", 600),
            ("max-age=0", 10),
            ("max-age=99999999", 86_400),
            ("max-age=x", 10),
            ("no-store", 10),
            ("max-age=600, no-cache", 10),
            ("public", 300),
        ] {
            let headers = HeaderMap::from_iter([(CACHE_CONTROL, HeaderValue::from_static(value))]);
            assert_eq!(fresh_for(&headers), Duration::from_secs(seconds), "{value}");
        }
        assert_eq!(fresh_for(&HeaderMap::new()), Duration::from_mins(5));
    }
}
