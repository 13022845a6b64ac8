//! Files: `sekisho.toml`, the process, and `realms/*.toml`, one realm each.
//!
//! Reading a file collects every mistake in it at once, each with its line and a remedy.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        reason = "tests fail loudly"
    )
)]

mod access_log;
mod apart;
mod api;
mod certificate_mapping;
mod client;
mod client_ca;
mod client_members;
mod client_secret;
mod cross_check;
mod details_type;
mod document;
mod duration;
mod finding;
mod gateway;
mod glob;
mod impact;
mod issuer;
mod json;
mod kind;
mod limit;
mod listener;
mod openapi;
mod policy;
mod problem;
mod read_server;
mod reader;
mod realm_file;
mod reference;
mod route;
mod secret;
mod server;
mod store;
#[cfg(test)]
mod tests;
mod trusted_issuer;
mod user;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use protocol::ClientMetadata;

pub use self::{
    apart::{Apart, Check},
    client_secret::format_hash,
    duration::{format as format_duration, in_minutes, parse as parse_duration},
    finding::{Finding, Grade},
    gateway::format_size,
    kind::Kind,
    openapi::{import as import_openapi, import_text as import_openapi_text},
    problem::{Problem, Problems, Severity},
    realm_file::{ClientEntry, ClientSecret, OtpSeed, PasswordSeed, RealmFile, UserEntry, expose, from_text},
    reference::page as reference,
    secret::open_mode,
    server::{
        AccessLog, Certificate, DEFAULT_DATA, Email, Listener, Operations, Outgoing, Proxy, Role, ServerConfig, Tls,
        WrapSource,
    },
    store::{OpenError, make_data_directory, open_store},
};
use self::{
    document::{Document, Item},
    reader::Report,
    realm_file::ReadRealm,
};
pub use web::extract::Network;

/// The server file that is read when none is named.
pub const DEFAULT_FILE: &str = "sekisho.toml";

/// Reads the configuration of a server with all realm files that it names: from the file that is named, else from
/// `./sekisho.toml` if it is there, else the defaults.
pub fn load_server(path: Option<&Path>) -> Result<ServerConfig, Problems> {
    load(path, true)
}

/// As [`load_server`], but without reading realm files: for commands that only need to find the database.
pub fn load_process(path: Option<&Path>) -> Result<ServerConfig, Problems> {
    load(path, false)
}

/// As [`load_server`], but whatever is wrong: for whoever tells what that is. All problems are in `warnings`, mistakes
/// too. Fails only when there is no file to be read.
pub fn load_as_it_is(path: Option<&Path>) -> Result<ServerConfig, Problems> {
    read(path, true)
}

fn load(path: Option<&Path>, with_realms: bool) -> Result<ServerConfig, Problems> {
    let config = read(path, with_realms)?;
    if config.warnings.has_errors() {
        return Err(config.warnings);
    }
    Ok(config)
}

fn read(path: Option<&Path>, with_realms: bool) -> Result<ServerConfig, Problems> {
    let default = Path::new(DEFAULT_FILE);
    let path = match path {
        Some(path) => path,
        None if default.is_file() => default,
        None => return Ok(ServerConfig::without_file()),
    };
    let document = Document::read(path)?;
    let read = read_server::read(&document, false);
    let mut config = read.config;
    let mut problems = Problems(read.problems).sorted();
    if with_realms {
        let (realms, more) = read_realms(&read.realm_files, false);
        problems.0.extend(more.0);
        problems.0.extend(reachability(&config, &realms));
        problems.0.extend(certificates(&config, &realms));
        config.realms = realms;
    }
    config.warnings = problems;
    Ok(config)
}

/// Reads realm files; the error holds all mistakes of all of them. Warnings come with the files.
pub fn load_realms(paths: &[PathBuf]) -> Result<(Vec<RealmFile>, Problems), Problems> {
    let (files, problems) = read_realms(paths, false);
    if problems.has_errors() {
        Err(problems)
    } else {
        Ok((files, problems))
    }
}

/// Everything that is wrong with these files, server and realm files in any order. A server file's realm files are
/// looked at too.
pub fn check(paths: &[PathBuf]) -> Problems {
    check_and_read(paths).0
}

/// The same, with the realms as far as they could be read.
pub fn check_and_read(paths: &[PathBuf]) -> (Problems, Vec<RealmFile>) {
    let mut problems = Problems::default();
    let mut realm_files: Vec<PathBuf> = Vec::new();
    let mut servers = Vec::new();
    for path in paths {
        match Document::read(path) {
            Err(found) => problems.0.extend(found.0),
            Ok(document) if is_server_file(&document) => {
                let read = read_server::read(&document, false);
                problems.0.extend(Problems(read.problems).sorted().0);
                realm_files.extend(read.realm_files);
                servers.push(read.config);
            }
            Ok(_) => realm_files.push(path.clone()),
        }
    }
    realm_files.sort();
    realm_files.dedup();
    let (realms, more) = read_realms(&realm_files, false);
    problems.0.extend(more.0);
    for config in &servers {
        problems.0.extend(reachability(config, &realms));
        problems.0.extend(certificates(config, &realms));
    }
    (problems, realms)
}

/// Whether a file is `sekisho.toml` rather than a realm: it has more of its keys.
fn is_server_file(document: &Document) -> bool {
    const SERVER: &[&str] = &[
        "data",
        "database",
        "realms",
        "listener",
        "proxy",
        "keys",
        "email",
        "outgoing",
        "pages",
        "operations",
        "gateway",
        "access_log",
    ];
    const REALM: &[&str] = &[
        "issuer",
        "display_name",
        "locales",
        "profile",
        "profiles",
        "lifetimes",
        "api",
        "client",
        "user",
        "trusted_issuer",
        "certificate_mapping",
        "policy",
        "network",
    ];
    let Item::Table(entries) = &document.root.item else {
        return false;
    };
    let count = |keys: &[&str]| {
        entries
            .iter()
            .filter(|entry| keys.contains(&entry.key.as_str()))
            .count()
    };
    let (server, realm) = (count(SERVER), count(REALM));
    let is_named_so = document.path.file_stem().is_some_and(|stem| stem == "sekisho");
    server > realm || (server == realm && is_named_so)
}

fn read_realms(paths: &[PathBuf], plain_secrets: bool) -> (Vec<RealmFile>, Problems) {
    let mut problems = Problems::default();
    let mut files = Vec::new();
    let mut issuers: HashMap<String, String> = HashMap::new();
    for path in paths {
        let document = match Document::read(path) {
            Ok(document) => document,
            Err(found) => {
                problems.0.extend(found.0);
                continue;
            }
        };
        let ReadRealm {
            file,
            problems: mut found,
            issuer,
            document,
        } = realm_file::read(document, plain_secrets);
        if let Some(issuer) = issuer {
            let name = path.display().to_string();
            // Hosts are compared without case everywhere, so issuers that differ by it alone are one.
            if let Some(other) = issuers.insert(issuer.value.to_lowercase(), name) {
                let report = Report::new(&document, plain_secrets);
                let problem = format!("{other} is a realm of the issuer {} already", issuer.value);
                report.error(&issuer.span, problem, "give each realm an issuer of its own");
                found.extend(
                    report
                        .finish()
                        .into_iter()
                        .filter(|problem| document.syntax.iter().all(|syntax| syntax.line != problem.line)),
                );
            }
        }
        problems.0.extend(Problems(found).sorted().0);
        files.extend(file);
    }
    (files, problems)
}

/// Warns of realms that want certificates of clients where none can come.
fn certificates(config: &ServerConfig, realms: &[RealmFile]) -> Vec<Problem> {
    if config.sees().certificates {
        return Vec::new();
    }
    let wanting = |file: &&RealmFile| {
        let uses = |metadata: &ClientMetadata| {
            metadata.tls_client_certificate_bound_access_tokens
                || metadata.token_endpoint_auth_method.uses_certificate()
        };
        let realm = &file.realm;
        realm.mtls.is_some() || !realm.client_ca.is_empty() || file.clients.iter().any(|client| uses(&client.metadata))
    };
    let warn = |file: &RealmFile| {
        let problem = format!(
            "{} wants certificates of clients (mtls, client_ca, or a client that uses them), and none can come",
            file.realm.issuer
        );
        let remedy = "set client_certificates = \"request\" on a [[listener]] with tls, or name the proxy that passes \
                      them on in [proxy] client_cert";
        Problem::with_file(Path::new(&file.file), problem, remedy)
            .into_warning()
            .of(Kind::NoClientCertificates)
    };
    realms.iter().filter(wanting).map(warn).collect()
}

/// Warns of realms that nobody can reach by the listeners as they are.
fn reachability(config: &ServerConfig, realms: &[RealmFile]) -> Vec<Problem> {
    let mut servers = config.listeners.iter().filter(|listener| listener.role == Role::Server);
    let has_tls = servers.any(|listener| listener.tls.is_some());
    if has_tls || !config.proxy.trusted.is_empty() {
        return Vec::new();
    }
    let https = realms.iter().filter(|file| file.realm.is_https());
    https
        .map(|file| {
            let problem = format!("{} is an https issuer, but no listener speaks TLS", file.realm.issuer);
            let remedy = "add tls to a [[listener]], or name the proxy in front of it in [proxy] trusted";
            Problem::with_file(Path::new(&file.file), problem, remedy)
                .into_warning()
                .of(Kind::IssuerUnreachable)
        })
        .collect()
}
