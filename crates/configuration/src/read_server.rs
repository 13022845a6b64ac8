//! Reads `sekisho.toml`.

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
};

use storage::Options;
use url::Url;

use super::{
    access_log, apart,
    document::{Document, Item},
    glob, listener,
    problem::Problem,
    reader::{Located, Report, Table},
    secret::warn_if_open,
    server::{DEFAULT_DATA, Email, Operations, Outgoing, ServerConfig, WrapSource},
};
use crate::Kind;

/// Connections to PostgreSQL that a node keeps at most.
const CONNECTIONS: usize = 16;

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
    let mut table = Table::file(&report, "sekisho.toml");
    let mut config = ServerConfig::without_file();
    config.file = Some(document.path.clone());
    config.data = table
        .path("data")
        .map_or_else(|| document.resolve(DEFAULT_DATA), |path| path.value);
    config.database = database(&mut table).unwrap_or_else(|| Options::Sqlite {
        path: config.data.join("sekisho.db"),
    });
    let realm_files = realm_files(&mut table);
    config.names_realms = table.entries().iter().any(|entry| entry.key == "realms");
    config.proxy = listener::proxy(&mut table);
    let listeners: Vec<_> = table
        .tables("listener", "[[listener]]")
        .into_iter()
        .filter_map(listener::read)
        .collect();
    listener::check(&report, &listeners, &config.proxy);
    if !listeners.is_empty() {
        config.listeners = listeners.into_iter().map(|listener| listener.value).collect();
    }
    config.wrap = wrap(&mut table, &config.master_key());
    config.email = email(&mut table);
    config.outgoing = outgoing(&mut table);
    config.templates = templates(&mut table);
    config.operations = operations(&mut table);
    config.gateway = apart::read(&mut table);
    config.access_log = access_log::read(&mut table);
    table.finish();
    ReadServer {
        config,
        problems: report.finish(),
        realm_files,
    }
}

fn database(table: &mut Table<'_, '_>) -> Option<Options> {
    let is_text = |table: &Table<'_, '_>| {
        table
            .entries()
            .iter()
            .any(|entry| entry.key == "database" && matches!(entry.node.item, Item::Text(_)))
    };
    // In plain text it is a secret only if it holds a password.
    let url = if is_text(table) {
        table.text("database")?
    } else {
        let named = table.secret("database")?;
        Located {
            value: named.value.secret?.expose().to_owned(),
            span: named.span,
        }
    };
    let (report, span) = (table.report, &url.span);
    if let Some(path) = url.value.strip_prefix("sqlite:") {
        let path = path.strip_prefix("//").unwrap_or(path);
        if path.is_empty() || path.contains('?') {
            report.error(
                span,
                "database names no file",
                "write \"sqlite:sekisho-data/sekisho.db\"",
            );
            return None;
        }
        return Some(Options::Sqlite {
            path: report.document.resolve(path),
        });
    }
    if url.value.starts_with("postgres://") || url.value.starts_with("postgresql://") {
        let has_password = Url::parse(&url.value).is_ok_and(|url| url.password().is_some());
        if has_password && is_text(table) && !report.plain_secrets {
            let remedy = "put the URL into a file: database = { file = \"…\" }";
            report.warning_of(
                Kind::PlainSecret,
                span,
                "database holds a password in plain text",
                remedy,
            );
        }
        return Some(Options::Postgres {
            url: url.value,
            connections: CONNECTIONS,
        });
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
        if path
            .parent()
            .is_some_and(|parent| parent.to_string_lossy().contains('*'))
        {
            report.error(
                &pattern.span,
                format!("realms: {} has a * before its last /", pattern.value),
                "use * in the file name only",
            );
        } else if glob::is_pattern(&path) {
            match glob::files(&path) {
                Ok(found) if found.is_empty() => {
                    report.warning(
                        &pattern.span,
                        format!("no file is called {}", pattern.value),
                        "make one, or correct the pattern",
                    );
                }
                Ok(found) => files.extend(found),
                Err(error) => {
                    report.error(
                        &pattern.span,
                        format!("realms: {} cannot be listed ({error})", pattern.value),
                        "let the user that runs sekisho read the directory",
                    );
                }
            }
        } else if path.is_file() {
            files.push(path);
        } else {
            report.error(
                &pattern.span,
                format!("realms: there is no file {}", path.display()),
                "make it, or correct its name (relative names are relative to this file)",
            );
        }
    }
    files.sort();
    files.dedup();
    files
}

fn wrap(root: &mut Table<'_, '_>, master_key: &Path) -> WrapSource {
    let Some(mut keys) = root.table("keys", "[keys]") else {
        return WrapSource::Default;
    };
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
            warn_if_open(report, Kind::MasterKeyReadable, master_key, &file);
            WrapSource::Default
        }
        (Some(file), None) => {
            if file.value.is_file() {
                warn_if_open(report, Kind::MasterKeyReadable, &file.value, &file);
            } else {
                let problem = format!("wrap: there is no file {}", file.value.display());
                let remedy = "copy the key of the other nodes there, or make a first one: openssl rand -out FILE 32";
                report.error_of(Kind::WrappingKeyMissing, &file.span, problem, remedy);
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
        root.report
            .error(&from.span, format!("from: {} is not a sender", from.value), remedy);
    }
    let url = Url::parse(&smtp.value)
        .ok()
        .filter(|url| matches!(url.scheme(), "smtp" | "smtps") && url.has_host());
    if url.is_none() {
        root.report.error(
            &smtp.span,
            format!("smtp: {} is not a mail server", smtp.value),
            "write \"smtp://host:25\" or \"smtps://host\"",
        );
    }
    Some(Email {
        smtp: url?,
        from: from.value,
    })
}

/// `[pages] templates`: each template there takes the place of ours. It must keep the ids that users' automation relies
/// on and must bring no scripts, so each is tried out with sample data. Those of mail are in the folder `mail`.
fn templates(root: &mut Table<'_, '_>) -> Option<PathBuf> {
    let mut table = root.table("pages", "[pages]")?;
    let directory = table.path("templates");
    if let Some(directory) = &directory {
        let at = Some(directory.value.as_path());
        let of_pages = web::pages::Pages::new(at).err().map(|error| error.to_string());
        let of_mail = web::mail::Mails::new(at).err().map(|error| error.to_string());
        for error in of_pages.into_iter().chain(of_mail) {
            let remedy = "correct the template, or remove it: ours is used then";
            let report = table.report;
            report.error(&directory.span, format!("templates: {error}"), remedy);
        }
    }
    table.finish();
    directory.map(|directory| directory.value)
}

fn outgoing(root: &mut Table<'_, '_>) -> Outgoing {
    let mut outgoing = Outgoing::default();
    let Some(mut table) = root.table("outgoing", "[outgoing]") else {
        return outgoing;
    };
    for file in table.texts("trust").unwrap_or_default() {
        let path = table.report.document.resolve(&file.value);
        if !path.is_file() {
            let remedy = "make it, or correct its name (relative names are relative to this file)";
            table.report.error(
                &file.span,
                format!("trust: there is no file {}", path.display()),
                remedy,
            );
        }
        outgoing.trust.push(path);
    }
    for host in table.texts("allow").unwrap_or_default() {
        let bare = host.value.trim_start_matches('[').trim_end_matches(']');
        let is_host = bare.parse::<IpAddr>().is_ok() || url::Host::parse(&host.value).is_ok();
        if is_host {
            outgoing.allow.push(host.value);
        } else {
            table.report.error(
                &host.span,
                format!("allow: {} is not a host", host.value),
                "write a host name or an address, without scheme and port",
            );
        }
    }
    table.finish();
    outgoing
}

fn operations(root: &mut Table<'_, '_>) -> Option<Operations> {
    let mut table = root.table("operations", "[operations]")?;
    let report = table.report;
    let bind = table
        .required_text("bind", "127.0.0.1:9090")
        .and_then(|text| listener::address(report, text));
    let ciba_approval = table.boolean("ciba_approval");
    table.finish();
    let bind = bind?;
    if let Some(on) = ciba_approval.as_ref().filter(|on| on.value) {
        let remedy = "remove it: it is for tests that have no users";
        let text = format!(
            "ciba_approval: WHOEVER REACHES {} CAN APPROVE BACKCHANNEL REQUESTS IN THE PLACE OF ANY USER",
            bind.value
        );
        report.warning_of(Kind::CibaApproval, &on.span, text, remedy);
    }
    if !bind.value.ip().is_loopback() {
        let remedy = "bind it to an address that only your own machines reach";
        report.warning_of(
            Kind::OperationsReachable,
            &bind.span,
            format!("anybody who reaches {} reads the metrics", bind.value),
            remedy,
        );
    }
    Some(Operations {
        bind: bind.value,
        ciba_approval: ciba_approval.is_some_and(|on| on.value),
    })
}
