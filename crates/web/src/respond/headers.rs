//! Headers that many answers share.

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::Response,
};
use realm::trail::RequestId;

/// The headers of a CORS answer without credentials.
const API_CORS: [(HeaderName, HeaderValue); 4] = [
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
    (
        header::ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("GET, POST, OPTIONS"),
    ),
    (
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("authorization, content-type, dpop"),
    ),
    (
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("www-authenticate, dpop-nonce, sekisho-explain"),
    ),
];

/// Lets browser apps of any origin read an answer, refusals too.
pub async fn cors(mut response: Response) -> Response {
    for (name, value) in API_CORS {
        response.headers_mut().insert(name, value);
    }
    response
}

/// "The authorization server MUST include the HTTP Cache-Control response header field with a value of no-store"
/// (RFC 6749 §5.1).
pub fn no_store(headers: &mut HeaderMap) {
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
}

/// Says the id with a refusal; every answer that is an error says it.
pub fn explain(id: &RequestId, response: &mut Response) {
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert("sekisho-explain", value);
    }
}
