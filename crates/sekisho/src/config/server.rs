//! `sekisho.toml`: the process.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use storage::Options;
use url::Url;
use web::extract::Network;

use super::{
    document::{Document, Item},
    glob,
    problem::{Problem, Problems},
    reader::{Located, Report, Table, is_nothing},
    realm_file::RealmFile,
    secret::warn_if_open,
};

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
    /// Health and metrics.
    pub operations: Option<Operations>,
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
}

/// How a listener speaks TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// Its certificate.
    pub certificate: Certificate,
    /// Whether TLS 1.2 is turned off.
    pub only_tls13: bool,
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
const DEFAULT_DATA: &str = "sekisho-data";
/// Connections to PostgreSQL that a node keeps at most.
const CONNECTIONS: usize = 16;

impl ServerConfig {
    /// What a server without a configuration file does.
    pub fn without_file() -> Self {
        let data = PathBuf::from(DEFAULT_DATA);
        Self {
            file: None,
            database: Options::Sqlite { path: data.join("sekisho.db") },
            data,
            wrap: WrapSource::Default,
            realms: Vec::new(),
            names_realms: false,
            listeners: vec![Listener { bind: default_bind(), tls: None }],
            proxy: Proxy::default(),
            email: None,
            outgoing: Outgoing::default(),
            operations: None,
            warnings: Problems::default(),
        }
    }

    /// Where a running server is administered.
    pub fn control_socket(&self) -> PathBuf {
        self.data.join("control.sock")
    }

    /// The issuer of a server that is told of no realm: this machine, by the first listener.
    pub fn default_issuer(&self) -> String {
        let first = self.listeners.first();
        let scheme = if first.is_some_and(|listener| listener.tls.is_some()) { "https" } else { "http" };
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

/// What was made of a server file. `realms` of the configuration is still empty.
pub(super) struct ReadServer {
    pub config: ServerConfig,
    pub problems: Vec<Problem>,
    /// The realm files that it names.
    pub realm_files: Vec<PathBuf>,
}

/// Reads a server file.
pub(super) fn read(document: &Document, plain_secrets: bool) -> ReadServer {
    let report = Report::new(document, plain_secrets);
    let mut table = Table::root(&report);
    let mut config = ServerConfig::without_file();
    config.file = Some(document.path.clone());
    config.data = table.path("data").map_or_else(|| document.resolve(DEFAULT_DATA), |path| path.value);
    config.database = database(&mut table).unwrap_or_else(|| Options::Sqlite { path: config.data.join("sekisho.db") });
    let realm_files = realm_files(&mut table);
    config.names_realms = table.entries().iter().any(|entry| entry.key == "realms");
    config.proxy = proxy(&mut table);
    let listeners: Vec<_> = table.tables("listener", "[[listener]]").into_iter().filter_map(listener).collect();
    check_listeners(&report, &listeners, &config.proxy);
    if !listeners.is_empty() {
        config.listeners = listeners.into_iter().map(|listener| listener.value).collect();
    }
    config.wrap = wrap(&mut table, &config.master_key());
    config.email = email(&mut table);
    config.outgoing = outgoing(&mut table);
    config.operations = operations(&mut table);
    table.finish();
    ReadServer { config, problems: report.finish(), realm_files }
}

fn database(table: &mut Table<'_, '_>) -> Option<Options> {
    let is_text = |table: &Table<'_, '_>| {
        table.entries().iter().any(|entry| entry.key == "database" && matches!(entry.node.item, Item::Text(_)))
    };
    // In plain text it is a secret only if it holds a password.
    let url = if is_text(table) {
        table.text("database")?
    } else {
        let named = table.secret("database")?;
        Located { value: named.value.secret?.expose().to_owned(), span: named.span }
    };
    let (report, span) = (table.report, &url.span);
    if let Some(path) = url.value.strip_prefix("sqlite:") {
        let path = path.strip_prefix("//").unwrap_or(path);
        if path.is_empty() || path.contains('?') {
            report.error(span, "database names no file", "write \"sqlite:sekisho-data/sekisho.db\"");
            return None;
        }
        return Some(Options::Sqlite { path: report.document.resolve(path) });
    }
    if url.value.starts_with("postgres://") || url.value.starts_with("postgresql://") {
        let has_password = Url::parse(&url.value).is_ok_and(|url| url.password().is_some());
        if has_password && is_text(table) && !report.plain_secrets {
            let remedy = "put the URL into a file: database = { file = \"…\" }";
            report.warning(span, "database holds a password in plain text", remedy);
        }
        return Some(Options::Postgres { url: url.value, connections: CONNECTIONS });
    }
    report.error(
        span,
        "database is of an unknown kind",
        "write \"sqlite:sekisho-data/sekisho.db\" or \"postgres://user@host/database\"",
    );
    None
}

fn realm_files(table: &mut Table<'_, '_>) -> Vec<PathBuf> {
    let report = table.report;
    let mut files = Vec::new();
    for pattern in table.texts("realms").unwrap_or_default() {
        let path = report.document.resolve(&pattern.value);
        if path.parent().is_some_and(|parent| parent.to_string_lossy().contains('*')) {
            report.error(&pattern.span, format!("realms: {} has a * before its last /", pattern.value), "use * in the file name only");
        } else if glob::is_pattern(&path) {
            match glob::files(&path) {
                Ok(found) if found.is_empty() => {
                    report.warning(&pattern.span, format!("no file is called {}", pattern.value), "make one, or correct the pattern");
                }
                Ok(found) => files.extend(found),
                Err(error) => {
                    report.error(&pattern.span, format!("realms: {} cannot be listed ({error})", pattern.value), "let the user that runs sekisho read the directory");
                }
            }
        } else if path.is_file() {
            files.push(path);
        } else {
            report.error(&pattern.span, format!("realms: there is no file {}", path.display()), "make it, or correct its name (relative names are relative to this file)");
        }
    }
    files.sort();
    files.dedup();
    files
}

fn address(report: &Report<'_>, text: Located<String>) -> Option<Located<SocketAddr>> {
    let address = text.value.parse().ok().or_else(|| {
        let port = text.value.strip_prefix("localhost:")?.parse().ok()?;
        Some(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
    });
    let Some(value) = address else {
        report.error(&text.span, format!("bind: {} is not an address with a port", text.value), "write \"127.0.0.1:8080\" or \"[::]:8443\"");
        return None;
    };
    Some(Located { value, span: text.span })
}

fn listener(mut table: Table<'_, '_>) -> Option<Located<Listener>> {
    let report = table.report;
    let bind = table.required_text("bind", "127.0.0.1:8080").and_then(|text| address(report, text));
    let tls = tls(&mut table);
    table.one_of("client_certificates", &[("none", ())], &["request"]);
    table.one_of("role", &[("server", ())], &["gateway", "ext_authz"]);
    table.finish();
    let bind = bind?;
    Some(Located { value: Listener { bind: bind.value, tls }, span: bind.span })
}

const VERSIONS: &[(&str, bool)] = &[("1.2", false), ("1.3", true)];

fn tls(listener: &mut Table<'_, '_>) -> Option<Tls> {
    let report = listener.report;
    let version = listener.one_of("min_version", VERSIONS, &[]);
    let entry = listener.entry("tls");
    if let (None, Some(version)) = (entry, &version) {
        report.error(&version.span, "min_version is for listeners with tls", "add tls, or remove min_version");
    }
    let entry = entry?;
    let mut only_tls13 = version.is_some_and(|version| version.value);
    if let Item::Text(text) = &entry.node.item {
        if text != "dev" {
            let remedy = "write tls = \"dev\", or tls = { cert = \"…\", key = \"…\" }";
            report.error(&entry.node.span, format!("tls cannot be {text:?}"), remedy);
        }
        return Some(Tls { certificate: Certificate::Dev, only_tls13 });
    }
    let mut table = listener.table("tls", "tls")?;
    table.required_text("cert", "tls/cert.pem");
    table.required_text("key", "tls/key.pem");
    let (cert, key) = (table.path("cert"), table.path("key"));
    only_tls13 |= table.one_of("min_version", VERSIONS, &[]).is_some_and(|version| version.value);
    table.finish();
    for file in [&cert, &key].into_iter().flatten() {
        if !file.value.is_file() {
            let remedy = "make it, or correct its name (relative names are relative to this file)";
            report.error(&file.span, format!("tls: there is no file {}", file.value.display()), remedy);
        }
    }
    if let Some(key) = &key {
        warn_if_open(report, &key.value, key);
    }
    Some(Tls { certificate: Certificate::Files { cert: cert?.value, key: key?.value }, only_tls13 })
}

fn check_listeners(report: &Report<'_>, listeners: &[Located<Listener>], proxy: &Proxy) {
    for (at, listener) in listeners.iter().enumerate() {
        let bind = listener.value.bind;
        let is_taken = |other: &Located<Listener>| bind.port() != 0 && other.value.bind == bind;
        if listeners.iter().take(at).any(is_taken) {
            report.error(&listener.span, format!("another listener has {bind}"), "remove one of the two");
        }
        if listener.value.tls.is_none() && !bind.ip().is_loopback() && proxy.trusted.is_empty() {
            report.error(
                &listener.span,
                format!("{bind} is plain HTTP, and not on this machine alone: passwords and tokens would travel in clear"),
                "add tls, bind to 127.0.0.1, or name the proxy in front of it in [proxy] trusted",
            );
        }
    }
}

fn proxy(root: &mut Table<'_, '_>) -> Proxy {
    let mut proxy = Proxy::default();
    let Some(mut table) = root.table("proxy", "[proxy]") else { return proxy };
    for network in table.texts("trusted").unwrap_or_default() {
        match Network::parse(&network.value) {
            Ok(parsed) if parsed.is_everybody() => {
                let problem = format!("{} trusts everybody to say who a request comes from", network.value);
                table.report.error(&network.span, problem, "name the addresses of the proxies");
            }
            Ok(parsed) => proxy.trusted.push(parsed),
            Err(remedy) => {
                table.report.error(&network.span, format!("{} is not a network", network.value), remedy);
            }
        }
    }
    table.not_built("client_cert", is_nothing);
    table.not_built("forward_auth", is_nothing);
    table.finish();
    proxy
}

fn wrap(root: &mut Table<'_, '_>, master_key: &Path) -> WrapSource {
    let Some(mut keys) = root.table("keys", "[keys]") else { return WrapSource::Default };
    let mut source = WrapSource::Default;
    if let Some(entry) = keys.entry("wrap") {
        if let Item::Text(_) = entry.node.item {
            let remedy = "write wrap = { file = \"…\" } or { env = \"…\" }";
            keys.report.error(&entry.node.span, "wrap is a text", remedy);
        } else if let Some(mut table) = keys.table("wrap", "wrap") {
            source = wrap_source(&mut table, master_key);
            table.finish();
        }
    }
    keys.finish();
    source
}

fn wrap_source(table: &mut Table<'_, '_>, master_key: &Path) -> WrapSource {
    let (report, span) = (table.report, table.span.clone());
    match (table.path("file"), table.text("env")) {
        // Naming the default file is the default: it is made at first start.
        (Some(file), None) if file.value == master_key => {
            warn_if_open(report, master_key, &file);
            WrapSource::Default
        }
        (Some(file), None) => {
            if file.value.is_file() {
                warn_if_open(report, &file.value, &file);
            } else {
                let problem = format!("wrap: there is no file {}", file.value.display());
                let remedy = "copy the key of the other nodes there, or make a first one: openssl rand -out FILE 32";
                report.error(&file.span, problem, remedy);
            }
            WrapSource::File(file.value)
        }
        (None, Some(name)) => WrapSource::Env(name.value),
        _ => {
            report.error(&span, "wrap names no key", "write { file = \"…\" } or { env = \"…\" }");
            WrapSource::Default
        }
    }
}

fn email(root: &mut Table<'_, '_>) -> Option<Email> {
    let mut table = root.table("email", "[email]")?;
    let smtp = table.required_text("smtp", "smtp://localhost:1025");
    let from = table.required_text("from", "Example Bank <no-reply@example.com>");
    table.finish();
    let (smtp, from) = (smtp?, from?);
    if from.value.parse::<lettre::message::Mailbox>().is_err() {
        let remedy = "write \"Example Bank <no-reply@example.com>\"";
        root.report.error(&from.span, format!("from: {} is not a sender", from.value), remedy);
    }
    let url = Url::parse(&smtp.value).ok().filter(|url| matches!(url.scheme(), "smtp" | "smtps") && url.has_host());
    if url.is_none() {
        root.report.error(&smtp.span, format!("smtp: {} is not a mail server", smtp.value), "write \"smtp://host:25\" or \"smtps://host\"");
    }
    Some(Email { smtp: url?, from: from.value })
}

fn outgoing(root: &mut Table<'_, '_>) -> Outgoing {
    let mut outgoing = Outgoing::default();
    let Some(mut table) = root.table("outgoing", "[outgoing]") else { return outgoing };
    for file in table.texts("trust").unwrap_or_default() {
        let path = table.report.document.resolve(&file.value);
        if !path.is_file() {
            let remedy = "make it, or correct its name (relative names are relative to this file)";
            table.report.error(&file.span, format!("trust: there is no file {}", path.display()), remedy);
        }
        outgoing.trust.push(path);
    }
    for host in table.texts("allow").unwrap_or_default() {
        let bare = host.value.trim_start_matches('[').trim_end_matches(']');
        let is_host = bare.parse::<IpAddr>().is_ok() || url::Host::parse(&host.value).is_ok();
        if is_host {
            outgoing.allow.push(host.value);
        } else {
            table.report.error(&host.span, format!("allow: {} is not a host", host.value), "write a host name or an address, without scheme and port");
        }
    }
    table.finish();
    outgoing
}

fn operations(root: &mut Table<'_, '_>) -> Option<Operations> {
    let mut table = root.table("operations", "[operations]")?;
    let report = table.report;
    let bind = table.required_text("bind", "127.0.0.1:9090").and_then(|text| address(report, text));
    table.not_built("ciba_approval", is_nothing);
    table.finish();
    let bind = bind?;
    if !bind.value.ip().is_loopback() {
        let remedy = "bind it to an address that only your own machines reach";
        report.warning(&bind.span, format!("anybody who reaches {} reads the metrics", bind.value), remedy);
    }
    Some(Operations { bind: bind.value })
}
