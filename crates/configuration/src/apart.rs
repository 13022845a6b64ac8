//! `[gateway]` of a gateway that is apart from its server.

use std::path::PathBuf;

use model::{Api, Secret, api::Identity};

use super::{
    api,
    document::Document,
    problem::{Problem, Problems},
    reader::{Located, Report, Table},
};

/// `[gateway]`.
#[derive(Debug, Clone)]
pub struct Apart {
    /// Whose tokens are taken.
    pub issuer: String,
    /// Who asks about them: a client of `introspection` of the APIs.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret,
    /// The APIs, with their routes and upstreams.
    pub apis: Vec<Api>,
    /// Extra roots towards the issuer.
    pub trust: Vec<PathBuf>,
    /// How tokens are checked that are JWTs.
    pub check: Check,
    /// For how long an answer of the issuer is used again, in seconds.
    pub remember: i64,
}

/// How a gateway apart checks tokens that are JWTs. Others it asks about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Check {
    /// By asking about them too.
    #[default]
    Introspection,
    /// By their signature, and by what the server says was revoked.
    Jwks,
}

const CHECKS: &[(&str, Check)] = &[("introspection", Check::Introspection), ("jwks", Check::Jwks)];

/// The longest for which an answer can be used again, in seconds: a permission that ends by itself is told of to nobody.
const LONGEST_REMEMBERED: i64 = 60;

/// Reads it, and the files with the APIs that it names.
pub(super) fn read(root: &mut Table<'_, '_>) -> Option<Apart> {
    let mut table = root.table("gateway", "[gateway]")?;
    let report = table.report;
    let issuer = table.required_text("issuer", "https://id.example.com");
    let client_id = table.required_text("client_id", "bank-api");
    let secret = table.secret("client_secret");
    if secret.is_none() {
        let remedy = "add client_secret = { file = \"secrets/bank-api\" }";
        report.absent(&table.span, "[gateway] has no client_secret", remedy);
    }
    let files = table.texts("apis").unwrap_or_default();
    if files.is_empty() {
        let remedy = "add apis = [\"realms/bank.toml\"]: of a realm file only its [[api]] are read here";
        report.absent(&table.span, "[gateway] names no file with APIs", remedy);
    }
    let trust = table.texts("trust").unwrap_or_default().into_iter();
    let trust = trust.map(|file| report.document.resolve(&file.value)).collect();
    let check = table.one_of("check", CHECKS, &[]);
    let remember = table.duration("remember", 0, LONGEST_REMEMBERED);
    table.finish();
    let mut apis = Vec::new();
    for file in &files {
        apis.extend(apis_of(report, file));
    }
    Some(Apart {
        issuer: issuer?.value,
        client_id: client_id?.value,
        client_secret: secret?.value.secret?,
        apis,
        trust,
        check: check.map(|check| check.value).unwrap_or_default(),
        remember: remember.map_or(0, |remember| remember.value),
    })
}

/// The APIs of a realm file. What else is in it is the server's business.
fn apis_of(report: &Report<'_>, file: &Located<String>) -> Vec<Api> {
    let document = match Document::read(&report.document.resolve(&file.value)) {
        Ok(document) => document,
        Err(Problems(problems)) => {
            for problem in problems {
                report.add(problem);
            }
            return Vec::new();
        }
    };
    let inner = Report::new(&document, report.plain_secrets);
    let read: Vec<_> = Table::root(&inner)
        .tables("api", "[[api]]")
        .into_iter()
        .filter_map(api::read)
        .collect();
    for read in &read {
        if read
            .api
            .gateway
            .as_ref()
            .is_some_and(|gateway| gateway.identity == Identity::Jwt)
        {
            let problem = "identity = \"jwt\" needs the realm's keys, which a gateway apart does not have";
            let remedy =
                "set identity = \"headers\", or serve the API by a listener with role = \"gateway\" of the server";
            inner.error(&read.span, problem, remedy);
        }
    }
    let problems: Vec<Problem> = inner.finish();
    for problem in problems {
        report.add(problem);
    }
    read.into_iter().map(|read| read.api).collect()
}
