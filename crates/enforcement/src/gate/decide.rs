//! The check of a call, from its first byte to the decision.
//!
//! Spec: RFC 6750 §2 and §3, RFC 8705 §3, RFC 9449 §7, RFC 9470 §3, RFC 9396 §9
//!
//! 1. Which API and which route is it about? ([`Rules`])
//! 2. Which way in does it take, and what does it bring for that?
//! 3. What is that worth? ([`Lookup`])
//! 4. Does it reach what the route demands: scope, authentication, details?

use std::future::Future;

use http::header::AUTHORIZATION;
use protocol::{Access, ClientCertificate, TokenCredentials, dpop};

use super::{
    Call, CallBody, Decision, Denied, Pending, Permitted, ProtectedApi, RouteRule, Rules,
    body::{self, BodyProblem},
    rules::{Found, Nowhere},
};
use crate::{Permit, Refusal, credentials, tried_scheme};

/// Who decides about calls: a server in its own process, or a gateway apart from it. What carries calls is handed one.
pub trait Decide: Send + Sync + 'static {
    /// Decides about a call.
    fn decide(&self, call: &Call<'_>) -> impl Future<Output = Decision> + Send;

    /// Decides about a call whose body was asked for: here it is, or why it cannot be had.
    fn finish(&self, pending: Pending, body: Result<&[u8], BodyProblem>) -> impl Future<Output = Decision> + Send;
}

/// What the rules do not know: what a token is worth now, which proofs were used, and the time.
pub trait Lookup: Sync {
    /// Now, in seconds since 1970.
    fn now(&self) -> i64;

    /// What the token of a call permits at this API: it is valid, meant for the API, and each key that it is bound to is
    /// proven. The proof is used up.
    fn admit(
        &self,
        api: &ProtectedApi,
        presented: &Presented<'_>,
    ) -> impl Future<Output = Result<Permit, Failure>> + Send;

    /// The nonce for the next proof of whoever brought one; `is_needed`: this call was refused for want of one.
    fn next_nonce(&self, api: &ProtectedApi, is_needed: bool) -> impl Future<Output = Option<String>> + Send;
}

/// An access token with what a call brings to prove its keys.
pub struct Presented<'a> {
    /// The token.
    pub credentials: TokenCredentials,
    /// All `DPoP` fields. One that is no text is an empty one, which is malformed, so that it is not overlooked.
    pub proofs: Vec<&'a str>,
    /// The method.
    pub method: &'a str,
    /// The URL of the call as clients know it, without query.
    pub url: String,
    /// The certificate with which the client connected.
    pub certificate: Option<&'a ClientCertificate>,
}

/// Why a call does not get through.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The call is at fault.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Nobody can say what its token is worth right now. Nothing passes then.
    #[error("an access token cannot be checked: {0}")]
    Unavailable(String),
    /// More proofs came in the last minutes than can be remembered. Nothing passes that brings one.
    #[error("more DPoP proofs came in the last minutes than can be remembered")]
    TooManyProofs,
}

impl Rules {
    /// Decides about a call.
    pub async fn decide(&self, lookup: &impl Lookup, call: &Call<'_>) -> Decision {
        let found = match self.find(call) {
            Ok(found) => found,
            Err(nowhere) => return denied_nowhere(nowhere),
        };
        let tried = tried_scheme(call.headers);
        let admitted = admit(lookup, &found, call).await;
        let brings_proof = call.headers.contains_key(dpop::HEADER);
        let nonce = if brings_proof {
            let is_needed = matches!(admitted, Err(Failure::Refused(Refusal::NonceNeeded)));
            lookup.next_nonce(found.api, is_needed).await
        } else {
            None
        };
        let (api, route) = (found.api.clone(), found.route.clone());
        let permit = match admitted {
            Ok(permit) => permit,
            Err(failure) => {
                return Decision::Denied(Box::new(Denied {
                    api: Some(api),
                    route: Some(route),
                    tried,
                    nonce,
                    ..Denied::because(failure)
                }));
            }
        };
        let demanded = permit
            .as_ref()
            .map_or(Ok(()), |permit| demand(found.route, permit, lookup.now()));
        let pending = Pending {
            permitted: Permitted {
                api,
                route,
                permit,
                nonce,
            },
            tried,
            method: call.method.to_owned(),
            path: found.below.to_owned(),
        };
        match demanded {
            Ok(()) => look_into_body(pending, call),
            Err(refusal) => pending.deny(refusal),
        }
    }
}

/// The way in that a call takes: the first of the route's for which it brings something; if it brings nothing, the first.
fn way_in(route: &RouteRule, call: &Call<'_>) -> Access {
    let brings = |way: &Access| match way {
        Access::None => true,
        Access::Token => call.headers.contains_key(AUTHORIZATION),
    };
    let ways = &route.access;
    let way = ways.iter().find(|way| brings(way)).or_else(|| ways.first());
    way.copied().unwrap_or(Access::Token)
}

/// What a call brings is worth this; `None`: nothing is needed.
async fn admit(lookup: &impl Lookup, found: &Found<'_, '_>, call: &Call<'_>) -> Result<Option<Permit>, Failure> {
    match way_in(found.route, call) {
        Access::None => Ok(None),
        Access::Token => {
            let presented = Presented {
                credentials: credentials(call.headers, found.query)?,
                proofs: proofs(call),
                method: call.method,
                url: found.api.url(found.path),
                certificate: call.certificate,
            };
            lookup.admit(found.api, &presented).await.map(Some)
        }
    }
}

fn proofs<'a>(call: &Call<'a>) -> Vec<&'a str> {
    let values = call.headers.get_all(dpop::HEADER).iter();
    values.map(|value| value.to_str().unwrap_or("")).collect()
}

fn demand(route: &RouteRule, permit: &Permit, now: i64) -> Result<(), Refusal> {
    permit.require_scope(&route.scope)?;
    let is_without_user = permit.subject == permit.client_id;
    match &route.authentication {
        Some(needed) if !(route.is_for_users && is_without_user) => permit.require_authentication(needed, now),
        _ => Ok(()),
    }
}

fn look_into_body(pending: Pending, call: &Call<'_>) -> Decision {
    if !pending.permitted.route.needs_body() {
        return pending.compare(None);
    }
    if let CallBody::Hidden = call.body {
        return pending.deny(Refusal::BodyHidden);
    }
    if let Err(problem) = body::check_headers(call.headers) {
        return pending.deny(problem.into());
    }
    match call.body {
        CallBody::Whole(bytes) => pending.finish(Ok(bytes)),
        CallBody::Later | CallBody::Hidden => Decision::NeedsBody(Box::new(pending)),
    }
}

fn denied_nowhere(nowhere: Nowhere<'_>) -> Decision {
    Decision::Denied(Box::new(Denied {
        api: nowhere.api.cloned(),
        ..Denied::because(nowhere.refusal.into())
    }))
}
