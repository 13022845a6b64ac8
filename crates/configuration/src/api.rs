//! `[[api]]`: a protected resource with its scopes.

use std::collections::BTreeMap;

use enforcement::gate::ProtectedApi;
use jose::SigningAlg;
use model::{Api, ApiScope, TokenFormat};
use protocol::{Acr, Resource, Scope};
use url::Url;

use super::{
    details_type,
    document::{Item, Span},
    gateway, impact, openapi,
    reader::{Located, Report, Table},
    realm_file::find_profile,
    route::{self, OfApi},
};
use crate::Kind;

/// What the other parts of the file may refer to wrongly.
pub(super) struct ReadApi {
    pub api: Api,
    pub span: Span,
    pub scope_spans: Vec<Span>,
    pub details_spans: Vec<Span>,
    pub introspection: Vec<Located<String>>,
    pub token_format_span: Span,
    pub profile_span: Span,
}

const FORMATS: &[(&str, TokenFormat)] = &[("opaque", TokenFormat::Opaque), ("jwt", TokenFormat::Jwt)];

/// Reads one API.
pub(super) fn read(mut table: Table<'_, '_>) -> Option<ReadApi> {
    let identifier = table.required_text("identifier", "https://api.example.com");
    if let Some(identifier) = &identifier {
        check_identifier(table.report, identifier);
    }
    let name = table.text("name").map(|name| name.value);
    let token_format = table
        .one_of("token_format", FORMATS, &[])
        .map(|format| format.value)
        .unwrap_or_default();
    let signing_alg = table.one_of("signing_alg", &algs(), &[]);
    if let (Some(alg), TokenFormat::Opaque) = (&signing_alg, token_format) {
        let remedy = "remove it, or set token_format = \"jwt\"";
        table
            .report
            .warning(&alg.span, "signing_alg has no effect on opaque tokens", remedy);
    }
    let profile = table.text("profile").and_then(|name| find_profile(table.report, &name));
    // FAPI 1.0 Advanced §8.6, FAPI 2.0 Security Profile §5.4.1: of all JWTs, those for APIs too.
    if let (Some(alg), Some(profile)) = (&signing_alg, profile)
        && !profile.signing_algs.contains(&alg.value)
    {
        let allowed: Vec<_> = profile.signing_algs.iter().map(|alg| alg.as_str()).collect();
        table.report.error(
            &alg.span,
            format!("{} is not allowed by the profile {}", alg.value, profile.name),
            format!("use one of: {}", allowed.join(", ")),
        );
    }
    let profile = profile.map(|profile| profile.name.to_owned());
    let (impact, derived) = impact::read(&mut table);
    let acr = acr(&mut table, derived.map(|needed| needed.level));
    let (scope, scope_spans) = scopes(&mut table);
    let introspection = table.texts("introspection").unwrap_or_default();
    let (upstream, gateway) = gateway::read(&mut table);
    let (authorization_details, details_spans): (Vec<_>, _) = details_type::read(&mut table)
        .into_iter()
        .map(|read| (read.value, read.span))
        .unzip();
    let of_api = OfApi {
        scopes: &scope,
        types: &authorization_details,
        acr,
    };
    let written = route::read(&mut table, &of_api);
    let names: Vec<&str> = scope.iter().map(|scope| scope.name.as_str()).collect();
    let place = identifier.as_ref().map_or("", |identifier| identifier.value.as_str());
    let route = openapi::read(&mut table, place, &names, written);
    let limit = super::limit::read(&mut table, false);
    check_place(&table, identifier.as_ref(), !route.is_empty());
    if !upstream.is_empty() && route.is_empty() {
        let remedy = "add route = [{ path = \"/**\" }], or finer ones";
        let problem = "nothing gets through to upstream: the API has no route";
        table.report.warning(&table.span_of("upstream"), problem, remedy);
    }
    let token_format_span = table.span_of("token_format");
    let profile_span = table.span_of(if profile.is_some() { "profile" } else { "impact" });
    let span = identifier
        .as_ref()
        .map_or_else(|| table.span.clone(), |identifier| identifier.span.clone());
    table.finish();
    let identifier = identifier?.value;
    Some(ReadApi {
        api: Api {
            name: name.unwrap_or_else(|| identifier.clone()),
            identifier,
            token_format,
            signing_alg: signing_alg.map(|alg| alg.value),
            profile,
            acr,
            impact,
            scope,
            authorization_details,
            introspection: introspection.iter().map(|client| client.value.clone()).collect(),
            upstream,
            gateway,
            route,
            limit,
        },
        span,
        scope_spans,
        details_spans,
        introspection,
        token_format_span,
        profile_span,
    })
}

fn algs() -> [(&'static str, SigningAlg); 4] {
    SigningAlg::ALL.map(|alg| (alg.as_str(), alg))
}

/// RFC 8707 §2: an absolute URI without a fragment.
fn check_identifier(report: &Report<'_>, identifier: &Located<String>) {
    let text = &identifier.value;
    if let Err(error) = Resource::parse(text) {
        let problem = format!(
            "{text} cannot identify an API ({})",
            error.to_string().replace("resource", "it")
        );
        report.error(
            &identifier.span,
            problem,
            "write its public URL: https://api.example.com",
        );
    } else if !Url::parse(text).is_ok_and(|url| super::issuer::is_https_or_local(&url)) {
        let problem = format!("{text} is not reached by https");
        report.warning(
            &identifier.span,
            problem,
            "serve the API by https: access tokens travel to it",
        );
    }
}

/// Where calls of an API with routes come in is known by its identifier.
fn check_place(table: &Table<'_, '_>, identifier: Option<&Located<String>>, has_routes: bool) {
    let Some(identifier) = identifier.filter(|_| has_routes) else {
        return;
    };
    if !ProtectedApi::is_place(&identifier.value) {
        let problem = format!("no call can be found to be for {}", identifier.value);
        let remedy = "write its public URL, the host in small letters, without a query: https://api.example.com";
        table.report.error(&identifier.span, problem, remedy);
    }
}

/// A level of assurance, by its name.
pub(super) fn level(report: &Report<'_>, text: &Located<String>) -> Option<Acr> {
    let level = Acr::parse(&text.value);
    if level.is_none() {
        let problem = format!("acr cannot be {:?}", text.value);
        report.error(&text.span, problem, "use loa1, loa2, loa3 or loa4");
    }
    level
}

fn acr(table: &mut Table<'_, '_>, derived: Option<Acr>) -> Option<Acr> {
    let written = table.text("acr");
    match written {
        Some(text) => {
            let level = level(table.report, &text);
            if let Some((level, derived)) = level.zip(derived).filter(|(level, derived)| level < derived) {
                let problem = format!("acr is {}, but the impact asks for {}", level.short(), derived.short());
                let remedy = "raise acr, or look at the impact again";
                table.report.warning_of(Kind::BelowRisk, &text.span, problem, remedy);
            }
            level
        }
        None => derived,
    }
}

fn scopes(table: &mut Table<'_, '_>) -> (Vec<ApiScope>, Vec<Span>) {
    let mut scopes = Vec::new();
    let mut spans = Vec::new();
    for mut entry in table.tables("scope", "scope = [{ name = \"…\", description = { en = \"…\" } }]") {
        entry.name = "a scope";
        let name = entry.required_text("name", "accounts:read");
        let description = texts_by_locale(&mut entry, "description");
        if let Some(name) = name {
            let is_token = !name.value.contains(' ') && Scope::parse(&name.value).is_ok();
            if !is_token {
                let remedy = "use letters, digits and :._- without spaces";
                entry
                    .report
                    .error(&name.span, format!("{:?} cannot be a scope", name.value), remedy);
            } else if description.is_empty() {
                let remedy = "add description = { en = \"…\", ja = \"…\" }: users read it when they decide";
                entry.report.warning(
                    &name.span,
                    format!("the scope {} has no description", name.value),
                    remedy,
                );
            }
            spans.push(name.span);
            scopes.push(ApiScope {
                name: name.value,
                description,
            });
        }
        entry.finish();
    }
    (scopes, spans)
}

/// `{ en = "…", ja = "…" }`: any language is fine.
pub(super) fn texts_by_locale(table: &mut Table<'_, '_>, key: &'static str) -> BTreeMap<String, String> {
    let Some(entry) = table.entry(key) else {
        return BTreeMap::new();
    };
    let Item::Table(entries) = &entry.node.item else {
        let problem = format!("{key} is {}, not texts by language", entry.node.item.name());
        table.report.error(
            &entry.node.span,
            problem,
            format!("write {key} = {{ en = \"…\", ja = \"…\" }}"),
        );
        return BTreeMap::new();
    };
    let texts = entries.iter().filter_map(|entry| match &entry.node.item {
        Item::Text(text) => Some((entry.key.clone(), text.clone())),
        other => {
            let problem = format!("{key}.{} is {}", entry.key, other.name());
            table.report.error(&entry.node.span, problem, "write a text in quotes");
            None
        }
    });
    texts.collect()
}
