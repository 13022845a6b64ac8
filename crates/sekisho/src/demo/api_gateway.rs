//! The gateway before the bank's API, as routes: what is put around it then sees the calls as they come, and what becomes of
//! them.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use gateway::Upload;
use oauth::gate::Gate;

use crate::serving::gateway::Gateway;

/// The longest body: the demo's calls are small, and need not stream.
const MOST_BYTES: usize = 64 * 1024;

/// Whatever is called, the gateway answers.
pub(super) fn routes(gateway: Arc<Gateway<Gate>>) -> Router {
    Router::new().fallback(move |request| pass(Arc::clone(&gateway), request))
}

async fn pass(gateway: Arc<Gateway<Gate>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MOST_BYTES).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let request = Request::from_parts(parts, Upload::from(body));
    gateway.answer(request, false).await.map(Body::new)
}
