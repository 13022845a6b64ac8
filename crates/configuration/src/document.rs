//! A file as a tree whose every node knows its place: TOML, or JSON with the same keys.

use std::{ops::Range, path::Path, path::PathBuf, sync::Arc};

use toml::de::{DeTable, DeValue};

use super::{
    json,
    problem::{Problem, Problems, Severity},
};

/// A place in the text, in bytes.
pub(super) type Span = Range<usize>;

/// A value with its place.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub span: Span,
    pub item: Item,
}

/// A value.
#[derive(Debug, Clone)]
pub(super) enum Item {
    Text(String),
    Integer(i64),
    Boolean(bool),
    Array(Vec<Node>),
    Table(Vec<Entry>),
    /// Something that no key takes: its name, as in "is a date".
    Other(&'static str),
}

/// A key of a table with its value.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub key: String,
    pub key_span: Span,
    pub node: Node,
}

impl Item {
    /// What it is, as in "is a number".
    pub fn name(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Integer(_) => "a number",
            Self::Boolean(_) => "true or false",
            Self::Array(_) => "a list",
            Self::Table(_) => "a table",
            Self::Other(name) => name,
        }
    }
}

/// A file that was read.
#[derive(Debug)]
pub(super) struct Document {
    pub path: PathBuf,
    pub text: Arc<str>,
    pub root: Node,
    /// What is not TOML or JSON in it; the tree is then the best that could be made of it.
    pub syntax: Vec<Problem>,
}

impl Document {
    /// Reads a file; the extension `.json` means JSON, everything else is TOML.
    pub fn read(path: &Path) -> Result<Self, Problems> {
        let bytes = std::fs::read(path).map_err(|error| {
            let remedy = match error.kind() {
                std::io::ErrorKind::NotFound => "check the name, or make the file",
                std::io::ErrorKind::PermissionDenied => "let the user that runs sekisho read it",
                _ => "name a readable file",
            };
            Problem::with_file(path, format!("cannot be read ({error})"), remedy)
        })?;
        let text = String::from_utf8(bytes)
            .map_err(|_| Problem::with_file(path, "is not UTF-8", "save it in the encoding UTF-8"))?;
        Ok(Self::parse(path, &text))
    }

    /// Reads a text as if it were this file.
    pub fn parse(path: &Path, text: &str) -> Self {
        let text: Arc<str> = text.into();
        let is_json = path
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
        let (root, mistakes) = if is_json { json::parse(&text) } else { parse_toml(&text) };
        let language = if is_json { "JSON" } else { "TOML" };
        let mut syntax: Vec<Problem> = mistakes
            .into_iter()
            .map(|(message, span)| {
                let remedy = if message == DUPLICATE_KEY {
                    "keep one of the two".to_owned()
                } else {
                    format!("correct the {language} syntax here")
                };
                Problem::at((path, &text, &span), Severity::Error, message, remedy)
            })
            .collect();
        // What follows a mistake on its line is mostly an echo of it.
        syntax.sort_by_key(|problem| (problem.line, problem.column));
        syntax.dedup_by_key(|problem| problem.line);
        Self {
            path: path.to_owned(),
            text,
            root,
            syntax,
        }
    }

    /// A path that the file names: relative ones are relative to the file.
    pub fn resolve(&self, path: &str) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("")).join(path)
    }
}

/// What the parser of TOML says of a key that is there twice; our reader of JSON says the same.
pub(super) const DUPLICATE_KEY: &str = "duplicate key";

fn parse_toml(text: &str) -> (Node, Vec<(String, Span)>) {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mistakes = errors
        .iter()
        .map(|error| (error.message().to_owned(), error.span().unwrap_or(0..0)))
        .collect();
    (
        Node {
            span: 0..0,
            item: table_item(table.get_ref()),
        },
        mistakes,
    )
}

fn table_item(table: &DeTable<'_>) -> Item {
    let mut entries: Vec<Entry> = table
        .iter()
        .map(|(key, value)| Entry {
            key: key.get_ref().to_string(),
            key_span: key.span(),
            node: Node {
                span: value.span(),
                item: value_item(value.get_ref()),
            },
        })
        .collect();
    entries.sort_by_key(|entry| entry.key_span.start);
    Item::Table(entries)
}

fn value_item(value: &DeValue<'_>) -> Item {
    match value {
        DeValue::String(text) => Item::Text(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or(Item::Other("a number that is too large"), Item::Integer),
        DeValue::Boolean(flag) => Item::Boolean(*flag),
        DeValue::Array(values) => Item::Array(
            values
                .iter()
                .map(|value| Node {
                    span: value.span(),
                    item: value_item(value.get_ref()),
                })
                .collect(),
        ),
        DeValue::Table(table) => table_item(table),
        DeValue::Float(_) => Item::Other("a number with a fraction"),
        DeValue::Datetime(_) => Item::Other("a date"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_syntax_mistakes_are_found_one_a_line() {
        let text = "a = 1\nb = = 2\nc = 3\nc = 4\n[t\nd = \"x\"\n";
        let document = Document::parse(Path::new("x.toml"), text);
        let lines: Vec<usize> = document.syntax.iter().map(|problem| problem.line).collect();
        assert_eq!(lines, [2, 4, 5], "{:?}", document.syntax);
        assert_eq!(document.syntax[1].remedy, "keep one of the two");
    }

    #[test]
    fn relative_paths_are_relative_to_the_file() {
        let document = Document::parse(Path::new("/etc/sekisho/x.toml"), "");
        assert_eq!(document.resolve("tls/key.pem"), Path::new("/etc/sekisho/tls/key.pem"));
        assert_eq!(document.resolve("/run/key"), Path::new("/run/key"));
    }
}
