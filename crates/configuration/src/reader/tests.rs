use std::path::Path;

use super::*;

fn problems(text: &str, read: impl FnOnce(&mut Table<'_, '_>)) -> Vec<String> {
    let document = Document::parse(Path::new("f.toml"), text);
    let report = Report::new(&document, false);
    let mut table = Table::root(&report);
    read(&mut table);
    table.finish();
    report.finish().iter().map(ToString::to_string).collect()
}

#[test]
fn an_unknown_key_names_the_nearest_known_one() {
    let found = problems("lifetims = 1\nzzz = 2\n", |table| {
        table.entry("lifetimes");
        table.entry("locales");
    });
    assert_eq!(
        found,
        [
            "f.toml:1:1: the file has no key lifetims — did you mean lifetimes?",
            "f.toml:2:1: the file has no key zzz — remove it"
        ]
    );
}

#[test]
fn wrong_types_say_what_to_write() {
    let found = problems(
        "a = 1\nb = \"x\"\nc = \"y\"\nd = [1, \"z\"]\ne = 5\nf = {}\n",
        |table| {
            assert!(table.text("a").is_none());
            assert!(table.boolean("b").is_none());
            assert!(table.texts("c").is_none());
            assert_eq!(table.texts("d").unwrap()[0].value, "z");
            assert!(table.table("e", "[e]").is_none());
            assert!(table.tables("f", "[[f]]").is_empty());
        },
    );
    assert_eq!(found.len(), 6, "{found:#?}");
    assert_eq!(found[0], "f.toml:1:5: a is a number — write a text in quotes");
    assert!(found[3].starts_with("f.toml:4:6: d has a number in its list"));
    assert_eq!(found[5], "f.toml:6:1: f is one table, not a list of them — write [[f]]");
}

#[test]
fn words_are_chosen_or_the_nearest_is_named() {
    let words = [("server", 1), ("worker", 2)];
    let found = problems(
        "a = \"server\"\nb = \"serber\"\nc = \"gateway\"\nd = \"qq\"\n",
        |table| {
            assert_eq!(table.one_of("a", &words, &[]).unwrap().value, 1);
            for key in ["b", "c", "d"] {
                assert!(table.one_of(key, &words, &["gateway"]).is_none());
            }
        },
    );
    assert_eq!(
        found,
        [
            "f.toml:2:5: b cannot be \"serber\" — did you mean server?",
            "f.toml:3:5: c: gateway is not part of this version — use server or worker",
            "f.toml:4:5: d cannot be \"qq\" — use server or worker"
        ]
    );
}

#[test]
fn broken_syntax_does_not_cause_complaints_of_absence() {
    let found = problems("a = = 1\n", |table| {
        table.required_text("issuer", "https://id.example.com");
        table.entry("a");
    });
    assert_eq!(found.len(), 1, "{found:?}");
    let found = problems("", |table| {
        table.required_text("issuer", "https://id.example.com");
    });
    assert_eq!(
        found,
        ["f.toml:1:1: the file has no issuer — add issuer = \"https://id.example.com\""]
    );
}
