//! What became of a call, told once, at its end.

use std::{net::IpAddr, sync::Arc};

use enforcement::gate::{Denied, Permitted, ProtectedApi, RouteRule};
use gateway::{Body, Ended, Upload};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri, Version,
    header::{REFERER, USER_AGENT},
    uri::PathAndQuery,
};
use protocol::{InteractionId, interaction_id};
use tokio::time::Instant;
use traffic::{Call, Outcome, Through, TraceContext, Traffic};

use super::refused::reason;

const INTERACTION_ID: HeaderName = HeaderName::from_static(interaction_id::HEADER);

/// A call, as far as it has come.
pub(super) struct Seen {
    begun: Instant,
    method: Method,
    uri: Uri,
    version: Version,
    user_agent: Option<HeaderValue>,
    interaction_id: InteractionId,
    pub address: Option<IpAddr>,
    api: Option<Arc<ProtectedApi>>,
    route: Option<Arc<RouteRule>>,
    client: Option<String>,
    subject: Option<String>,
    referer: Option<HeaderValue>,
    trace: TraceContext,
    traffic: Arc<Traffic>,
    /// Whether it is a call of an API, and not a question about one.
    is_call: bool,
    status: StatusCode,
    /// Why it was refused, or failed, with the id by which that is explained.
    refused: Option<(&'static str, String)>,
}

impl Seen {
    pub fn begin(request: &mut Request<Upload>, traffic: &Arc<Traffic>) -> Self {
        // The decision and the API find the trace in the header, whether it came with the call or begins here.
        let trace = TraceContext::of(request.headers());
        trace.pass_on(request.headers_mut());
        Self {
            trace,
            traffic: Arc::clone(traffic),
            is_call: true,
            subject: None,
            referer: request.headers().get(REFERER).cloned(),
            interaction_id: interaction(request.headers_mut()),
            begun: Instant::now(),
            method: request.method().clone(),
            uri: request.uri().clone(),
            version: request.version(),
            user_agent: request.headers().get(USER_AGENT).cloned(),
            address: None,
            api: None,
            route: None,
            client: None,
            status: StatusCode::OK,
            refused: None,
        }
    }

    pub fn method(&self) -> &str {
        self.method.as_str()
    }

    pub fn path(&self) -> &str {
        self.uri.path()
    }

    /// The API that it is about, as far as that is known.
    pub fn api(&self) -> Option<&Arc<ProtectedApi>> {
        self.api.as_ref()
    }

    /// It is a browser's question whether a script may call this API, and no call.
    pub fn is_about(&mut self, api: Arc<ProtectedApi>) {
        self.api = Some(api);
        self.is_call = false;
    }

    pub fn issuer(&self) -> Option<&str> {
        self.api.as_ref().map(|api| api.issuer.as_str())
    }

    pub fn is_permitted(&mut self, permitted: &Permitted) {
        self.api = Some(Arc::clone(&permitted.api));
        self.route = Some(Arc::clone(&permitted.route));
        self.client = permitted.permit.as_ref().map(|permit| permit.client_id.clone());
        self.subject = permitted.permit.as_ref().map(|permit| permit.subject.clone());
    }

    pub fn is_denied(&mut self, denied: &Denied) {
        (self.api, self.route) = (denied.api.clone(), denied.route.clone());
        self.client.clone_from(&denied.client_id);
        self.is_refused(reason(denied), denied.id.as_deref().unwrap_or_default());
    }

    pub fn is_refused(&mut self, reason: &'static str, id: &str) {
        self.refused = Some((reason, id.to_owned()));
    }

    pub fn answer(&mut self, response: &mut Response<Body>) {
        self.status = response.status();
        tell(response.headers_mut(), &self.interaction_id);
    }

    /// It asks what an API says of itself.
    pub fn is_question(&mut self) {
        self.is_call = false;
    }

    /// The end: the last byte of the answer is gone, or nobody waits for it any more.
    pub fn end(self, ended: Ended) {
        if !self.is_call {
            return;
        }
        let outcome = match &self.refused {
            None => Outcome::Permitted,
            Some((reason, _)) if self.status.is_server_error() => Outcome::Failed(reason),
            Some((reason, _)) => Outcome::Refused(reason),
        };
        let id = match &self.refused {
            Some((_, id)) => id.as_str(),
            None => self.interaction_id.as_str(),
        };
        let target = self.uri.path_and_query().map_or("/", PathAndQuery::as_str);
        self.traffic.note(&Call {
            through: Through::Gateway,
            api: self.api.as_ref().map(|api| api.identifier.as_str()),
            route: self.route.as_ref().map(|route| route.path.as_str()),
            client: self.client.as_deref(),
            subject: self.subject.as_deref(),
            method: self.method.as_str(),
            target,
            version: self.version,
            status: self.status.as_u16(),
            outcome,
            took: self.begun.elapsed(),
            bytes: Some(ended.bytes),
            address: self.address,
            user_agent: self.user_agent.as_ref().and_then(|value| value.to_str().ok()),
            referer: self.referer.as_ref().and_then(|value| value.to_str().ok()),
            id,
            trace: &self.trace,
        });
        tracing::debug!(
            api = self.api.as_ref().map(|api| api.identifier.as_str()),
            status = self.status.as_u16(),
            is_whole = ended.is_whole,
            "a call has ended"
        );
    }
}

/// FAPI 1.0 Baseline §6.2.1-11: "shall set the response header x-fapi-interaction-id to the value received in the
/// corresponding FAPI client request header or to a RFC 4122 UUID value if the request header was not provided". The API gets
/// it too, as if it had been sent.
fn interaction(headers: &mut HeaderMap) -> InteractionId {
    let sent = headers.get(INTERACTION_ID).and_then(|value| value.to_str().ok());
    if let Some(id) = sent.and_then(InteractionId::parse) {
        return id;
    }
    let id = InteractionId::from_random(jose::random_bytes());
    tell(headers, &id);
    id
}

fn tell(headers: &mut HeaderMap, id: &InteractionId) {
    // A UUID is always a value.
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        headers.insert(INTERACTION_ID, value);
    }
}
