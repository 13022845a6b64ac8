//! The id by which client and API find the same call in their logs.
//! Spec: FAPI 1.0 Baseline §6.2.1-11 and §6.2.1-12

use axum::response::Response;
use http::header::HeaderValue;
use http::request::Parts;
use protocol::InteractionId;
use protocol::interaction_id::HEADER;

/// The id of a call: the client's own, or a new one, which is then in the request's headers as if it had been sent.
pub(crate) fn begin(parts: &mut Parts) -> InteractionId {
    let sent = parts.headers.get(HEADER).and_then(|value| value.to_str().ok());
    if let Some(id) = sent.and_then(InteractionId::parse) {
        return id;
    }
    let id = InteractionId::from_random(jose::random_bytes());
    if let Some(value) = value(&id) {
        parts.headers.insert(HEADER, value);
    }
    id
}

/// "shall set the response header x-fapi-interaction-id".
pub(crate) fn echo(id: &InteractionId, response: &mut Response) {
    if let Some(value) = value(id) {
        response.headers_mut().insert(HEADER, value);
    }
}

fn value(id: &InteractionId) -> Option<HeaderValue> {
    HeaderValue::from_str(id.as_str()).ok()
}
