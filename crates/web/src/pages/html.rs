//! Just enough reading of HTML to see what a template made: its tags and their attributes.

use minijinja::HtmlEscape;

/// A start tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tag {
    /// Its name, in lower case.
    pub(crate) name: String,
    /// Its attributes as written; names in lower case.
    pub(crate) attributes: Vec<(String, String)>,
}

impl Tag {
    /// The attribute of this name.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Whether it has this id. Ids are compared as a browser reads them.
    pub(crate) fn has_id(&self, id: &str) -> bool {
        self.attribute("id")
            .is_some_and(|value| value == id || value == HtmlEscape(id).to_string())
    }
}

/// All start tags, in order.
pub(crate) fn tags(html: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut rest = html;
    while let Some((_, after)) = rest.split_once('<') {
        rest = after;
        if after.starts_with("!--") {
            rest = after.split_once("-->").map_or("", |(_, after)| after);
        } else if after.starts_with(|first: char| first.is_ascii_alphabetic()) {
            let (tag, after) = tag(after);
            tags.push(tag);
            rest = after;
        }
    }
    tags
}

/// The first thing in a page that would run or be styled from within it, which the pages' policy forbids.
pub(crate) fn inline_code(tags: &[Tag]) -> Option<String> {
    for tag in tags {
        let is_code = match tag.name.as_str() {
            "script" | "style" | "object" | "embed" | "base" => true,
            // What apps fill, from their own origin, within bounds.
            "iframe" => tag.attribute("sandbox").is_none() || tag.attribute("srcdoc").is_some(),
            _ => false,
        };
        if is_code {
            return Some(format!("<{}", tag.name));
        }
        for (name, value) in &tag.attributes {
            let is_script = value
                .trim_start()
                .get(..11)
                .is_some_and(|scheme| scheme.eq_ignore_ascii_case("javascript:"));
            if name == "style" || name.starts_with("on") || is_script {
                return Some(format!("<{} {name}=", tag.name));
            }
        }
    }
    None
}

fn tag(text: &str) -> (Tag, &str) {
    let end = text
        .find(|c: char| c.is_ascii_whitespace() || c == '>' || c == '/')
        .unwrap_or(text.len());
    let (name, mut rest) = text.split_at(end);
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if rest.is_empty() {
            break;
        }
        if let Some(after) = rest.strip_prefix('>') {
            rest = after;
            break;
        }
        let (attribute, after) = attribute(rest);
        attributes.push(attribute);
        rest = after;
    }
    let name = name.to_ascii_lowercase();
    (Tag { name, attributes }, rest)
}

fn attribute(text: &str) -> ((String, String), &str) {
    let ends_name = |(at, c): (usize, char)| (at > 0 && c == '=') || c.is_ascii_whitespace() || c == '>' || c == '/';
    let end = text
        .char_indices()
        .find(|&place| ends_name(place))
        .map_or(text.len(), |(at, _)| at.max(1));
    let (name, rest) = text.split_at(end);
    let name = name.to_ascii_lowercase();
    let Some(value) = rest.trim_start().strip_prefix('=').map(str::trim_start) else {
        return ((name, String::new()), rest);
    };
    let quoted = ['"', '\'']
        .into_iter()
        .find_map(|quote| value.strip_prefix(quote)?.split_once(quote));
    let (value, rest) = quoted.unwrap_or_else(|| {
        let end = value
            .find(|c: char| c.is_ascii_whitespace() || c == '>')
            .unwrap_or(value.len());
        value.split_at(end)
    });
    ((name, value.to_owned()), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_attributes_are_found() {
        let found = tags("<!-- <b id=no> --><P ID=one class='a b'>x < y<br/><input value=\"<i id='no'>\" checked>");
        assert_eq!(
            found.iter().map(|tag| tag.name.as_str()).collect::<Vec<_>>(),
            ["p", "br", "input"]
        );
        assert_eq!(found[0].attribute("id"), Some("one"));
        assert_eq!(found[0].attribute("class"), Some("a b"));
        assert_eq!(found[2].attribute("value"), Some("<i id='no'>"));
        assert_eq!(found[2].attribute("checked"), Some(""));
    }

    #[test]
    fn broken_html_is_read_to_its_end() {
        for html in [
            "<",
            "<a",
            "<a =",
            "<a b",
            "<a b=",
            "<a b='",
            "<a/",
            "<!--",
            "<é é=é>",
            "<a é",
        ] {
            assert!(tags(html).len() <= 1, "{html}");
        }
    }

    #[test]
    fn code_within_a_page_is_found() {
        for html in [
            "<SCRIPT src=x>",
            "<p style=x>",
            "<a href=' JavaScript:x'>",
            "<img onerror=x>",
            "<base href=/>",
            "<p/onclick=x>",
            "<iframe src=x>",
            "<iframe sandbox srcdoc=x>",
        ] {
            assert!(inline_code(&tags(html)).is_some(), "{html}");
        }
        assert_eq!(inline_code(&tags("<iframe sandbox src=x>")), None);
        assert_eq!(
            inline_code(&tags("<p title='on style=x'>turn on=off <a href='/javascript:'>")),
            None
        );
    }
}
