//! What people read and type: tables, times, passwords.

use std::{
    io::{self, BufRead, IsTerminal, Write},
    process::{Command, Stdio},
};

use model::Secret;
use serde_json::Value;
use time::{OffsetDateTime, macros::format_description};

/// Rows in columns as wide as they need; the last column is not padded.
pub(super) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows
            .iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count());
        cells.chain(head.get(column).map(|head| head.len())).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let head: Vec<String> = head.iter().map(|head| (*head).to_owned()).collect();
    let mut text = String::new();
    for row in std::iter::once(&head).chain(rows) {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.push_str(&" ".repeat(width.saturating_sub(cell.chars().count()) + 2));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// A JSON value as one line for people. What came from elsewhere must not steer the terminal.
pub(super) fn plain(value: &Value) -> String {
    let text = match value {
        Value::Null => "-".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(values) if values.iter().all(|value| !value.is_object()) => {
            values.iter().map(plain).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    };
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

/// A time in unix seconds, in UTC.
pub(super) fn time(value: &Value) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]");
    let time = value
        .as_i64()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    time.and_then(|time| time.format(&format).ok())
        .unwrap_or_else(|| "-".to_owned())
}

/// Reads a password from standard input: the first line. On a terminal it asks, and does not show what is typed.
pub(super) fn read_password() -> Result<Secret, String> {
    let password = read_hidden("New password: ")?;
    if password.is_empty() {
        return Err("there is no password on standard input — send it as the first line".to_owned());
    }
    Ok(Secret::new(password))
}

/// Reads a line from standard input, without its end. On a terminal it asks, and does not show what is typed.
pub(super) fn read_hidden(prompt: &str) -> Result<String, String> {
    let stdin = io::stdin();
    let is_terminal = stdin.is_terminal();
    if is_terminal {
        eprint!("{prompt}");
        let _ = io::stderr().flush();
        echo(false);
    }
    let mut line = String::new();
    let read = stdin.lock().read_line(&mut line);
    if is_terminal {
        echo(true);
        eprintln!();
    }
    read.map_err(|error| format!("the password cannot be read from standard input ({error}) — send it as UTF-8 text"))?;
    let text = line.strip_suffix('\n').unwrap_or(&line);
    Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
}

/// Turns the terminal's echo on or off, where there is `stty`.
fn echo(on: bool) {
    let flag = if on { "echo" } else { "-echo" };
    let _ = Command::new("stty")
        .arg(flag)
        .stdin(Stdio::inherit())
        .stderr(Stdio::null())
        .status();
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn columns_are_as_wide_as_they_need() {
        let rows = [
            vec!["alice".to_owned(), "yes".to_owned()],
            vec!["b".to_owned(), "no".to_owned()],
        ];
        assert_eq!(
            table(&["NAME", "ENABLED"], &rows),
            "NAME   ENABLED\nalice  yes\nb      no\n"
        );
    }

    #[test]
    fn values_are_shown_in_one_line_that_cannot_steer_the_terminal() {
        assert_eq!(plain(&json!("a\u{1b}[2Jb\nc")), "a\u{fffd}[2Jb\u{fffd}c");
        assert_eq!(plain(&json!(["a", 1])), "a, 1");
        assert_eq!(
            (plain(&json!(null)), plain(&json!(true))),
            ("-".to_owned(), "yes".to_owned())
        );
        assert_eq!(plain(&json!({"a": 1})), "{\"a\":1}");
    }

    #[test]
    fn times_are_utc() {
        assert_eq!(time(&json!(1_800_000_000)), "2027-01-15 08:00");
        assert_eq!(time(&json!(null)), "-");
    }
}
