//! `[[listener]]` and `[proxy]`: where requests come in, and who is believed about them.

use std::net::{Ipv4Addr, SocketAddr};

use web::extract::Network;

use super::{
    document::Item,
    reader::{Located, Report, Table},
    secret::warn_if_open,
    server::{Certificate, Listener, Proxy, Role, Tls},
};
use crate::Kind;

/// An address with a port.
pub(super) fn address(report: &Report<'_>, text: Located<String>) -> Option<Located<SocketAddr>> {
    let address = text.value.parse().ok().or_else(|| {
        let port = text.value.strip_prefix("localhost:")?.parse().ok()?;
        Some(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
    });
    let Some(value) = address else {
        report.error(
            &text.span,
            format!("bind: {} is not an address with a port", text.value),
            "write \"127.0.0.1:8080\" or \"[::]:8443\"",
        );
        return None;
    };
    Some(Located { value, span: text.span })
}

/// Reads one listener.
pub(super) fn read(mut table: Table<'_, '_>) -> Option<Located<Listener>> {
    let report = table.report;
    let bind = table
        .required_text("bind", "127.0.0.1:8080")
        .and_then(|text| address(report, text));
    let tls = tls(&mut table);
    let role = table.one_of("role", ROLES, &[]).map(|role| role.value);
    table.finish();
    let bind = bind?;
    Some(Located {
        value: Listener {
            bind: bind.value,
            tls,
            role: role.unwrap_or_default(),
        },
        span: bind.span,
    })
}

const ROLES: &[(&str, Role)] = &[
    ("server", Role::Server),
    ("gateway", Role::Gateway),
    ("ext_authz", Role::ExtAuthz),
];
const VERSIONS: &[(&str, bool)] = &[("1.2", false), ("1.3", true)];

fn tls(listener: &mut Table<'_, '_>) -> Option<Tls> {
    let report = listener.report;
    let version = listener.one_of("min_version", VERSIONS, &[]);
    let asks = listener.one_of("client_certificates", &[("none", false), ("request", true)], &[]);
    let entry = listener.entry("tls");
    let of_tls = [
        ("min_version", version.as_ref().map(|version| &version.span)),
        (
            "client_certificates",
            asks.as_ref().filter(|asks| asks.value).map(|asks| &asks.span),
        ),
    ];
    for (key, span) in of_tls {
        if let (None, Some(span)) = (entry, span) {
            let problem = format!("{key} is for listeners with tls");
            report.error(span, problem, format!("add tls, or remove {key}"));
        }
    }
    let entry = entry?;
    let client_certificates = asks.is_some_and(|asks| asks.value);
    let mut only_tls13 = version.is_some_and(|version| version.value);
    if let Item::Text(text) = &entry.node.item {
        if text != "dev" {
            let remedy = "write tls = \"dev\", or tls = { cert = \"…\", key = \"…\" }";
            report.error(&entry.node.span, format!("tls cannot be {text:?}"), remedy);
        }
        return Some(Tls {
            certificate: Certificate::Dev,
            only_tls13,
            client_certificates,
        });
    }
    let mut table = listener.table("tls", "tls")?;
    table.required_text("cert", "tls/cert.pem");
    table.required_text("key", "tls/key.pem");
    let (cert, key) = (table.path("cert"), table.path("key"));
    only_tls13 |= table
        .one_of("min_version", VERSIONS, &[])
        .is_some_and(|version| version.value);
    table.finish();
    for file in [&cert, &key].into_iter().flatten() {
        if !file.value.is_file() {
            let remedy = "make it, or correct its name (relative names are relative to this file)";
            report.error(
                &file.span,
                format!("tls: there is no file {}", file.value.display()),
                remedy,
            );
        }
    }
    if let Some(key) = &key {
        warn_if_open(report, Kind::PrivateKeyReadable, &key.value, key);
    }
    Some(Tls {
        certificate: Certificate::Files {
            cert: cert?.value,
            key: key?.value,
        },
        only_tls13,
        client_certificates,
    })
}

/// Complains of listeners that would be unsafe or stand in each other's way.
pub(super) fn check(report: &Report<'_>, listeners: &[Located<Listener>], proxy: &Proxy) {
    for (at, listener) in listeners.iter().enumerate() {
        let bind = listener.value.bind;
        let is_taken = |other: &Located<Listener>| bind.port() != 0 && other.value.bind == bind;
        if listeners.iter().take(at).any(is_taken) {
            report.error(
                &listener.span,
                format!("another listener has {bind}"),
                "remove one of the two",
            );
        }
        if listener.value.tls.is_none() && !bind.ip().is_loopback() && proxy.trusted.is_empty() {
            report.error_of(
                Kind::ListenerWithoutTls,
                &listener.span,
                format!(
                    "{bind} is plain HTTP, and not on this machine alone: passwords and tokens would travel in clear"
                ),
                "add tls, bind to 127.0.0.1, or name the proxy in front of it in [proxy] trusted",
            );
        }
    }
}

/// Reads `[proxy]`.
pub(super) fn proxy(root: &mut Table<'_, '_>) -> Proxy {
    let mut proxy = Proxy::default();
    let Some(mut table) = root.table("proxy", "[proxy]") else {
        return proxy;
    };
    let (trusted, client_cert) = (Kind::ProxyTooWide, Kind::ClientCertTooWide);
    proxy.trusted = networks(&mut table, "trusted", trusted, "who a request comes from");
    proxy.client_cert = networks(&mut table, "client_cert", client_cert, "which certificate a client has");
    proxy.forward_auth = networks(&mut table, "forward_auth", trusted, "what was called of an API");
    table.finish();
    proxy
}

/// A list of networks, whose word for something is believed.
fn networks(table: &mut Table<'_, '_>, key: &'static str, kind: Kind, what: &str) -> Vec<Network> {
    let mut networks = Vec::new();
    for network in table.texts(key).unwrap_or_default() {
        match Network::parse(&network.value) {
            Ok(parsed) if parsed.is_everybody() => {
                let problem = format!("{} trusts everybody to say {what}", network.value);
                let remedy = "name the addresses of the proxies";
                table.report.error_of(kind, &network.span, problem, remedy);
            }
            Ok(parsed) => networks.push(parsed),
            Err(remedy) => {
                let problem = format!("{} is not a network", network.value);
                table.report.error(&network.span, problem, remedy);
            }
        }
    }
    networks
}
