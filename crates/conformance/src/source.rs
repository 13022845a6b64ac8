//! The files that are read: sources in Rust, JavaScript and Python.

use std::{fs, path::Path};

/// Which language a file is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// `.rs`
    Rust,
    /// `.js`
    JavaScript,
    /// `.py`
    Python,
}

/// A file.
#[derive(Debug)]
pub struct Source {
    /// From the root of the repository on, with `/`.
    pub path: String,
    pub language: Language,
    pub text: String,
}

/// All of them below `crates` and `interop`, by their path.
pub fn read(root: &Path) -> Vec<Source> {
    let mut found = Vec::new();
    for directory in ["crates", "interop"] {
        walk(root, directory, &mut found);
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn walk(root: &Path, directory: &str, found: &mut Vec<Source>) {
    let entries = fs::read_dir(root.join(directory)).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{directory}/{name}");
        if entry.path().is_dir() {
            if !matches!(name.as_str(), "target" | "node_modules" | "__pycache__") && !name.starts_with('.') {
                walk(root, &path, found);
            }
        } else if let Some(language) = language(&name)
            && let Ok(text) = fs::read_to_string(entry.path())
        {
            found.push(Source { path, language, text });
        }
    }
}

fn language(name: &str) -> Option<Language> {
    match name.rsplit_once('.')?.1 {
        "rs" => Some(Language::Rust),
        "js" => Some(Language::JavaScript),
        "py" => Some(Language::Python),
        _ => None,
    }
}
