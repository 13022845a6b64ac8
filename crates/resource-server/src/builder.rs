//! Describing an API: whose tokens it takes, who it is, and how it checks.

use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use enforcement::TokenCheck;
use enforcement::limit::Table;
use jose::SigningAlg;
use protocol::Scope;
use reqwest::Client;
use url::Url;

use crate::clock::Clock;
use crate::discovery::Discovery;
use crate::http_client;
use crate::introspection::{Credentials, Introspection};
use crate::key_cache::KeyCache;
use crate::metadata::Metadata;
use crate::proofs::Proofs;
use crate::remembered::Remembered;
use crate::resource_server::Inner;
use crate::{ResourceServer, Revocations};

/// How DPoP proofs may be signed: as FAPI 2.0 Security Profile §5.4.1 wants.
pub(crate) const PROOF_ALGS: [SigningAlg; 3] = [SigningAlg::Ps256, SigningAlg::Es256, SigningAlg::EdDsa];

/// How many buckets of limits are kept at a gateway.
const BUCKETS: usize = 1 << 18;

/// Why an API cannot be protected as described.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The issuer or the resource is no URL that can be used.
    #[error("{what} `{value}`: {problem}")]
    Url {
        /// `issuer`, `resource` or `public_url`.
        what: &'static str,
        /// What was given.
        value: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Neither [`Builder::introspection`] nor [`Builder::jwks`].
    #[error("say how tokens are checked: call introspection(…), jwks(), or both")]
    NoCheck,
    /// [`Builder::revocations`] without [`Builder::introspection`].
    #[error("what was revoked must be asked about: call introspection(…) too")]
    NoIntrospection,
    /// [`Builder::remember`] without [`Builder::revocations`].
    #[error("answers can be kept only while it is heard what is revoked: call revocations(…) too")]
    NoRevocations,
    /// A scope has characters that a scope cannot have.
    #[error("scopes_supported: {0}")]
    Scope(#[from] protocol::ScopeError),
    /// There is no HTTP client, for example because the system's root certificates cannot be read.
    #[error("the HTTP client cannot be made")]
    HttpClient(#[source] reqwest::Error),
}

/// Made by [`ResourceServer::builder`].
#[must_use]
pub struct Builder {
    issuer: String,
    resource: String,
    credentials: Option<(String, String)>,
    jwks: bool,
    revocations: Option<Revocations>,
    remember: Duration,
    scopes: Vec<String>,
    http: Option<Client>,
    public_url: Option<String>,
    dpop_nonces: bool,
    client_cert_from: Vec<IpAddr>,
    bound_only: bool,
    pub(crate) clock: Clock,
}

impl Builder {
    pub(crate) fn new(issuer: String, resource: String) -> Self {
        Self {
            issuer,
            resource,
            credentials: None,
            jwks: false,
            revocations: None,
            remember: Duration::ZERO,
            scopes: Vec::new(),
            http: None,
            public_url: None,
            dpop_nonces: false,
            client_cert_from: Vec::new(),
            bound_only: false,
            clock: Clock::new(),
        }
    }

    /// Asks the issuer about each opaque token, with the API's own credentials (`client_secret_basic`). What was
    /// revoked is refused from that moment on.
    pub fn introspection(mut self, client_id: impl Into<String>, client_secret: impl Into<String>) -> Self {
        self.credentials = Some((client_id.into(), client_secret.into()));
        self
    }

    /// Checks tokens that are JWTs here, with the issuer's public keys. Faster, but a revoked token is taken until
    /// it expires, unless [`revocations`](Self::revocations) are heard. Without this, JWTs are introspected like any other
    /// token.
    pub fn jwks(mut self) -> Self {
        self.jwks = true;
        self
    }

    /// Listens to what the issuer revokes (Sekisho tells it). With [`jwks`](Self::jwks) a JWT that was revoked is then refused
    /// within a second, and within a few when the connection to the issuer breaks: while nothing is heard the issuer is asked
    /// about each token, and so it is about tokens from before the stream began. Needs [`introspection`](Self::introspection).
    pub fn revocations(mut self, revocations: Revocations) -> Self {
        self.revocations = Some(revocations);
        self
    }

    /// Uses the issuer's answer about a token again for so long, while its [`revocations`](Self::revocations) are heard.
    pub fn remember(mut self, longest: Duration) -> Self {
        self.remember = longest;
        self
    }

    /// The scopes that the API's metadata names. For information only; see [`require_scope`](crate::require_scope).
    pub fn scopes_supported<T: Into<String>>(mut self, scopes: impl IntoIterator<Item = T>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Where clients find the API, if that is not its identifier: what their DPoP proofs name (`htu`).
    pub fn public_url(mut self, url: impl Into<String>) -> Self {
        self.public_url = Some(url.into());
        self
    }

    /// Demands a nonce of this process in every DPoP proof (RFC 9449 §9). That limits how early a proof can be made, and
    /// where several processes serve one API it keeps a proof from being used at two of them. Clients are then best sent to
    /// the same process each time: a nonce of another costs them a second call.
    pub fn dpop_nonces(mut self) -> Self {
        self.dpop_nonces = true;
        self
    }

    /// Believes the header `Client-Cert` (RFC 9440) of these proxies, which terminate mutual TLS. They must remove it from
    /// what clients send. Serve by `into_make_service_with_connect_info::<SocketAddr>()`, so that it is known who connects.
    pub fn client_cert_from(mut self, proxies: impl IntoIterator<Item = IpAddr>) -> Self {
        self.client_cert_from.extend(proxies);
        self
    }

    /// Refuses tokens that are bound to no key, as FAPI demands (FAPI 1.0 Advanced §6.2.1-2, FAPI 2.0 Security Profile
    /// §5.3.4).
    pub fn bound_tokens_only(mut self) -> Self {
        self.bound_only = true;
        self
    }

    /// Uses this client towards the issuer: with other root certificates, say. It should have time-outs, and must
    /// not follow redirects.
    pub fn http_client(mut self, client: Client) -> Self {
        self.http = Some(client);
        self
    }

    /// Checks the description. Nothing is fetched before the first token.
    pub fn build(self) -> Result<ResourceServer, BuildError> {
        let issuer = absolute("issuer", &self.issuer)?;
        let resource = absolute("resource", &self.resource)?;
        if issuer.query().is_some() {
            return Err(problem("issuer", &self.issuer, "an issuer has no query (RFC 8414 §2)"));
        }
        if self.credentials.is_none() && !self.jwks {
            return Err(BuildError::NoCheck);
        }
        if self.revocations.is_some() && self.credentials.is_none() {
            return Err(BuildError::NoIntrospection);
        }
        if self.revocations.is_none() && !self.remember.is_zero() {
            return Err(BuildError::NoRevocations);
        }
        let http = match self.http {
            Some(client) => client,
            None => http_client::client().map_err(BuildError::HttpClient)?,
        };
        let scopes = Scope::from_tokens(self.scopes)?;
        let discovery = Arc::new(Discovery::new(
            issuer,
            self.issuer.clone(),
            http.clone(),
            self.clock.clone(),
        ));
        let introspection = self
            .credentials
            .map(|(id, secret)| Credentials::new(&id, &secret))
            .map(|credentials| Introspection::new(Arc::clone(&discovery), http.clone(), credentials));
        let keys = self.jwks.then(|| KeyCache::new(discovery, http, self.clock.clone()));
        let metadata = Metadata::new(&resource, &self.resource, &self.issuer, &scopes);
        let public_url = match &self.public_url {
            Some(url) => absolute("public_url", url)?,
            None => resource,
        };
        Ok(ResourceServer::new(Inner {
            check: TokenCheck::new(self.issuer, self.resource),
            introspection,
            keys,
            revocations: self.revocations,
            remembered: Remembered::new(self.remember),
            metadata,
            proofs: Proofs::new(public_url, PROOF_ALGS.to_vec(), self.dpop_nonces),
            proxies: self.client_cert_from,
            bound_only: self.bound_only,
            clock: self.clock,
            limits: Mutex::new(Table::new(BUCKETS)),
        }))
    }
}

fn problem(what: &'static str, value: &str, problem: &'static str) -> BuildError {
    BuildError::Url {
        what,
        value: value.to_owned(),
        problem,
    }
}

/// An https URL without fragment; http on loopback, for development.
pub(crate) fn absolute(what: &'static str, value: &str) -> Result<Url, BuildError> {
    let url = Url::parse(value).map_err(|_| problem(what, value, "not an absolute URL"))?;
    let host_is_loopback = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => {}
        "http" if host_is_loopback => {}
        "http" => return Err(problem(what, value, "use https; http is for loopback alone")),
        _ => return Err(problem(what, value, "not an https URL")),
    }
    if url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
        return Err(problem(what, value, "must not have a fragment or credentials"));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::BuildError;
    use crate::{ResourceServer, Revocations};

    fn build(issuer: &str, resource: &str) -> Result<ResourceServer, BuildError> {
        ResourceServer::builder(issuer, resource).jwks().build()
    }

    #[test]
    fn issuer_and_resource_are_https_urls_or_on_loopback() {
        for good in [
            "https://id.example",
            "https://id.example/bank",
            "http://localhost:8080",
            "http://127.0.0.1",
            "http://[::1]:9",
        ] {
            assert!(build(good, "https://api.example").is_ok(), "{good}");
            assert!(build("https://id.example", good).is_ok(), "{good}");
        }
        for bad in [
            "id.example",
            "http://id.example",
            "ftp://id.example",
            "https://id.example/#x",
            "https://a:b@id.example",
            "",
        ] {
            assert!(build(bad, "https://api.example").is_err(), "{bad}");
            assert!(build("https://id.example", bad).is_err(), "{bad}");
        }
        assert!(build("https://id.example?x=1", "https://api.example").is_err());
    }

    #[test]
    fn there_must_be_a_way_to_check_tokens() {
        let builder = || ResourceServer::builder("https://id.example", "https://api.example");
        assert!(matches!(builder().build(), Err(BuildError::NoCheck)));
        assert!(builder().introspection("api", "secret").build().is_ok());
    }

    #[test]
    fn what_is_kept_needs_revocations_and_those_a_way_to_ask() {
        let issuer = "https://id.example";
        let heard = || Revocations::of(issuer, "api", "secret", None).unwrap();
        let builder = || ResourceServer::builder(issuer, "https://api.example").jwks();
        let asking = || builder().introspection("api", "secret");
        let kept = std::time::Duration::from_secs(10);
        assert!(matches!(
            builder().revocations(heard()).build(),
            Err(BuildError::NoIntrospection)
        ));
        assert!(matches!(
            asking().remember(kept).build(),
            Err(BuildError::NoRevocations)
        ));
        assert!(asking().revocations(heard()).remember(kept).build().is_ok());
        assert!(Revocations::of("http://id.example", "api", "secret", None).is_err());
    }

    #[test]
    fn a_scope_that_cannot_be_is_noticed() {
        let builder = ResourceServer::builder("https://id.example", "https://api.example").jwks();
        assert!(matches!(
            builder.scopes_supported(["accounts read"]).build(),
            Err(BuildError::Scope(_))
        ));
    }
}
