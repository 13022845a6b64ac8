//! Ways through the tree of a document, with local references followed.

use crate::document::{Entry, Item, Node};

/// References that lead to references: more are a circle, or meant to look like none.
const MOST_STEPS: usize = 16;

/// Why a reference leads nowhere.
pub(super) enum Lost {
    /// It leads out of the document.
    Elsewhere(String),
    /// Nothing is there.
    Nothing(String),
    /// It leads to itself, sooner or later.
    Circle(String),
}

impl Lost {
    pub fn problem(&self) -> String {
        match self {
            Self::Elsewhere(reference) => format!("{reference} is in another document"),
            Self::Nothing(reference) => format!("there is nothing at {reference}"),
            Self::Circle(reference) => format!("{reference} leads in a circle"),
        }
    }

    pub const fn remedy(&self) -> &'static str {
        match self {
            Self::Elsewhere(_) => "put all of it into one document: nothing else is read",
            Self::Nothing(_) => "correct the reference",
            Self::Circle(_) => "let it lead to an object",
        }
    }
}

/// The entries of an object; none of anything else.
pub(super) fn entries(node: &Node) -> &[Entry] {
    match &node.item {
        Item::Table(entries) => entries,
        _ => &[],
    }
}

/// The items of a list; none of anything else.
pub(super) fn items(node: &Node) -> &[Node] {
    match &node.item {
        Item::Array(nodes) => nodes,
        _ => &[],
    }
}

/// A member of an object.
pub(super) fn member<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    let found = entries(node).iter().find(|entry| entry.key == key);
    found.map(|entry| &entry.node)
}

/// A member that is a text.
pub(super) fn text<'n>(node: &'n Node, key: &str) -> Option<&'n str> {
    as_text(member(node, key)?)
}

/// A node that is a text.
pub(super) fn as_text(node: &Node) -> Option<&str> {
    match &node.item {
        Item::Text(text) => Some(text),
        _ => None,
    }
}

/// What a node is, or refers to by `$ref`.
pub(super) fn resolve<'n>(root: &'n Node, node: &'n Node) -> Result<&'n Node, Lost> {
    let mut node = node;
    let mut last = "";
    for _ in 0..MOST_STEPS {
        let Some(reference) = text(node, "$ref") else {
            return Ok(node);
        };
        let Some(pointer) = reference.strip_prefix('#') else {
            return Err(Lost::Elsewhere(reference.to_owned()));
        };
        node = at(root, pointer).ok_or_else(|| Lost::Nothing(reference.to_owned()))?;
        last = reference;
    }
    Err(Lost::Circle(last.to_owned()))
}

/// What a JSON Pointer (RFC 6901 §4) leads to, as a URI fragment (§6) writes it.
fn at<'n>(root: &'n Node, pointer: &str) -> Option<&'n Node> {
    if pointer.is_empty() {
        return Some(root);
    }
    let decoded = percent_encoding::percent_decode_str(pointer.strip_prefix('/')?)
        .decode_utf8()
        .ok()?
        .into_owned();
    decoded.split('/').try_fold(root, |node, step| {
        let step = step.replace("~1", "/").replace("~0", "~");
        match &node.item {
            Item::Array(nodes) => nodes.get(step.parse::<usize>().ok()?),
            _ => member(node, &step),
        }
    })
}
