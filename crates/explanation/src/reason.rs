//! A reason to refuse a request, and what it is told with.

use crate::ErrorCode;

/// A check that requests go through.
#[derive(Debug, PartialEq, Eq)]
pub struct Check {
    /// Its name, as a trail shows it: `PKCE`.
    pub name: &'static str,
    /// What it asks: `does the code_verifier belong to the code_challenge?`.
    pub asks: &'static str,
    /// Where that is specified: `RFC 7636 §4.6`.
    pub section: &'static str,
}

/// One way in which a check fails. Each reason that the server can give is one of these.
#[derive(Debug, PartialEq, Eq)]
pub struct Reason {
    /// Its name, which stays the same: `pkce.mismatch`.
    pub name: &'static str,
    /// The check that fails.
    pub check: &'static Check,
    /// The error codes that are answered with it.
    pub codes: &'static [ErrorCode],
    /// What causes it, for whoever makes the app or the API.
    pub cause: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

/// A reason with what was expected of this request, and what was found. Neither ever holds a secret, a token, or
/// anything about another user: an explanation is shown to whoever has its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The reason.
    pub reason: &'static Reason,
    /// What would have been right.
    pub expected: Option<String>,
    /// What came instead.
    pub found: Option<String>,
}

impl From<&'static Reason> for Explanation {
    fn from(reason: &'static Reason) -> Self {
        Self {
            reason,
            expected: None,
            found: None,
        }
    }
}

impl Explanation {
    /// With what would have been right, and what came instead.
    #[must_use]
    pub fn with(mut self, expected: impl Into<String>, found: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self.found = Some(found.into());
        self
    }
}

/// A refusal that can say why. Every refusal of an endpoint can.
pub trait Explain {
    /// Why.
    fn explanation(&self) -> Explanation;
}
