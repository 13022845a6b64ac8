//! An API as the gateway sees it: a permitted request goes in, the upstream's answer comes out.
//!
//! The steps of one request: 1. what it asks of the connection (an upgrade, to be told to go on); 2. limits of its body;
//! 3. headers: what is not for the upstream is removed, what only the gateway says is written; 4. the exchange; 5. the
//! same for the headers of the answer; 6. its body streams, or both sides are joined.

use std::sync::Arc;

use http::{
    HeaderName, HeaderValue, Request, Response, StatusCode, Uri, Version,
    header::{CONNECTION, CONTENT_LENGTH, EXPECT, HOST, TRANSFER_ENCODING, UPGRADE},
    uri::{PathAndQuery, Scheme},
};
use tokio::{
    sync::{Semaphore, watch},
    time::Instant,
};

use crate::{
    Body, Failure, Settings, Upload, exchange::exchange, forwarded, headers, health, progress::Progress, tunnel,
    upstreams::Upstreams,
};
pub use forwarded::Arrival;

/// Upgraded connections of one API at once.
const MAX_TUNNELS: usize = 10_000;

/// One API's upstreams.
pub struct Backend {
    upstreams: Arc<Upstreams>,
    host: HeaderValue,
    tunnels: Arc<Semaphore>,
    stop: watch::Receiver<bool>,
}

impl Backend {
    /// Upstreams with these settings, looked after by tasks of the runtime that this is called in. `stop` ends connections that
    /// would never end by themselves.
    pub fn new(settings: Settings, stop: watch::Receiver<bool>) -> Self {
        let host = settings.host_value();
        let upstreams = Arc::new(Upstreams::new(settings));
        health::watch(&upstreams);
        upstreams.sweep();
        Self {
            upstreams,
            host,
            tunnels: Arc::new(Semaphore::new(MAX_TUNNELS)),
            stop,
        }
    }

    fn settings(&self) -> &Settings {
        &self.upstreams.settings
    }

    /// Forwards a request that was permitted, which is used up. It goes to this path and query; upstreams see no other.
    /// `identity`: what they are told of who calls.
    pub async fn forward(
        &self,
        request: &mut Request<Upload>,
        target: PathAndQuery,
        arrival: &Arrival<'_>,
        identity: Vec<(HeaderName, HeaderValue)>,
    ) -> Result<Response<Body>, Failure> {
        let settings = self.settings();
        let asked = if settings.is_http2 {
            None
        } else {
            tunnel::asked(request)
        };
        let upload = self.limit(request)?;
        let version = request.version();
        let to = request.headers_mut();
        headers::clean_request(to, settings.passes_authorization);
        arrival.write(to, settings.family);
        forwarded::via(to, version);
        to.extend(identity);
        if let Some(asked) = &asked {
            asked.write(to);
        }
        self.address(request, target);
        let deadline = settings.patience.whole.map(|whole| Instant::now() + whole);
        let (mut response, lease) = exchange(&self.upstreams, request, upload.as_ref(), deadline).await?;
        *response.version_mut() = Version::HTTP_11;
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            return self.join(response, asked, lease);
        }
        headers::clean_response(response.headers_mut())?;
        let (parts, incoming) = response.into_parts();
        let body = Body::streaming(incoming, lease, settings.patience.idle, deadline);
        Ok(Response::from_parts(parts, body))
    }

    /// Limits the body, and sees that what is said of its length is what comes: an upstream that believed otherwise would
    /// take the rest for the next request.
    fn limit(&self, request: &mut Request<Upload>) -> Result<Option<Arc<Progress>>, Failure> {
        let settings = self.settings();
        let length = request.body().length();
        if length
            .zip(settings.body_limit)
            .is_some_and(|(length, limit)| length > limit)
        {
            return Err(Failure::BodyTooLarge);
        }
        let said = request.headers().get(CONTENT_LENGTH).map(HeaderValue::as_bytes);
        if let Some(said) = said {
            let said = std::str::from_utf8(said).ok().and_then(|said| said.parse::<u64>().ok());
            if said.is_none() || length.is_some_and(|length| said != Some(length)) {
                return Err(Failure::BodyLength);
            }
        }
        let is_asked = headers::waits_to_go_on(request.headers());
        let waits = is_asked && !request.body().is_empty() && !settings.is_http2;
        let upload = request
            .body_mut()
            .limited(settings.body_limit, settings.patience.idle, waits);
        match upload.clone().filter(|_| waits) {
            Some(upload) => hyper::ext::on_informational(request, move |answer| {
                if answer.status() == StatusCode::CONTINUE {
                    upload.go_on();
                }
            }),
            None => {
                request.headers_mut().remove(EXPECT);
            }
        }
        Ok(upload)
    }

    /// Says for whom the request is.
    fn address(&self, request: &mut Request<Upload>, target: PathAndQuery) {
        let settings = self.settings();
        let mut parts = http::uri::Parts::default();
        parts.path_and_query = Some(target);
        if settings.is_http2 {
            let is_tls = settings.upstreams.first().is_some_and(|upstream| upstream.is_tls);
            parts.scheme = Some(if is_tls { Scheme::HTTPS } else { Scheme::HTTP });
            parts.authority = Some(settings.host.clone());
            request.headers_mut().remove(HOST);
            *request.version_mut() = Version::HTTP_2;
        } else {
            // hyper sends a GET of unknown length without its body unless it is told how.
            if !request.body().is_empty() && request.body().length().is_none() {
                let chunked = HeaderValue::from_static("chunked");
                request.headers_mut().insert(TRANSFER_ENCODING, chunked);
                request.headers_mut().remove(CONTENT_LENGTH);
            }
            request.headers_mut().insert(HOST, self.host.clone());
            *request.version_mut() = Version::HTTP_11;
        }
        // A path, or a path with scheme and authority: this does not fail.
        if let Ok(uri) = Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
    }

    /// Joins both sides of an upgraded connection.
    fn join(
        &self,
        mut response: Response<hyper::body::Incoming>,
        asked: Option<tunnel::Asked>,
        lease: crate::host::Lease,
    ) -> Result<Response<Body>, Failure> {
        let asked = asked.ok_or(Failure::UnaskedUpgrade)?;
        let protocol = response
            .headers()
            .get(UPGRADE)
            .cloned()
            .ok_or(Failure::UnaskedUpgrade)?;
        let place = Arc::clone(&self.tunnels).try_acquire_owned();
        let place = place.map_err(|_| Failure::TooManyTunnels)?;
        asked.carry(&mut response, lease, place, self.stop.clone());
        headers::clean_response(response.headers_mut())?;
        let headers = response.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, protocol);
        Ok(response.map(|_| Body::default()))
    }
}
