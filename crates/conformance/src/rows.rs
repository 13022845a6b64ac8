//! The rows of `docs/conformance/*.toml`: what the server must do, each of which a test can fail.

use std::collections::BTreeSet;

use serde::Deserialize;

/// A file of rows.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rows {
    pub group: Vec<Group>,
}

/// Rows that belong together.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    pub title: String,
    pub rows: Vec<Row>,
}

/// What a test can fail.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    pub id: String,
    pub title: String,
    /// Where it is written.
    pub spec: Option<String>,
    /// Why the module stops by itself.
    pub skips: Option<String>,
    /// What makes it hold without a test: the file, or the fact of the design.
    pub elsewhere: Option<String>,
    /// Why nothing covers it yet.
    pub later: Option<String>,
}

impl Rows {
    /// What a file says.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// All of them, in their order.
    pub fn all(&self) -> impl Iterator<Item = &Row> {
        self.group.iter().flat_map(|group| &group.rows)
    }
}

/// The text of a file without the excuses of rows that have a test, each row on a line of its own.
pub fn tidied(text: &str, covered: &BTreeSet<&str>) -> String {
    text.split_inclusive('\n')
        .map(|line| {
            let id = value(line, "{ id = ").unwrap_or_default();
            if covered.contains(id) {
                without(&without(line, "later"), "elsewhere")
            } else {
                line.to_owned()
            }
        })
        .collect()
}

/// What stands in quotes behind a key.
fn value<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = line.split_once(key)?;
    rest.strip_prefix('"')?.split_once('"').map(|(value, _)| value)
}

fn without(line: &str, key: &str) -> String {
    let key = format!(", {key} = ");
    match value(line, &key) {
        Some(value) => line.replacen(&format!("{key}\"{value}\""), "", 1),
        None => line.to_owned(),
    }
}
