//! A request with a form in its body, read with limits of size and time.
//!
//! Spec: RFC 6749 §3.2 (`application/x-www-form-urlencoded`, duplicates), Appendix B.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{FromRequest, Request},
    response::Response,
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use protocol::{error_code::ErrorCode, form::Form};

use super::Call;
use crate::{app::App, respond};

/// The largest form, in bytes.
const LIMIT: usize = 64 * 1024;
/// How long a client may take to send it.
const PATIENCE: Duration = Duration::from_secs(10);

/// A call and its form.
pub struct FormCall {
    /// The call.
    pub call: Call,
    /// The form.
    pub form: Form,
}

impl FromRequest<Arc<App>> for FormCall {
    type Rejection = Response;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let call = Call::new(&parts, app);
        let refuse = |status, text: &str| respond::error_json(&call, status, ErrorCode::InvalidRequest, text);

        let is_form = call
            .header("content-type")
            .and_then(|value| value.split(';').next())
            .is_some_and(|value| value.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"));
        let bytes = match tokio::time::timeout(PATIENCE, Limited::new(body, LIMIT).collect()).await {
            Err(_) => return Err(refuse(408, "the body did not arrive in time")),
            Ok(Err(error)) if error.downcast_ref::<LengthLimitError>().is_some() => {
                return Err(refuse(413, "the body is larger than 64 KiB"));
            }
            Ok(Err(_)) => return Err(refuse(400, "the body could not be read to its end")),
            Ok(Ok(collected)) => collected.to_bytes(),
        };
        if !is_form && !bytes.is_empty() {
            return Err(refuse(
                400,
                "send parameters in the body with Content-Type: application/x-www-form-urlencoded",
            ));
        }
        match Form::parse(&bytes) {
            Ok(form) => Ok(Self { call, form }),
            Err(error) => Err(refuse(400, &error.to_string())),
        }
    }
}
