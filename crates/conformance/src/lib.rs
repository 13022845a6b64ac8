//! Tables of the documentation are made, not written: which test holds the server to which behaviour
//! (`docs/conformance/behaviours.md`) and to which requirement (`docs/conformance/requirements.md`), and which file
//! implements which specification (`docs/specifications.md`); and every reason to refuse a request (`docs/errors.md`).
//!
//! `cargo run -p conformance` writes them. A test of this crate makes them again and compares, so that none can be out
//! of date, and fails when a row has no test, a test names a row that there is not, or a file cites a specification
//! without saying which.

mod coverage;
mod errors;
mod marker;
mod rows;
mod source;
mod specifications;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use coverage::{BEHAVIOURS, REQUIREMENTS, Subject};
use rows::Rows;
use source::Source;

/// A file of the documentation as it should be.
#[derive(Debug)]
pub struct Table {
    /// Where it belongs, from the root of the repository on.
    pub path: &'static str,
    /// What it says.
    pub text: String,
}

/// What was made, and what does not agree.
#[derive(Debug)]
pub struct Made {
    /// The files.
    pub tables: Vec<Table>,
    /// What somebody has to put right, a line each.
    pub complaints: Vec<String>,
}

/// Makes everything from the repository at `root`.
#[must_use]
pub fn make(root: &Path) -> Made {
    let sources = source::read(root);
    let mut complaints = Vec::new();
    let mut tables = covered(root, &sources, &mut complaints);
    tables.push(Table {
        path: "docs/specifications.md",
        text: specifications::table(&read(root, specifications::TITLES), &sources, &mut complaints),
    });
    tables.push(errors::page(&sources, &mut complaints));
    Made { tables, complaints }
}

/// The files of rows, without the excuses of those that have a test by now.
#[must_use]
pub fn tidy(root: &Path) -> Vec<Table> {
    let tests = coverage::tests(&source::read(root), &[], &mut Vec::new());
    let covered: BTreeSet<&str> = tests.keys().map(String::as_str).collect();
    let files = [BEHAVIOURS.rows, REQUIREMENTS.rows].map(|path| Table {
        path,
        text: rows::tidied(&read(root, path), &covered),
    });
    files.into()
}

/// The root of the repository.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The pages of what tests cover. A file of rows that cannot be read is a complaint, and the only one.
fn covered(root: &Path, sources: &[Source], complaints: &mut Vec<String>) -> Vec<Table> {
    let parsed = [BEHAVIOURS, REQUIREMENTS].map(|subject| match Rows::parse(&read(root, subject.rows)) {
        Ok(rows) => Some((subject, rows)),
        Err(error) => {
            complaints.push(format!("{}: {error}", subject.rows));
            None
        }
    });
    let [Some(behaviours), Some(requirements)] = parsed else {
        return Vec::new();
    };
    pages(&[behaviours, requirements], sources, complaints)
}

fn pages(files: &[(Subject, Rows)], sources: &[Source], complaints: &mut Vec<String>) -> Vec<Table> {
    let known: Vec<&Rows> = files.iter().map(|(_, rows)| rows).collect();
    let tests = coverage::tests(sources, &known, complaints);
    let page = |(subject, rows): &(Subject, Rows)| {
        coverage::check(subject, rows, &tests, complaints);
        Table {
            path: subject.page,
            text: coverage::render(subject, rows, &tests),
        }
    };
    files.iter().map(page).collect()
}

fn read(root: &Path, path: &str) -> String {
    std::fs::read_to_string(root.join(path)).unwrap_or_default()
}
