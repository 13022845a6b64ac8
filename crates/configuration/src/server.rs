//! `sekisho.toml`: the process. What it says; [`super::read_server`] reads it.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use realm::Sight;
use storage::Options;
use traffic::Format;
use url::Url;
use web::extract::Network;

use super::{apart::Apart, problem::Problems, realm_file::RealmFile};

/// The configuration of one server process.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// The file that it was read from; none when there is none.
    pub file: Option<PathBuf>,
    /// The data directory: control socket, wrapping key, development certificates, by default the database.
    pub data: PathBuf,
    /// Where rows are.
    pub database: Options,
    /// Where the wrapping key is.
    pub wrap: WrapSource,
    /// What is applied at start, one entry a realm file.
    pub realms: Vec<RealmFile>,
    /// Whether the file names realm files at all. If it does not, a database without realms gets the default one.
    pub names_realms: bool,
    /// Where requests come in.
    pub listeners: Vec<Listener>,
    /// Who is believed as a proxy.
    pub proxy: Proxy,
    /// How mail leaves.
    pub email: Option<Email>,
    /// Calls of the server to others.
    pub outgoing: Outgoing,
    /// Where the operator's own page templates are.
    pub templates: Option<PathBuf>,
    /// Health and metrics.
    pub operations: Option<Operations>,
    /// What a gateway apart from its server needs.
    pub gateway: Option<Apart>,
    /// Where each call of a protected API is written down.
    pub access_log: Option<AccessLog>,
    /// What is weak or has no effect.
    pub warnings: Problems,
}

/// A `[[listener]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// Where.
    pub bind: SocketAddr,
    /// With which certificate; none is plain HTTP.
    pub tls: Option<Tls>,
    /// What is served there.
    pub role: Role,
}

/// What is served at a listener.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Role {
    /// The issuers.
    #[default]
    Server,
    /// The protected APIs.
    Gateway,
    /// Envoy's questions about calls of APIs.
    ExtAuthz,
}

/// How a listener speaks TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// Its certificate.
    pub certificate: Certificate,
    /// Whether TLS 1.2 is turned off.
    pub only_tls13: bool,
    /// Whether clients are asked for a certificate.
    pub client_certificates: bool,
}

/// Where a listener's certificate comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Certificate {
    /// PEM files.
    Files {
        /// The chain.
        cert: PathBuf,
        /// The private key.
        key: PathBuf,
    },
    /// A local certificate authority under the data directory.
    Dev,
}

/// `[proxy]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxy {
    /// Whose `Forwarded` or `X-Forwarded-*` is believed.
    pub trusted: Vec<Network>,
    /// Whose `Client-Cert` is believed.
    pub client_cert: Vec<Network>,
    /// Who may ask at `/forward-auth`.
    pub forward_auth: Vec<Network>,
}

/// `[email]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    /// `smtp://` or `smtps://`.
    pub smtp: Url,
    /// The sender, `Name <address>`.
    pub from: String,
}

/// `[outgoing]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outgoing {
    /// Extra roots, PEM files.
    pub trust: Vec<PathBuf>,
    /// Hosts and addresses that may be private or loopback.
    pub allow: Vec<String>,
}

/// `[operations]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operations {
    /// Where `/health/live`, `/health/ready` and `/metrics` are.
    pub bind: SocketAddr,
    /// Whether whoever reaches it can answer backchannel requests in the users' place: for tests alone.
    pub ciba_approval: bool,
}

/// `[access_log]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessLog {
    /// The file, to which lines are appended.
    pub file: PathBuf,
    /// What a line looks like.
    pub format: Format,
}

/// Where the wrapping key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WrapSource {
    /// `master.key` in the data directory, made at first start.
    Default,
    /// A file.
    File(PathBuf),
    /// An environment variable.
    Env(String),
}

/// Where a server listens that is told nothing.
const DEFAULT_PORT: u16 = 8080;
/// Where a server keeps its data that is told nothing.
pub const DEFAULT_DATA: &str = "sekisho-data";

impl ServerConfig {
    /// What a server without a configuration file does.
    pub fn without_file() -> Self {
        let data = PathBuf::from(DEFAULT_DATA);
        Self {
            file: None,
            database: Options::Sqlite {
                path: data.join("sekisho.db"),
            },
            data,
            wrap: WrapSource::Default,
            realms: Vec::new(),
            names_realms: false,
            listeners: vec![Listener {
                bind: default_bind(),
                tls: None,
                role: Role::Server,
            }],
            proxy: Proxy::default(),
            email: None,
            outgoing: Outgoing::default(),
            templates: None,
            operations: None,
            gateway: None,
            access_log: None,
            warnings: Problems::default(),
        }
    }

    /// Where a running server is administered.
    pub fn control_socket(&self) -> PathBuf {
        self.data.join("control.sock")
    }

    /// What can be seen of clients' connections.
    pub fn sees(&self) -> Sight {
        let asks = |listener: &Listener| {
            listener.role == Role::Server && listener.tls.as_ref().is_some_and(|tls| tls.client_certificates)
        };
        let has_proxy = !self.proxy.client_cert.is_empty();
        Sight {
            certificates: has_proxy || self.listeners.iter().any(asks),
            token_bindings: has_proxy,
        }
    }

    /// The issuer of a server that is told of no realm: this machine, by the first listener.
    pub fn default_issuer(&self) -> String {
        let first = self.listeners.iter().find(|listener| listener.role == Role::Server);
        let scheme = if first.is_some_and(|listener| listener.tls.is_some()) {
            "https"
        } else {
            "http"
        };
        let port = first.map_or(DEFAULT_PORT, |listener| listener.bind.port());
        match (scheme, port) {
            ("http", 80) | ("https", 443) => format!("{scheme}://localhost"),
            _ => format!("{scheme}://localhost:{port}"),
        }
    }

    /// The default wrapping key.
    pub fn master_key(&self) -> PathBuf {
        self.data.join("master.key")
    }
}

fn default_bind() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_PORT))
}
