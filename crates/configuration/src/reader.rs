//! Reads tables key by key and collects every mistake instead of stopping at the first.

use std::{cell::RefCell, path::PathBuf};

use super::{
    document::{Document, Entry, Item, Node, Span},
    problem::{Problem, Severity},
    reference::Section,
};
use crate::Kind;

/// A value with its place.
#[derive(Debug, Clone)]
pub(super) struct Located<T> {
    pub value: T,
    pub span: Span,
}

impl<T> Located<T> {
    fn map<U>(self, change: impl FnOnce(T) -> U) -> Located<U> {
        Located {
            value: change(self.value),
            span: self.span,
        }
    }
}

/// The mistakes of one file.
pub(super) struct Report<'d> {
    pub document: &'d Document,
    /// Whether secrets in plain text are fine, as in the demo.
    pub plain_secrets: bool,
    problems: RefCell<Vec<Problem>>,
    absences: RefCell<Vec<Problem>>,
}

impl<'d> Report<'d> {
    pub fn new(document: &'d Document, plain_secrets: bool) -> Self {
        Self {
            document,
            plain_secrets,
            problems: RefCell::default(),
            absences: RefCell::default(),
        }
    }

    pub fn error(&self, span: &Span, problem: impl Into<String>, remedy: impl Into<String>) {
        self.problems
            .borrow_mut()
            .push(self.make(span, Severity::Error, problem.into(), remedy.into()));
    }

    pub fn warning(&self, span: &Span, problem: impl Into<String>, remedy: impl Into<String>) {
        self.problems
            .borrow_mut()
            .push(self.make(span, Severity::Warning, problem.into(), remedy.into()));
    }

    /// A mistake for which `doctor` has a name of its own.
    pub fn error_of(&self, kind: Kind, span: &Span, problem: impl Into<String>, remedy: impl Into<String>) {
        self.add(self.make(span, Severity::Error, problem.into(), remedy.into()).of(kind));
    }

    /// A warning for which `doctor` has a name of its own.
    pub fn warning_of(&self, kind: Kind, span: &Span, problem: impl Into<String>, remedy: impl Into<String>) {
        self.add(
            self.make(span, Severity::Warning, problem.into(), remedy.into())
                .of(kind),
        );
    }

    /// A problem of another file, that this one names.
    pub fn add(&self, problem: Problem) {
        self.problems.borrow_mut().push(problem);
    }

    /// Something that should be there is not: worth telling only if the rest of the file could be read.
    pub fn absent(&self, span: &Span, problem: impl Into<String>, remedy: impl Into<String>) {
        self.absences
            .borrow_mut()
            .push(self.make(span, Severity::Error, problem.into(), remedy.into()));
    }

    /// A key that this version knows but cannot serve.
    pub fn not_built(&self, span: &Span, what: &str) {
        self.error(span, format!("{what} is not part of this version"), "remove it");
    }

    fn make(&self, span: &Span, severity: Severity, problem: String, remedy: String) -> Problem {
        Problem::at(
            (&self.document.path, &self.document.text, span),
            severity,
            problem,
            remedy,
        )
    }

    /// How many mistakes there are so far, to see whether a part of the file is in order.
    pub fn count(&self) -> usize {
        self.problems.borrow().len()
    }

    /// All of them. Where the syntax is broken, what is absent and what is on a broken line would be echoes.
    pub fn finish(self) -> Vec<Problem> {
        let syntax = &self.document.syntax;
        let mut all = self.problems.into_inner();
        all.retain(|problem| !syntax.iter().any(|mistake| mistake.line == problem.line));
        if syntax.is_empty() {
            all.extend(self.absences.into_inner());
        }
        all.extend(syntax.iter().cloned());
        all
    }
}

/// A table being read: each key that is asked for is a known one, the rest is unknown.
pub(super) struct Table<'r, 'd> {
    pub report: &'r Report<'d>,
    /// Its name, as it is written in the file: `[[client]]`.
    pub name: &'static str,
    pub span: Span,
    entries: &'d [Entry],
    known: Vec<&'d str>,
    /// Its lines in the documentation: only what has one is read.
    section: Option<&'static Section>,
}

impl<'r, 'd> Table<'r, 'd> {
    /// The file itself, of this form.
    pub fn file(report: &'r Report<'d>, form: &str) -> Self {
        Self {
            section: Section::find(form),
            ..Self::root(report)
        }
    }

    /// The file itself.
    pub fn root(report: &'r Report<'d>) -> Self {
        Self::of(report, "the file", &report.document.root).unwrap_or(Self {
            report,
            name: "the file",
            span: 0..0,
            entries: &[],
            known: Vec::new(),
            section: None,
        })
    }

    /// A node that must be a table.
    pub fn of(report: &'r Report<'d>, name: &'static str, node: &'d Node) -> Option<Self> {
        let Item::Table(entries) = &node.item else {
            report.error(
                &node.span,
                format!("{name} is {}, not a table", node.item.name()),
                "write a table of keys",
            );
            return None;
        };
        Some(Self {
            report,
            name,
            span: node.span.clone(),
            entries,
            known: Vec::new(),
            section: Section::find(name),
        })
    }

    /// A table in this one.
    fn inner(&self, name: &'static str, node: &'d Node) -> Option<Self> {
        let inner = Self::of(self.report, name, node)?;
        let is_described = self.section.is_none() || inner.section.is_some();
        debug_assert!(is_described, "{name} is not in reference/keys.toml");
        Some(inner)
    }

    /// The entry of a key, which thereby is a known one.
    pub fn entry(&mut self, key: &'static str) -> Option<&'d Entry> {
        let is_described = self
            .section
            .is_none_or(|section| section.names().any(|name| name == key));
        debug_assert!(
            is_described,
            "{key} of {} has no line in reference/keys.toml",
            self.name
        );
        self.known.push(key);
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// Makes a key of this table a known one.
    pub fn know(&mut self, key: &'d str) {
        self.known.push(key);
    }

    /// All entries, known or not.
    pub fn entries(&self) -> &'d [Entry] {
        self.entries
    }

    /// The place of a key; of the table when it is not there.
    pub fn span_of(&self, key: &str) -> Span {
        self.entries
            .iter()
            .find(|entry| entry.key == key)
            .map_or_else(|| self.span.clone(), |entry| entry.key_span.clone())
    }

    /// A key of which `read` makes something; it answers `None` when the value has the wrong type.
    fn read<T>(
        &mut self,
        key: &'static str,
        wanted: &str,
        read: impl FnOnce(&'d Item) -> Option<T>,
    ) -> Option<Located<T>> {
        let entry = self.entry(key)?;
        let value = read(&entry.node.item);
        if value.is_none() {
            self.wrong_type(entry, wanted);
        }
        Some(Located {
            value: value?,
            span: entry.node.span.clone(),
        })
    }

    fn wrong_type(&self, entry: &Entry, wanted: &str) {
        let is = entry.node.item.name();
        self.report.error(
            &entry.node.span,
            format!("{} is {is}", entry.key),
            format!("write {wanted}"),
        );
    }

    /// A text.
    pub fn text(&mut self, key: &'static str) -> Option<Located<String>> {
        let read = self.read(key, "a text in quotes", |item| match item {
            Item::Text(text) => Some(text.clone()),
            _ => None,
        })?;
        if read.value.trim().is_empty() {
            self.report
                .error(&read.span, format!("{key} is empty"), "give it a value, or remove it");
            return None;
        }
        Some(read)
    }

    /// A text that must be there.
    pub fn required_text(&mut self, key: &'static str, example: &str) -> Option<Located<String>> {
        if !self.entries.iter().any(|entry| entry.key == key) {
            self.report.absent(
                &self.span,
                format!("{} has no {key}", self.name),
                format!("add {key} = \"{example}\""),
            );
        }
        self.text(key)
    }

    /// True or false.
    pub fn boolean(&mut self, key: &'static str) -> Option<Located<bool>> {
        self.read(key, "true or false, without quotes", |item| match item {
            Item::Boolean(flag) => Some(*flag),
            _ => None,
        })
    }

    /// A list of texts; those of another type are told and left out.
    pub fn texts(&mut self, key: &'static str) -> Option<Vec<Located<String>>> {
        let entry = self.entry(key)?;
        let Item::Array(nodes) = &entry.node.item else {
            self.wrong_type(entry, &format!("a list: {key} = [\"…\"]"));
            return None;
        };
        let texts = nodes.iter().filter_map(|node| match &node.item {
            Item::Text(text) => Some(Located {
                value: text.clone(),
                span: node.span.clone(),
            }),
            other => {
                self.report.error(
                    &node.span,
                    format!("{key} has {} in its list", other.name()),
                    "write a text in quotes",
                );
                None
            }
        });
        Some(texts.collect())
    }

    /// One of a few words. `later` are words that are known but not built.
    pub fn one_of<T: Copy>(&mut self, key: &'static str, words: &[(&str, T)], later: &[&str]) -> Option<Located<T>> {
        let text = self.text(key)?;
        choose(self.report, key, &text, words, later)
    }

    /// A list of a few words, see [`Table::one_of`].
    pub fn some_of<T: Copy>(
        &mut self,
        key: &'static str,
        words: &[(&str, T)],
        later: &[&str],
    ) -> Option<Vec<Located<T>>> {
        let texts = self.texts(key)?;
        Some(
            texts
                .iter()
                .filter_map(|text| choose(self.report, key, text, words, later))
                .collect(),
        )
    }

    /// A path, relative to the file.
    pub fn path(&mut self, key: &'static str) -> Option<Located<PathBuf>> {
        let document = self.report.document;
        Some(self.text(key)?.map(|text| document.resolve(&text)))
    }

    /// A table.
    pub fn table(&mut self, key: &'static str, name: &'static str) -> Option<Self> {
        let entry = self.entry(key)?;
        self.inner(name, &entry.node)
    }

    /// A list of tables.
    pub fn tables(&mut self, key: &'static str, name: &'static str) -> Vec<Self> {
        let Some(entry) = self.entry(key) else {
            return Vec::new();
        };
        match &entry.node.item {
            Item::Array(nodes) => nodes.iter().filter_map(|node| self.inner(name, node)).collect(),
            Item::Table(_) if name.starts_with("[[") => {
                self.report.error(
                    &entry.key_span,
                    format!("{key} is one table, not a list of them"),
                    format!("write {name}"),
                );
                Vec::new()
            }
            _ => {
                self.wrong_type(entry, &format!("a list of tables: {name}"));
                Vec::new()
            }
        }
    }

    /// Complains of every key that nobody asked for, naming the nearest known one.
    pub fn finish(self) {
        let unread = self
            .section
            .and_then(|section| section.names().find(|name| !self.known.contains(name)));
        debug_assert!(
            unread.is_none(),
            "{unread:?} of {} is described, but not read",
            self.name
        );
        for entry in self
            .entries
            .iter()
            .filter(|entry| !self.known.contains(&entry.key.as_str()))
        {
            let remedy = match nearest(&entry.key, self.known.iter().copied()) {
                Some(near) => format!("did you mean {near}?"),
                None => "remove it".to_owned(),
            };
            self.report.error(
                &entry.key_span,
                format!("{} has no key {}", self.name, entry.key),
                remedy,
            );
        }
    }
}

/// An item that asks for nothing: an empty list or text, or `false`.
pub(super) fn is_nothing(item: &Item) -> bool {
    match item {
        Item::Array(nodes) => nodes.is_empty(),
        Item::Text(text) => text.is_empty(),
        Item::Boolean(flag) => !flag,
        Item::Table(entries) => entries.is_empty(),
        _ => false,
    }
}

/// The meaning of a word; an error with the nearest word otherwise.
pub(super) fn choose<T: Copy>(
    report: &Report<'_>,
    key: &str,
    text: &Located<String>,
    words: &[(&str, T)],
    later: &[&str],
) -> Option<Located<T>> {
    if let Some((_, value)) = words.iter().find(|(word, _)| *word == text.value) {
        return Some(Located {
            value: *value,
            span: text.span.clone(),
        });
    }
    let all = words.iter().map(|(word, _)| *word).collect::<Vec<_>>();
    if later.contains(&text.value.as_str()) {
        let problem = format!("{key}: {} is not part of this version", text.value);
        report.error(&text.span, problem, format!("use {}", any_of(&all)));
        return None;
    }
    let remedy = match nearest(&text.value, all.iter().copied()) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("use {}", any_of(&all)),
    };
    report.error(&text.span, format!("{key} cannot be {:?}", text.value), remedy);
    None
}

/// `a`, `a or b`, `a, b or c`.
pub(super) fn any_of(words: &[&str]) -> String {
    match words {
        [] => "nothing".to_owned(),
        [one] => (*one).to_owned(),
        [rest @ .., last] => format!("{} or {last}", rest.join(", ")),
    }
}

/// The known word that was probably meant.
pub(super) fn nearest<'w>(word: &str, known: impl Iterator<Item = &'w str>) -> Option<&'w str> {
    let word = word.to_lowercase();
    known
        .map(|candidate| (strsim::damerau_levenshtein(&word, candidate), candidate))
        .filter(|(distance, candidate)| {
            // A third of the letters may be wrong; words that contain each other are meant more often than not.
            let related = word.len() > 3 && (candidate.contains(word.as_str()) || word.contains(candidate));
            *distance <= candidate.len().max(3) / 3 || related
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests;
