//! `sekisho explain`: a refusal by its id, or what the catalogue of errors has of a word.

use std::fmt::Write;

use explanation::{Reason, catalogue};
use serde_json::{Value, json};

use super::terminal::{plain, table};

/// The entries of the catalogue that a word is about: all of them without one; else a reason by its name, those of a topic,
/// or those of an error code. Empty: the word is no word of the catalogue.
pub(super) fn entries(word: Option<&str>) -> Vec<&'static Reason> {
    let is_meant = |reason: &&Reason| {
        word.is_none_or(|word| {
            reason.name == word
                || reason.name.split('.').next() == Some(word)
                || reason.codes.iter().any(|code| code.as_str() == word)
        })
    };
    catalogue::reasons().filter(is_meant).collect()
}

/// Entries as JSON.
pub(super) fn as_json(entries: &[&Reason]) -> Value {
    json!({ "reasons": entries })
}

/// Entries for people: a list of many, all about a few.
pub(super) fn catalogue_entries(answer: &Value) -> String {
    const FEW: usize = 12;
    let entries = answer["reasons"].as_array().map(Vec::as_slice).unwrap_or_default();
    if entries.len() > FEW {
        let rows: Vec<Vec<String>> = entries
            .iter()
            .map(|entry| {
                let check = &entry["check"];
                [&entry["name"], &entry["codes"], &check["section"]].map(plain).to_vec()
            })
            .collect();
        let mut text = table(&["REASON", "ERROR", "SECTION"], &rows);
        text.push_str("more about one: sekisho explain REASON; about a request: sekisho explain ID\n");
        return text;
    }
    entries.iter().map(entry).collect::<Vec<_>>().join("\n")
}

fn entry(entry: &Value) -> String {
    let of = |name: &str| plain(&entry[name]);
    let failed = &entry["check"];
    let check = |name: &str| plain(&failed[name]);
    format!(
        "{}  ({})\n  check    {}: {}\n  section  {}\n  cause    {}\n  remedy   {}\n",
        of("name"),
        of("codes"),
        check("name"),
        check("asks"),
        check("section"),
        of("cause"),
        of("remedy")
    )
}

/// A refusal for people: what the request had passed, what it failed, and what to do.
pub(crate) fn refusal(answer: &Value) -> String {
    let refusal = &answer["refusal"];
    let of = |name: &str| plain(&refusal[name]);
    let mut text = format!(
        "{} {} → {} {}: {}\n",
        of("method"),
        of("path"),
        of("status"),
        of("error"),
        of("description")
    );
    let client = match (refusal["client_id"].as_str(), refusal["client_is_proven"].as_bool()) {
        (None, _) => "said by nobody".to_owned(),
        (Some(_), Some(true)) => format!("{}, proven", of("client_id")),
        (Some(_), _) => format!("{}, as the request says", of("client_id")),
    };
    for (name, value) in [
        ("at", of_time(&refusal["at"])),
        ("issuer", of("issuer")),
        ("client", client),
        ("from", of("network")),
    ] {
        let _ = writeln!(text, "  {name:<7} {value}");
    }
    if refusal["trace_id"].is_string() {
        let _ = writeln!(text, "  trace   {}", of("trace_id"));
    }
    text.push('\n');
    for check in refusal["passed"].as_array().into_iter().flatten() {
        let _ = writeln!(text, "  ✓ {}  ({})", plain(&check["name"]), plain(&check["section"]));
    }
    let failed = &refusal["failed"];
    let asked = &failed["check"];
    let check = |name: &str| plain(&asked[name]);
    let _ = writeln!(text, "  ✗ {}  ({})", check("name"), check("section"));
    let lines = [
        ("asked", check("asks")),
        ("expected", plain(&failed["expected"])),
        ("found", plain(&failed["found"])),
        ("cause", plain(&failed["cause"])),
        ("remedy", plain(&failed["remedy"])),
        ("reason", plain(&failed["name"])),
    ];
    for (name, value) in lines {
        if value != "-" {
            let _ = writeln!(text, "      {name:<9} {value}");
        }
    }
    text
}

fn of_time(value: &Value) -> String {
    format!("{} UTC", super::terminal::time(value))
}

#[cfg(test)]
mod tests {
    use explanation::{Explanation, Refusal};

    use super::*;

    #[test]
    fn a_word_of_the_catalogue_shows_its_entries() {
        assert_eq!(entries(Some("server.defect")).len(), 1);
        assert!(entries(Some("server")).len() > 1);
        assert!(
            entries(Some("server_error"))
                .iter()
                .all(|reason| reason.code().as_str() == "server_error")
        );
        assert!(entries(Some("serv")).is_empty() && entries(Some("")).is_empty());
        let text = catalogue_entries(&as_json(&entries(Some("server.defect"))));
        assert!(text.starts_with("server.defect  (server_error)\n  check    "), "{text}");
        assert!(text.contains("\n  remedy   Give the operator this id"), "{text}");
    }

    #[test]
    fn a_refusal_shows_what_was_passed_and_what_was_not() {
        let failed = &catalogue::server::UNAVAILABLE;
        let refusal = Refusal {
            id: "x".into(),
            at: 0,
            issuer: None,
            method: "POST".into(),
            path: "/token".into(),
            status: 503,
            error: failed.code(),
            description: "later\u{1b}[2J".into(),
            client_id: Some("app".into()),
            client_is_proven: true,
            network: Some("192.0.2.0/24".into()),
            trace_id: None,
            passed: vec![failed.check],
            failed: Explanation::from(failed).with("one\u{1b}", "other"),
        };
        let text = super::refusal(&json!({ "refusal": refusal }));
        assert!(!text.contains('\u{1b}'), "{text}");
        assert_eq!(
            text.lines().take(8).collect::<Vec<_>>(),
            [
                "POST /token → 503 temporarily_unavailable: later\u{fffd}[2J",
                "  at      1970-01-01 00:00 UTC",
                "  issuer  -",
                "  client  app, proven",
                "  from    192.0.2.0/24",
                "",
                "  ✓ server able  (RFC 6749 §4.1.2.1)",
                "  ✗ server able  (RFC 6749 §4.1.2.1)",
            ]
        );
        assert!(
            text.contains("\n      expected  one\u{fffd}\n      found     other\n      cause     "),
            "{text}"
        );
    }
}
