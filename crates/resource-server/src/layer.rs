//! The layer around an API's routes.
//!
//! One request: take the token, check it, attach the permit, go on. Anything else is answered here.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::response::{IntoResponse, Response};
use enforcement::{Permit, bearer_token};
use http::Request;
use tower::{Layer, Service};

use crate::answer::answer;
use crate::{CheckError, ResourceServer};

/// What the layer attaches to a request that got through.
#[derive(Clone)]
pub(crate) struct Passed {
    pub(crate) permit: Permit,
    pub(crate) server: ResourceServer,
}

/// Made by [`ResourceServer::layer`].
#[derive(Clone)]
pub struct ProtectedLayer {
    server: ResourceServer,
}

impl ProtectedLayer {
    pub(crate) fn new(server: ResourceServer) -> Self {
        Self { server }
    }
}

impl<S> Layer<S> for ProtectedLayer {
    type Service = Protected<S>;

    fn layer(&self, inner: S) -> Protected<S> {
        Protected {
            inner,
            server: self.server.clone(),
        }
    }
}

/// A service that only requests with a valid access token reach.
#[derive(Clone)]
pub struct Protected<S> {
    inner: S,
    server: ResourceServer,
}

impl<S, B> Service<Request<B>> for Protected<S>
where
    S: Service<Request<B>> + Clone + Send + 'static,
    S::Response: IntoResponse,
    S::Future: Send,
    B: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        // The service that was polled ready is the one to call; a fresh clone takes its place.
        let fresh = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, fresh);
        let server = self.server.clone();
        let token = bearer_token(request.headers(), request.uri().query());
        Box::pin(async move {
            let checked = match token {
                Ok(token) => server.check(token.as_str()).await,
                Err(refusal) => Err(CheckError::Refused(refusal)),
            };
            match checked {
                Ok(permit) => {
                    request.extensions_mut().insert(Passed { permit, server });
                    inner.call(request).await.map(IntoResponse::into_response)
                }
                Err(error) => Ok(answer(&server, &error)),
            }
        })
    }
}
