//! `docs/errors.md`: every reason to refuse a request that the server can give, from the catalogue of `explanation`.

use std::path::Path;

use std::fmt::Write;

use explanation::{ErrorCode, Reason, catalogue};

use crate::{Table, source::Source};

/// Where the catalogue is.
const CATALOGUE: &str = "crates/explanation/src/catalogue/";

const HEAD: &str = "# Errors

<!-- Made by `cargo run -p conformance` from `crates/explanation/src/catalogue`. Do not edit. -->

Every reason to refuse a request that the server can give, by the error code that is answered with it: the check that
failed, what causes it, and what to do. The answer on the wire is terse; the operator sees the reason, with what the request
had passed, what was expected and what was found:

```sh
sekisho explain ID              # the id on the error page, or in the header Sekisho-Explain
sekisho explain pkce.mismatch   # what this page says of a reason
sekisho explain invalid_grant   # or of an error code
```
";

/// The page. What does not agree is added to `complaints`.
pub fn page(sources: &[Source], complaints: &mut Vec<String>) -> Table {
    complaints.extend(unused(sources));
    let mut text = HEAD.to_owned();
    for &code in ErrorCode::ALL {
        let reasons: Vec<&Reason> = catalogue::reasons()
            .filter(|reason| reason.codes.contains(&code))
            .collect();
        if reasons.is_empty() {
            continue;
        }
        let _ = write!(text, "\n## `{code}`\n{}, status {}.\n", code.section(), code.status());
        for reason in reasons {
            // Told at length where it is told first.
            if reason.code() == code {
                text.push_str(&entry(reason));
            } else {
                let _ = write!(text, "\n### `{}`\nAs under `{}`.\n", reason.name, reason.code());
            }
        }
    }
    Table {
        path: "docs/errors.md",
        text,
    }
}

fn entry(reason: &Reason) -> String {
    format!(
        "\n### `{}`\n*{}* ({})\n\n{}\n\n**Remedy.** {}\n",
        reason.name,
        reason.check.asks,
        reason.check.section,
        escaped(reason.cause),
        escaped(reason.remedy)
    )
}

/// What would be markup, or HTML, on a page.
fn escaped(text: &str) -> String {
    text.replace('_', "\\_")
        .replace('*', "\\*")
        .replace('<', "&lt;")
        .replace('[', "\\[")
}

/// The reasons that no refusal gives: nobody would ever see them.
fn unused(sources: &[Source]) -> Vec<String> {
    let (topics, others): (Vec<&Source>, Vec<&Source>) = sources
        .iter()
        .filter(|source| {
            Path::new(&source.path)
                .extension()
                .is_some_and(|extension| extension == "rs")
        })
        .partition(|source| source.path.starts_with(CATALOGUE));
    let mut unused = Vec::new();
    for topic in topics {
        for name in names(&topic.text) {
            let module = topic.path.trim_start_matches(CATALOGUE).trim_end_matches(".rs");
            let is_given = |source: &&Source| {
                let text = &source.text;
                text.contains("catalogue") && text.contains(module) && mentions(text, &format!("::{name}"))
            };
            if !others.iter().any(is_given) {
                unused.push(format!("{}: no refusal gives {name}", topic.path));
            }
        }
    }
    unused
}

/// The names of a topic's reasons: `NAME("topic.name", …`.
fn names(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let line = line.strip_prefix("        ")?;
        let (name, _) = line.split_once('(')?;
        let is_name = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        (!name.is_empty() && name.bytes().all(is_name)).then_some(name)
    })
}

/// Whether a text has a name as a whole word.
fn mentions(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let next = text.get(at + name.len()..).and_then(|rest| rest.chars().next());
        !next.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Language;

    fn source(path: &str, text: &str) -> Source {
        Source {
            path: path.to_owned(),
            language: Language::Rust,
            text: text.to_owned(),
        }
    }

    #[test]
    fn a_reason_that_no_refusal_gives_is_noticed() {
        let topic = source(
            "crates/explanation/src/catalogue/pkce.rs",
            "topic! {\n    CHECK(\"a\", \"b\", \"c\") {\n        ONE(\"pkce.one\", InvalidRequest) {\n        }\n        \
             ONE_MORE(\n            \"pkce.more\"\n",
        );
        let user = source(
            "crates/oauth/src/x.rs",
            "use explanation::catalogue::pkce; pkce::ONE_MORE.into()",
        );
        let found = unused(&[topic, user]);
        assert_eq!(
            found,
            ["crates/explanation/src/catalogue/pkce.rs: no refusal gives ONE"]
        );
    }

    #[test]
    fn each_reason_is_told_once_at_length() {
        let text = page(&[], &mut Vec::new()).text;
        for reason in catalogue::reasons() {
            assert_eq!(text.matches(&entry(reason)).count(), 1, "{}", reason.name);
        }
    }
}
