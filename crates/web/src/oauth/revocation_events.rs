//! `POST /revocations`.

use std::convert::Infallible;

use ::oauth::revocation_events;
use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, header},
    response::Response,
};
use bytes::Bytes;
use futures_util::stream;
use protocol::revocation_events::MEDIA_TYPE;

use super::endpoint_request;
use crate::{extract::FormCall, respond};

/// nginx keeps answers back for a while otherwise.
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Tells what is revoked, for as long as somebody listens.
pub async fn revocation_events(FormCall { call, form }: FormCall) -> Response {
    let request = endpoint_request(&call, &form);
    let events = match revocation_events::listen(&call.realm, &request).await {
        Ok(events) => events,
        Err(refusal) => return respond::oauth_error_with(&call, refusal.status(), refusal.code(), &refusal),
    };
    let events = stream::unfold(events, |mut events| async {
        let event = events.recv().await?;
        Some((Ok::<_, Infallible>(Bytes::from(event.to_string())), events))
    });
    let mut response = Response::new(Body::from_stream(events));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    headers.insert(ACCEL_BUFFERING, HeaderValue::from_static("no"));
    respond::no_store(headers);
    response
}
