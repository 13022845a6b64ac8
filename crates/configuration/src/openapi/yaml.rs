//! YAML as the same tree as TOML and JSON, with places.
//!
//! Spec: YAML 1.2 §10.2
//!
//! Anchors are written out, up to a limit: a short text must not become a large tree.

use std::{fmt, thread};

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};

use crate::document::{Entry, Item, Node, Span};

/// How deep it may go, how large the tree may become, and how much of it may come from anchors.
const DEEPEST: usize = 48;
const MOST_NODES: usize = 250_000;
const MOST_REPEATED: usize = 100_000;
/// The reader of YAML goes as deep as the text does: the room for that, in bytes.
const ROOM: usize = 16 * 1024 * 1024;

/// The tree, or what is wrong with the text and where.
pub(super) fn parse(text: &str) -> Result<Node, (String, Span)> {
    let reading = thread::scope(|scope| {
        let reader = thread::Builder::new().stack_size(ROOM);
        reader.spawn_scoped(scope, || read(text)).ok()?.join().ok()
    });
    reading.unwrap_or_else(|| Err(("there is no room to read it".to_owned(), 0..0)))
}

fn read(text: &str) -> Result<Node, (String, Span)> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: DEEPEST,
            flow_nesting_limit: DEEPEST,
            max_nodes: MOST_NODES,
            max_aliases: MOST_NODES,
            max_documents: 1,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: MOST_REPEATED,
        },
        with_snippet: false,
    };
    match serde_saphyr::from_str_with_options::<Spanned<Value>>(text, options) {
        Ok(root) => Ok(node(text, root)),
        Err(error) => {
            let start = error.location().map_or(0, |location| start(text, &location));
            // The place is told apart.
            let told = error.to_string();
            let line = told.lines().next().unwrap_or_default();
            let problem = line.strip_prefix("error: ").unwrap_or(line).to_owned();
            Err((problem, start..start))
        }
    }
}

/// A value whose parts know their places.
struct Value(Shape);

enum Shape {
    Item(Item),
    Array(Vec<Spanned<Value>>),
    Table(Vec<(Spanned<Key>, Spanned<Value>)>),
}

/// A key: `200:` is one too.
struct Key(String);

fn node(text: &str, read: Spanned<Value>) -> Node {
    let span = span(text, &read.referenced);
    let item = match read.value.0 {
        Shape::Item(item) => item,
        Shape::Array(values) => Item::Array(values.into_iter().map(|value| node(text, value)).collect()),
        Shape::Table(pairs) => Item::Table(
            pairs
                .into_iter()
                .map(|(key, value)| Entry {
                    key_span: self::span(text, &key.referenced),
                    key: key.value.0,
                    node: node(text, value),
                })
                .collect(),
        ),
    };
    Node { span, item }
}

fn span(text: &str, location: &Location) -> Span {
    let start = start(text, location);
    let length = location
        .span()
        .byte_len()
        .and_then(|length| usize::try_from(length).ok());
    let end = start.saturating_add(length.unwrap_or_default()).min(text.len());
    start..if text.is_char_boundary(end) { end } else { start }
}

fn start(text: &str, location: &Location) -> usize {
    let start = location
        .span()
        .byte_offset()
        .and_then(|start| usize::try_from(start).ok());
    let start = start.unwrap_or_default().min(text.len());
    if text.is_char_boundary(start) { start } else { 0 }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue).map(Self)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of JSON")
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Shape, E> {
        Ok(Shape::Item(Item::Boolean(flag)))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Shape, E> {
        Ok(Shape::Item(Item::Integer(number)))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Shape, E> {
        let item = i64::try_from(number).map_or(Item::Other("a number that is too large"), Item::Integer);
        Ok(Shape::Item(item))
    }

    fn visit_i128<E>(self, _: i128) -> Result<Shape, E> {
        Ok(Shape::Item(Item::Other("a number that is too large")))
    }

    fn visit_u128<E>(self, _: u128) -> Result<Shape, E> {
        Ok(Shape::Item(Item::Other("a number that is too large")))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Shape, E> {
        Ok(Shape::Item(Item::Other("a number with a fraction")))
    }

    fn visit_str<E>(self, text: &str) -> Result<Shape, E> {
        Ok(Shape::Item(Item::Text(text.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Shape, E> {
        Ok(Shape::Item(Item::Other("null")))
    }

    fn visit_none<E>(self) -> Result<Shape, E> {
        Ok(Shape::Item(Item::Other("null")))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Shape, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Shape, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(Shape::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shape, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Shape::Table(pairs))
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyKey).map(Self)
    }
}

struct AnyKey;

impl Visitor<'_> for AnyKey {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key that is a text")
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<String, E> {
        Ok(flag.to_string())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_unit<E: Error>(self) -> Result<String, E> {
        Ok("null".to_owned())
    }
}
