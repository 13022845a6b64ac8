//! A description as rules: read as they are where there are none, or written down so that somebody reviews them.

use std::{fmt::Write as _, path::Path};

use super::{Credential, Description, Operation, Source, Way};
use crate::problem::Problems;

/// A rule that a description asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Imported {
    pub methods: Vec<String>,
    pub path: String,
    /// The words of `access`, all of them: what is absent there may stand for more than is described.
    pub access: Vec<&'static str>,
    pub scope: Vec<String>,
    /// What a rule cannot say, for whoever reviews it.
    pub notes: Vec<String>,
}

/// The rules that a description asks for, one for all methods of a path that need the same.
pub(crate) fn rules(description: &Description) -> Vec<Imported> {
    let mut rules: Vec<Imported> = Vec::new();
    for operation in &description.operations {
        let rule = rule(operation);
        let same = |known: &&mut Imported| {
            known.path == rule.path
                && known.access == rule.access
                && known.scope == rule.scope
                && known.notes == rule.notes
        };
        match rules.iter_mut().find(same) {
            Some(known) => known.methods.extend(rule.methods),
            None => rules.push(rule),
        }
    }
    for rule in &mut rules {
        let methods = std::mem::take(&mut rule.methods);
        for method in methods {
            // HEAD follows GET.
            if !rule.methods.contains(&method) && method != "TRACE" {
                rule.methods.push(method);
            }
        }
    }
    rules.retain(|rule| !rule.methods.is_empty());
    rules
}

fn rule(operation: &Operation) -> Imported {
    let mut rule = Imported {
        methods: vec![operation.method.clone()],
        path: operation.path.clone(),
        access: Vec::new(),
        scope: Vec::new(),
        notes: Vec::new(),
    };
    if operation.is_open() {
        rule.access.push("none");
        return rule;
    }
    // One rule has one list of scopes: that of the first way by token counts.
    let by_token: Vec<&Way> = operation
        .ways
        .iter()
        .filter(|way| way.credentials.contains(&Credential::Token))
        .collect();
    if let Some(first) = by_token.first() {
        rule.scope.clone_from(&first.scope);
        rule.access.push("token");
    }
    for other in by_token.iter().skip(1).filter(|other| other.scope != rule.scope) {
        let note = format!("described as enough, too: the scope {}", other.scope.join(" "));
        rule.notes.push(note);
    }
    for way in &operation.ways {
        match way.credentials.as_slice() {
            [Credential::ApiKey] => rule.access.push("api_key"),
            [Credential::Basic] => rule.access.push("basic"),
            [Credential::Certificate] => rule.access.push("client_certificate"),
            [Credential::Token] | [] => {}
            _ => rule
                .notes
                .push("described as needed together: several credentials".to_owned()),
        }
    }
    rule.access.sort_unstable();
    rule.access.dedup();
    rule.notes.dedup();
    rule
}

/// `sekisho api import`: an `[[api]]` of a realm file, made from a description.
pub fn import(file: &Path, identifier: &str) -> Result<String, Problems> {
    made_of(&Source::read(file).map_err(|problem| *problem)?, file, identifier)
}

/// The same of a text, as if it were this file.
pub fn import_text(file: &Path, text: &str, identifier: &str) -> Result<String, Problems> {
    made_of(
        &Source::parse(file, text.into()).map_err(|problem| *problem)?,
        file,
        identifier,
    )
}

fn made_of(source: &Source, file: &Path, identifier: &str) -> Result<String, Problems> {
    let description = source.describe(base_of(identifier));
    let problems = source.problems(&description);
    if !problems.is_empty() {
        return Err(Problems(problems));
    }
    Ok(table(file, identifier, &description))
}

/// The path of an identifier, without a slash at the end.
pub(crate) fn base_of(identifier: &str) -> &str {
    let after = identifier.split_once("://").map_or(identifier, |(_, rest)| rest);
    let after = after.split('?').next().unwrap_or_default();
    let path = after.find('/').and_then(|start| after.get(start..)).unwrap_or_default();
    path.trim_end_matches('/')
}

fn table(file: &Path, identifier: &str, description: &Description) -> String {
    let name = description.title.as_deref().unwrap_or(identifier);
    let described = file.display().to_string();
    let mut text = String::new();
    let version = description.version.as_deref().map(|version| format!(" {version}"));
    let _ = writeln!(
        text,
        "# From {}{}. Review it, and put it into the file of a realm.",
        one_line(&described),
        one_line(&version.unwrap_or_default())
    );
    let _ = writeln!(
        text,
        "[[api]]\nidentifier = {}\nname       = {}",
        quoted(identifier),
        quoted(name)
    );
    let _ = writeln!(text, "openapi    = {}", quoted(&described));
    text.push_str("scope      = [\n");
    for (scope, meaning) in scopes(description) {
        let _ = writeln!(
            text,
            "  {{ name = {}, description = {{ en = {} }} }},",
            quoted(&scope),
            quoted(&meaning)
        );
    }
    text.push_str("]\nroute      = [\n");
    for rule in rules(description) {
        for note in &rule.notes {
            let _ = writeln!(text, "  # {}", one_line(note));
        }
        let _ = write!(
            text,
            "  {{ methods = {}, path = {}",
            list(&rule.methods),
            quoted(&rule.path)
        );
        if !rule.access.is_empty() {
            let _ = write!(text, ", access = {}", list(&rule.access));
        }
        if !rule.scope.is_empty() {
            let _ = write!(text, ", scope = {}", list(&rule.scope));
        }
        text.push_str(" },\n");
    }
    text.push_str("]\n");
    text
}

/// Those that are told, and those that are used without being told.
fn scopes(description: &Description) -> Vec<(String, String)> {
    let mut scopes = description.scopes.clone();
    for scope in description
        .operations
        .iter()
        .flat_map(|operation| &operation.ways)
        .flat_map(|way| &way.scope)
    {
        if scopes.iter().all(|(name, _)| name != scope) {
            scopes.push((scope.clone(), String::new()));
        }
    }
    for (name, meaning) in &mut scopes {
        if meaning.is_empty() {
            meaning.clone_from(name);
        }
    }
    scopes
}

fn list<T: AsRef<str>>(items: &[T]) -> String {
    let quoted: Vec<String> = items.iter().map(|item| quoted(item.as_ref())).collect();
    format!("[{}]", quoted.join(", "))
}

/// A basic string of TOML, whatever is in it.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            control if control.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(control));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// A comment ends with its line.
fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}
