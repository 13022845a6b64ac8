//! Which scripts may read what is answered: those of the origins that an API names.
//! Spec: RFC 9110 §12.5.5
//!
//! (The CORS protocol is in the living standard "Fetch", §3.2.)
//! A browser asks first, without a token. It is answered here, for the routes that there are, so that an API needs no open
//! route for it; and refusals can be read, which no API sees. What an API says of this itself stays as it is. Deliberately
//! not: cookies (`Access-Control-Allow-Credentials`), which are no way in here; any origin (`*`).

use gateway::Body;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
        ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
    },
};

/// What refusals and limits say in headers.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "www-authenticate, dpop-nonce, retry-after, ratelimit, ratelimit-policy, sekisho-explain, x-fapi-interaction-id",
);
/// For how long a browser need not ask again, in seconds. Routes change.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

/// The origin of the script that calls. Two are none.
pub(super) fn origin(headers: &HeaderMap) -> Option<&HeaderValue> {
    let mut origins = headers.get_all(ORIGIN).iter();
    origins.next().filter(|_| origins.next().is_none())
}

/// With which method a browser asks whether it may call.
pub(super) fn preflight<B>(request: &Request<B>) -> Option<&str> {
    let method = request.headers().get(ACCESS_CONTROL_REQUEST_METHOD)?;
    let is_asked = request.method() == Method::OPTIONS && request.headers().contains_key(ORIGIN);
    method.to_str().ok().filter(|_| is_asked)
}

/// It may call so.
pub(super) fn may_call(asked: &HeaderMap) -> Response<Body> {
    let mut response = Response::new(Body::default());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    for (answered, name) in [
        (ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_REQUEST_METHOD),
        (ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_REQUEST_HEADERS),
    ] {
        if let Some(value) = asked.get(&name) {
            headers.insert(answered, value.clone());
        }
        vary(headers, name);
    }
    response
}

/// Scripts of this origin may read the answer, unless the API says itself who may.
pub(super) fn may_read(headers: &mut HeaderMap, origin: &HeaderValue) {
    vary(headers, ORIGIN);
    if headers.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN) {
        return;
    }
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    headers.entry(ACCESS_CONTROL_EXPOSE_HEADERS).or_insert(EXPOSED);
}

/// Another request of this kind may be answered otherwise.
fn vary(headers: &mut HeaderMap, name: HeaderName) {
    let is_said = |value: &HeaderValue| {
        let mut names = value.to_str().unwrap_or_default().split(',').map(str::trim);
        names.any(|said| said == "*" || said.eq_ignore_ascii_case(name.as_str()))
    };
    if !headers.get_all(VARY).iter().any(is_said) {
        headers.append(VARY, name.into());
    }
}
