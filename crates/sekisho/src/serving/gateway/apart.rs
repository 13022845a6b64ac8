//! A gateway apart from its server, which it asks about each token.
//! Spec: RFC 7662, RFC 9068 §4, RFC 9449 §7
//!
//! Unless its file says so, nothing is kept of what a token was worth, and JWTs are asked about too. What is kept, or checked
//! here, counts only while the server's revocations are heard. While the server cannot be asked, nothing passes; the next
//! call asks again.

use std::{collections::HashMap, sync::Arc, time::Duration};

use enforcement::{
    Permit,
    gate::{
        ApiRules, BodyProblem, Call, ClientCredentials, Decide, Decision, Failure, Lookup, Pending, Presented,
        ProtectedApi, Rules,
    },
    limit::{Charge, Exceeded, Usage},
};
use http::{Request, header::AUTHORIZATION};
use jose::SigningAlg;
use model::{Api, Clock};
use protocol::{TokenScheme, dpop, protected_resource};
use sekisho_resource_server::{CheckError, ResourceServer, Revocations};
use tokio::sync::watch;
use traffic::Traffic;
use web::extract::Proxies;

use super::{Gateway, backends::Backends, identity::Identities, metadata::Described};
use crate::config::{Apart as Settings, Check};

/// How proofs may be signed: as the server's crate for APIs takes them.
const PROOF_ALGS: [SigningAlg; 3] = [SigningAlg::Ps256, SigningAlg::Es256, SigningAlg::EdDsa];

/// Decides by the rules of files, and by what the server says of tokens.
pub struct Apart {
    rules: Rules,
    servers: HashMap<String, ResourceServer>,
    revocations: Option<Revocations>,
    clock: Clock,
}

impl Apart {
    /// Compiles the rules, and describes the APIs. Nothing is asked before the first call.
    pub fn new(settings: &Settings) -> Result<Self, String> {
        let mut compiled = Vec::new();
        let mut servers = HashMap::new();
        let http = http_client(settings)?;
        let remember = Duration::from_secs(settings.remember.unsigned_abs());
        let is_listening = settings.check == Check::Jwks || !remember.is_zero();
        let revocations = is_listening.then(|| {
            let secret = settings.client_secret.expose();
            Revocations::of(&settings.issuer, &settings.client_id, secret, Some(http.clone()))
        });
        let revocations = revocations.transpose().map_err(|error| error.to_string())?;
        for api in settings.apis.iter().filter(|api| !api.route.is_empty()) {
            let rules = ProtectedApi::compile_limited(rules(&settings.issuer, api), &api.limit);
            compiled.push(rules.map_err(|problem| format!("{}: {problem}", api.identifier))?);
            let mut server = ResourceServer::builder(&settings.issuer, &api.identifier)
                .introspection(&settings.client_id, settings.client_secret.expose())
                .remember(remember)
                .http_client(http.clone());
            if settings.check == Check::Jwks {
                server = server.jwks();
            }
            if let Some(revocations) = &revocations {
                server = server.revocations(revocations.clone());
            }
            let server = server.build().map_err(|error| error.to_string())?;
            servers.insert(api.identifier.clone(), server);
        }
        let (rules, hidden) = Rules::new(compiled);
        if let Some(api) = hidden.first() {
            return Err(format!(
                "another API is at the place of {} — give each a place of its own",
                api.identifier
            ));
        }
        Ok(Self {
            rules,
            servers,
            revocations,
            clock: Clock::system(),
        })
    }

    /// What is heard of revocations, if anything is to be.
    pub fn revocations(&self) -> Option<Revocations> {
        self.revocations.clone()
    }
}

impl Gateway<Apart> {
    /// Before the APIs of these files.
    pub fn apart(
        decide: Apart,
        settings: &Settings,
        proxies: Proxies,
        traffic: Arc<Traffic>,
        stop: watch::Receiver<bool>,
    ) -> Self {
        let issuer = |api: &Api| (settings.issuer.clone(), api.clone());
        Self {
            decide,
            backends: Backends::of_files(settings.apis.iter().map(issuer).collect(), stop),
            identities: Identities::unsigned(),
            proxies,
            described: Described::of_files(&settings.issuer, &settings.apis, &PROOF_ALGS),
            traffic,
            realms: None,
        }
    }
}

fn rules(issuer: &str, api: &Api) -> ApiRules {
    ApiRules {
        issuer: issuer.to_owned(),
        identifier: api.identifier.clone(),
        upstream: api.upstream.first().cloned(),
        acr: api.acr,
        proof_algs: PROOF_ALGS.to_vec(),
        metadata_url: protected_resource::place_of(&api.identifier),
        routes: api.route.clone(),
    }
}

/// As the client of the crate for APIs is, with the roots of the file.
fn http_client(settings: &Settings) -> Result<reqwest::Client, String> {
    let mut roots = Vec::new();
    for file in &settings.trust {
        let pem = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
        let read = reqwest::Certificate::from_pem_bundle(&pem);
        roots.extend(read.map_err(|error| format!("{}: {error}", file.display()))?);
    }
    reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(3))
        .timeout(Duration::from_secs(5))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .tls_certs_merge(roots)
        .user_agent(concat!("sekisho-gateway/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| format!("the client towards the issuer cannot be made: {error}"))
}

impl Apart {
    fn server(&self, api: &ProtectedApi) -> Result<&ResourceServer, Failure> {
        let server = self.servers.get(&api.identifier);
        server.ok_or_else(|| Failure::Unavailable("the API is not known here".to_owned()))
    }
}

impl Decide for Apart {
    async fn decide(&self, call: &Call<'_>) -> Decision {
        self.rules.decide(self, call).await
    }

    async fn find(&self, call: &Call<'_>) -> Option<Arc<ProtectedApi>> {
        self.rules.api_of(call).cloned()
    }

    async fn finish(&self, pending: Pending, body: Result<&[u8], BodyProblem>) -> Decision {
        pending.finish(body)
    }
}

impl Lookup for Apart {
    fn now(&self) -> i64 {
        self.clock.now()
    }

    async fn admit(&self, api: &ProtectedApi, presented: &Presented<'_>) -> Result<Permit, Failure> {
        let server = self.server(api)?;
        let scheme = match presented.credentials.scheme {
            TokenScheme::Bearer => "Bearer",
            TokenScheme::Dpop => dpop::SCHEME,
        };
        let token = presented.credentials.token.as_str();
        let mut request = Request::builder()
            .method(presented.method)
            .uri(&presented.url)
            .header(AUTHORIZATION, format!("{scheme} {token}"));
        for proof in &presented.proofs {
            request = request.header(dpop::HEADER, *proof);
        }
        if let Some(certificate) = presented.certificate {
            request = request.extension(certificate.clone());
        }
        let request = request
            .body(())
            .map_err(|error| Failure::Unavailable(error.to_string()))?;
        let (mut call, ()) = request.into_parts();
        server.check_call(&mut call).await.map_err(|error| match error {
            CheckError::Refused(refusal) => Failure::Refused(refusal),
            CheckError::Unavailable(error) => Failure::Unavailable(error.to_string()),
            CheckError::TooManyProofs => Failure::TooManyProofs,
        })
    }

    async fn admit_client(&self, api: &ProtectedApi, credentials: ClientCredentials<'_>) -> Result<Permit, Failure> {
        self.server(api)?.admit_client(api, credentials).await
    }

    async fn take(&self, api: &ProtectedApi, charges: &[Charge]) -> Result<Result<Vec<Usage>, Exceeded>, Failure> {
        self.server(api)?.take(api, charges).await
    }

    async fn next_nonce(&self, _: &ProtectedApi, _: bool) -> Option<String> {
        // Each process remembers the proofs that it took; none wants nonces.
        None
    }
}
