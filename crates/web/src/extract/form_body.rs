//! A request with a form in its body, read with limits of size and time.
//!
//! Spec: RFC 6749 §3.2 (`application/x-www-form-urlencoded`, duplicates), Appendix B.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{FromRequest, Request},
    http::StatusCode,
    response::Response,
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use protocol::{
    error_code::ErrorCode,
    form::{Form, FormError},
};

use super::Call;
use crate::{app::App, pages::ErrorKind, respond};

/// The largest form, in bytes.
const LIMIT: usize = 64 * 1024;
/// How long a client may take to send it.
const PATIENCE: Duration = Duration::from_secs(10);

/// A call and its form, for endpoints that apps call: what cannot be read is refused with JSON.
pub struct FormCall {
    /// The call.
    pub call: Call,
    /// The form.
    pub form: Form,
}

impl FromRequest<Arc<App>> for FormCall {
    type Rejection = Response;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Response> {
        let (call, body) = begin(request, app);
        match read(&call, body).await {
            Ok(form) => Ok(Self { call, form }),
            Err(error) => Err(respond::error_json(
                error.status().as_u16(),
                ErrorCode::InvalidRequest,
                &error.to_string(),
            )),
        }
    }
}

/// A call and its form, for what browsers send: what cannot be read is refused with a page.
pub struct PageForm {
    /// The call.
    pub call: Call,
    /// The form.
    pub form: Form,
}

impl FromRequest<Arc<App>> for PageForm {
    type Rejection = Response;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Response> {
        let (call, body) = begin(request, app);
        match read(&call, body).await {
            Ok(form) => Ok(Self { call, form }),
            Err(error) => {
                let kind = match error {
                    BodyError::TooLarge => ErrorKind::TooLarge,
                    _ => ErrorKind::BadRequest,
                };
                Err(respond::error_page(
                    &call,
                    kind,
                    ErrorCode::InvalidRequest,
                    &error.to_string(),
                ))
            }
        }
    }
}

/// Why there is no form.
#[derive(Debug, thiserror::Error)]
enum BodyError {
    #[error("the body did not arrive in time")]
    Slow,
    #[error("the body is larger than 64 KiB")]
    TooLarge,
    #[error("the body could not be read to its end")]
    CutOff,
    #[error("send parameters in the body with Content-Type: application/x-www-form-urlencoded")]
    OtherType,
    #[error(transparent)]
    Form(#[from] FormError),
}

impl BodyError {
    fn status(&self) -> StatusCode {
        match self {
            Self::Slow => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::CutOff | Self::OtherType | Self::Form(_) => StatusCode::BAD_REQUEST,
        }
    }
}

fn begin(request: Request, app: &Arc<App>) -> (Call, Body) {
    let (mut parts, body) = request.into_parts();
    (Call::new(&mut parts, app), body)
}

async fn read(call: &Call, body: Body) -> Result<Form, BodyError> {
    let is_form = call
        .header("content-type")
        .and_then(|value| value.split(';').next())
        .is_some_and(|value| value.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"));
    let bytes = match tokio::time::timeout(PATIENCE, Limited::new(body, LIMIT).collect()).await {
        Err(_) => return Err(BodyError::Slow),
        Ok(Err(error)) if error.downcast_ref::<LengthLimitError>().is_some() => return Err(BodyError::TooLarge),
        Ok(Err(_)) => return Err(BodyError::CutOff),
        Ok(Ok(collected)) => collected.to_bytes(),
    };
    if !is_form && !bytes.is_empty() {
        return Err(BodyError::OtherType);
    }
    Ok(Form::parse(&bytes)?)
}
