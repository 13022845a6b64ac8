//! What one route demands of tokens.
//! Spec: RFC 6750 §3.1 (`insufficient_scope`), RFC 9470 §3 (`insufficient_user_authentication`)

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::response::{IntoResponse, Response};
use enforcement::{Refusal, StepUp};
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
pub fn require_scope(scope: &str) -> RequireLayer {
    match Scope::parse(scope) {
        Ok(parsed) if !parsed.is_empty() => RequireLayer::new(Demand::Scope(parsed)),
        _ => panic!("`{scope}` is not a scope"),
    }
}

/// Lets only tokens through whose user was authenticated as `needed` says. Others are told what would do, so that their
/// app can ask the user to authenticate again (RFC 9470).
///
/// For [`route_layer`](axum::routing::MethodRouter::route_layer), inside of
/// [`ResourceServer::layer`](crate::ResourceServer::layer).
pub fn require_authentication(needed: StepUp) -> RequireLayer {
    RequireLayer::new(Demand::Authentication(needed))
}

enum Demand {
    Scope(Scope),
    Authentication(StepUp),
}

impl Demand {
    fn check(&self, passed: &Passed) -> Result<(), Refusal> {
        match self {
            Self::Scope(needed) => passed.permit.require_scope(needed),
            Self::Authentication(needed) => passed.permit.require_authentication(needed, passed.server.now()),
        }
    }
}

/// Made by [`require_scope`] and [`require_authentication`].
#[derive(Clone)]
pub struct RequireLayer {
    demand: Arc<Demand>,
}

impl RequireLayer {
    fn new(demand: Demand) -> Self {
        Self {
            demand: Arc::new(demand),
        }
    }
}

impl<S> Layer<S> for RequireLayer {
    type Service = Require<S>;

    fn layer(&self, inner: S) -> Require<S> {
        Require {
            inner,
            demand: Arc::clone(&self.demand),
        }
    }
}

/// A service that only certain tokens reach.
#[derive(Clone)]
pub struct Require<S> {
    inner: S,
    demand: Arc<Demand>,
}

impl<S, B> Service<Request<B>> for Require<S>
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
            Some(passed) => {
                let refusal = self.demand.check(passed).err();
                refusal.map(|refusal| refused(&passed.server, &refusal, passed.scheme))
            }
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
