//! A request's body, read with limits of size and time.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes},
    extract::Request,
    http::StatusCode,
};
use explanation::{Explain, Explanation, catalogue::form};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use protocol::form::FormError;

use super::Call;
use crate::app::App;

/// The largest body, in bytes.
const LIMIT: usize = 64 * 1024;
/// How long a client may take to send it.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why a body cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// It comes too slowly.
    #[error("the body did not arrive in time")]
    Slow,
    /// It is too large.
    #[error("the body is larger than 64 KiB")]
    TooLarge,
    /// It ends too early.
    #[error("the body could not be read to its end")]
    CutOff,
    /// It does not say that it is a form.
    #[error("send parameters in the body with Content-Type: application/x-www-form-urlencoded")]
    NoForm,
    /// It does not say that it is JSON.
    #[error("send a JSON object in the body with Content-Type: application/json")]
    NoJson,
    /// It is no JSON, or not as strict as it should be.
    #[error("the body is not a JSON object, or a member comes twice in it")]
    Json,
    /// The form is malformed.
    #[error(transparent)]
    Form(#[from] FormError),
}

impl Explain for BodyError {
    fn explanation(&self) -> Explanation {
        let reason = match self {
            Self::Slow => &form::SLOW,
            Self::TooLarge => &form::TOO_LARGE,
            Self::CutOff => &form::CUT_OFF,
            Self::NoForm => return Explanation::from(&form::NOT_A_FORM).expected("application/x-www-form-urlencoded"),
            Self::NoJson => return Explanation::from(&form::NOT_JSON).expected("application/json"),
            Self::Json => &form::MALFORMED_JSON,
            Self::Form(error) => return error.explanation(),
        };
        reason.into()
    }
}

impl BodyError {
    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Slow => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::CutOff | Self::NoForm | Self::NoJson | Self::Json | Self::Form(_) => StatusCode::BAD_REQUEST,
        }
    }
}

/// The call, and the body that is still to be read.
pub fn begin(request: Request, app: &Arc<App>) -> (Call, Body) {
    let (mut parts, body) = request.into_parts();
    (Call::new(&mut parts, app), body)
}

/// The whole body.
pub(super) async fn read(body: Body) -> Result<Bytes, BodyError> {
    match tokio::time::timeout(PATIENCE, Limited::new(body, LIMIT).collect()).await {
        Err(_) => Err(BodyError::Slow),
        Ok(Err(error)) if error.downcast_ref::<LengthLimitError>().is_some() => Err(BodyError::TooLarge),
        Ok(Err(_)) => Err(BodyError::CutOff),
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
    }
}

/// Whether the request says that its body is of this media type; parameters of it do not matter.
pub(super) fn is_of_type(call: &Call, media_type: &str) -> bool {
    call.header("content-type")
        .and_then(|value| value.split(';').next())
        .is_some_and(|value| value.trim().eq_ignore_ascii_case(media_type))
}
