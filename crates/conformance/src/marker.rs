//! The lines by which a test says which behaviours it holds the server to: `// Conformance: B62 oidcc-prompt-login`,
//! `# Conformance: …` in Python, directly above the test.

use crate::source::{Language, Source};

/// A test and what it covers.
#[derive(Debug, PartialEq, Eq)]
pub struct Marker {
    pub line: usize,
    pub ids: Vec<String>,
    pub test: String,
}

/// All markers of a file. What stands above no test is a complaint.
pub fn read(source: &Source, complaints: &mut Vec<String>) -> Vec<Marker> {
    let comment = if source.language == Language::Python { "#" } else { "//" };
    let lines: Vec<&str> = source.text.lines().map(str::trim).collect();
    let mut markers = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(ids) = ids(line, comment) else { continue };
        let place = format!("{}:{}", source.path, at + 1);
        if ids.is_empty() {
            complaints.push(format!("{place}: a marker is written `{comment} Conformance: ID ID…`"));
            continue;
        }
        let below = lines.iter().skip(at + 1).copied();
        match test_below(source, below.skip_while(|line| self::ids(line, comment).is_some())) {
            Some(test) => markers.push(Marker {
                line: at + 1,
                ids,
                test,
            }),
            None => complaints.push(format!("{place}: the marker must stand directly above a test")),
        }
    }
    markers
}

/// The ids of a line that is a marker; none when it is written wrongly.
fn ids(line: &str, comment: &str) -> Option<Vec<String>> {
    let text = line.strip_prefix(comment)?.trim_start_matches(['/', '!']).trim_start();
    let word = text.get(.."conformance:".len())?;
    if !word.eq_ignore_ascii_case("conformance:") {
        return None;
    }
    let ids = line.strip_prefix(comment)?.strip_prefix(" Conformance: ");
    Some(ids.unwrap_or_default().split_whitespace().map(str::to_owned).collect())
}

/// The name of the test that begins at the first of these lines.
fn test_below<'a>(source: &Source, mut lines: impl Iterator<Item = &'a str>) -> Option<String> {
    match source.language {
        Language::Rust => {
            let mut is_test = false;
            loop {
                let line = lines.next()?;
                if let Some(attribute) = line.strip_prefix("#[") {
                    let path = attribute.split(['(', ']', ' ']).next()?;
                    is_test |= path.rsplit("::").next() == Some("test");
                } else if !line.starts_with("///") {
                    let name = line.split_once("fn ")?.1.split(['(', '<']).next()?;
                    return (is_test || runs_on_both_engines(source, name)).then(|| name.to_owned());
                }
            }
        }
        Language::JavaScript => {
            let line = lines.next()?;
            let call = line.strip_prefix("test(").or_else(|| line.strip_prefix("it("))?;
            let quote = call.chars().next().filter(|quote| matches!(quote, '\'' | '"' | '`'))?;
            call.strip_prefix(quote)?
                .split_once(quote)
                .map(|(name, _)| name.to_owned())
        }
        Language::Python => {
            let line = lines.find(|line| !line.starts_with('@'))?;
            let line = line.strip_prefix("async ").unwrap_or(line);
            let name = line.strip_prefix("def ")?.split('(').next()?;
            name.starts_with("test_").then(|| name.to_owned())
        }
    }
}

/// The suite of `storage` names its tests in a list, from which one is made for each engine.
fn runs_on_both_engines(source: &Source, name: &str) -> bool {
    let list = source
        .text
        .split_once("for_both_engines![")
        .and_then(|(_, rest)| rest.split_once(']'));
    list.is_some_and(|(list, _)| list.split(',').any(|listed| listed.trim() == name))
}
