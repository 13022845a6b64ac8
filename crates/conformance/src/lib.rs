//! Two tables of the documentation are made, not written: which test holds the server to which behaviour
//! (`docs/conformance/behaviours.md`), and which file implements which specification (`docs/specifications.md`).
//!
//! `cargo run -p conformance` writes them. A test of this crate makes them again and compares, so that neither can be
//! out of date, and fails when a behaviour has no test, a test names a behaviour that there is not, or a file cites a
//! specification without saying which.

mod behaviours;
mod marker;
mod source;
mod specifications;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

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
    let behaviours = behaviours::table(&read(root, behaviours::ROWS), &sources, &mut complaints);
    let specifications = specifications::table(&read(root, specifications::TITLES), &sources, &mut complaints);
    let tables = vec![
        Table {
            path: "docs/conformance/behaviours.md",
            text: behaviours,
        },
        Table {
            path: "docs/specifications.md",
            text: specifications,
        },
    ];
    Made { tables, complaints }
}

/// The root of the repository.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(root: &Path, path: &str) -> String {
    std::fs::read_to_string(root.join(path)).unwrap_or_default()
}
