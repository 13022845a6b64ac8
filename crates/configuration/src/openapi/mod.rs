//! A description of an API by OpenAPI: its operations and what each of them needs, to be rules or to be compared with them.
//!
//! Spec: OpenAPI 3.1 §4.8
//!
//! Of its objects: Paths, Path Item, Operation, Security Scheme, Security Requirement, Reference (local ones), and Server
//! (the path of its URL); in 3.0 they mean the same.
//!
//! Accepted: JSON and YAML of version 3.0 or 3.1, up to [`MOST`] bytes. Deliberately not: references to other documents,
//! which would be fetched or read from elsewhere; Swagger 2.0; callbacks and webhooks, which the API calls and does not
//! answer. What the operations take and answer is not looked at.

mod compare;
mod import;
mod key;
mod operations;
mod security;
mod source;
#[cfg(test)]
mod tests;
mod tree;
mod yaml;

pub use self::import::{import, import_text};
pub(super) use self::key::read;
use self::{compare::Rule, import::rules, source::Source};
use super::document::{Node, Span};

/// The longest description, in bytes.
const MOST: usize = 4 * 1024 * 1024;
/// The most operations.
const MOST_OPERATIONS: usize = 10_000;

/// What an API is described to be.
#[derive(Debug, Default)]
pub(super) struct Description {
    /// Its name.
    pub title: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// Its operations, in the order of the document.
    pub operations: Vec<Operation>,
    /// The scopes that its security schemes tell, with their texts.
    pub scopes: Vec<(String, String)>,
    /// What is wrong in it.
    pub mistakes: Vec<Mistake>,
}

/// What is wrong in a description, and where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mistake {
    pub span: Span,
    pub problem: String,
    pub remedy: &'static str,
}

/// One operation.
#[derive(Debug)]
pub(super) struct Operation {
    /// In capitals.
    pub method: String,
    /// As it is written, below the API's identifier.
    pub template: String,
    /// The same with `*` for each segment that has a parameter in it.
    pub path: String,
    /// Any of these is enough; none: everybody may call it.
    pub ways: Vec<Way>,
    /// Its place in the description.
    pub span: Span,
}

/// What must be brought together: one Security Requirement Object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Way {
    /// The kinds of credentials, each once, in order.
    pub credentials: Vec<Credential>,
    /// The scopes that a token needs, in order.
    pub scope: Vec<String>,
}

/// A kind of credential, as a Security Scheme Object names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Credential {
    /// `oauth2`, `openIdConnect`, or `http` with `bearer` or `dpop`.
    Token,
    /// `apiKey`.
    ApiKey,
    /// `http` with `basic`.
    Basic,
    /// `mutualTLS`.
    Certificate,
}

impl Operation {
    /// Whether everybody may call it: no requirement, or an empty one among them.
    pub fn is_open(&self) -> bool {
        self.ways.is_empty() || self.ways.iter().any(|way| way.credentials.is_empty())
    }

    /// As people name it.
    pub fn shown(&self) -> String {
        format!("{} {}", self.method, self.template)
    }
}

impl Description {
    /// Reads a tree. `base`: the path of the API's identifier, below which rules are.
    pub fn of(root: &Node, base: &str) -> Self {
        let mut description = Self::default();
        operations::read(root, base, &mut description);
        description
    }

    fn mistake(&mut self, span: &Span, problem: impl Into<String>, remedy: &'static str) {
        self.mistakes.push(Mistake {
            span: span.clone(),
            problem: problem.into(),
            remedy,
        });
    }
}
