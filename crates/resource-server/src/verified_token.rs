//! The permit as an argument of a handler.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use enforcement::Permit;
use http::request::Parts;

use crate::answer::not_protected;
use crate::layer::Passed;

/// The content of the access token that the request came with: `VerifiedToken(permit): VerifiedToken`.
#[derive(Debug, Clone)]
pub struct VerifiedToken(pub Permit);

/// [`ResourceServer::layer`](crate::ResourceServer::layer) is not around the handler. Answered with 500.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the route is not protected by ResourceServer::layer()")]
pub struct NotProtected;

impl IntoResponse for NotProtected {
    fn into_response(self) -> Response {
        not_protected()
    }
}

impl<S: Sync> FromRequestParts<S> for VerifiedToken {
    type Rejection = NotProtected;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, NotProtected> {
        parts
            .extensions
            .get::<Passed>()
            .map(|passed| Self(passed.permit.clone()))
            .ok_or(NotProtected)
    }
}
