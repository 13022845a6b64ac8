//! A request with a form in its body, read with limits of size and time.
//!
//! Spec: RFC 6749 §3.2 (`application/x-www-form-urlencoded`, duplicates), Appendix B.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{FromRequest, Request},
    response::Response,
};
use explanation::Explain;
use protocol::{error_code::ErrorCode, form::Form};

use super::{
    Call,
    body::{self, BodyError},
};
use crate::{app::App, pages::ErrorKind, respond};

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
        let (call, body) = body::begin(request, app);
        match read(&call, body).await {
            Ok(form) => Ok(Self { call, form }),
            Err(error) => Err(respond::error_json(
                &call,
                error.status().as_u16(),
                ErrorCode::InvalidRequest,
                (&error.to_string(), error.explanation()),
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
        let (call, body) = body::begin(request, app);
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
                    (&error.to_string(), error.explanation()),
                ))
            }
        }
    }
}

async fn read(call: &Call, body: Body) -> Result<Form, BodyError> {
    let bytes = body::read(body).await?;
    if !bytes.is_empty() && !body::is_of_type(call, "application/x-www-form-urlencoded") {
        return Err(BodyError::NoForm);
    }
    Ok(Form::parse(&bytes)?)
}
