//! A reason to refuse a request, and what it is told with.

use serde::Serialize;

use crate::{ErrorCode, shown};

/// A check that requests go through.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Its name, as a trail shows it: `PKCE`.
    pub name: &'static str,
    /// What it asks: `does the code_verifier belong to the code_challenge?`.
    pub asks: &'static str,
    /// Where that is specified: `RFC 7636 §4.6`.
    pub section: &'static str,
}

/// One way in which a check fails. Each reason that the server can give is one of these.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// Its name, which stays the same: `pkce.mismatch`.
    pub name: &'static str,
    /// The check that fails.
    pub check: &'static Check,
    /// The error codes that are answered with it; there is one at least.
    pub codes: &'static [ErrorCode],
    /// What causes it, for whoever makes the app or the API.
    pub cause: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

impl Reason {
    /// The error code that is answered with it, or the first of several.
    pub const fn code(&self) -> ErrorCode {
        match self.codes {
            [first, ..] => *first,
            [] => ErrorCode::ServerError,
        }
    }
}

/// A reason with what was expected of this request, and what was found. Neither ever holds a secret, a token, or
/// anything about another user: an explanation is shown to whoever has its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The reason.
    #[serde(flatten)]
    pub reason: &'static Reason,
    /// What would have been right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What came instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// After how many seconds to try again, where too much was asked: 429 (RFC 6585 §4), whatever the code's own status is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<i64>,
}

impl From<&'static Reason> for Explanation {
    fn from(reason: &'static Reason) -> Self {
        Self {
            reason,
            expected: None,
            found: None,
            retry_after: None,
        }
    }
}

impl Explanation {
    /// With what would have been right.
    #[must_use]
    pub fn expected(mut self, expected: impl AsRef<str>) -> Self {
        self.expected = Some(shown(expected.as_ref()));
        self
    }

    /// With what came instead.
    #[must_use]
    pub fn found(mut self, found: impl AsRef<str>) -> Self {
        self.found = Some(shown(found.as_ref()));
        self
    }

    /// With when to try again.
    #[must_use]
    pub const fn retry_after(mut self, seconds: i64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// With both.
    #[must_use]
    pub fn with(self, expected: impl AsRef<str>, found: impl AsRef<str>) -> Self {
        self.expected(expected).found(found)
    }
}

/// A refusal that can say why. Every refusal of an endpoint can.
pub trait Explain {
    /// Why.
    fn explanation(&self) -> Explanation;
}
