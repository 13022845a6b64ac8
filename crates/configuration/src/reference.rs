//! Every key of the files, with what it means. The reader of a table asks for no key that has no line here, and leaves none
//! out that has one: so `docs/configuration.md`, which is made from these lines, is complete.

use std::{fmt::Write as _, sync::LazyLock};

use serde::Deserialize;

use super::client_members::{Kind, MEMBERS};

/// A table of a file.
#[derive(Deserialize)]
pub(super) struct Section {
    /// The kind of file.
    form: String,
    /// What the reader calls it; several when tables of one form stand in several places.
    tables: Vec<String>,
    title: String,
    /// What it is, in a sentence.
    about: String,
    keys: Vec<Key>,
}

/// A key of a table.
#[derive(Deserialize)]
struct Key {
    name: String,
    /// What its value looks like.
    kind: String,
    /// What it is when it is absent; `required` when it must not be.
    default: String,
    meaning: String,
    /// A value, as it is written.
    example: String,
}

#[derive(Default, Deserialize)]
struct Reference {
    section: Vec<Section>,
}

/// A test reads it; a release is made of what it passed.
static REFERENCE: LazyLock<Reference> =
    LazyLock::new(|| toml::from_str(include_str!("reference/keys.toml")).unwrap_or_default());

impl Section {
    /// By what the reader calls the table.
    pub fn find(table: &str) -> Option<&'static Self> {
        let mut sections = REFERENCE.section.iter();
        sections.find(|section| section.tables.iter().any(|name| name == table))
    }

    /// The names of its keys. Members of clients have their lines beside what they look like.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let members = if self.is_client() { MEMBERS } else { &[] };
        let own = self.keys.iter().map(|key| key.name.as_str());
        own.chain(members.iter().map(|(name, ..)| *name))
    }

    fn is_client(&self) -> bool {
        self.tables.iter().any(|name| name == "[[client]]")
    }
}

/// `docs/configuration.md`.
pub fn page() -> String {
    let mut page = String::from(include_str!("reference/head.md"));
    let mut form = "";
    for section in &REFERENCE.section {
        if section.form != form {
            form = &section.form;
            let _ = writeln!(page, "\n## {form}");
        }
        let _ = writeln!(page, "\n### {}\n{}\n", section.title, section.about);
        page.push_str("| key | type | default | what it means | example |\n|---|---|---|---|---|\n");
        for key in &section.keys {
            let default = match key.default.as_str() {
                "" => "—".to_owned(),
                "required" => "**required**".to_owned(),
                default => format!("`{default}`"),
            };
            let example = format!("`{}`", key.example);
            row(&mut page, &key.name, [&key.kind, &default, &key.meaning, &example]);
        }
        if section.is_client() {
            for (name, kind, meaning) in MEMBERS {
                let (kind, example) = described(*kind);
                row(&mut page, name, [&kind, "—", meaning, &format!("`{example}`")]);
            }
        }
    }
    page
}

fn row(page: &mut String, name: &str, cells: [&str; 4]) {
    // A cell ends at a bar.
    let cells = cells.map(|cell| cell.replace('|', "\\|")).join(" | ");
    let _ = writeln!(page, "| `{name}` | {cells} |");
}

/// What a member's value looks like, and one of them.
fn described(kind: Kind) -> (String, String) {
    let words = |words: &[&str]| {
        words
            .iter()
            .map(|word| format!("`{word}`"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let first = |words: &[&str]| words.first().map_or_else(String::new, |word| format!("\"{word}\""));
    match kind {
        Kind::Text(example) => ("text".to_owned(), example.to_owned()),
        Kind::Texts(example) => ("list of texts".to_owned(), example.to_owned()),
        Kind::Flag => ("boolean".to_owned(), "true".to_owned()),
        Kind::Seconds => ("seconds".to_owned(), "3600".to_owned()),
        Kind::Table => ("key set (RFC 7517)".to_owned(), "{ keys = [] }".to_owned()),
        Kind::Words(known) => (format!("one of {}", words(known)), first(known)),
        Kind::ListOfWords(known) => (format!("list of {}", words(known)), format!("[{}]", first(known))),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    #[test]
    fn the_page_is_as_the_program_makes_it() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
        let is_current = fs::read_to_string(path).unwrap() == page();
        assert!(is_current, "run: cargo run -- configuration > docs/configuration.md");
    }

    fn assert_toml(key: &str, example: &str) {
        let line = format!("x = {example}");
        assert!(toml::from_str::<toml::Table>(&line).is_ok(), "{key}: {line}");
    }

    #[test]
    fn every_line_says_something_and_examples_are_toml() {
        let reference: Reference = toml::from_str(include_str!("reference/keys.toml")).unwrap();
        for section in &reference.section {
            assert!(
                !section.about.is_empty() && !section.keys.is_empty(),
                "{}",
                section.title
            );
            for key in &section.keys {
                assert!(!key.kind.is_empty() && !key.meaning.is_empty(), "{}", key.name);
                assert_toml(&key.name, &key.example);
            }
        }
        for (name, kind, meaning) in MEMBERS {
            assert!(!meaning.is_empty(), "{name}");
            assert_toml(name, &described(*kind).1);
        }
    }

    #[test]
    fn tables_are_found_by_the_names_of_the_reader() {
        let names: Vec<&str> = Section::find("[email]").unwrap().names().collect();
        assert_eq!(names, ["smtp", "from"]);
        assert!(
            Section::find("[[client]]")
                .unwrap()
                .names()
                .any(|name| name == "jwks_uri")
        );
        assert!(Section::find("[nothing]").is_none());
    }
}
