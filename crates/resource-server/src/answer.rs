//! The answer to a request that does not get through.
//! Spec: RFC 6750 §3, RFC 9449 §7.1, RFC 9728 §5.1, RFC 9110 §15.6.4

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use enforcement::{Answer, Refusal};
use http::StatusCode;
use protocol::{Access, TokenScheme};

use crate::{CheckError, ResourceServer};

/// `tried`: the scheme by which the token came.
pub(crate) fn answer(server: &ResourceServer, error: &CheckError, tried: TokenScheme) -> Response {
    match error {
        CheckError::Refused(refusal) => refused(server, refusal, tried),
        CheckError::Unavailable(_) | CheckError::TooManyProofs => {
            tracing::warn!(reason = %error, "an access token could not be checked");
            response(Answer::unavailable())
        }
    }
}

pub(crate) fn refused(server: &ResourceServer, refusal: &Refusal, tried: TokenScheme) -> Response {
    tracing::debug!(%refusal, "a request was refused");
    let metadata = Some(server.metadata_url());
    response(Answer::of(
        refusal,
        (server.realm(), server.proof_algs()),
        (Access::DEFAULT, tried),
        metadata,
    ))
}

fn response(answer: Answer) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    response
}

/// A mistake in the program: something asks for the permit of a request that the layer has not seen.
pub(crate) fn not_protected() -> Response {
    tracing::error!("a route wants an access token, but ResourceServer::layer() is not around it");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
