//! What is wrong in a file: where, how bad, and what to do about it.

use std::{fmt, ops::Range, path::Path, sync::Arc};

use serde::Serialize;

use crate::Kind;

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// The file can be used, but something in it is weak or has no effect.
    Warning,
}

/// One problem.
#[derive(Debug, Clone, Serialize)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// The file, as it was named.
    pub file: String,
    /// The line, from 1; 0 when the problem is the file as a whole.
    pub line: usize,
    /// The column in characters, from 1; 0 when the problem is the file as a whole.
    pub column: usize,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub remedy: String,
    /// What `doctor` calls it.
    #[serde(skip)]
    pub kind: Kind,
    /// What is told behind the other problems of its file, by how bad it is: differences from a description.
    #[serde(skip)]
    rank: u8,
    #[serde(skip)]
    span: Range<usize>,
    #[serde(skip)]
    text: Option<Arc<str>>,
}

impl Problem {
    /// A problem with a file as a whole: it is not there, or cannot be read.
    pub fn with_file(path: &Path, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            file: path.display().to_string(),
            line: 0,
            column: 0,
            problem: problem.into(),
            remedy: remedy.into(),
            kind: Kind::FileMistake,
            rank: 0,
            span: 0..0,
            text: None,
        }
    }

    /// The same as a warning.
    pub(super) fn into_warning(self) -> Self {
        Self {
            severity: Severity::Warning,
            kind: Kind::FileWarning,
            ..self
        }
    }

    /// The same under the name that `doctor` has for it.
    pub(super) fn of(self, kind: Kind) -> Self {
        Self { kind, ..self }
    }

    /// The same, told behind those of a smaller rank.
    pub(super) fn ranked(self, rank: u8) -> Self {
        Self { rank, ..self }
    }

    /// A problem at a place of a text.
    pub(super) fn at(
        (path, text, span): (&Path, &Arc<str>, &Range<usize>),
        severity: Severity,
        problem: String,
        remedy: String,
    ) -> Self {
        let (line, column) = position(text, span.start);
        Self {
            severity,
            file: path.display().to_string(),
            line,
            column,
            problem,
            remedy,
            kind: match severity {
                Severity::Error => Kind::FileMistake,
                Severity::Warning => Kind::FileWarning,
            },
            rank: 0,
            span: span.clone(),
            text: Some(Arc::clone(text)),
        }
    }

    /// Whether the file cannot be used because of it.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// With the lines of the file that it is about, for a terminal.
    fn drawn(&self) -> Option<String> {
        use ariadne::{Color, Config, IndexType, Label, Report, ReportKind, Source};
        let text = self.text.as_deref()?;
        let (kind, color) = match self.severity {
            Severity::Error => (ReportKind::Error, Color::Red),
            Severity::Warning => (ReportKind::Warning, Color::Yellow),
        };
        // A table is marked at its first line only: the reader knows where it ends.
        let first_line = text
            .get(self.span.clone())
            .and_then(|marked| marked.lines().next())
            .map_or(0, str::len);
        let span = (self.file.as_str(), self.span.start..self.span.start + first_line);
        let mut out = Vec::new();
        Report::build(kind, span.clone())
            .with_config(Config::default().with_index_type(IndexType::Byte))
            .with_message(&self.problem)
            .with_label(Label::new(span).with_message(&self.remedy).with_color(color))
            .finish()
            .write((self.file.as_str(), Source::from(text)), &mut out)
            .ok()?;
        String::from_utf8(out).ok()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        let warning = if self.is_error() { "" } else { "warning: " };
        write!(f, ": {warning}{} — {}", self.problem, self.remedy)
    }
}

/// All problems of one or more files, in the order of the files and their lines.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(transparent)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// Whether a file cannot be used.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(Problem::is_error)
    }

    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One problem a line, or with the lines of the file around each for a terminal.
    pub fn text(&self, for_terminal: bool) -> String {
        self.0.iter().fold(String::new(), |mut text, problem| {
            let drawn = problem.drawn().filter(|_| for_terminal);
            text.push_str(&drawn.unwrap_or_else(|| format!("{problem}\n")));
            text
        })
    }

    /// How many there are, in one line.
    pub fn summary(&self) -> String {
        let errors = self.0.iter().filter(|problem| problem.is_error()).count();
        let warnings = self.0.len() - errors;
        let count = |n: usize, one: &str| match n {
            1 => format!("1 {one}"),
            n => format!("{n} {one}s"),
        };
        match (errors, warnings) {
            (0, 0) => "nothing to complain about".to_owned(),
            (0, n) => count(n, "warning"),
            (n, 0) => count(n, "mistake"),
            (e, w) => format!("{} and {}", count(e, "mistake"), count(w, "warning")),
        }
    }

    pub(super) fn sorted(mut self) -> Self {
        self.0
            .sort_by(|a, b| (&a.file, a.rank, a.line, a.column).cmp(&(&b.file, b.rank, b.line, b.column)));
        self
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text(false).trim_end())
    }
}

impl std::error::Error for Problems {}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

/// Line and column, both from 1, of a byte of a text.
pub(super) fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |rest| rest.chars().count()) + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem() -> Problem {
        let text: Arc<str> = "a = 1\nné = 2\n".into();
        Problem::at(
            (Path::new("f.toml"), &text, &(12..13)),
            Severity::Error,
            "is two".into(),
            "make it one".into(),
        )
    }

    #[test]
    fn a_problem_says_file_line_column_and_remedy_in_one_line() {
        assert_eq!(problem().to_string(), "f.toml:2:6: is two — make it one");
        let whole = Problem::with_file(Path::new("gone.toml"), "cannot be read", "check the name");
        assert_eq!(whole.to_string(), "gone.toml: cannot be read — check the name");
    }

    #[test]
    fn a_terminal_gets_the_line_itself() {
        let drawn = Problems(vec![problem()]).text(true);
        assert!(drawn.contains("f.toml:2:6") && drawn.contains("make it one"), "{drawn}");
    }

    #[test]
    fn mistakes_and_warnings_are_counted() {
        let warning = Problem {
            severity: Severity::Warning,
            ..problem()
        };
        let all = Problems(vec![problem(), warning.clone(), warning.clone()]);
        assert_eq!(all.summary(), "1 mistake and 2 warnings");
        assert!(all.has_errors() && !Problems(vec![warning]).has_errors());
    }
}
