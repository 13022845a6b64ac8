//! JSON as the same tree as TOML, with places. `serde_json` says whether the text is JSON; this only finds where
//! things are in a text that is.

use super::document::{DUPLICATE_KEY, Entry, Item, Node, Span};

/// The tree, and what is wrong with the text.
pub(super) fn parse(text: &str) -> (Node, Vec<(String, Span)>) {
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
        let line_start: usize = text
            .split_inclusive('\n')
            .take(error.line().saturating_sub(1))
            .map(str::len)
            .sum();
        let at = (line_start + error.column().saturating_sub(1)).min(text.len());
        let full = error.to_string();
        let message = full
            .rsplit_once(" at line ")
            .map_or(full.as_str(), |(message, _)| message);
        return (empty(), vec![(message.to_owned(), at..at)]);
    }
    let mut scanner = Scanner {
        text,
        at: 0,
        duplicates: Vec::new(),
    };
    let root = scanner.node();
    (root, scanner.duplicates)
}

fn empty() -> Node {
    Node {
        span: 0..0,
        item: Item::Table(Vec::new()),
    }
}

/// Walks a text that is known to be JSON.
struct Scanner<'t> {
    text: &'t str,
    at: usize,
    duplicates: Vec<(String, Span)>,
}

impl Scanner<'_> {
    fn peek(&mut self) -> u8 {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b',' | b':');
        // In valid JSON, commas and colons say nothing that the order of things does not say.
        self.at += rest.iter().take_while(|byte| is_space(byte)).count();
        self.text.as_bytes().get(self.at).copied().unwrap_or_default()
    }

    fn node(&mut self) -> Node {
        let first = self.peek();
        let start = self.at;
        let item = match first {
            b'{' => self.table(),
            b'[' => self.array(),
            b'"' => Item::Text(self.string()),
            _ => self.word(),
        };
        Node {
            span: start..self.at,
            item,
        }
    }

    fn table(&mut self) -> Item {
        self.at += 1;
        let mut entries: Vec<Entry> = Vec::new();
        while self.peek() == b'"' {
            let start = self.at;
            let key = self.string();
            let key_span = start..self.at;
            let node = self.node();
            if entries.iter().any(|entry| entry.key == key) {
                self.duplicates.push((DUPLICATE_KEY.to_owned(), key_span));
            } else {
                entries.push(Entry { key, key_span, node });
            }
        }
        self.at += 1;
        Item::Table(entries)
    }

    fn array(&mut self) -> Item {
        self.at += 1;
        let mut nodes = Vec::new();
        while !matches!(self.peek(), b']' | 0) {
            nodes.push(self.node());
        }
        self.at += 1;
        Item::Array(nodes)
    }

    fn string(&mut self) -> String {
        let start = self.at;
        let mut is_escaped = false;
        let inside = self.text.bytes().skip(start + 1).take_while(|byte| {
            let is_end = *byte == b'"' && !is_escaped;
            is_escaped = *byte == b'\\' && !is_escaped;
            !is_end
        });
        self.at = start + 2 + inside.count();
        let quoted = self.text.get(start..self.at).unwrap_or_default();
        serde_json::from_str(quoted).unwrap_or_default()
    }

    fn word(&mut self) -> Item {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let end = rest.find([',', ']', '}', ' ', '\t', '\n', '\r']).unwrap_or(rest.len());
        let word = rest.get(..end).unwrap_or_default();
        self.at += end;
        match word {
            "true" => Item::Boolean(true),
            "false" => Item::Boolean(false),
            "null" => Item::Other("null"),
            number => number
                .parse()
                .map_or(Item::Other("a number with a fraction"), Item::Integer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(node: &Node) -> String {
        match &node.item {
            Item::Text(text) => format!("{text:?}"),
            Item::Integer(number) => number.to_string(),
            Item::Boolean(flag) => flag.to_string(),
            Item::Other(name) => format!("<{name}>"),
            Item::Array(nodes) => format!("[{}]", nodes.iter().map(show).collect::<Vec<_>>().join(" ")),
            Item::Table(entries) => {
                let shown: Vec<_> = entries
                    .iter()
                    .map(|entry| format!("{}={}", entry.key, show(&entry.node)))
                    .collect();
                format!("{{{}}}", shown.join(" "))
            }
        }
    }

    #[test]
    fn every_kind_of_value_is_read() {
        let text = r#" { "a" : [1, -2, true, null, {}, []], "b\"c\\": "x\u00e9,}", "d": 1.5, "e": {"f":"g"} } "#;
        let (root, problems) = parse(text);
        assert_eq!(
            show(&root),
            r#"{a=[1 -2 true <null> {} []] b"c\="xé,}" d=<a number with a fraction> e={f="g"}}"#
        );
        assert!(problems.is_empty());
    }

    #[test]
    fn places_are_those_in_the_text() {
        let text = "{\n  \"a\": \"é\",\n  \"b\": [1, 22]\n}";
        let (root, _) = parse(text);
        let Item::Table(entries) = root.item else {
            panic!("a table")
        };
        assert_eq!(&text[entries[1].key_span.clone()], "\"b\"");
        let Item::Array(numbers) = &entries[1].node.item else {
            panic!("an array")
        };
        assert_eq!(&text[numbers[1].span.clone()], "22");
    }

    #[test]
    fn what_is_not_json_is_told_with_its_line() {
        let text = "{\n \"a\": 1,\n \"b\" 2\n}";
        let (_, problems) = parse(text);
        assert_eq!(super::super::problem::position(text, problems[0].1.start).0, 3);
        let (_, problems) = parse("{\"a\": 1, \"a\": 2}");
        assert_eq!(problems[0], ("duplicate key".to_owned(), 9..12));
    }
}
