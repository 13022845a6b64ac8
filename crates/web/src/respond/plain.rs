//! Answers in plain text, before it is known which realm a request is for.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use explanation::Reason;

use super::Why;

/// An answer that is a refusal for this reason.
pub fn because(reason: &'static Reason, answer: impl IntoResponse) -> Response {
    let mut response = answer.into_response();
    response.extensions_mut().insert(Why(reason));
    response
}

/// While a realm cannot be loaded.
pub fn try_again() -> Response {
    (
        StatusCode::SERVICE_UNAVAILABLE,
        [
            (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
            (header::RETRY_AFTER, "1"),
        ],
        "The server cannot answer right now; try again in a moment.\n",
    )
        .into_response()
}
