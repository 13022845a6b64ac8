//! The layer around an API's routes.
//!
//! One request: take the token, check it, attach the permit, go on. Anything else is answered here.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::response::{IntoResponse, Response};
use enforcement::{Permit, tried_scheme};
use http::header::HeaderValue;
use http::{Request, request::Parts};
use protocol::TokenScheme;
use protocol::dpop::NONCE_HEADER;
use tower::{Layer, Service};
use tracing::Instrument as _;

use crate::answer::answer;
use crate::proofs::has_proof;
use crate::{ResourceServer, interaction};

/// What the layer attaches to a request that got through.
#[derive(Clone)]
pub(crate) struct Passed {
    pub(crate) permit: Permit,
    pub(crate) server: ResourceServer,
    /// By which scheme the token came.
    pub(crate) scheme: TokenScheme,
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

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The service that was polled ready is the one to call; a fresh clone takes its place.
        let fresh = self.inner.clone();
        let inner = std::mem::replace(&mut self.inner, fresh);
        let server = self.server.clone();
        let (mut parts, body) = request.into_parts();
        let id = interaction::begin(&mut parts);
        let span = tracing::info_span!("call", interaction_id = %id);
        let answering = async move {
            let mut response = pass(&server, inner, parts, body).await?;
            interaction::echo(&id, &mut response);
            tracing::info!(status = response.status().as_u16(), "answered");
            Ok(response)
        };
        Box::pin(answering.instrument(span))
    }
}

async fn pass<S, B>(server: &ResourceServer, mut inner: S, mut parts: Parts, body: B) -> Result<Response, S::Error>
where
    S: Service<Request<B>>,
    S::Response: IntoResponse,
{
    let (scheme, has_proof) = (tried_scheme(&parts.headers), has_proof(&parts.headers));
    let mut response = match server.check_call(&mut parts).await {
        Ok(permit) => {
            let server = server.clone();
            parts.extensions.insert(Passed { permit, server, scheme });
            inner.call(Request::from_parts(parts, body)).await?.into_response()
        }
        Err(error) => answer(server, &error, scheme),
    };
    if has_proof && let Some(nonce) = server.next_nonce().and_then(|nonce| HeaderValue::from_str(&nonce).ok()) {
        response.headers_mut().insert(NONCE_HEADER, nonce);
    }
    Ok(response)
}
