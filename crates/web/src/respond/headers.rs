//! Headers that many answers share.

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::Response,
};

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

/// A browser that was here once by https never comes by http again (RFC 6797 §6.1; FAPI 2.0 Security Profile §5.2.3). Other
/// hosts below this one may not be ours to speak for.
pub fn strict_transport_security(headers: &mut HeaderMap) {
    let two_years = HeaderValue::from_static("max-age=63072000");
    headers.insert(header::STRICT_TRANSPORT_SECURITY, two_years);
}

/// "The authorization server MUST include the HTTP Cache-Control response header field with a value of no-store"
/// (RFC 6749 §5.1).
pub fn no_store(headers: &mut HeaderMap) {
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
}
