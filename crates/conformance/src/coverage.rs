//! `docs/conformance/behaviours.md` and `requirements.md`: each row with the tests that hold the server to it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::{
    Source, marker,
    rows::{Row, Rows},
};

/// A file of rows, and the page that is made of it.
pub struct Subject {
    /// Where the rows are written down.
    pub rows: &'static str,
    /// Where the page belongs.
    pub page: &'static str,
    /// What the rows are called.
    plural: &'static str,
    /// What one of them is called.
    singular: &'static str,
    /// Whether each row must say where it is written.
    cites: bool,
}

/// What conformance modules and their like find in the server from outside.
pub const BEHAVIOURS: Subject = Subject {
    rows: "docs/conformance/behaviours.toml",
    page: "docs/conformance/behaviours.md",
    plural: "behaviours",
    singular: "behaviour",
    cites: false,
};

/// What the specifications demand.
pub const REQUIREMENTS: Subject = Subject {
    rows: "docs/conformance/requirements.toml",
    page: "docs/conformance/requirements.md",
    plural: "requirements",
    singular: "requirement",
    cites: true,
};

/// File → tests, for each id.
pub type Tests = BTreeMap<String, BTreeMap<String, Vec<String>>>;

/// What all tests say that they cover. An id that no file of rows knows is a complaint.
pub fn tests(sources: &[Source], known: &[&Rows], complaints: &mut Vec<String>) -> Tests {
    let known: BTreeSet<&str> = known
        .iter()
        .flat_map(|rows| rows.all())
        .map(|row| row.id.as_str())
        .collect();
    let mut tests = Tests::new();
    for source in sources {
        for marker in marker::read(source, complaints) {
            for id in marker.ids {
                if !known.contains(id.as_str()) {
                    let place = format!("{}:{}", source.path, marker.line);
                    complaints.push(format!(
                        "{place}: `{id}` is neither in {} nor in {}",
                        BEHAVIOURS.rows, REQUIREMENTS.rows
                    ));
                }
                let of_file = tests.entry(id).or_default().entry(source.path.clone()).or_default();
                of_file.push(marker.test.clone());
            }
        }
    }
    tests
}

/// What does not agree.
pub fn check(subject: &Subject, rows: &Rows, tests: &Tests, complaints: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    for row in rows.all() {
        let covered = tests.contains_key(&row.id);
        let excused = row.later.is_some() || row.elsewhere.is_some();
        let complaint = if !seen.insert(&row.id) {
            "is there twice"
        } else if subject.cites && row.spec.is_none() {
            "does not say where it is written (`spec`)"
        } else if covered && excused {
            "has a test and needs no excuse (`cargo run -p conformance -- --tidy` removes it)"
        } else if !covered && !excused {
            "has no test; put a marker above the one that fails when it is broken"
        } else {
            continue;
        };
        complaints.push(format!("{}: {} {complaint} ({})", subject.rows, row.id, row.title));
    }
}

/// The page.
pub fn render(subject: &Subject, rows: &Rows, tests: &Tests) -> String {
    let all: Vec<&Row> = rows.all().collect();
    let count = |which: fn(&Row) -> bool| all.iter().filter(|row| which(row)).count();
    let Subject { plural, singular, .. } = subject;
    let mut text = format!(
        "# {}{} and their tests\n\n\
         Made by `cargo run -p conformance` from `{plural}.toml` and the tests; not to be edited. Paths are below the root of\n\
         the repository.\n\n{} {plural}.",
        plural.get(..1).unwrap_or_default().to_uppercase(),
        plural.get(1..).unwrap_or_default(),
        all.len(),
    );
    for (number, says) in [
        (
            count(|row| row.skips.is_some()),
            "of them belong to conformance modules that stop by themselves, since the feature is not\n\
             advertised: their tests hold the server to that",
        ),
        (
            count(|row| row.elsewhere.is_some()),
            "hold by construction, or are optional and not offered, as the row explains",
        ),
        (
            count(|row| row.later.is_some()),
            "belong to parts that are not offered yet",
        ),
    ] {
        if number > 0 {
            let _ = write!(text, " {number} {says}.");
        }
    }
    text.push('\n');
    for group in &rows.group {
        let _ = write!(
            text,
            "\n## {}\n| id | {singular} | tests |\n|---|---|---|\n",
            group.title
        );
        for row in &group.rows {
            let _ = writeln!(text, "| `{}` | {} | {} |", row.id, title(row), proof(row, tests));
        }
    }
    text
}

fn title(row: &Row) -> String {
    let title = row.title.replace('|', "\\|");
    let spec = row.spec.as_ref().map(|spec| format!(" ({spec})")).unwrap_or_default();
    let skips = row.skips.as_ref().map(|why| format!(". Not offered: {why}"));
    format!("{title}{spec}{}", skips.unwrap_or_default())
}

fn proof(row: &Row, tests: &Tests) -> String {
    match (&row.later, &row.elsewhere, tests.get(&row.id)) {
        (Some(why), ..) => format!("Later: {why}"),
        (None, Some(what), _) => what.clone(),
        (None, None, Some(tests)) => cell(tests),
        (None, None, None) => String::new(),
    }
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
