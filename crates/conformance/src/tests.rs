//! The tables are up to date, and everything that could go wrong in them is noticed.

use std::fs;

use crate::{
    Source, Table,
    coverage::{BEHAVIOURS, REQUIREMENTS},
    make,
    marker::{self, Marker},
    pages, root,
    rows::{Rows, tidied},
    source::Language,
};

#[test]
fn the_tables_of_the_documentation_are_what_tests_and_code_say() {
    let made = make(&root());
    assert!(made.complaints.is_empty(), "\n{}\n", made.complaints.join("\n"));
    for table in made.tables {
        let there = fs::read_to_string(root().join(table.path)).unwrap_or_default();
        assert!(
            there == table.text,
            "{} is out of date: run `cargo run -p conformance` and commit what it writes",
            table.path
        );
    }
}

fn source(language: Language, text: &str) -> Source {
    Source {
        path: "it.x".to_owned(),
        language,
        text: text.to_owned(),
    }
}

fn markers(language: Language, text: &str) -> (Vec<Marker>, Vec<String>) {
    let mut complaints = Vec::new();
    (marker::read(&source(language, text), &mut complaints), complaints)
}

fn marker(line: usize, ids: &[&str], test: &str) -> Marker {
    Marker {
        line,
        ids: ids.iter().map(|id| (*id).to_owned()).collect(),
        test: test.to_owned(),
    }
}

#[test]
fn markers_are_found_above_tests_of_each_language() {
    let rust = "    // Conformance: B1 B2\n    // Conformance: oidcc-server\n    /// Why.\n    #[tokio::test(flavor = \"x\")]\n    \
                #[cfg(unix)]\n    async fn a_name() {}";
    assert_eq!(
        markers(Language::Rust, rust),
        (
            vec![
                marker(1, &["B1", "B2"], "a_name"),
                marker(2, &["oidcc-server"], "a_name")
            ],
            vec![]
        )
    );
    let suite = "for_both_engines![\n  one,\n  two,\n];\n// Conformance: B57\nasync fn two(database: Database) {}";
    assert_eq!(markers(Language::Rust, suite).0, [marker(5, &["B57"], "two")]);
    let script = "// Conformance: B1\ntest(`${id}: it's done`, async () => {\n})";
    assert_eq!(
        markers(Language::JavaScript, script).0,
        [marker(1, &["B1"], "${id}: it's done")]
    );
    let python = "# Conformance: B1\n@pytest.mark.parametrize(\"a\", [])\ndef test_it(server):";
    assert_eq!(markers(Language::Python, python).0, [marker(1, &["B1"], "test_it")]);
}

#[test]
fn a_marker_above_no_test_or_written_wrongly_is_a_complaint() {
    for (language, text) in [
        (Language::Rust, "// Conformance: B1\nfn helper() {}"),
        (Language::Rust, "// Conformance: B1\n\n#[test]\nfn a() {}"),
        (Language::Rust, "// Conformance: B1\n#[cfg(test)]\nmod tests {}"),
        (Language::Rust, "// Conformance: B1"),
        (Language::Rust, "// conformance: B1\n#[test]\nfn a() {}"),
        (Language::Rust, "/// Conformance: B1\n#[test]\nfn a() {}"),
        (Language::Rust, "// Conformance:\n#[test]\nfn a() {}"),
        (Language::JavaScript, "// Conformance: B1\nconst test = 1"),
        (Language::Python, "# Conformance: B1\ndef helper():"),
    ] {
        let (markers, complaints) = markers(language, text);
        assert_eq!((markers.len(), complaints.len()), (0, 1), "{text}");
        assert!(complaints[0].starts_with("it.x:1: "), "{complaints:?}");
    }
}

const ROWS: &str = "[[group]]\ntitle = \"G\"\nrows = [\n  { id = \"B1\", title = \"one\" },\n  \
                    { id = \"B2\", title = \"two\" },\n  { id = \"B3\", title = \"three\", later = \"another day\" },\n]\n";
const REQUIRED: &str = "[[group]]\ntitle = \"H\"\nrows = [\n  { id = \"X-1\", title = \"four\", spec = \"RFC 1 §2\" },\n  \
                        { id = \"X-2\", title = \"five\", spec = \"RFC 1 §3\", elsewhere = \"no code does it\" },\n]\n";

/// The pages of these rows when one test covers some, and what does not agree.
fn covered(behaviours: &str, requirements: &str, covered: &str) -> (Vec<Table>, Vec<String>) {
    let test = format!("// Conformance: {covered}\n#[test]\nfn a() {{}}");
    let files = [(BEHAVIOURS, behaviours), (REQUIREMENTS, requirements)];
    let files = files.map(|(subject, text)| (subject, Rows::parse(text).unwrap()));
    let mut complaints = Vec::new();
    let pages = pages(&files, &[source(Language::Rust, &test)], &mut complaints);
    (pages, complaints)
}

#[test]
fn each_row_has_a_test_or_a_reason() {
    assert!(covered(ROWS, REQUIRED, "B1 B2 X-1").1.is_empty());
    for (rows, required, names, complaint) in [
        (
            ROWS.to_owned(),
            REQUIRED.to_owned(),
            "B1 X-1",
            "behaviours.toml: B2 has no test",
        ),
        (
            ROWS.to_owned(),
            REQUIRED.to_owned(),
            "B1 B2",
            "requirements.toml: X-1 has no test",
        ),
        (
            ROWS.to_owned(),
            REQUIRED.to_owned(),
            "B1 B2 B3 X-1",
            "B3 has a test and needs no excuse",
        ),
        (
            ROWS.to_owned(),
            REQUIRED.to_owned(),
            "B1 B2 X-1 X-2",
            "X-2 has a test and needs no excuse",
        ),
        (
            ROWS.to_owned(),
            REQUIRED.to_owned(),
            "B1 B2 B9 X-1",
            "`B9` is neither in",
        ),
        (
            ROWS.replace("\"B3\"", "\"B1\""),
            REQUIRED.to_owned(),
            "B1 B2 X-1",
            "B1 is there twice",
        ),
        (
            ROWS.to_owned(),
            REQUIRED.replace(", spec = \"RFC 1 §2\"", ""),
            "B1 B2 X-1",
            "X-1 does not say where",
        ),
    ] {
        let (_, found) = covered(&rows, &required, names);
        assert!(found.len() == 1 && found[0].contains(complaint), "{found:?}");
    }
    let error = Rows::parse(&ROWS.replace("later", "latter")).err().unwrap().to_string();
    assert!(error.contains("unknown field `latter`"), "{error}");
}

#[test]
fn the_tables_name_file_and_test() {
    let (pages, _) = covered(ROWS, REQUIRED, "B1 X-1");
    for (page, line) in [
        (&pages[0], "| `B1` | one | `it.x` `a` |\n"),
        (&pages[0], "| `B3` | three | Later: another day |\n"),
        (&pages[0], "3 behaviours. 1 belong to parts that are not offered yet.\n"),
        (&pages[1], "| `X-1` | four (RFC 1 §2) | `it.x` `a` |\n"),
        (&pages[1], "| `X-2` | five (RFC 1 §3) | no code does it |\n"),
        (&pages[1], "# Requirements and their tests\n"),
    ] {
        assert!(page.text.contains(line), "{}", page.text);
    }
}

#[test]
fn excuses_of_rows_that_have_a_test_are_removed_and_nothing_else() {
    let covered = ["B3", "X-2"].into();
    let tidy = |text: &str| tidied(text, &covered);
    assert_eq!(tidy(ROWS), ROWS.replace(", later = \"another day\"", ""));
    assert_eq!(
        tidy(REQUIRED),
        REQUIRED.replace(", elsewhere = \"no code does it\"", "")
    );
    assert_eq!(tidied(ROWS, &["B1"].into()), ROWS);
}
