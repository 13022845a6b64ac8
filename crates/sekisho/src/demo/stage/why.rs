//! Why something was refused: which checks the request passed, and which one it failed.
//!
//! Of its own refusals the server remembers that, and of the gateway's. What an API refused that checks its tokens itself, the
//! stage explains by what was said on the wire: what the API answered, and what the server had told it about the token
//! (`at_api.rs`).

use explanation::{Check, Refusal};

use super::exchange::Exchange;

/// Why a request was refused.
#[derive(Debug, Default)]
pub(super) struct Why {
    /// In their order; the last one failed.
    pub checks: Vec<Checked>,
    /// What causes it.
    pub cause: String,
    /// What to do; empty when there is nothing to be done.
    pub remedy: String,
}

/// A check that the request went through.
#[derive(Debug)]
pub(super) struct Checked {
    pub is_passed: bool,
    /// What it asks.
    pub asks: String,
    /// Where that is specified.
    pub section: String,
    /// What would have been right, and what came instead.
    pub expected: Option<String>,
    pub found: Option<String>,
}

impl Checked {
    pub(super) fn passed(asks: &str, section: &str) -> Self {
        Self {
            is_passed: true,
            asks: asks.to_owned(),
            section: section.to_owned(),
            expected: None,
            found: None,
        }
    }

    pub(super) fn failed(asks: &str, section: &str) -> Self {
        Self {
            is_passed: false,
            ..Self::passed(asks, section)
        }
    }

    pub(super) fn with(mut self, expected: impl Into<String>, found: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self.found = Some(found.into());
        self
    }
}

impl From<&Refusal> for Why {
    fn from(refusal: &Refusal) -> Self {
        let failed = &refusal.failed;
        let passed = |check: &&'static Check| Checked::passed(check.asks, check.section);
        let mut checks: Vec<_> = refusal.passed.iter().map(passed).collect();
        checks.push(Checked {
            expected: failed.expected.clone(),
            found: failed.found.clone(),
            ..Checked::failed(failed.reason.check.asks, failed.reason.check.section)
        });
        Self {
            checks,
            cause: failed.reason.cause.to_owned(),
            remedy: failed.reason.remedy.to_owned(),
        }
    }
}

/// What is left to say when nobody remembers the checks: what was answered.
pub(super) fn as_answered(exchange: &Exchange) -> Why {
    Why {
        cause: exchange.error_description().unwrap_or_default().to_owned(),
        ..Why::default()
    }
}
