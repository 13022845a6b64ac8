//! `route = [{ methods = ["GET"], path = "/accounts/**", scope = ["accounts:read"] }]` of an `[[api]]`: which calls get
//! through, and what they need.
//!
//! What makes no sense for any call is an error: a route that looks stricter than it is would be believed.

use std::collections::BTreeMap;

use enforcement::gate::PathPattern;
use model::{ApiScope, DetailsType, api::Route};
use protocol::{
    Access, Acr, DetailsRule,
    json_schema::JsonSchema,
    limit::{Limit, LimitedBy},
};

use super::{
    api,
    document::{Item, Span},
    limit,
    reader::{Located, Table, any_of, nearest},
};

const EXAMPLE: &str = "route = [{ methods = [\"GET\"], path = \"/…\", scope = [\"…\"] }]";
const DETAILS: &str = "authorization_details = { type = \"payment\", body = { amount = \"/amount\" } }";
const METHODS: &[&str] = &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
/// The methods of calls that bring a body with a meaning (RFC 9110 §9.3).
const WITH_BODY: &[&str] = &["POST", "PUT", "PATCH"];
const YEAR: i64 = 365 * 24 * 3600;

/// What of the API its routes may refer to.
pub(super) struct OfApi<'a> {
    pub scopes: &'a [ApiScope],
    pub types: &'a [DetailsType],
    pub acr: Option<Acr>,
}

/// Reads the routes of an API.
pub(super) fn read(table: &mut Table<'_, '_>, api: &OfApi<'_>) -> Vec<Located<Route>> {
    let mut read: Vec<(Located<Route>, Option<PathPattern>)> = Vec::new();
    for mut entry in table.tables("route", EXAMPLE) {
        entry.name = "a route";
        let Some((route, pattern)) = read_one(&mut entry, api) else {
            continue;
        };
        let same = |other: &&(Located<Route>, Option<PathPattern>)| pattern.is_some() && other.1 == pattern;
        if let Some(method) = read
            .iter()
            .filter(same)
            .find_map(|(other, _)| shared_method(&route, &other.value))
        {
            let problem = format!("there is another route for {method} {}", route.path);
            let span = entry.span_of("path");
            entry.report.error(
                &span,
                problem,
                "put what it needs into one of the two, and remove the other",
            );
        }
        let span = entry.span.clone();
        entry.finish();
        read.push((Located { value: route, span }, pattern));
    }
    read.into_iter().map(|(route, _)| route).collect()
}

fn shared_method(one: &Route, other: &Route) -> Option<String> {
    match (one.methods.first(), other.methods.first()) {
        (None, None) => Some("every method".to_owned()),
        (Some(method), None) | (None, Some(method)) => Some(method.clone()),
        _ => one
            .methods
            .iter()
            .find(|method| other.methods.contains(method))
            .cloned(),
    }
}

fn read_one(entry: &mut Table<'_, '_>, api: &OfApi<'_>) -> Option<(Route, Option<PathPattern>)> {
    let path = entry.required_text("path", "/accounts/**");
    let pattern = path.as_ref().and_then(|path| check_path(entry, path));
    let methods: Vec<String> = entry
        .some_of(
            "methods",
            &METHODS.iter().map(|method| (*method, *method)).collect::<Vec<_>>(),
            &[],
        )
        .unwrap_or_default()
        .into_iter()
        .map(|method| method.value.to_owned())
        .collect();
    let access: Vec<Access> = entry
        .some_of("access", Access::ALL, &[])
        .unwrap_or_default()
        .into_iter()
        .map(|way| way.value)
        .collect();
    let scope = scopes(entry, api.scopes);
    let acr = acr(entry, api.acr);
    let max_age = entry.duration("max_age", 1, YEAR).map(|age| age.value);
    let of_route = OfRoute {
        methods: &methods,
        pattern: pattern.as_ref(),
        types: api.types,
    };
    let authorization_details = details(entry, &of_route);
    let limit = limit::read(entry, true);
    check_open(entry, &access, &limit);
    let route = Route {
        methods,
        path: path?.value,
        access,
        scope,
        acr,
        max_age,
        authorization_details,
        limit,
    };
    Some((route, pattern))
}

fn check_path(entry: &Table<'_, '_>, path: &Located<String>) -> Option<PathPattern> {
    PathPattern::parse(&path.value)
        .inspect_err(|problem| {
            let remedy = if path.value.contains('{') {
                "write * for a segment that may be anything"
            } else {
                "write /accounts, /accounts/* or /accounts/**, without a query"
            };
            let problem = format!("no call can have the path {}: {problem}", path.value);
            entry.report.error(&path.span, problem, remedy);
        })
        .ok()
}

fn scopes(entry: &mut Table<'_, '_>, known: &[ApiScope]) -> Vec<String> {
    let wanted = entry.texts("scope").unwrap_or_default();
    let is_known = |scope: &&Located<String>| known.iter().any(|known| known.name == scope.value);
    for scope in wanted.iter().filter(|scope| !is_known(scope)) {
        let names: Vec<&str> = known.iter().map(|scope| scope.name.as_str()).collect();
        let problem = format!("the API has no scope {}", scope.value);
        entry
            .report
            .error(&scope.span, problem, format!("use {}", any_of(&names)));
    }
    wanted.into_iter().map(|scope| scope.value).collect()
}

fn acr(entry: &mut Table<'_, '_>, of_api: Option<Acr>) -> Option<Acr> {
    let written = entry.text("acr")?;
    let level = api::level(entry.report, &written)?;
    if let Some(of_api) = of_api.filter(|of_api| level <= *of_api) {
        let problem = format!("acr has no effect: the API needs {} anyway", of_api.short());
        entry.report.warning(&written.span, problem, "remove it, or raise it");
    }
    Some(level)
}

/// Who needs nothing has nothing that could be looked at.
fn check_open(entry: &Table<'_, '_>, access: &[Access], limits: &[Limit]) {
    if !access.contains(&Access::None) {
        return;
    }
    let span = entry.span_of("access");
    if access.len() > 1 {
        let remedy = "remove \"none\", or the others";
        entry.report.error(
            &span,
            "access has \"none\" beside other ways, so that those are never needed",
            remedy,
        );
    }
    if limits.iter().any(|limit| limit.per != LimitedBy::Route) {
        let remedy = "use per = \"route\"";
        let problem = "limit counts callers, and nobody knows who calls: the route is open to everybody";
        entry.report.error(&entry.span_of("limit"), problem, remedy);
    }
    let is_there = |key: &&&str| entry.entries().iter().any(|entry| entry.key == **key);
    for key in ["scope", "acr", "max_age", "authorization_details"]
        .iter()
        .filter(is_there)
    {
        let problem = format!("{key} has no effect: the route is open to everybody");
        let remedy = format!("remove {key}, or access = [\"none\"]");
        entry.report.error(&entry.span_of(key), problem, remedy);
    }
}

/// What of a route its details may refer to.
struct OfRoute<'a> {
    methods: &'a [String],
    pattern: Option<&'a PathPattern>,
    types: &'a [DetailsType],
}

fn details(entry: &mut Table<'_, '_>, route: &OfRoute<'_>) -> Option<DetailsRule> {
    let mut table = entry.table("authorization_details", DETAILS)?;
    table.name = "authorization_details of a route";
    let type_name = table.required_text("type", "payment");
    let body = body(&mut table, route);
    let path = segments(&mut table, route);
    let method = table.text("method").map(|member| member.value);
    let span = table.span.clone();
    let rule = type_name.as_ref().map(|type_name| DetailsRule {
        type_name: type_name.value.clone(),
        body,
        path,
        method,
    });
    if let (Some(rule), Some(type_name)) = (&rule, &type_name) {
        check_members(&table, rule, (&type_name.span, &span), route.types);
    }
    table.finish();
    rule
}

fn body(table: &mut Table<'_, '_>, route: &OfRoute<'_>) -> BTreeMap<String, String> {
    let report = table.report;
    let mut members = BTreeMap::new();
    for (member, item, span) in pairs(table, "body") {
        match item {
            Item::Text(pointer) if pointer.starts_with('/') => {
                members.insert(member, pointer.clone());
            }
            _ => report.error(
                &span,
                format!("body.{member} is no place in a body"),
                "write a JSON Pointer: \"/amount\"",
            ),
        }
    }
    let without = |method: &&String| !WITH_BODY.contains(&method.as_str());
    let bodiless = match route.methods {
        [] => Some("GET"),
        methods => methods.iter().find(without).map(String::as_str),
    };
    if let Some(method) = bodiless.filter(|_| !members.is_empty()) {
        let problem = format!("no {method} can be what the rule wants: it has no body");
        let remedy = format!(
            "write methods = [\"{}\"], and another route for the others",
            WITH_BODY.join("\", \"")
        );
        report.error(&table.span_of("body"), problem, remedy);
    }
    members
}

fn segments(table: &mut Table<'_, '_>, route: &OfRoute<'_>) -> BTreeMap<String, usize> {
    let report = table.report;
    let mut members = BTreeMap::new();
    for (member, item, span) in pairs(table, "path") {
        let number = match item {
            Item::Integer(number) => usize::try_from(*number).ok(),
            _ => None,
        };
        match number {
            Some(number) if route.pattern.is_none_or(|pattern| pattern.has_segment(number)) => {
                members.insert(member, number);
            }
            _ => report.error(
                &span,
                format!("path.{member} is no segment of the route's path"),
                "write its number, from 1: 2 for the id in /accounts/*",
            ),
        }
    }
    members
}

/// The entries of a table whose keys are members of an object.
fn pairs<'d>(table: &mut Table<'_, 'd>, key: &'static str) -> Vec<(String, &'d Item, Span)> {
    let Some(entry) = table.entry(key) else {
        return Vec::new();
    };
    let Item::Table(entries) = &entry.node.item else {
        let problem = format!("{key} is {}, not members with their places", entry.node.item.name());
        table
            .report
            .error(&entry.node.span, problem, format!("write {DETAILS}"));
        return Vec::new();
    };
    let pairs = entries.iter();
    pairs
        .map(|entry| (entry.key.clone(), &entry.node.item, entry.node.span.clone()))
        .collect()
}

/// A type that nobody can ask for, or a member that no object of it has, would refuse every call.
fn check_members(table: &Table<'_, '_>, rule: &DetailsRule, (of_type, of_rule): (&Span, &Span), types: &[DetailsType]) {
    let Some(kind) = types.iter().find(|kind| kind.name == rule.type_name) else {
        let names = types.iter().map(|kind| kind.name.as_str());
        let remedy = nearest(&rule.type_name, names).map_or_else(
            || "add it to authorization_details of the API".to_owned(),
            |near| format!("did you mean {near}?"),
        );
        let problem = format!("the API has no authorization_details of the type {}", rule.type_name);
        table.report.error(of_type, problem, remedy);
        return;
    };
    let Ok(schema) = JsonSchema::compile(&kind.schema) else {
        return;
    };
    for member in rule.members().filter(|member| !schema.describes(&[member])) {
        let problem = format!("no object of the type {} has a {member}", kind.name);
        table
            .report
            .error(of_rule, problem, "name a member of the schema's properties");
    }
}
