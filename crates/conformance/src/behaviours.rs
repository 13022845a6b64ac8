//! `docs/conformance/behaviours.md`: each behaviour with the tests that hold the server to it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde::Deserialize;

use crate::{Source, marker};

/// Where the behaviours are written down.
pub const ROWS: &str = "docs/conformance/behaviours.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Behaviours {
    group: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    title: String,
    rows: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    title: String,
    /// Why the module stops by itself.
    skips: Option<String>,
    /// Why nothing covers it yet.
    later: Option<String>,
}

/// File → tests, for each id.
type Tests = BTreeMap<String, BTreeMap<String, Vec<String>>>;

/// Makes the table.
pub fn table(rows: &str, sources: &[Source], complaints: &mut Vec<String>) -> String {
    let behaviours: Behaviours = match toml::from_str(rows) {
        Ok(behaviours) => behaviours,
        Err(error) => {
            complaints.push(format!("{ROWS}: {error}"));
            return String::new();
        }
    };
    let tests = tests(sources, &behaviours, complaints);
    check(&behaviours, &tests, complaints);
    render(&behaviours, &tests)
}

fn tests(sources: &[Source], behaviours: &Behaviours, complaints: &mut Vec<String>) -> Tests {
    let rows = behaviours.group.iter().flat_map(|group| &group.rows);
    let known: BTreeSet<&str> = rows.map(|row| row.id.as_str()).collect();
    let mut tests = Tests::new();
    for source in sources {
        for marker in marker::read(source, complaints) {
            for id in marker.ids {
                if !known.contains(id.as_str()) {
                    let place = format!("{}:{}", source.path, marker.line);
                    complaints.push(format!("{place}: `{id}` is no behaviour of {ROWS}"));
                }
                let of_file = tests.entry(id).or_default().entry(source.path.clone()).or_default();
                of_file.push(marker.test.clone());
            }
        }
    }
    tests
}

fn check(behaviours: &Behaviours, tests: &Tests, complaints: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    for row in behaviours.group.iter().flat_map(|group| &group.rows) {
        let Row { id, title, .. } = row;
        let covered = tests.contains_key(id);
        let complaint = if !seen.insert(id) {
            "is there twice"
        } else if covered && row.later.is_some() {
            "has a test: it is no longer `later`"
        } else if !covered && row.later.is_none() {
            "has no test; put a marker above the one that fails when it is broken"
        } else {
            continue;
        };
        complaints.push(format!("{ROWS}: {id} {complaint} ({title})"));
    }
}

fn render(behaviours: &Behaviours, tests: &Tests) -> String {
    let rows: Vec<&Row> = behaviours.group.iter().flat_map(|group| &group.rows).collect();
    let later = rows.iter().filter(|row| row.later.is_some()).count();
    let skips = rows.iter().filter(|row| row.skips.is_some()).count();
    let mut text = format!(
        "# Behaviours and their tests\n\n\
         Made by `cargo run -p conformance` from `behaviours.toml` and the tests; not to be edited. Paths are below the root of\n\
         the repository.\n\n\
         {} behaviours. {skips} of them belong to conformance modules that stop by themselves, since the feature is not\n\
         advertised: their tests hold the server to that. {later} belong to parts that are not offered yet.\n",
        rows.len(),
    );
    for group in &behaviours.group {
        let _ = write!(
            text,
            "\n## {}\n| id | behaviour | tests |\n|---|---|---|\n",
            group.title
        );
        for row in &group.rows {
            let title = row.title.replace('|', "\\|");
            let skips = row.skips.as_ref().map(|why| format!(". Not offered: {why}"));
            let tests = match (&row.later, tests.get(&row.id)) {
                (Some(why), _) => format!("Later: {why}"),
                (None, Some(tests)) => cell(tests),
                (None, None) => String::new(),
            };
            let _ = writeln!(
                text,
                "| `{}` | {title}{} | {tests} |",
                row.id,
                skips.unwrap_or_default()
            );
        }
    }
    text
}

fn cell(tests: &BTreeMap<String, Vec<String>>) -> String {
    let files = tests.iter().map(|(file, names)| {
        let names: Vec<String> = names
            .iter()
            .map(|name| format!("`{}`", name.replace('|', "\\|").replace('`', "")))
            .collect();
        format!("`{file}` {}", names.join(", "))
    });
    files.collect::<Vec<_>>().join("<br>")
}
