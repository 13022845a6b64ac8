//! What is said of an API's upstreams.

use std::{fmt, sync::Arc, time::Duration};

use http::{HeaderValue, uri::Authority};
use rustls::ClientConfig;
use url::{Host, Url};

/// How an API is reached, and how long it may take.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where it runs; one at least, or nothing is ever reached.
    pub upstreams: Vec<Upstream>,
    /// The `Host` that upstreams see.
    pub host: Authority,
    /// Whether HTTP/2 is spoken to them.
    pub is_http2: bool,
    /// How TLS is spoken, where an upstream's address says https.
    pub tls: Option<Arc<ClientConfig>>,
    /// How long things may take.
    pub patience: Patience,
    /// The largest body of a request, in bytes.
    pub body_limit: Option<u64>,
    /// How it is found out that an upstream is in service.
    pub health: Option<Health>,
    /// Whether `Authorization` and `DPoP` are passed on.
    pub passes_authorization: bool,
    /// How upstreams are told where a request came from.
    pub family: Family,
}

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Until there is a connection, TLS included.
    pub connect: Duration,
    /// From the end of the request to the beginning of the answer.
    pub first_byte: Duration,
    /// Between two pieces of a body, of either direction.
    pub idle: Duration,
    /// From beginning to end; none: as long as pieces come.
    pub whole: Option<Duration>,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            first_byte: Duration::from_mins(1),
            idle: Duration::from_mins(1),
            whole: None,
        }
    }
}

/// An active check: an upstream is in service while it answers this with 2xx or 3xx.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// What is asked for.
    pub path: String,
    /// How often.
    pub every: Duration,
}

/// A family of headers that say where a request came from. One is written and the other removed: two would contradict
/// each other one day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Family {
    /// `X-Forwarded-For`, `-Proto`, `-Host`.
    #[default]
    XForwarded,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// Where an upstream listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// Whether by TLS.
    pub is_tls: bool,
    /// Its name or address.
    pub host: Host<String>,
    /// Its port.
    pub port: u16,
}

impl Upstream {
    /// Reads `http://host:port` or `https://host`. Deliberately not a path: what is forwarded is what was matched.
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let is_tls = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let has_user = !url.username().is_empty() || url.password().is_some();
        if !is_bare || has_user {
            return None;
        }
        Some(Self {
            is_tls,
            host: url.host()?.to_owned(),
            port: url.port_or_known_default()?,
        })
    }
}

impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_tls { "https" } else { "http" };
        write!(f, "{scheme}://{}:{}", self.host, self.port)
    }
}

impl Settings {
    /// Settings for these upstreams, everything else as it is by default.
    pub fn new(upstreams: Vec<Upstream>, host: Authority) -> Self {
        Self {
            upstreams,
            host,
            is_http2: false,
            tls: None,
            patience: Patience::default(),
            body_limit: None,
            health: None,
            passes_authorization: false,
            family: Family::default(),
        }
    }

    /// The `Host` as a header.
    pub(crate) fn host_value(&self) -> HeaderValue {
        // An authority is visible ASCII.
        HeaderValue::from_str(self.host.as_str()).unwrap_or(HeaderValue::from_static("localhost"))
    }
}

#[cfg(test)]
mod tests {
    use super::Upstream;

    #[test]
    fn an_upstream_is_scheme_host_and_port_and_nothing_more() {
        for (text, shown) in [
            ("http://127.0.0.1:9000", "http://127.0.0.1:9000"),
            ("http://api.internal", "http://api.internal:80"),
            ("https://api.internal/", "https://api.internal:443"),
            ("http://[::1]:9000", "http://[::1]:9000"),
        ] {
            assert_eq!(Upstream::parse(text).unwrap().to_string(), shown);
        }
        for text in [
            "127.0.0.1:9000",
            "ftp://api.internal",
            "http://api.internal/v1",
            "http://api.internal/?a",
            "http://user@api.internal",
            "http://",
        ] {
            assert_eq!(Upstream::parse(text), None, "{text}");
        }
    }
}
