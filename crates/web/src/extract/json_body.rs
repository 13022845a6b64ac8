//! A request with a JSON object in its body, read with limits of size and time.
//!
//! Spec: RFC 7591 §3.1 (`application/json`)
//!
//! Deliberately not: a member that comes twice, of which two readers might take a different one, and objects that are
//! nested deeper than the parser goes.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, Request},
    response::Response,
};
use explanation::Explain;
use jose::strict_json;
use protocol::error_code::ErrorCode;
use serde_json::{Map, Value};

use super::{
    Call,
    body::{self, BodyError},
};
use crate::{app::App, respond};

/// A call and the members of its JSON object; what cannot be read is refused with JSON.
pub struct JsonCall {
    /// The call.
    pub call: Call,
    /// The members.
    pub members: Map<String, Value>,
}

impl FromRequest<Arc<App>> for JsonCall {
    type Rejection = Response;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Response> {
        let (call, body) = body::begin(request, app);
        match read(&call, body).await {
            Ok(bytes) => match strict_json::object(&bytes) {
                Some(members) => Ok(Self { call, members }),
                None => Err(refused(&call, &BodyError::Json)),
            },
            Err(error) => Err(refused(&call, &error)),
        }
    }
}

/// The JSON in a body, in which no member comes twice, however deep.
pub async fn json_value(call: &Call, body: Body) -> Result<Value, BodyError> {
    strict_json::value(&read(call, body).await?).ok_or(BodyError::Json)
}

async fn read(call: &Call, body: Body) -> Result<Bytes, BodyError> {
    let bytes = body::read(body).await?;
    if !body::is_of_type(call, "application/json") {
        return Err(BodyError::NoJson);
    }
    Ok(bytes)
}

fn refused(call: &Call, error: &BodyError) -> Response {
    respond::error_json(
        call,
        error.status().as_u16(),
        ErrorCode::InvalidRequest,
        (&error.to_string(), error.explanation()),
    )
}
