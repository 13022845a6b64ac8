//! A gateway listener: each call is decided, and what is permitted goes on to its API.
//!
//! 1. Whether the request means one thing to everybody who reads it, and where it comes from.
//! 2. The decision (`enforcement::gate`), for which the body is read only if the route looks into it.
//! 3. The API's backend takes the request, with what is said of who calls.
//! 4. The end: what became of it is told once, when the last byte of the answer is gone.

pub mod apart;
mod backends;
mod cors;
mod identity;
mod metadata;
mod refused;
mod seen;
mod settings;

use std::{net::IpAddr, pin::Pin, sync::Arc};

use enforcement::gate::{BodyProblem, Call, CallBody, Decide, Decision, MOST_BODY, Permitted, ProtectedApi};
use explanation::catalogue::upstream;
use gateway::{Arrival, Body, Upload, shape};
use http::{
    HeaderValue, Request, Response,
    uri::{Authority, PathAndQuery},
};
use protocol::{ClientCertificate, dpop::NONCE_HEADER};
use realm::Realms;
use tokio::sync::watch;
use traffic::Traffic;
use web::extract::{Peer, Proxies, client_cert};

use self::{
    backends::{Backends, Behind},
    identity::Identities,
    metadata::Described,
    refused::Refused,
    seen::Seen,
};

/// What is handed to hyper: boxed, so that a connection that waits holds nothing of it.
pub type Answering = Pin<Box<dyn Future<Output = Response<Body>> + Send>>;

/// The gateway, by whoever decides.
pub struct Gateway<D> {
    decide: D,
    backends: Backends,
    identities: Identities,
    proxies: Proxies,
    described: Described,
    traffic: Arc<Traffic>,
    /// Where refusals are remembered; apart from the server they are in the log alone.
    realms: Option<Arc<Realms>>,
}

/// How a request came in.
struct Came {
    peer: IpAddr,
    client: IpAddr,
    authority: Authority,
    /// The scheme by which the client called; none where nobody knows.
    scheme: Option<&'static str>,
    certificate: Option<Arc<ClientCertificate>>,
}

impl<D: Decide> Gateway<D> {
    /// Before the APIs of the realms of this process.
    pub fn within(
        decide: D,
        realms: &Arc<Realms>,
        proxies: Proxies,
        traffic: Arc<Traffic>,
        stop: watch::Receiver<bool>,
    ) -> Self {
        Self {
            decide,
            backends: Backends::of_realms(Arc::clone(realms), stop),
            identities: Identities::signed_by(Arc::clone(realms)),
            proxies,
            described: Described::Here(Arc::clone(realms)),
            traffic,
            realms: Some(Arc::clone(realms)),
        }
    }

    /// Answers a request. `is_tls`: it came by TLS.
    pub fn answer(self: Arc<Self>, mut request: Request<Upload>, is_tls: bool) -> Answering {
        Box::pin(async move {
            let mut seen = Seen::begin(&mut request, &self.traffic);
            let origin = cors::origin(request.headers()).cloned();
            let mut response = match self.pass(&mut request, is_tls, &mut seen).await {
                Ok(response) => response,
                Err(refused) => refused.answer(self.realms.as_deref(), &mut seen).await,
            };
            if let (Some(origin), Some(api)) = (origin, seen.api())
                && self.knows_origin(api, &origin).await
            {
                cors::may_read(response.headers_mut(), &origin);
            }
            seen.answer(&mut response);
            let ending = move |ended| seen.end(ended);
            response.body_mut().when_ended(ending);
            response
        })
    }

    async fn pass(
        &self,
        request: &mut Request<Upload>,
        is_tls: bool,
        seen: &mut Seen,
    ) -> Result<Response<Body>, Refused> {
        let came = self.came(request, is_tls)?;
        seen.address = Some(came.client);
        if Described::is_asked(request.uri()) {
            seen.is_question();
            let (method, uri) = (request.method().clone(), request.uri().clone());
            return Ok(self.described.answer(came.authority.as_str(), &method, &uri).await);
        }
        if let Some(response) = self.preflight(request, &came, seen).await {
            return Ok(response);
        }
        let target = request.uri().path_and_query().cloned();
        let target = target.unwrap_or(PathAndQuery::from_static("/"));
        let call = Call {
            method: request.method().as_str(),
            scheme: came.scheme,
            authority: came.authority.as_str(),
            target: target.as_str(),
            headers: request.headers(),
            certificate: came.certificate.as_deref(),
            address: Some(came.client),
            body: CallBody::Later,
        };
        let permitted = match self.decide.decide(&call).await {
            Decision::Permitted(permitted) => permitted,
            Decision::Denied(denied) => return Err(denied.into()),
            Decision::NeedsBody(pending) => {
                // Rare, and what is read needs room.
                let body = std::mem::replace(request.body_mut(), Upload::empty());
                let read = Box::pin(body.read(MOST_BODY)).await;
                let body = read.as_deref().map_err(problem);
                match self.decide.finish(*pending, body).await {
                    Decision::Permitted(permitted) => {
                        *request.body_mut() = Upload::from(read.unwrap_or_default());
                        permitted
                    }
                    Decision::Denied(denied) => return Err(denied.into()),
                    Decision::NeedsBody(_) => return Err((&upstream::BODY_BROKEN).into()),
                }
            }
        };
        seen.is_permitted(&permitted);
        self.forward(&permitted, request, target, &came).await
    }

    /// The answer to a browser that asks whether a script may call: it may, when the API names the script's origin and has
    /// a route for the call. Anything else is a call like others, and the API's own business if a route lets it through.
    async fn preflight(&self, request: &Request<Upload>, came: &Came, seen: &mut Seen) -> Option<Response<Body>> {
        let method = cors::preflight(request)?;
        let target = request.uri().path_and_query().map_or("/", PathAndQuery::as_str);
        let call = Call {
            method,
            scheme: came.scheme,
            authority: came.authority.as_str(),
            target,
            headers: request.headers(),
            certificate: None,
            address: Some(came.client),
            body: CallBody::Hidden,
        };
        let api = self.decide.find(&call).await?;
        let origin = cors::origin(request.headers())?;
        if !self.knows_origin(&api, origin).await {
            return None;
        }
        seen.is_about(api);
        Some(cors::may_call(request.headers()))
    }

    /// Whether the API lets scripts of this origin read answers.
    async fn knows_origin(&self, api: &Arc<ProtectedApi>, origin: &HeaderValue) -> bool {
        match self.backends.find(api).await.as_deref() {
            Ok(Behind::Api(behind)) => behind.origins.iter().any(|known| known.as_bytes() == origin.as_bytes()),
            _ => false,
        }
    }

    async fn forward(
        &self,
        permitted: &Permitted,
        request: &mut Request<Upload>,
        target: PathAndQuery,
        came: &Came,
    ) -> Result<Response<Body>, Refused> {
        let behind = self.backends.find(&permitted.api).await?;
        let Behind::Api(behind) = &*behind else {
            return Err((&upstream::NONE).into());
        };
        let identity = self.identities.of(permitted, behind.identity).await?;
        let target = below(permitted, target).ok_or(&upstream::NONE)?;
        let arrival = Arrival {
            peer: came.peer,
            client: came.client,
            host: &came.authority,
            is_tls: came.scheme == Some("https"),
        };
        let mut response = behind.backend.forward(request, target, &arrival, identity).await?;
        if let Some(nonce) = permitted
            .nonce
            .as_deref()
            .and_then(|nonce| HeaderValue::from_str(nonce).ok())
        {
            response.headers_mut().insert(NONCE_HEADER, nonce);
        }
        response.headers_mut().extend(permitted.limits());
        Ok(response)
    }

    /// Where a request comes from, and for whom it is. Headers that only a proxy may send are taken off, unless one did.
    fn came(&self, request: &mut Request<Upload>, is_tls: bool) -> Result<Came, Refused> {
        let own = shape::check(request)?;
        let peer = request.extensions().get::<Peer>().map(|peer| peer.0.ip());
        let peer = peer.ok_or(&upstream::SHAPE)?;
        client_cert::take(&self.proxies, Some(peer), request)?;
        let (headers, proxies) = (request.headers(), &self.proxies);
        let authority = match proxies.authority(peer, headers, Some(own.as_str())) {
            Some(said) if said == own.as_str() => own,
            Some(said) => said.parse().map_err(|_| &upstream::SHAPE)?,
            None => return Err((&upstream::SHAPE).into()),
        };
        Ok(Came {
            client: proxies.address(peer, headers),
            scheme: proxies.scheme(peer, headers, is_tls),
            certificate: request.extensions().get::<Arc<ClientCertificate>>().cloned(),
            authority,
            peer,
        })
    }
}

/// What is forwarded is exactly what was matched: the path below the API's identifier.
fn below(permitted: &Permitted, target: PathAndQuery) -> Option<PathAndQuery> {
    let below = permitted.api.below(target.as_str())?;
    if below == target.as_str() {
        return Some(target);
    }
    let below = if below.starts_with('/') {
        below.to_owned()
    } else {
        format!("/{below}")
    };
    below.parse().ok()
}

/// Why a body that was asked for is not there.
fn problem(failure: &gateway::Failure) -> BodyProblem {
    match failure {
        gateway::Failure::BodyTooLarge => BodyProblem::TooLarge,
        _ => BodyProblem::Incomplete,
    }
}
