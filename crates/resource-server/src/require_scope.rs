//! Scope per route.
//! Spec: RFC 6750 §3.1 (`insufficient_scope`)

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::response::{IntoResponse, Response};
use http::Request;
use protocol::Scope;
use tower::{Layer, Service};

use crate::answer::{not_protected, refused};
use crate::layer::Passed;

/// Lets only tokens with all of these scopes (separated by spaces) through.
///
/// For [`route_layer`](axum::routing::MethodRouter::route_layer), inside of
/// [`ResourceServer::layer`](crate::ResourceServer::layer).
///
/// # Panics
/// When `scope` is empty or has characters that no scope can have: a mistake in the program, which shows at its start.
#[expect(
    clippy::panic,
    reason = "as with axum's routes, a mistake in the program must show at its start"
)]
pub fn require_scope(scope: &str) -> RequireScopeLayer {
    match Scope::parse(scope) {
        Ok(parsed) if !parsed.is_empty() => RequireScopeLayer {
            needed: Arc::new(parsed),
        },
        _ => panic!("`{scope}` is not a scope"),
    }
}

/// Made by [`require_scope`].
#[derive(Clone)]
pub struct RequireScopeLayer {
    needed: Arc<Scope>,
}

impl<S> Layer<S> for RequireScopeLayer {
    type Service = RequireScope<S>;

    fn layer(&self, inner: S) -> RequireScope<S> {
        RequireScope {
            inner,
            needed: Arc::clone(&self.needed),
        }
    }
}

/// A service that only tokens with certain scopes reach.
#[derive(Clone)]
pub struct RequireScope<S> {
    inner: S,
    needed: Arc<Scope>,
}

impl<S, B> Service<Request<B>> for RequireScope<S>
where
    S: Service<Request<B>>,
    S::Response: IntoResponse,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let stopped = match request.extensions().get::<Passed>() {
            Some(passed) => passed
                .permit
                .require_scope(&self.needed)
                .err()
                .map(|refusal| refused(&passed.server, &refusal)),
            None => Some(not_protected()),
        };
        if let Some(response) = stopped {
            return Box::pin(async move { Ok(response) });
        }
        let answering = self.inner.call(request);
        Box::pin(async move { answering.await.map(IntoResponse::into_response) })
    }
}

#[cfg(test)]
mod tests {
    use super::require_scope;

    #[test]
    #[should_panic(expected = "is not a scope")]
    fn an_empty_scope_is_a_mistake() {
        let _ = require_scope(" ");
    }

    #[test]
    #[should_panic(expected = "is not a scope")]
    fn a_scope_that_cannot_be_is_a_mistake() {
        let _ = require_scope("accounts\"read");
    }
}
