//! Calls of protected APIs, decided in the server's own process.
//!
//! Spec: RFC 6750 §2 and §3, RFC 8705 §3, RFC 9449 §7, RFC 9068 §4, RFC 9470 §3
//!
//! The rules are `enforcement/src/gate`. Here is what they ask for: a token is opened and looked up as at UserInfo, by one
//! query, so that what was revoked a moment ago is refused now; its proofs count as the server's own do. Each refusal is
//! remembered, so that it can be explained.

use std::sync::Arc;

use enforcement::{
    ClientRefusal, Permit, Refusal,
    gate::{
        BodyProblem, Call, ClientCredentials, Decide, Decision, Denied, Failure, Lookup, Pending, Presented,
        ProtectedApi,
    },
    limit::{Charge, Exceeded, Usage},
};
use explanation::{
    Explain, Explanation,
    catalogue::{api_key as catalogue, gate, server, token},
};
use protocol::{ErrorCode, dpop::NonceUse};
use realm::{
    RealmContext, Realms, audit,
    refusals::{Place, Told},
    trail::{self, Trail},
};
use traffic::TraceContext;

use crate::{
    api_key::{self, ApiKeyRefusal},
    client_access::{self, ClientAccess, ClientAccessRefusal},
    client_auth::ClientAuthRefusal,
    dpop::{self, ProofRefusal},
    guess::{self, GuessRefusal},
    introspection::LiveToken,
    token_access::{self, AccessRefusal, TokenRequest},
};

/// The APIs of all realms of this server.
#[derive(Clone)]
pub struct Gate {
    realms: Arc<Realms>,
}

impl Gate {
    /// Before the APIs of these realms.
    pub const fn new(realms: Arc<Realms>) -> Self {
        Self { realms }
    }

    /// Decides about a call that has a trail already: one that a proxy asks about.
    pub async fn decide_here(&self, call: &Call<'_>) -> Decision {
        if let Some(address) = call.address {
            trail::comes_from(address);
        }
        let mut decision = match self.realms.apis().await {
            Ok(apis) => apis.rules.decide(&InProcess(&self.realms), call).await,
            // Where no rules can be read, nothing passes.
            Err(error) => Decision::Denied(Box::new(Denied::unavailable(error.to_string()))),
        };
        if let Decision::Denied(denied) = &mut decision {
            // Whoever carries the call has put a trace there if it came without one.
            trail::belongs_to(TraceContext::of(call.headers).trace_id());
            let path = call.target.split('?').next().unwrap_or_default();
            self.remember(call.method, path, denied).await;
        }
        decision
    }

    /// Remembers a refusal, and gives it its id.
    async fn remember(&self, method: &str, path: &str, denied: &mut Denied) {
        let answer = denied.answer();
        let (code, why) = match &denied.failure {
            Failure::Refused(refusal) => {
                passed_before(refusal);
                (
                    refusal.error_code().unwrap_or(ErrorCode::InvalidToken),
                    refusal.explanation(),
                )
            }
            Failure::Unavailable(reason) => {
                tracing::error!(reason, "a call of an API cannot be checked");
                (ErrorCode::TemporarilyUnavailable, (&server::UNAVAILABLE).into())
            }
            Failure::TooManyProofs => (ErrorCode::TemporarilyUnavailable, ProofRefusal::TooMany.explanation()),
        };
        let description = denied.failure.to_string();
        let issuer = denied.api.as_ref().map(|api| api.issuer.as_str());
        tracing::info!(
            error = code.as_str(),
            reason = description,
            "a call of an API is refused"
        );
        if let Some(issuer) = issuer
            && let Ok(Some(realm)) = self.realms.by_issuer(issuer).await
        {
            audit::refused(&realm, code, why.reason.name, &description);
        }
        let told = Told {
            status: answer.status.as_u16(),
            code,
            description: &description,
            why,
        };
        self.realms.remember_refusal(&Place { issuer, method, path }, told);
        denied.id = Some(trail::so_far().id.as_str().to_owned());
    }
}

impl Decide for Gate {
    async fn decide(&self, call: &Call<'_>) -> Decision {
        trail::follow(Trail::default(), self.decide_here(call)).await
    }

    async fn find(&self, call: &Call<'_>) -> Option<Arc<ProtectedApi>> {
        self.realms.apis().await.ok()?.rules.api_of(call).cloned()
    }

    async fn finish(&self, pending: Pending, body: Result<&[u8], BodyProblem>) -> Decision {
        let (method, path) = (pending.method().to_owned(), pending.path());
        let mut decision = pending.finish(body);
        if let Decision::Denied(denied) = &mut decision {
            trail::follow(Trail::default(), async {
                if let Some(client_id) = &denied.client_id {
                    trail::says_client(client_id);
                }
                for check in [
                    &gate::CALL,
                    &gate::API,
                    &gate::ROUTE,
                    &token::ALIVE,
                    &token::PROVEN,
                    &gate::AUDIENCE,
                ] {
                    trail::passed(check);
                }
                self.remember(&method, &path, denied).await;
            })
            .await;
        }
        decision
    }
}

/// The checks that a token had passed when its permit did not reach.
fn passed_before(refusal: &Refusal) {
    let passed: &[_] = match refusal {
        Refusal::InsufficientAuthentication(_) => &[&gate::SCOPE],
        Refusal::InsufficientDetails(_) | Refusal::Body(_) | Refusal::BodyHidden => {
            &[&gate::SCOPE, &gate::AUTHENTICATION]
        }
        _ => &[],
    };
    for check in passed {
        trail::passed(check);
    }
}

/// What the rules ask for, answered by this process.
struct InProcess<'a>(&'a Realms);

impl InProcess<'_> {
    async fn realm(&self, api: &ProtectedApi) -> Result<Arc<RealmContext>, Failure> {
        match self.0.by_issuer(&api.issuer).await {
            Ok(Some(realm)) => Ok(realm),
            Ok(None) => Err(Failure::Unavailable(format!("the realm {} is gone", api.issuer))),
            Err(error) => Err(Failure::Unavailable(error.to_string())),
        }
    }
}

impl Lookup for InProcess<'_> {
    fn now(&self) -> i64 {
        self.0.clock.now()
    }

    async fn admit(&self, api: &ProtectedApi, presented: &Presented<'_>) -> Result<Permit, Failure> {
        for check in [&gate::CALL, &gate::API, &gate::ROUTE] {
            trail::passed(check);
        }
        let realm = self.realm(api).await?;
        let request = TokenRequest {
            credentials: presented.credentials.clone(),
            dpop: presented.proofs.clone(),
            method: presented.method,
            place: dpop::Place::Api(&presented.url),
            certificate: presented.certificate,
            // Tokens for an API are bound to what a client shows the API, and nobody negotiates keys there.
            token_bindings: None,
        };
        let live = token_access::access(&realm, &request).await.map_err(failure)?;
        let is_meant = live.audience.contains(&api.identifier);
        if !is_meant {
            return Err(Refusal::WrongAudience.into());
        }
        trail::passed(&gate::AUDIENCE);
        Ok(permit(live))
    }

    async fn admit_client(&self, api: &ProtectedApi, credentials: ClientCredentials<'_>) -> Result<Permit, Failure> {
        for check in [&gate::CALL, &gate::API, &gate::ROUTE] {
            trail::passed(check);
        }
        let realm = self.realm(api).await?;
        match credentials {
            ClientCredentials::ApiKey(text) => by_key(&realm, text, api).await,
            ClientCredentials::Basic(header) => {
                let access = client_access::by_basic(&realm, header, &api.identifier).await;
                Ok(of_client(&realm, access.map_err(of_access)?, api))
            }
            ClientCredentials::Certificate(certificate) => {
                let access = client_access::by_certificate(&realm, certificate, &api.identifier).await;
                Ok(of_client(&realm, access.map_err(of_access)?, api))
            }
        }
    }

    async fn take(&self, api: &ProtectedApi, charges: &[Charge]) -> Result<Result<Vec<Usage>, Exceeded>, Failure> {
        let realm = self.realm(api).await?;
        let taken = realm
            .node
            .limits
            .take(&realm.store, realm.issuer(), charges, realm.now())
            .await;
        taken.map_err(|error| Failure::Unavailable(error.to_string()))
    }

    async fn next_nonce(&self, api: &ProtectedApi, is_needed: bool) -> Option<String> {
        let realm = self.realm(api).await.ok()?;
        let gives = is_needed || realm.realm.dpop_nonces || realm.node.wants_nonces(realm.issuer());
        gives.then(|| realm.node.nonce(realm.issuer(), NonceUse::ResourceServer, realm.now()))
    }
}

/// What an API key permits here.
async fn by_key(realm: &RealmContext, text: &str, api: &ProtectedApi) -> Result<Permit, Failure> {
    let refused = |refusal| match refusal {
        ApiKeyRefusal::Fault(fault) => Failure::Unavailable(fault.to_string()),
        refusal => client_refusal(refusal.code(), &refusal, refusal.explanation()),
    };
    let live = api_key::live(realm, text).await;
    // Who has a key that has ended did not guess it, and nobody guesses one: it is looked up, however many were wrong.
    if matches!(live, Err(ApiKeyRefusal::Unknown)) {
        guess::compared(realm, (None, text), false).await.map_err(too_many)?;
    }
    let live = live.map_err(refused)?;
    trail::says_client(&live.key.client_id);
    trail::client_is_proven();
    if live.key.api != api.identifier {
        return Err(Refusal::WrongAudience.into());
    }
    for check in [&catalogue::GOOD, &catalogue::OF_CLIENT, &gate::AUDIENCE] {
        trail::passed(check);
    }
    api_key::note_use(realm, &live.key).await;
    let (client_id, audience) = (live.key.client_id, vec![live.key.api]);
    let permit = Permit::of_issuer(client_id.clone(), client_id, live.scope, audience, live.key.expires_at);
    Ok(permit.by_key(&live.key.id))
}

/// What a client permits itself. It brings its credentials with each call, so that there is no end to tell: what is made of
/// it lives as long as a token.
fn of_client(realm: &RealmContext, access: ClientAccess, api: &ProtectedApi) -> Permit {
    let expires_at = realm.now() + realm.realm.lifetimes.access_token;
    let ClientAccess { client_id, scope } = access;
    Permit::of_issuer(
        client_id.clone(),
        client_id,
        scope,
        vec![api.identifier.clone()],
        expires_at,
    )
}

fn of_access(refusal: ClientAccessRefusal) -> Failure {
    match refusal {
        ClientAccessRefusal::Fault(fault) | ClientAccessRefusal::Client(ClientAuthRefusal::Fault(fault)) => {
            Failure::Unavailable(fault.to_string())
        }
        ClientAccessRefusal::Client(ClientAuthRefusal::TooManyGuesses { retry_after }) => {
            Refusal::TooManyGuesses { retry_after }.into()
        }
        refusal => client_refusal(refusal.code(), &refusal, refusal.explanation()),
    }
}

fn too_many(refusal: GuessRefusal) -> Failure {
    match refusal {
        GuessRefusal::TooMany { retry_after } => Refusal::TooManyGuesses { retry_after }.into(),
        GuessRefusal::Fault(fault) => Failure::Unavailable(fault.to_string()),
    }
}

fn client_refusal(code: ErrorCode, told: &impl ToString, why: Explanation) -> Failure {
    let refusal = ClientRefusal {
        code,
        description: told.to_string(),
        why,
    };
    Failure::Refused(Refusal::Client(Box::new(refusal)))
}

/// What a token permits, in the words of an API: it knows users by their one identifier.
fn permit(live: LiveToken) -> Permit {
    let LiveToken {
        token,
        scope,
        audience,
        authorization_details,
        ..
    } = live;
    let mut permit = Permit::of_issuer(token.sub, token.client_id, scope, audience, token.expires_at);
    permit.acr = token.acr.map(|acr| acr.urn().to_owned());
    permit.auth_time = token.auth_time;
    permit.confirmation = token.cnf.unwrap_or_default();
    if !authorization_details.is_empty()
        && let Ok(details) = serde_json::to_value(authorization_details)
    {
        permit.claims.insert("authorization_details".to_owned(), details);
    }
    permit
}

fn failure(refusal: AccessRefusal) -> Failure {
    Failure::Refused(match refusal {
        AccessRefusal::Missing => Refusal::NoCredentials,
        AccessRefusal::Several => Refusal::RepeatedCredentials,
        AccessRefusal::Invalid => Refusal::Inactive,
        AccessRefusal::Unproven => Refusal::UnprovenBinding,
        AccessRefusal::ProofMissing => Refusal::ProofMissing,
        AccessRefusal::Proof(ProofRefusal::Proof(error)) => Refusal::Proof(error),
        AccessRefusal::Proof(ProofRefusal::NonceNeeded) => Refusal::NonceNeeded,
        AccessRefusal::Proof(ProofRefusal::TooMany) => return Failure::TooManyProofs,
        AccessRefusal::Proof(ProofRefusal::Fault(fault)) | AccessRefusal::Fault(fault) => {
            return Failure::Unavailable(fault.to_string());
        }
    })
}
