//! The answer to a request that does not get through.
//! Spec: RFC 6750 §3, RFC 9449 §7.1, RFC 9728 §5.1, RFC 9110 §15.6.4

use axum::Json;
use axum::response::{IntoResponse, Response};
use enforcement::Refusal;
use http::StatusCode;
use http::header::{CACHE_CONTROL, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use protocol::TokenScheme;
use serde::Serialize;

use crate::refreshing::PAUSE;
use crate::{CheckError, ResourceServer};

#[derive(Serialize)]
struct ErrorBody {
    error: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_description: Option<String>,
}

/// `tried`: the scheme by which the token came.
pub(crate) fn answer(server: &ResourceServer, error: &CheckError, tried: TokenScheme) -> Response {
    match error {
        CheckError::Refused(refusal) => refused(server, refusal, tried),
        CheckError::Unavailable(_) | CheckError::TooManyProofs => {
            tracing::warn!(reason = %error, "an access token could not be checked");
            unavailable()
        }
    }
}

pub(crate) fn refused(server: &ResourceServer, refusal: &Refusal, tried: TokenScheme) -> Response {
    tracing::debug!(%refusal, "a request was refused");
    let mut response = match refusal.error_code() {
        Some(code) => Json(ErrorBody {
            error: code.as_str(),
            error_description: refusal.description(),
        })
        .into_response(),
        None => ().into_response(),
    };
    *response.status_mut() = refusal.status();
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for challenge in refusal.challenges(server.realm(), tried, server.proof_algs()) {
        let challenge = challenge.resource_metadata(server.metadata_url()).to_string();
        // A challenge is printable ASCII, so this cannot fail; without it the status alone would still refuse.
        if let Ok(challenge) = HeaderValue::from_str(&challenge) {
            headers.append(WWW_AUTHENTICATE, challenge);
        }
    }
    response
}

/// Fail closed: who cannot be checked does not get in. The client did nothing wrong and may try again.
fn unavailable() -> Response {
    let body = ErrorBody {
        error: "temporarily_unavailable",
        error_description: Some("The access token cannot be checked at the moment".to_owned()),
    };
    let mut response = (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response();
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(RETRY_AFTER, HeaderValue::from(PAUSE.as_secs()));
    response
}

/// A mistake in the program: something asks for the permit of a request that the layer has not seen.
pub(crate) fn not_protected() -> Response {
    tracing::error!("a route wants an access token, but ResourceServer::layer() is not around it");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
