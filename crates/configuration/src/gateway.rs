//! `upstream` and `gateway` of an API: where it runs, and how it is reached.

use gateway::Upstream;
use http::uri::Authority;
use model::api::{CertificateFiles, Forwarded, Gateway, HealthCheck, Identity};
use protocol::frontchannel_logout::origin;
use url::Url;

use super::{
    document::Item,
    issuer::is_https_or_local,
    reader::{Located, Table},
    secret::warn_if_open,
};
use crate::Kind;

const IDENTITIES: &[(&str, Identity)] = &[("headers", Identity::Headers), ("jwt", Identity::Jwt)];
const FAMILIES: &[(&str, Forwarded)] = &[
    ("x-forwarded", Forwarded::XForwarded),
    ("forwarded", Forwarded::Forwarded),
];
/// Sizes are written in these.
const UNITS: &[(&str, u64)] = &[("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
/// The longest that anything may take, in seconds.
const LONGEST: i64 = 24 * 3600;

/// Reads both.
pub(super) fn read(api: &mut Table<'_, '_>) -> (Vec<String>, Option<Gateway>) {
    let upstreams = upstreams(api);
    let Some(mut table) = api.table("gateway", "gateway") else {
        return (upstreams, None);
    };
    if upstreams.is_empty() {
        let remedy = "add upstream = \"http://127.0.0.1:9000\"";
        table
            .report
            .warning(&table.span, "gateway has no effect without an upstream", remedy);
    }
    let gateway = settings(&mut table, &upstreams);
    table.finish();
    (upstreams, Some(gateway))
}

/// One address, or a list.
fn upstreams(api: &mut Table<'_, '_>) -> Vec<String> {
    let is_list = |item: &Item| matches!(item, Item::Array(_));
    let named = |entry: &super::document::Entry| entry.key == "upstream" && is_list(&entry.node.item);
    let written = if api.entries().iter().any(named) {
        api.texts("upstream").unwrap_or_default()
    } else {
        api.text("upstream").into_iter().collect()
    };
    let report = api.report;
    let check = |upstream: Located<String>| {
        if Upstream::parse(&upstream.value).is_none() {
            let problem = format!("{} is no upstream", upstream.value);
            report.error(&upstream.span, problem, "write http://host:port, without a path");
        }
        upstream.value
    };
    written.into_iter().map(check).collect()
}

fn settings(table: &mut Table<'_, '_>, upstreams: &[String]) -> Gateway {
    let word = |located: Option<Located<bool>>| located.is_some_and(|located| located.value);
    let seconds = |located: Option<Located<i64>>| located.map(|located| located.value);
    let identity = table.one_of("identity", IDENTITIES, &[]);
    let passes = table.boolean("pass_authorization");
    if let (Some(identity), Some(passes)) = (&identity, &passes)
        && identity.value == Identity::Jwt
        && passes.value
    {
        let remedy = "remove it, or set identity = \"headers\"";
        let problem = "pass_authorization: Authorization holds the gateway's own token";
        table.report.error(&passes.span, problem, remedy);
    }
    let gateway = Gateway {
        identity: identity.map(|identity| identity.value).unwrap_or_default(),
        pass_authorization: word(passes),
        origins: origins(table),
        forwarded: table
            .one_of("forwarded", FAMILIES, &[])
            .map(|family| family.value)
            .unwrap_or_default(),
        host: host(table),
        http2: word(table.boolean("http2")),
        connect: seconds(table.duration("connect", 1, LONGEST)),
        first_byte: seconds(table.duration("first_byte", 1, LONGEST)),
        idle: seconds(table.duration("idle", 1, LONGEST)),
        whole: seconds(table.duration("whole", 1, LONGEST)),
        body_limit: size(table, "body_limit"),
        health: health(table),
        roots: roots(table),
        client_certificate: client_certificate(table),
    };
    let is_tls = upstreams.iter().any(|upstream| upstream.starts_with("https://"));
    if !is_tls && (!gateway.roots.is_empty() || gateway.client_certificate.is_some()) {
        let problem = "roots and client_certificate have no effect: no upstream is reached by https";
        table
            .report
            .warning(&table.span, problem, "write upstream = \"https://…\", or remove them");
    }
    gateway
}

/// Written as browsers send them: they are compared to the letter.
fn origins(table: &mut Table<'_, '_>) -> Vec<String> {
    let report = table.report;
    let check = |written: Located<String>| {
        let is_safe = Url::parse(&written.value).is_ok_and(|url| is_https_or_local(&url));
        if !is_safe || origin(&written.value).as_deref() != Some(&*written.value) {
            let problem = format!("{} is not an origin", written.value);
            report.error(
                &written.span,
                problem,
                "write scheme, host and port: https://app.example.com",
            );
        }
        written.value
    };
    table
        .texts("origins")
        .unwrap_or_default()
        .into_iter()
        .map(check)
        .collect()
}

fn host(table: &mut Table<'_, '_>) -> Option<String> {
    let host = table.text("host")?;
    if !host
        .value
        .parse::<Authority>()
        .is_ok_and(|authority| !authority.as_str().contains('@'))
    {
        let problem = format!("host cannot be {:?}", host.value);
        table
            .report
            .error(&host.span, problem, "write api.internal, or api.internal:9000");
    }
    Some(host.value)
}

fn health(table: &mut Table<'_, '_>) -> Option<HealthCheck> {
    let mut health = table.table("health", "health")?;
    let path = health.required_text("path", "/health");
    let every = health.duration("every", 1, LONGEST).map(|every| every.value);
    if let Some(path) = path.as_ref().filter(|path| !path.value.starts_with('/')) {
        let problem = format!("{} is not a path", path.value);
        health.report.error(&path.span, problem, "begin it with /");
    }
    health.finish();
    Some(HealthCheck {
        path: path?.value,
        every,
    })
}

/// Files are named by their whole paths: they are read where the gateway runs, whatever its directory is.
fn roots(table: &mut Table<'_, '_>) -> Vec<String> {
    let report = table.report;
    let names = table.texts("roots").unwrap_or_default().into_iter();
    names
        .map(|name| {
            let path = report.document.resolve(&name.value);
            if !path.is_file() {
                let problem = format!("roots: there is no file {}", path.display());
                let remedy = "make the PEM file, or correct its name (relative names are relative to this file)";
                report.error(&name.span, problem, remedy);
            }
            whole(&path)
        })
        .collect()
}

fn client_certificate(table: &mut Table<'_, '_>) -> Option<CertificateFiles> {
    let mut files = table.table("client_certificate", "client_certificate")?;
    files.required_text("cert", "tls/gateway.pem");
    files.required_text("key", "tls/gateway-key.pem");
    let (cert, key) = (files.path("cert"), files.path("key"));
    let report = files.report;
    files.finish();
    for file in [&cert, &key].into_iter().flatten().filter(|file| !file.value.is_file()) {
        let problem = format!("client_certificate: there is no file {}", file.value.display());
        let remedy = "make the PEM file, or correct its name (relative names are relative to this file)";
        report.error(&file.span, problem, remedy);
    }
    if let Some(key) = &key {
        warn_if_open(report, Kind::PrivateKeyReadable, &key.value, key);
    }
    Some(CertificateFiles {
        cert: whole(&cert?.value),
        key: whole(&key?.value),
    })
}

fn whole(path: &std::path::Path) -> String {
    std::path::absolute(path)
        .unwrap_or_else(|_| path.to_owned())
        .display()
        .to_string()
}

/// A number of bytes.
fn size(table: &mut Table<'_, '_>, key: &'static str) -> Option<u64> {
    let text = table.text(key)?;
    let read = UNITS.iter().find_map(|(unit, bytes)| {
        let number = text.value.strip_suffix(unit)?.trim_end();
        number.parse::<u64>().ok()?.checked_mul(*bytes)
    });
    if read.is_none() {
        let problem = format!("{key}: {:?} is not a size", text.value);
        table.report.error(
            &text.span,
            problem,
            "write a number and a unit: \"64KiB\", \"10MiB\" or \"1GiB\"",
        );
    }
    read
}

/// A number of bytes as it is written.
pub fn format_size(bytes: u64) -> String {
    let fits = UNITS.iter().find(|(_, unit)| bytes != 0 && bytes.is_multiple_of(*unit));
    // Sizes come from files, in whole units.
    fits.map_or_else(
        || format!("{}KiB", bytes.div_ceil(1 << 10)),
        |(name, unit)| format!("{}{name}", bytes / unit),
    )
}
