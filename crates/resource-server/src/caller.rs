//! Who calls, for handlers that decide themselves whether the call is permitted.
//! Spec: RFC 9396 §9, RFC 9470 §3, RFC 6750 §3.1

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use enforcement::{Permit, Refusal, StepUp};
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::NotProtected;
use crate::answer::refused;
use crate::layer::Passed;

/// The content of the access token, and the checks that depend on the call. Each check answers [`Denied`], which a handler
/// returns by `?`.
#[derive(Clone)]
pub struct Caller(Passed);

impl Caller {
    /// The content of the token.
    pub fn permit(&self) -> &Permit {
        &self.0.permit
    }

    /// Demands an object of this type in `authorization_details` that permits the call. `permits` compares it with the
    /// call, in full.
    pub fn require_detail<T: DeserializeOwned>(
        &self,
        type_name: &str,
        permits: impl Fn(&T) -> bool,
    ) -> Result<T, Denied> {
        let found = self.0.permit.require_detail(type_name, permits);
        found.map_err(|refusal| self.denied(&refusal))
    }

    /// Demands that the user was authenticated as well and as lately as this: more for a large payment than for a small
    /// one, say.
    pub fn require_authentication(&self, needed: &StepUp) -> Result<(), Denied> {
        let enough = self.0.permit.require_authentication(needed, self.0.server.now());
        enough.map_err(|refusal| self.denied(&refusal))
    }

    fn denied(&self, refusal: &Refusal) -> Denied {
        Denied(Box::new(refused(&self.0.server, refusal, self.0.scheme)))
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = NotProtected;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, NotProtected> {
        parts.extensions.get::<Passed>().cloned().map(Self).ok_or(NotProtected)
    }
}

/// The answer to a call that its token does not permit.
#[derive(Debug)]
pub struct Denied(Box<Response>);

impl IntoResponse for Denied {
    fn into_response(self) -> Response {
        *self.0
    }
}
