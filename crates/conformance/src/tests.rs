//! The tables are up to date, and everything that could go wrong in them is noticed.

use std::fs;

use crate::{
    Source, behaviours, make,
    marker::{self, Marker},
    root,
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

const ROWS: &str = "[[group]]\ntitle = \"G\"\nrows = [{ id = \"B1\", title = \"one\" }, \
                    { id = \"B2\", title = \"two\" }, { id = \"B3\", title = \"three\", later = \"another day\" }]";

fn complaints(rows: &str, covered: &str) -> Vec<String> {
    let test = format!("// Conformance: {covered}\n#[test]\nfn a() {{}}");
    let mut complaints = Vec::new();
    behaviours::table(rows, &[source(Language::Rust, &test)], &mut complaints);
    complaints
}

#[test]
fn each_behaviour_has_a_test_or_a_reason() {
    assert!(complaints(ROWS, "B1 B2").is_empty());
    for (rows, covered, complaint) in [
        (ROWS.to_owned(), "B1", "B2 has no test"),
        (ROWS.to_owned(), "B1 B2 B3", "B3 has a test: it is no longer `later`"),
        (ROWS.to_owned(), "B1 B2 B9", "`B9` is no behaviour"),
        (ROWS.replace("\"B3\"", "\"B1\""), "B1 B2", "B1 is there twice"),
        (ROWS.replace("later", "latter"), "B1", "unknown field `latter`"),
    ] {
        let found = complaints(&rows, covered);
        assert!(found.len() == 1 && found[0].contains(complaint), "{found:?}");
    }
}

#[test]
fn the_table_names_file_and_test() {
    let test = source(Language::Rust, "// Conformance: B1\n#[test]\nfn a() {}");
    let table = behaviours::table(ROWS, &[test], &mut Vec::new());
    assert!(table.contains("| `B1` | one | `it.x` `a` |\n"), "{table}");
    assert!(table.contains("| `B3` | three | Later: another day |\n"), "{table}");
}
