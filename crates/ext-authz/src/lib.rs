//! Envoy's protocol of external authorization: a proxy asks by gRPC whether a call may go on to an API.
//!
//! Spec: Envoy external authorization v3 §Check
//!
//! The decision is that of `enforcement`; here a question becomes a call ([`question`]), and the decision an answer
//! ([`answer`]).
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        reason = "tests fail loudly"
    )
)]

mod answer;
mod question;

use enforcement::gate::{BodyProblem, Decide, Decision};
use envoy_types::ext_authz::v3::pb::{Authorization, AuthorizationServer, CheckRequest, CheckResponse};
use tonic::{Request, Response, Status};

use self::question::Question;

/// The service, for whatever speaks HTTP/2.
pub type Service<D> = AuthorizationServer<ExtAuthz<D>>;

/// Answers by these decisions.
pub fn service<D: Decide>(decide: D) -> Service<D> {
    AuthorizationServer::new(ExtAuthz { decide })
}

/// Who answers.
#[derive(Debug)]
pub struct ExtAuthz<D> {
    decide: D,
}

#[tonic::async_trait]
impl<D: Decide> Authorization for ExtAuthz<D> {
    async fn check(&self, request: Request<CheckRequest>) -> Result<Response<CheckResponse>, Status> {
        let question = Question::read(request.into_inner())
            .ok_or_else(|| Status::invalid_argument("the question has no attributes of an HTTP request"))?;
        let decision = match self.decide.decide(&question.call()).await {
            // What Envoy has not sent it does not send later.
            Decision::NeedsBody(pending) => self.decide.finish(*pending, Err(BodyProblem::Incomplete)).await,
            decision => decision,
        };
        Ok(Response::new(answer::of(&decision, &question.headers)))
    }
}
