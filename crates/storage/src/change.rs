//! A change is a value: statements that are applied all or nothing, and what to do when a guard misses.

use crate::Value;

/// One SQL statement with its parameters, in the subset that both engines understand.
#[derive(Debug, Clone)]
pub struct Statement {
    /// The text, with placeholders `$1`, `$2`, … in any order.
    pub sql: &'static str,
    /// The values of the placeholders.
    pub params: Vec<Value>,
    /// For a guard: how many rows the statement must touch, exactly.
    pub expect: Option<u64>,
}

impl Statement {
    /// A write that may touch any number of rows.
    pub fn new(sql: &'static str, params: Vec<Value>) -> Self {
        Self {
            sql,
            params,
            expect: None,
        }
    }

    /// A write to the very row that the decision relied on: it must touch exactly one row.
    #[must_use]
    pub fn guard(sql: &'static str, params: Vec<Value>) -> Self {
        Self {
            sql,
            params,
            expect: Some(1),
        }
    }
}

/// What a request wants to have written.
///
/// `guarded` is applied all or nothing. If one of its guards misses, nothing of it stays and `otherwise`
/// (a revocation, a failure count) is committed instead.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Applied all or nothing.
    pub guarded: Vec<Statement>,
    /// Applied when a guard missed. Nothing is guarded here: what a statement expects is not looked at. It may be
    /// applied twice when an answer is lost, so it says what is to be true rather than what to add.
    pub otherwise: Vec<Statement>,
    /// A SELECT that answers a row exactly when this very change was applied before: rows that a guard writes
    /// carry the change's id. Asked when the answer to a commit was lost with the connection, so that a change
    /// that went through is not taken for a replay.
    pub applied: Option<Statement>,
}

impl Change {
    /// A change without statements.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a statement to the guarded part.
    #[must_use]
    pub fn then(mut self, statement: impl Into<Statement>) -> Self {
        self.guarded.push(statement.into());
        self
    }

    /// Adds statements to the guarded part.
    #[must_use]
    pub fn then_all(mut self, statements: impl IntoIterator<Item = impl Into<Statement>>) -> Self {
        self.guarded.extend(statements.into_iter().map(Into::into));
        self
    }

    /// Adds a statement that is committed instead when a guard missed.
    #[must_use]
    pub fn or_else(mut self, statement: impl Into<Statement>) -> Self {
        self.otherwise.push(statement.into());
        self
    }

    /// Says how a lost answer is recognised, see [`Change::applied`].
    #[must_use]
    pub fn recognised_by(mut self, probe: Statement) -> Self {
        self.applied = Some(probe);
        self
    }
}

/// How a commit ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Outcome {
    /// All of `guarded` is durable.
    Applied,
    /// A guard missed: nothing of `guarded` stays, `otherwise` is durable.
    Missed,
}
