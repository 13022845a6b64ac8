//! The check of a call, from its first byte to the decision.
//!
//! Spec: RFC 6750 §2 and §3, RFC 8705 §3, RFC 9449 §7, RFC 9470 §3, RFC 9396 §9
//!
//! 1. Which API and which route is it about? ([`Rules`])
//! 2. Which way in does it take, and what does it bring for that?
//! 3. What is that worth? ([`Lookup`])
//! 4. Does it reach what the route demands: scope, authentication, details?

use std::future::Future;
use std::sync::Arc;

use protocol::{Access, ClientCertificate, TokenCredentials, dpop};

use super::{
    Call, CallBody, Decision, Denied, Pending, Permitted, ProtectedApi, RouteRule, Rules,
    body::{self, BodyProblem},
    rules::{Found, Nowhere},
    way_in::{ClientCredentials, WayIn, check_kind, way_in},
};
use crate::{
    Permit, Refusal,
    limit::{self, Caller, Charge, Exceeded, Usage},
    tried_scheme,
};

/// Who decides about calls: a server in its own process, or a gateway apart from it. What carries calls is handed one.
pub trait Decide: Send + Sync + 'static {
    /// Decides about a call.
    fn decide(&self, call: &Call<'_>) -> impl Future<Output = Decision> + Send;

    /// The API that has a route for a call, whatever the call brings: nothing is decided.
    fn find(&self, call: &Call<'_>) -> impl Future<Output = Option<Arc<ProtectedApi>>> + Send;

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

    /// What a client may do that calls without a token, at this API. Nothing, where nobody knows clients.
    fn admit_client(
        &self,
        _api: &ProtectedApi,
        _credentials: ClientCredentials<'_>,
    ) -> impl Future<Output = Result<Permit, Failure>> + Send {
        async { Err(Refusal::OtherWay("callers without access tokens here").into()) }
    }

    /// Takes one call from each bucket, or none from any. Where nobody counts, nothing passes that is limited.
    fn take(
        &self,
        _api: &ProtectedApi,
        charges: &[Charge],
    ) -> impl Future<Output = Result<Result<Vec<Usage>, Exceeded>, Failure>> + Send {
        let is_limited = !charges.is_empty();
        async move {
            if is_limited {
                Err(Failure::Unavailable("calls are not counted here".to_owned()))
            } else {
                Ok(Ok(Vec::new()))
            }
        }
    }

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
        // Who may not call at all uses nothing up.
        let taken = match demanded {
            Ok(()) => take(lookup, &found, permit.as_ref()).await,
            Err(refusal) => Err(refusal.into()),
        };
        let pending = Pending {
            permitted: Permitted {
                api,
                route,
                permit,
                nonce,
                usages: Vec::new(),
            },
            tried,
            method: call.method.to_owned(),
            path: found.below.to_owned(),
        };
        match taken {
            Ok(usages) => look_into_body(pending.with(usages), call),
            Err(failure) => pending.fail(failure),
        }
    }
}

/// Takes the call from the limits.
async fn take(lookup: &impl Lookup, found: &Found<'_, '_>, permit: Option<&Permit>) -> Result<Vec<Usage>, Failure> {
    if found.route.limits.is_empty() {
        return Ok(Vec::new());
    }
    let charges = limit::charges(&found.route.limits, permit.map_or_else(Caller::default, Permit::caller));
    Ok(lookup
        .take(found.api, &charges)
        .await?
        .map_err(Refusal::LimitExceeded)?)
}

/// What a call brings is worth this; `None`: nothing is needed.
async fn admit(lookup: &impl Lookup, found: &Found<'_, '_>, call: &Call<'_>) -> Result<Option<Permit>, Failure> {
    let ways = &found.route.access;
    if *ways == [Access::None] {
        return Ok(None);
    }
    let permit = match way_in(ways, call, found.query)? {
        WayIn::Token(credentials) => {
            let presented = Presented {
                credentials,
                proofs: proofs(call),
                method: call.method,
                url: found.api.url(found.path),
                certificate: call.certificate,
            };
            let permit = lookup.admit(found.api, &presented).await?;
            check_kind(ways, &permit)?;
            permit
        }
        WayIn::Client(brought) => lookup.admit_client(found.api, brought.credentials()).await?,
    };
    Ok(Some(permit))
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
