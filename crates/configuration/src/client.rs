//! `[[client]]`: an app, by its registered metadata names.
//!
//! Spec: RFC 7591 §2, OpenID Connect Registration §2

use protocol::{ClientMetadata, ResponseType, Scope};
use serde_json::{Map, Value};

use super::{
    client_members::{Kind, LATER, MEMBERS},
    client_secret,
    document::{Item, Node, Span},
    reader::{Located, Report, Table, nearest},
    realm_file::{ClientEntry, find_profile},
};

/// A client with the places that later checks complain about.
pub(super) struct ReadClient {
    pub entry: ClientEntry,
    pub span: Span,
    /// Member → its place.
    pub spans: Vec<(String, Span)>,
    /// Members that were complained about already.
    pub wrong: Vec<String>,
}

impl ReadClient {
    /// The place of a member; of the client when it is not there.
    pub fn span_of(&self, member: &str) -> &Span {
        self.spans
            .iter()
            .find(|(name, _)| name == member)
            .map_or(&self.span, |(_, span)| span)
    }
}

/// Reads one client. `issuer` binds the hash of its secret.
pub(super) fn read(mut table: Table<'_, '_>, issuer: &str) -> Option<ReadClient> {
    let report = table.report;
    let id = table.required_text("client_id", "my-app");
    let enabled = table.boolean("enabled").map(|flag| flag.value);
    let mut members = Map::new();
    if let Some(id) = &id {
        members.insert("client_id".to_owned(), Value::String(id.value.clone()));
    }
    let mut wrong = Vec::new();
    for (name, kind, _) in MEMBERS {
        let before = report.count();
        if let Some(value) = member(&mut table, name, *kind) {
            members.insert((*name).to_owned(), value);
        }
        if report.count() > before {
            wrong.push((*name).to_owned());
        }
    }
    let spans = table
        .entries()
        .iter()
        .map(|entry| (entry.key.clone(), entry.node.span.clone()))
        .collect();
    unknown_members(&table, &mut members);
    let span = id.as_ref().map_or_else(|| table.span.clone(), |id| id.span.clone());
    let metadata = match serde_json::from_value::<ClientMetadata>(Value::Object(members)) {
        Ok(metadata) => metadata,
        Err(error) => {
            report.error(
                &span,
                format!("the client cannot be read: {error}"),
                "correct its metadata",
            );
            return None;
        }
    };
    let id = id?;
    let secret = client_secret::read(&mut table, &metadata, issuer, &span);
    Some(ReadClient {
        entry: ClientEntry {
            metadata,
            secret,
            enabled,
        },
        span: id.span,
        spans,
        wrong,
    })
}

fn member(table: &mut Table<'_, '_>, name: &'static str, kind: Kind) -> Option<Value> {
    let words = |words: &'static [&'static str]| words.iter().map(|word| (*word, *word)).collect::<Vec<_>>();
    match kind {
        Kind::Text(_) => {
            let text = table.text(name)?;
            check_text(table.report, name, &text).then_some(Value::String(text.value))
        }
        Kind::Texts(_) => {
            let texts = table.texts(name)?;
            let good = texts
                .into_iter()
                .filter(|text| name != "response_types" || is_response_type(table.report, text));
            Some(good.map(|text| text.value).collect())
        }
        Kind::Flag => table.boolean(name).map(|flag| Value::Bool(flag.value)),
        Kind::Words(known) => table.one_of(name, &words(known), LATER).map(|word| word.value.into()),
        Kind::ListOfWords(known) => Some(
            table
                .some_of(name, &words(known), LATER)?
                .into_iter()
                .map(|word| word.value)
                .collect(),
        ),
        Kind::Seconds => {
            let entry = table.entry(name)?;
            match &entry.node.item {
                Item::Integer(seconds) => Some((*seconds).into()),
                other => {
                    let problem = format!("{name} is {}", other.name());
                    table
                        .report
                        .error(&entry.node.span, problem, "write a number of seconds, without quotes");
                    None
                }
            }
        }
        Kind::Table => {
            let entry = table.entry(name)?;
            let json = to_json(&entry.node);
            match serde_json::from_value::<jose::KeySet>(json.clone()) {
                Ok(_) => Some(json),
                Err(error) => {
                    let remedy = "write { keys = [ … ] } with public keys (RFC 7517)";
                    table
                        .report
                        .error(&entry.node.span, format!("{name} is not a key set: {error}"), remedy);
                    None
                }
            }
        }
    }
}

fn check_text(report: &Report<'_>, name: &str, text: &Located<String>) -> bool {
    match name {
        "scope" if Scope::parse(&text.value).is_err() => {
            report.error(
                &text.span,
                "scope has a character that no scope can have",
                "write scopes with single spaces between",
            );
            false
        }
        "profile" => find_profile(report, text).is_some(),
        _ => true,
    }
}

fn is_response_type(report: &Report<'_>, text: &Located<String>) -> bool {
    let is_known = ResponseType::parse(&text.value).is_ok();
    if !is_known {
        let problem = format!("response_types cannot be {:?}", text.value);
        report.error(
            &text.span,
            problem,
            "use \"code\" (or, by the profile openid-core, \"id_token\", \"id_token token\" …)",
        );
    }
    is_known
}

/// Localized members are taken; the rest is registered but not built, or unknown.
fn unknown_members(table: &Table<'_, '_>, members: &mut Map<String, Value>) {
    const OTHERS: &[&str] = &["client_id", "client_secret", "client_secret_hash", "enabled"];
    let names = || MEMBERS.iter().map(|(name, ..)| *name).chain(OTHERS.iter().copied());
    for entry in table.entries() {
        let key = entry.key.as_str();
        if names().any(|name| name == key) {
            continue;
        }
        let base = key.split_once('#').map(|(base, _)| base);
        match &entry.node.item {
            Item::Text(text)
                if base.is_some_and(|base| protocol::client_metadata::LOCALIZED_MEMBERS.contains(&base)) =>
            {
                members.insert(key.to_owned(), Value::String(text.clone()));
            }
            _ if key == "software_statement" => {
                let remedy = "write the members that it vouches for";
                let problem = "a software statement is for clients that register themselves";
                table.report.error(&entry.key_span, problem, remedy);
            }
            _ if LATER.contains(&key) => table.report.not_built(&entry.key_span, &format!("{key} of [[client]]")),
            _ => {
                let remedy =
                    nearest(key, names()).map_or("remove it".to_owned(), |near| format!("did you mean {near}?"));
                table
                    .report
                    .error(&entry.key_span, format!("[[client]] has no key {key}"), remedy);
            }
        }
    }
}

/// A node as JSON.
pub(super) fn to_json(node: &Node) -> Value {
    match &node.item {
        Item::Text(text) => Value::String(text.clone()),
        Item::Integer(number) => (*number).into(),
        Item::Boolean(flag) => (*flag).into(),
        Item::Array(nodes) => nodes.iter().map(to_json).collect(),
        Item::Table(entries) => entries
            .iter()
            .map(|entry| (entry.key.clone(), to_json(&entry.node)))
            .collect(),
        Item::Other(_) => Value::Null,
    }
}

/// Contradictions inside one client.
pub(super) fn check(report: &Report<'_>, client: &ReadClient, default_profile: &'static protocol::SecurityProfile) {
    for problem in client.entry.metadata.validate(default_profile) {
        // What follows from a member that was wrong already would be an echo.
        let is_absent = !client.spans.iter().any(|(name, _)| *name == problem.member);
        if client.wrong.contains(&problem.member) || (is_absent && !client.wrong.is_empty()) {
            continue;
        }
        let span = client.span_of(&problem.member);
        report.error(span, format!("{} {}", problem.member, problem.problem), problem.remedy);
    }
}
