//! An API that checks access tokens.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use enforcement::gate::{ClientCredentials, Failure, Lookup, Presented, ProtectedApi};
use enforcement::limit::{Charge, Exceeded, Table, Usage};
use enforcement::{CheckedToken, Permit, Refusal, TokenCheck, credentials};
use http::request::Parts;
use jose::{SigningAlg, UnverifiedJwt};
use protocol::{ClientCertificate, Confirmation, TokenScheme};
use serde_json::Value;

use crate::builder::Builder;
use crate::clock::Clock;
use crate::heard::Moment;
use crate::introspection::Introspection;
use crate::key_cache::KeyCache;
use crate::layer::ProtectedLayer;
use crate::metadata::Metadata;
use crate::proofs::{self, Proofs};
use crate::remembered::Remembered;
use crate::{CheckError, Revocations, client_certificate, metadata};

/// Checks the access tokens of one API. Cheap to clone; the clones share what was fetched.
#[derive(Clone)]
pub struct ResourceServer(Arc<Inner>);

/// What an API is made of.
pub(crate) struct Inner {
    pub(crate) check: TokenCheck,
    pub(crate) introspection: Option<Introspection>,
    pub(crate) keys: Option<KeyCache>,
    /// What is revoked, if that is listened to, and what was kept for the while.
    pub(crate) revocations: Option<Revocations>,
    pub(crate) remembered: Remembered,
    pub(crate) metadata: Metadata,
    pub(crate) proofs: Proofs,
    /// Whose `Client-Cert` is believed.
    pub(crate) proxies: Vec<IpAddr>,
    /// Whether tokens that are bound to no key are refused.
    pub(crate) bound_only: bool,
    pub(crate) clock: Clock,
    /// The buckets of a gateway's limits.
    pub(crate) limits: Mutex<Table>,
}

impl ResourceServer {
    /// Describes an API.
    ///
    /// `issuer`: whose tokens it takes, exactly as in the issuer's metadata. `resource`: the API's identifier, which
    /// must be in the `aud` of every token, exactly as it is registered with the issuer.
    pub fn builder(issuer: impl Into<String>, resource: impl Into<String>) -> Builder {
        Builder::new(issuer.into(), resource.into())
    }

    pub(crate) fn new(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }

    /// The layer that lets only requests with a valid access token through.
    pub fn layer(&self) -> ProtectedLayer {
        ProtectedLayer::new(self.clone())
    }

    /// Serves the API's metadata (RFC 9728 §3). Merge it outside the protected routes: everybody may read it.
    pub fn metadata_router(&self) -> Router {
        metadata::router(&self.0.metadata)
    }

    /// Checks a token that did not come with a call. One that is bound to a key is refused, since nothing proves the key.
    pub async fn check(&self, token: &str) -> Result<Permit, CheckError> {
        self.take(self.check_token(token).await?.presented_alone()?)
    }

    /// Checks the token of a call and the keys that it is bound to: what [`layer`](Self::layer) does, for a program without
    /// tower. Headers with certificates that nobody may send are removed.
    pub async fn check_call(&self, call: &mut Parts) -> Result<Permit, CheckError> {
        let certificate = client_certificate::take(call, &self.0.proxies)?;
        let presented = Presented {
            credentials: credentials(&call.headers, call.uri.query())?,
            proofs: proofs::values(&call.headers),
            method: call.method.as_str(),
            url: self.0.proofs.url_of(call.uri.path()),
            certificate: certificate.as_ref(),
        };
        self.check_presented(&presented).await
    }

    async fn check_presented(&self, presented: &Presented<'_>) -> Result<Permit, CheckError> {
        let scheme = presented.credentials.scheme;
        let token = presented.credentials.token.as_str();
        let proof = match scheme {
            TokenScheme::Bearer => None,
            TokenScheme::Dpop => Some(self.0.proofs.check(presented, self.now())?),
        };
        let proven = Confirmation {
            x5t_s256: presented.certificate.map(ClientCertificate::thumbprint),
            jkt: proof.as_ref().map(|proof| proof.jkt().to_owned()),
            tbh: None,
        };
        let permit = self.check_token(token).await?.presented(scheme, &proven)?;
        let permit = self.take(permit)?;
        if let Some(proof) = &proof {
            self.0.proofs.use_up(proof, self.now())?;
        }
        Ok(permit)
    }

    fn take(&self, permit: Permit) -> Result<Permit, CheckError> {
        if self.0.bound_only && permit.confirmation.is_empty() {
            return Err(Refusal::Unbound.into());
        }
        Ok(permit)
    }

    async fn check_token(&self, token: &str) -> Result<CheckedToken, CheckError> {
        let revocations = self.0.revocations.as_ref();
        let moment = revocations.and_then(|revocations| {
            revocations.listen();
            revocations.moment()
        });
        // A JWT has two dots; Sekisho's opaque tokens have none.
        let is_jwt = token.bytes().filter(|byte| *byte == b'.').count() == 2;
        match (&self.0.keys, &self.0.introspection) {
            (Some(keys), Some(introspection)) if is_jwt && revocations.is_some() => {
                if let Some(moment) = moment {
                    keys.begin(moment.stream);
                }
                let signed = self.check_jwt(keys, token).await?;
                let vouches = |(moment, revocations): (Moment, &Revocations)| revocations.vouch_for(moment, &signed);
                if moment.zip(revocations).is_some_and(vouches) {
                    return Ok(signed);
                }
                let answered = self.ask(introspection, token, moment).await?;
                Ok(answered.named_by(&signed))
            }
            (Some(keys), _) if is_jwt => self.check_jwt(keys, token).await,
            (_, Some(introspection)) => self.ask(introspection, token, moment).await,
            _ => Err(Refusal::UnknownTokenForm.into()),
        }
    }

    /// What the issuer says of a token, or said since `moment` at the latest.
    async fn ask(
        &self,
        introspection: &Introspection,
        token: &str,
        moment: Option<Moment>,
    ) -> Result<CheckedToken, CheckError> {
        let (remembered, revocations) = (&self.0.remembered, self.0.revocations.as_ref());
        let known = revocations.and_then(|revocations| remembered.find(token, revocations, self.now()));
        let (answer, members) = if let Some(known) = known {
            known
        } else {
            let answer = introspection.ask(token).await?;
            if let Some(revocations) = revocations {
                revocations.count_asked();
            }
            if let Some(moment) = moment {
                remembered.keep(token, &answer, moment);
            }
            answer
        };
        Ok(self.0.check.check_introspection(answer, members, self.now())?)
    }

    async fn check_jwt(&self, keys: &KeyCache, token: &str) -> Result<CheckedToken, CheckError> {
        // Before keys are fetched, the token must at least be one that could be checked with them.
        let unverified = UnverifiedJwt::parse(token).map_err(Refusal::Signature)?;
        let keys = keys.keys(unverified.header().kid.as_deref()).await?;
        Ok(self.0.check.check_jwt(token, &keys, self.0.clock.unix())?)
    }

    /// Now, in seconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        self.0.clock.unix()
    }

    /// How proofs may be signed.
    pub(crate) fn proof_algs(&self) -> &[SigningAlg] {
        &self.0.proofs.algs
    }

    /// The nonce that the next proof must hold, if any.
    pub(crate) fn next_nonce(&self) -> Option<String> {
        self.0.proofs.next_nonce(self.now())
    }

    /// The realm of challenges: the API's identifier.
    pub(crate) fn realm(&self) -> &str {
        &self.0.check.audience
    }

    /// Where the metadata is served.
    pub(crate) fn metadata_url(&self) -> &str {
        &self.0.metadata.url
    }
}

/// For a gateway that stands apart from the issuer: it asks about each token, as an API does. The description of the API is
/// this one's, whatever the gateway's rules say of it.
impl Lookup for ResourceServer {
    fn now(&self) -> i64 {
        self.0.clock.unix()
    }

    async fn admit(&self, _: &ProtectedApi, presented: &Presented<'_>) -> Result<Permit, Failure> {
        Ok(self.check_presented(presented).await?)
    }

    /// Clients' secrets and certificates are known to the issuer alone, and nobody else can be asked about them.
    async fn admit_client(&self, _: &ProtectedApi, credentials: ClientCredentials<'_>) -> Result<Permit, Failure> {
        let ClientCredentials::ApiKey(key) = credentials else {
            return Err(
                Refusal::OtherWay("secrets and certificates of clients at a gateway apart from the server").into(),
            );
        };
        let permit = self.check(key).await?;
        let id = permit.claims.get("jti").and_then(Value::as_str).map(str::to_owned);
        Ok(match id {
            Some(id) => permit.by_key(&id),
            None => permit,
        })
    }

    async fn take(&self, _: &ProtectedApi, charges: &[Charge]) -> Result<Result<Vec<Usage>, Exceeded>, Failure> {
        let mut limits = self.0.limits.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(limits.take(charges, self.0.clock.unix()))
    }

    async fn next_nonce(&self, _: &ProtectedApi, _: bool) -> Option<String> {
        self.0.proofs.next_nonce(self.0.clock.unix())
    }
}
