//! `docs/specifications.md`: each specification with the files that implement it, and what they accept and what not.
//!
//! A file says so itself, in the comment at its head: what it is; a paragraph `Spec: RFC 6749 §3.3, RFC 8707 §2`; and
//! sentences that begin with `Accepted`, `Not accepted` or `Deliberately`.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Deserialize;

use crate::{Source, source::Language};

/// Where the specifications' titles are written down.
pub const TITLES: &str = "docs/conformance/specifications.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Titles {
    group: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    title: String,
    specifications: Vec<Specification>,
}

/// A specification, by the name with which files cite it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Specification {
    name: String,
    title: String,
    #[serde(default)]
    also: Vec<String>,
}

/// What the head of a file says.
#[derive(Debug, Default, PartialEq, Eq)]
struct Head {
    /// Its first paragraph.
    summary: String,
    /// What follows `Spec:`.
    cited: String,
    /// The sentences about what is accepted, and what not.
    limits: Vec<String>,
}

/// Where a specification is implemented: the file, the sections, what the file says of itself.
struct Place<'a> {
    path: &'a str,
    sections: String,
    head: &'a Head,
}

/// Makes the table.
pub fn table(titles: &str, sources: &[Source], complaints: &mut Vec<String>) -> String {
    let titles: Titles = match toml::from_str(titles) {
        Ok(titles) => titles,
        Err(error) => {
            complaints.push(format!("{TITLES}: {error}"));
            return String::new();
        }
    };
    let known: Vec<&Specification> = titles.group.iter().flat_map(|group| &group.specifications).collect();
    let product = sources.iter().filter(|source| is_product(source));
    let heads = product.filter_map(|source| Some((source, head(&source.text)?)));
    let heads: Vec<(&Source, Head)> = heads.collect();
    let mut places: BTreeMap<&str, Vec<Place>> = BTreeMap::new();
    for (source, head) in &heads {
        for (name, sections) in cited(&head.cited, &known) {
            let Some(specification) = name else {
                let path = &source.path;
                complaints.push(format!(
                    "{path}: `Spec:` names `{sections}`, which is not in {TITLES}: add it there with its title, or \
                     begin a new paragraph after the sections"
                ));
                continue;
            };
            let path = &source.path;
            places
                .entry(specification)
                .or_default()
                .push(Place { path, sections, head });
        }
    }
    render(&titles, &places)
}

fn is_product(source: &Source) -> bool {
    let tools = ["crates/bench/", "crates/conformance/", "crates/testkit/"];
    source.language == Language::Rust
        && source.path.contains("/src/")
        && !tools.iter().any(|tool| source.path.starts_with(tool))
}

/// The head of a file that cites a specification.
fn head(text: &str) -> Option<Head> {
    let lines = text.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim);
    // `Spec:` begins a paragraph, with an empty line before it or without.
    let lines = lines.flat_map(|line| {
        if line.starts_with("Spec: ") {
            vec!["", line]
        } else {
            vec![line]
        }
    });
    let text: Vec<&str> = lines.collect();
    let paragraphs = text.split(|line| line.is_empty()).map(|lines| lines.join(" "));
    let mut paragraphs = paragraphs.filter(|paragraph| !paragraph.is_empty());
    let mut head = Head {
        summary: plain(&paragraphs.next()?),
        ..Head::default()
    };
    for paragraph in paragraphs {
        if let Some(rest) = paragraph.strip_prefix("Spec: ") {
            let (cited, rest) = rest.split_once(". ").unwrap_or((rest, ""));
            cited.trim_end_matches('.').clone_into(&mut head.cited);
            head.limits.extend(limits(rest));
        } else {
            head.limits.extend(limits(&paragraph));
        }
    }
    (!head.cited.is_empty()).then_some(head)
}

/// The parts of a paragraph that begin with a sentence about what is accepted or not.
fn limits(paragraph: &str) -> Vec<String> {
    let mut starts = Vec::new();
    for word in ["Accepted", "Not accepted", "Deliberately"] {
        for (at, _) in paragraph.match_indices(word) {
            let before = paragraph.get(..at).unwrap_or_default();
            if before.is_empty() || before.ends_with(". ") {
                starts.push(at);
            }
        }
    }
    starts.sort_unstable();
    let ends = starts.iter().skip(1).copied().chain([paragraph.len()]);
    let parts = starts
        .iter()
        .zip(ends)
        .filter_map(|(start, end)| paragraph.get(*start..end));
    parts.map(|part| plain(part.trim())).collect()
}

/// Without the brackets of links into the code.
fn plain(text: &str) -> String {
    text.replace("[`", "`").replace("`]", "`")
}

/// Which specifications are cited, with their sections. Without a name: what is not known.
fn cited<'a>(text: &str, known: &[&'a Specification]) -> Vec<(Option<&'a str>, String)> {
    let mut found: Vec<(Option<&'a str>, String)> = Vec::new();
    for piece in pieces(text) {
        let named = known.iter().flat_map(|specification| {
            let names = specification.also.iter().chain([&specification.name]);
            names.filter_map(|name| {
                Some((
                    specification.name.as_str(),
                    name.len(),
                    piece.strip_prefix(name.as_str())?,
                ))
            })
        });
        match named.max_by_key(|(_, length, _)| *length) {
            Some((name, _, sections)) if sections.is_empty() || sections.starts_with(' ') => {
                found.push((Some(name), sections.trim().to_owned()));
            }
            _ => match found.last_mut() {
                Some((Some(_), sections)) if piece.starts_with('§') || piece.starts_with("Appendix") => {
                    *sections = format!("{sections}, {piece}");
                }
                _ => found.push((None, piece)),
            },
        }
    }
    found
}

/// Divides at commas, semicolons and `and`, outside of parentheses.
fn pieces(text: &str) -> Vec<String> {
    let (mut pieces, mut depth) = (vec![String::new()], 0_i32);
    for character in text.chars() {
        depth += i32::from(character == '(') - i32::from(character == ')');
        if depth == 0 && matches!(character, ',' | ';') {
            pieces.push(String::new());
        } else if let Some(piece) = pieces.last_mut() {
            piece.push(character);
        }
        if depth == 0
            && let Some(piece) = pieces.last_mut()
            && let Some(before) = piece.strip_suffix(" and ")
        {
            *piece = before.to_owned();
            pieces.push(String::new());
        }
    }
    let trimmed = pieces.iter().map(|piece| piece.trim().to_owned());
    trimmed.filter(|piece| !piece.is_empty()).collect()
}

fn render(titles: &Titles, places: &BTreeMap<&str, Vec<Place>>) -> String {
    let mut text = "# Specifications\n\n\
        What is implemented of each, where, and what deliberately not. Made by `cargo run -p conformance` from the comments at the\n\
        head of the files; not to be edited. Which test holds the server to which behaviour is in\n\
        [conformance/behaviours.md](conformance/behaviours.md).\n"
        .to_owned();
    for group in &titles.group {
        let _ = write!(text, "\n## {}\n", group.title);
        for specification in group
            .specifications
            .iter()
            .filter(|known| places.contains_key(known.name.as_str()))
        {
            let _ = write!(text, "\n### {}: {}\n", specification.name, specification.title);
            for Place { path, sections, head } in places.get(specification.name.as_str()).into_iter().flatten() {
                let short = path.strip_prefix("crates/").unwrap_or(path);
                let sections = if sections.is_empty() {
                    String::new()
                } else {
                    format!(" {sections}")
                };
                let _ = writeln!(text, "- [{short}](../{path}){sections}: {}", head.summary);
                for limit in &head.limits {
                    let _ = writeln!(text, "  - {limit}");
                }
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Vec<Specification> {
        let specification = |name: &str, also: &[&str]| Specification {
            name: name.to_owned(),
            title: String::new(),
            also: also.iter().map(|name| (*name).to_owned()).collect(),
        };
        vec![
            specification("RFC 6749", &[]),
            specification("OpenID Connect Core", &["OIDC Core"]),
            specification("ITU-T X.1254 (2012)", &[]),
        ]
    }

    fn cites(text: &str) -> Vec<(Option<String>, String)> {
        let known = known();
        let known: Vec<&Specification> = known.iter().collect();
        cited(text, &known)
            .into_iter()
            .map(|(name, sections)| (name.map(str::to_owned), sections))
            .collect()
    }

    #[test]
    fn specifications_are_told_apart_from_their_sections() {
        let some = |name: &str, sections: &str| (Some(name.to_owned()), sections.to_owned());
        assert_eq!(
            cites(
                "RFC 6749 §3.1, §3.2 and Appendix B; OIDC Core §3.1.2.1 (`prompt`, `max_age`), ITU-T X.1254 (2012) table 6-2"
            ),
            [
                some("RFC 6749", "§3.1, §3.2, Appendix B"),
                some("OpenID Connect Core", "§3.1.2.1 (`prompt`, `max_age`)"),
                some("ITU-T X.1254 (2012)", "table 6-2"),
            ]
        );
        assert_eq!(cites("RFC 67491 §1"), [(None, "RFC 67491 §1".to_owned())]);
        assert_eq!(cites("§2, RFC 6749")[0], (None, "§2".to_owned()));
    }

    #[test]
    fn a_head_is_read_up_to_the_code() {
        let text = "//! A thing\n//! of two lines.\n//!\n//! Spec: RFC 6749 §1. It [`does`] it.\n//!\n\
                    //! Accepted: this. Deliberately not:\n//! that. Never mind.\nuse x;\n//! Not accepted: code.\n";
        let head = head(text).unwrap();
        assert_eq!(head.summary, "A thing of two lines.");
        assert_eq!(head.cited, "RFC 6749 §1");
        assert_eq!(head.limits, ["Accepted: this.", "Deliberately not: that. Never mind."]);
        assert_eq!(self::head("//! A thing without any.\n"), None);
    }
}
