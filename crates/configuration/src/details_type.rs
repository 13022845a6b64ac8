//! `authorization_details = [{ type = "…", … }]` of an `[[api]]`: what can be asked for in detail there.
//!
//! Spec: RFC 9396 §2.1, §5, §11.3
//!
//! The schema is a file beside the realm's; what is in it goes to the database, so that the file is not read again
//! until somebody applies it. An exported realm has the JSON itself in the place of the file's name.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use model::{
    DetailsType,
    consent_sentence::{SentencePart, parts},
};
use protocol::json_schema::{JsonSchema, SchemaProblem};
use serde_json::Value;

use super::{
    api::texts_by_locale,
    document::{Item, Node, Span},
    json,
    problem::{Problem, Severity},
    reader::{Located, Report, Table},
};

const EXAMPLE: &str = "authorization_details = [{ type = \"payment\", schema = \"payment.schema.json\", consent = { en = \"Pay {amount}\" } }]";
/// The longest schema, in bytes.
const MOST: usize = 256 * 1024;
/// The longest name of a type.
const LONGEST: usize = 200;

/// Reads the types of an API, each with its place.
pub(super) fn read(api: &mut Table<'_, '_>) -> Vec<Located<DetailsType>> {
    let tables = api.tables("authorization_details", EXAMPLE);
    tables.into_iter().filter_map(read_one).collect()
}

fn read_one(mut table: Table<'_, '_>) -> Option<Located<DetailsType>> {
    table.name = "a type of authorization_details";
    let name = table.required_text("type", "payment");
    if let Some(name) = &name {
        check_name(table.report, name);
    }
    let schema = schema(&mut table);
    let consent = texts_by_locale(&mut table, "consent");
    let choose = table.text("choose");
    let remember = table.boolean("remember").is_some_and(|flag| flag.value);
    let compiled = schema.as_ref().map(|(_, compiled)| compiled);
    check_consent(&table, &consent, compiled);
    if let (Some(choose), Some(compiled)) = (&choose, compiled)
        && !compiled.is_list(&choose.value)
    {
        let problem = format!(
            "choose names {}, which the schema does not describe as a list",
            choose.value
        );
        let remedy = "name a member of \"type\": \"array\" of which the user may leave out items";
        table.report.error(&choose.span, problem, remedy);
    }
    table.finish();
    let name = name?;
    Some(Located {
        value: DetailsType {
            name: name.value,
            // A type whose schema is wrong is there all the same: that no API has it would be an echo.
            schema: schema.map(|(schema, _)| schema).unwrap_or_default(),
            consent,
            choose: choose.map(|choose| choose.value),
            remember,
        },
        span: name.span,
    })
}

/// RFC 9396 §2.1: values "that are easily copied without ambiguity", of ASCII.
fn check_name(report: &Report<'_>, name: &Located<String>) {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
    if !name.value.bytes().all(is_plain) || name.value.len() > LONGEST {
        let problem = format!("{:?} cannot be a type", name.value);
        let remedy = "use letters, digits and punctuation of ASCII without spaces, or a URI";
        report.error(&name.span, problem, remedy);
    }
}

/// The sentence tells the user what an object permits; a place that no value can have would be a gap in it.
fn check_consent(table: &Table<'_, '_>, consent: &BTreeMap<String, String>, schema: Option<&JsonSchema>) {
    let span = table.span_of("consent");
    if consent.is_empty() {
        let problem = "the type has no consent: users see its name alone";
        let remedy = "add consent = { en = \"Pay {amount} to {payee}\", ja = \"…\" }";
        table.report.warning(&span, problem, remedy);
    }
    let Some(schema) = schema else { return };
    for (locale, sentence) in consent {
        for part in parts(sentence) {
            if let SentencePart::Member(path) = part
                && !schema.describes(&path.split('.').collect::<Vec<_>>())
            {
                let problem = format!("consent.{locale} has a place for {path}, which the schema does not describe");
                table
                    .report
                    .error(&span, problem, "name a member of the schema's properties");
            }
        }
    }
}

fn schema(table: &mut Table<'_, '_>) -> Option<(Value, JsonSchema)> {
    let written = table.required_text("schema", "payment.schema.json")?;
    let report = table.report;
    let is_inline = written.value.trim_start().starts_with('{');
    let source = if is_inline {
        Source {
            path: None,
            text: written.value.as_str().into(),
        }
    } else {
        file(report, &written)?
    };
    let value = match serde_json::from_str::<Value>(&source.text) {
        Ok(value) => value,
        Err(error) => {
            let (_, mistakes) = json::parse(&source.text);
            let span = mistakes.into_iter().next().map_or(0..0, |(_, span)| span);
            source.error(
                report,
                &written.span,
                &span,
                (error.to_string(), "correct the JSON here".to_owned()),
            );
            return None;
        }
    };
    match JsonSchema::compile(&value) {
        Ok(compiled) => Some((value, compiled)),
        Err(problem) => {
            let (root, _) = json::parse(&source.text);
            let span = place(&root, &problem);
            source.error(
                report,
                &written.span,
                &span,
                (problem.to_string(), problem.remedy.to_owned()),
            );
            None
        }
    }
}

/// The text of a schema, and where it is if it is in a file of its own.
struct Source {
    path: Option<PathBuf>,
    text: Arc<str>,
}

impl Source {
    /// A mistake in the schema: told at its own place where that can be.
    fn error(&self, report: &Report<'_>, here: &Span, there: &Span, (problem, remedy): (String, String)) {
        match &self.path {
            Some(path) => report.add(Problem::at((path, &self.text, there), Severity::Error, problem, remedy)),
            None => report.error(here, format!("schema: {problem}"), remedy),
        }
    }
}

fn file(report: &Report<'_>, written: &Located<String>) -> Option<Source> {
    let path = report.document.resolve(&written.value);
    let shown = path.display();
    let text = match std::fs::read_to_string(&path) {
        Ok(text) if text.len() <= MOST => text,
        Ok(_) => {
            report.error(
                &written.span,
                format!("{shown} is longer than {MOST} bytes"),
                "describe less",
            );
            return None;
        }
        Err(error) => {
            let remedy = "name a readable file with a JSON Schema, relative to this one";
            report.error(&written.span, format!("{shown} cannot be read ({error})"), remedy);
            return None;
        }
    };
    Some(Source {
        path: Some(path),
        text: text.into(),
    })
}

/// Where in the text the problem is: as far as its path leads.
fn place(root: &Node, problem: &SchemaProblem) -> Span {
    let mut node = root;
    let mut span = root.span.start..root.span.start;
    for step in &problem.at {
        let found = match &node.item {
            Item::Table(entries) => entries
                .iter()
                .find(|entry| entry.key == *step)
                .map(|entry| (&entry.node, entry.key_span.clone())),
            Item::Array(nodes) => step
                .parse::<usize>()
                .ok()
                .and_then(|index| nodes.get(index))
                .map(|node| (node, node.span.clone())),
            _ => None,
        };
        let Some((next, at)) = found else { break };
        (node, span) = (next, at);
    }
    span
}
