//! `openapi = "bank.openapi.yaml"` of an `[[api]]`: its rules are compared with it; without rules of its own they are these.

use enforcement::gate::PathPattern;
use model::api::Route;
use protocol::Access;
use serde_json::json;

use super::{
    Description, Rule, Source,
    compare::{self, compare},
    import::{Imported, base_of},
    rules,
};
use crate::{
    problem::{Problem, Severity},
    reader::{Located, Table},
};

/// The rules of an API, of which `written` stand in the file.
pub(crate) fn read(
    table: &mut Table<'_, '_>,
    identifier: &str,
    scopes: &[&str],
    written: Vec<Located<Route>>,
) -> Vec<Route> {
    let has_rules = table.entries().iter().any(|entry| entry.key == "route");
    let read = table
        .path("openapi")
        .and_then(|file| described(table, &file, identifier));
    match read {
        Some((source, description, file)) if has_rules => {
            tell(table, &file, compare(&source, &description, &as_rules(&written)));
        }
        Some((_, description, file)) => return from_description(table, &file, scopes, &description),
        None => {}
    }
    written.into_iter().map(|route| route.value).collect()
}

type Read = (Source, Description, Located<std::path::PathBuf>);

fn described(table: &Table<'_, '_>, file: &Located<std::path::PathBuf>, identifier: &str) -> Option<Read> {
    let source = match Source::read(&file.value) {
        Ok(source) => source,
        Err(problem) => {
            table.report.add(*problem);
            return None;
        }
    };
    let description = source.describe(base_of(identifier));
    let problems = source.problems(&description);
    let is_good = problems.is_empty();
    for problem in problems {
        table.report.add(problem);
    }
    is_good.then(|| (source, description, file.clone()))
}

fn as_rules(written: &[Located<Route>]) -> Vec<Rule<'_>> {
    written.iter().map(as_rule).collect()
}

fn as_rule(route: &Located<Route>) -> Rule<'_> {
    let ways = match route.value.access.as_slice() {
        [] => Access::DEFAULT,
        written => written,
    };
    Rule {
        methods: &route.value.methods,
        path: &route.value.path,
        scope: &route.value.scope,
        is_open: ways.contains(&Access::None),
        takes_token: ways.iter().any(|way| way.is_token()),
        takes_key: ways.contains(&Access::ApiKey),
        span: &route.span,
    }
}

fn tell(table: &Table<'_, '_>, file: &Located<std::path::PathBuf>, found: Vec<compare::Difference>) {
    let document = table.report.document;
    for difference in found {
        let span = difference.span.unwrap_or_else(|| file.span.clone());
        let at = (document.path.as_path(), &document.text, &span);
        let problem = Problem::at(at, Severity::Warning, difference.problem, difference.remedy.to_owned());
        table.report.add(problem.ranked(difference.rank));
    }
}

fn from_description(
    table: &Table<'_, '_>,
    file: &Located<std::path::PathBuf>,
    scopes: &[&str],
    description: &Description,
) -> Vec<Route> {
    let rules = rules(description);
    let mut unknown: Vec<&String> = rules.iter().flat_map(|rule| &rule.scope).collect();
    unknown.retain(|scope| !scopes.contains(&scope.as_str()));
    unknown.sort();
    unknown.dedup();
    for scope in unknown {
        let problem = format!("openapi: the description needs the scope {scope}, which the API does not have");
        table
            .report
            .error(&file.span, problem, "add it to scope, with its description");
    }
    for note in rules
        .iter()
        .flat_map(|rule| rule.notes.iter().map(move |note| (rule, note)))
    {
        let problem = format!("openapi: {} — {}", note.0.path, note.1);
        let remedy = "write the rules yourself: sekisho api import prints them";
        table.report.warning(&file.span, problem, remedy);
    }
    let mut routes: Vec<Route> = Vec::new();
    for rule in rules {
        let problem = match route(&rule) {
            Ok(route) => {
                let is_same = |other: &&Route| other.path == route.path;
                let mut others = routes.iter().filter(is_same).flat_map(|other| &other.methods);
                let twice = others.find(|method| route.methods.contains(method)).cloned();
                routes.push(route);
                twice.map(|method| format!("two operations are {method} {}", rule.path))
            }
            Err(problem) => Some(problem),
        };
        if let Some(problem) = problem {
            let remedy = "write the rules yourself: sekisho api import prints them";
            table
                .report
                .error(&file.span, format!("openapi: no rules can be made: {problem}"), remedy);
        }
    }
    routes
}

/// The rule, if there can be such a one.
fn route(rule: &Imported) -> Result<Route, String> {
    let path = &rule.path;
    PathPattern::parse(path).map_err(|problem| format!("no call can have the path {path}: {problem}"))?;
    let route = json!({ "methods": rule.methods, "path": path, "access": rule.access, "scope": rule.scope });
    serde_json::from_value(route).map_err(|error| format!("{path}: {error}"))
}
