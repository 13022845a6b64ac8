//! How answers and refusals leave: one line on stderr says what, and what to do.

use std::{
    io::{IsTerminal, Write},
    process::ExitCode,
};

use clap::error::ErrorKind;
use serde_json::{Value, json};

use crate::{administration::AdminError, config::Problems};

/// Why a command failed.
pub(super) enum Failure {
    /// One line.
    Line(String),
    /// Files are wrong; the summary comes after the list.
    Files(Problems),
    /// The administration refused.
    Refused(AdminError),
}

impl From<String> for Failure {
    fn from(line: String) -> Self {
        Self::Line(line)
    }
}
impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        Self::Files(problems)
    }
}
impl From<AdminError> for Failure {
    fn from(error: AdminError) -> Self {
        Self::Refused(error)
    }
}

impl Failure {
    /// What went wrong and what to do, in one line.
    pub(super) fn line(&self) -> String {
        match self {
            Self::Line(line) => line.clone(),
            Self::Files(problems) => problems.summary(),
            Self::Refused(error) => error.to_string(),
        }
    }
}

/// Help is an answer; anything else is wrong usage, told in one line.
pub(super) fn usage(error: &clap::Error) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let text = error.to_string();
    let parts: Vec<&str> = text
        .split("\n\n")
        .next()
        .unwrap_or_default()
        .lines()
        .map(str::trim)
        .collect();
    let tips = text.lines().filter_map(|line| line.trim().strip_prefix("tip: "));
    let what = match error.kind() {
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => {
            "a command is missing".to_owned()
        }
        _ => std::iter::once(parts.join(" ").trim_start_matches("error: ").to_owned())
            .chain(tips.map(str::to_owned))
            .collect::<Vec<_>>()
            .join("; "),
    };
    eprintln!("sekisho: {what} — run: sekisho --help");
    ExitCode::FAILURE
}

pub(super) fn fail(failure: Failure, is_json: bool) -> ExitCode {
    let (line, value) = match failure {
        Failure::Line(line) => {
            let (problem, remedy) = line.split_once(" — ").unwrap_or((&line, ""));
            let value = json!({ "error": { "problem": problem, "remedy": remedy } });
            (line, value)
        }
        Failure::Refused(error) => (error.to_string(), json!({ "error": error })),
        Failure::Files(problems) if problems.0.len() == 1 => (
            problems.to_string(),
            json!({ "error": { "problem": problems.to_string(), "problems": problems } }),
        ),
        Failure::Files(problems) => {
            if !is_json {
                eprint!("{}", problems.text(is_for_people(&std::io::stderr())));
            }
            let line = format!(
                "{} — correct the files and try again; nothing was changed",
                problems.summary()
            );
            (
                line,
                json!({ "error": { "problem": problems.summary(), "problems": problems } }),
            )
        }
    };
    if is_json {
        print_json(&value);
    }
    eprintln!("sekisho: {}", line.replace('\n', " "));
    ExitCode::FAILURE
}

pub(super) fn print_json(value: &Value) {
    print(&format!("{value:#}\n"));
}

/// To stdout; whoever stops reading gets no more.
pub(super) fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

#[expect(
    clippy::disallowed_methods,
    reason = "NO_COLOR is the users' way to say that they want plain text"
)]
pub(super) fn is_for_people(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none()
}
