//! An API that checks access tokens.

use std::sync::Arc;

use axum::Router;
use enforcement::{Permit, Refusal, TokenCheck};
use jose::UnverifiedJwt;

use crate::builder::Builder;
use crate::clock::Clock;
use crate::introspection::Introspection;
use crate::key_cache::KeyCache;
use crate::layer::ProtectedLayer;
use crate::metadata::Metadata;
use crate::{CheckError, metadata};

/// Checks the access tokens of one API. Cheap to clone; the clones share what was fetched.
#[derive(Clone)]
pub struct ResourceServer(Arc<Inner>);

struct Inner {
    check: TokenCheck,
    introspection: Option<Introspection>,
    keys: Option<KeyCache>,
    metadata: Metadata,
    clock: Clock,
}

impl ResourceServer {
    /// Describes an API.
    ///
    /// `issuer`: whose tokens it takes, exactly as in the issuer's metadata. `resource`: the API's identifier, which
    /// must be in the `aud` of every token, exactly as it is registered with the issuer.
    pub fn builder(issuer: impl Into<String>, resource: impl Into<String>) -> Builder {
        Builder::new(issuer.into(), resource.into())
    }

    pub(crate) fn new(
        check: TokenCheck,
        introspection: Option<Introspection>,
        keys: Option<KeyCache>,
        metadata: Metadata,
        clock: Clock,
    ) -> Self {
        Self(Arc::new(Inner {
            check,
            introspection,
            keys,
            metadata,
            clock,
        }))
    }

    /// The layer that lets only requests with a valid access token through.
    pub fn layer(&self) -> ProtectedLayer {
        ProtectedLayer::new(self.clone())
    }

    /// Serves the API's metadata (RFC 9728 §3). Merge it outside the protected routes: everybody may read it.
    pub fn metadata_router(&self) -> Router {
        metadata::router(&self.0.metadata)
    }

    /// Checks a token that did not come with a request, or for a program without tower.
    pub async fn check(&self, token: &str) -> Result<Permit, CheckError> {
        // A JWT has two dots; Sekisho's opaque tokens have none.
        let is_jwt = token.bytes().filter(|byte| *byte == b'.').count() == 2;
        match (&self.0.keys, &self.0.introspection) {
            (Some(keys), _) if is_jwt => self.check_jwt(keys, token).await,
            (_, Some(introspection)) => {
                let answer = introspection.ask(token).await?;
                Ok(self.0.check.check_introspection(answer, self.0.clock.unix())?)
            }
            _ => Err(Refusal::UnknownTokenForm.into()),
        }
    }

    async fn check_jwt(&self, keys: &KeyCache, token: &str) -> Result<Permit, CheckError> {
        // Before keys are fetched, the token must at least be one that could be checked with them.
        let unverified = UnverifiedJwt::parse(token).map_err(Refusal::Signature)?;
        let keys = keys.keys(unverified.header().kid.as_deref()).await?;
        Ok(self.0.check.check_jwt(token, &keys, self.0.clock.unix())?)
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
