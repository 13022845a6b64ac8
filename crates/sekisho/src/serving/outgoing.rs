//! The one HTTP client for calls of the server to others: `jwks_uri`, logout, notifications.
//!
//! Where such a call goes is written by whoever registers a client, so the client is guarded (RFC 9700 §2.6 and RFC
//! 9126 §7.1 warn of server-side request forgery):
//!
//! - https with TLS 1.2 or later; plain HTTP only to hosts in `[outgoing] allow`
//! - to addresses of the public internet only, unless the host or the address is in `allow`; addresses are judged
//!   when they are about to be used, after resolution, so that a name cannot change its meaning in between
//! - redirects are never followed, proxies of the environment never used
//! - bounded in time, and in what is read of the answer

mod allow;

use std::{error::Error, fs, net::IpAddr, sync::Arc, time::Duration};

use http::{HeaderMap, StatusCode, header};
use realm::{Fetch, FetchError, Fetched, Fetching};
use reqwest::{Certificate, Client, RequestBuilder, Response, redirect::Policy, tls::Version};
use url::{Host, Url};

pub(crate) use self::allow::is_public;
use self::allow::{Allow, Guarded};
use crate::config;

/// How long connecting may take, resolution and TLS included.
const CONNECT: Duration = Duration::from_secs(3);
/// How long a call may take as a whole.
const WHOLE: Duration = Duration::from_secs(10);
/// The longest answer that is read, in bytes.
const MAX_ANSWER: usize = 256 * 1024;

/// Calls others. Cheap to clone.
#[derive(Clone)]
pub struct Outgoing {
    client: Client,
    allow: Arc<Allow>,
}

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    /// The status, whatever it is.
    pub status: StatusCode,
    /// The header fields.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

/// Why a call got no answer. The texts hold neither path nor query of the URL: they may be secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// It is not a URL with a host, or of another scheme.
    #[error("the destination is not an https URL")]
    NotAUrl,
    /// It is plain HTTP.
    #[error("{0} would be called in clear: use https, or list the host in [outgoing] allow")]
    InClear(String),
    /// None of the host's addresses is on the public internet.
    #[error("{host} is at {address}, which is not a public address: list the host in [outgoing] allow if it is meant")]
    NotPublic {
        /// The host, as the URL names it.
        host: String,
        /// Its first address.
        address: IpAddr,
    },
    /// The answer is longer than what is read.
    #[error("the answer is longer than {MAX_ANSWER} bytes")]
    TooLong,
    /// No connection, a certificate that is not trusted, no answer in time.
    #[error("{0}")]
    Failed(String),
}

impl CallError {
    /// What whoever registered the destination may know. Where a name leads to from here, and who answers there, would tell
    /// strangers of the operator's own network.
    fn told(&self) -> String {
        match self {
            Self::NotPublic { .. } | Self::Failed(_) => "it cannot be reached from here".to_owned(),
            Self::NotAUrl | Self::InClear(_) | Self::TooLong => self.to_string(),
        }
    }
}

impl Outgoing {
    /// Makes the client. Reads the files of `trust`; what is wrong with them is said in the error.
    pub fn new(settings: &config::Outgoing) -> Result<Self, String> {
        Self::within(WHOLE, settings)
    }

    fn within(whole: Duration, settings: &config::Outgoing) -> Result<Self, String> {
        let allow = Arc::new(Allow::new(&settings.allow)?);
        let mut roots = Vec::new();
        for path in &settings.trust {
            let pem = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
            let found = Certificate::from_pem_bundle(&pem).unwrap_or_default();
            if found.is_empty() {
                return Err(format!("{}: no PEM certificate is in it", path.display()));
            }
            roots.extend(found);
        }
        let builder = || {
            Client::builder()
                .connect_timeout(CONNECT)
                .timeout(whole)
                .redirect(Policy::none())
                .no_proxy()
                .referer(false)
                .tls_version_min(Version::TLS_1_2)
                .dns_resolver(Guarded(Arc::clone(&allow)))
                .user_agent(concat!("sekisho/", env!("CARGO_PKG_VERSION")))
        };
        let client = builder()
            .tls_certs_merge(roots.clone())
            .build()
            .or_else(|error| {
                // A container without certificates of its own is no reason not to serve.
                tracing::warn!(
                    error = causes(&error),
                    "only [outgoing] trust is trusted in outgoing calls"
                );
                builder().tls_certs_only(roots).build()
            })
            .map_err(|error| format!("the client for outgoing calls cannot be made: {}", causes(&error)))?;
        Ok(Self { client, allow })
    }

    /// Gets what `url` is about; `accept` is a media type.
    pub async fn get(&self, url: &str, accept: &str) -> Result<Answer, CallError> {
        let url = self.check(url)?;
        let mut response = send(self.client.get(url).header(header::ACCEPT, accept)).await?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(why)? {
            if body.len() + chunk.len() > MAX_ANSWER {
                return Err(CallError::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer {
            status: response.status(),
            headers: response.headers().clone(),
            body,
        })
    }

    /// Posts `body` and answers the status. What else is answered is not read.
    pub async fn post(
        &self,
        url: &str,
        content_type: &str,
        authorization: Option<&str>,
        body: String,
    ) -> Result<StatusCode, CallError> {
        let url = self.check(url)?;
        let mut request = self
            .client
            .post(url)
            .header(header::CONTENT_TYPE, content_type)
            .body(body);
        if let Some(authorization) = authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        Ok(send(request).await?.status())
    }

    fn check(&self, url: &str) -> Result<Url, CallError> {
        self.allow.check(url)
    }
}

/// Whether a URL could be called with these entries of `[outgoing] allow`, before its host is resolved.
pub fn check(url: &str, allow: &[String]) -> Result<(), CallError> {
    let allow = Allow::new(allow).map_err(CallError::Failed)?;
    allow.check(url).map(|_| ())
}

impl Allow {
    /// What can be said of a URL before its host is resolved. A literal address never is, so it is judged here.
    fn check(&self, url: &str) -> Result<Url, CallError> {
        let url = Url::parse(url).map_err(|_| CallError::NotAUrl)?;
        let host = url.host().ok_or(CallError::NotAUrl)?.to_owned();
        match url.scheme() {
            "https" => {}
            "http" if self.has_host(&host) => {}
            "http" => return Err(CallError::InClear(host.to_string())),
            _ => return Err(CallError::NotAUrl),
        }
        let address = match host {
            Host::Domain(_) => return Ok(url),
            Host::Ipv4(address) => IpAddr::V4(address),
            Host::Ipv6(address) => IpAddr::V6(address),
        };
        if self.permits(address) {
            Ok(url)
        } else {
            Err(CallError::NotPublic {
                host: host.to_string(),
                address,
            })
        }
    }
}

impl Fetch for Outgoing {
    fn get<'a>(&'a self, url: &'a str, accept: &'a str) -> Fetching<'a> {
        Box::pin(async move {
            match Outgoing::get(self, url, accept).await {
                Ok(answer) => Ok(Fetched {
                    status: answer.status.as_u16(),
                    body: answer.body,
                }),
                Err(error) => {
                    tracing::info!(%error, "what a client or another issuer publishes cannot be had");
                    Err(FetchError(error.told()))
                }
            }
        })
    }

    fn check(&self, url: &str) -> Result<(), FetchError> {
        match Outgoing::check(self, url) {
            Ok(_) => Ok(()),
            Err(error) => Err(FetchError(error.to_string())),
        }
    }
}

async fn send(request: RequestBuilder) -> Result<Response, CallError> {
    request.send().await.map_err(why)
}

fn why(error: reqwest::Error) -> CallError {
    let error = error.without_url();
    let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
    while let Some(current) = cause {
        if let Some(refused) = current.downcast_ref::<CallError>() {
            return refused.clone();
        }
        cause = current.source();
    }
    if error.is_timeout() {
        return CallError::Failed("no answer in time".to_owned());
    }
    CallError::Failed(causes(&error))
}

/// An error's text with those of its causes.
fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(current) = cause {
        text = format!("{text}: {current}");
        cause = current.source();
    }
    text
}

#[cfg(test)]
mod tests;
