//! Secrets in files: `{ file = "…" }`, `{ env = "…" }` or, for demos and tests, plain text.

use std::path::{Path, PathBuf};

use model::Secret;

use super::{
    document::Item,
    reader::{Located, Report, Table},
};
use crate::Kind;

/// A secret that a file names.
#[derive(Debug, Clone)]
pub(super) struct NamedSecret {
    /// The secret; `None` when its environment variable is not set here.
    pub secret: Option<Secret>,
}

impl Table<'_, '_> {
    /// A secret. A file that is not there is an error; an environment variable that is not set is a warning, since
    /// `check` may run elsewhere than the server.
    pub fn secret(&mut self, key: &'static str) -> Option<Located<NamedSecret>> {
        let entry = self.entry(key)?;
        let span = entry.node.span.clone();
        let named = match &entry.node.item {
            Item::Text(text) => {
                if !self.report.plain_secrets {
                    let remedy = "put it in a file: { file = \"…\" }, or in the environment: { env = \"…\" }";
                    self.report
                        .warning_of(Kind::PlainSecret, &span, format!("{key} is in plain text"), remedy);
                }
                NamedSecret {
                    secret: Some(Secret::new(text.clone())),
                }
            }
            Item::Table(_) => self.indirect_secret(key)?,
            other => {
                let remedy = "write { file = \"…\" } or { env = \"…\" }";
                self.report.error(&span, format!("{key} is {}", other.name()), remedy);
                return None;
            }
        };
        Some(Located { value: named, span })
    }

    fn indirect_secret(&mut self, key: &'static str) -> Option<NamedSecret> {
        let mut table = self.table(key, key)?;
        let (file, env) = (table.path("file"), table.text("env"));
        let (report, span) = (table.report, table.span.clone());
        table.finish();
        match (file, env) {
            (Some(file), None) => {
                let secret = read_file(report, key, &file)?;
                Some(NamedSecret { secret: Some(secret) })
            }
            (None, Some(name)) => {
                let secret = environment(&name.value);
                if secret.is_none() {
                    let problem = format!("{key}: the environment variable {} is not set here", name.value);
                    report.warning(&name.span, problem, "set it where the server and apply run");
                }
                Some(NamedSecret { secret })
            }
            (Some(_), Some(_)) => {
                report.error(
                    &span,
                    format!("{key} names both a file and a variable"),
                    "keep one of the two",
                );
                None
            }
            (None, None) => {
                report.absent(
                    &span,
                    format!("{key} names no secret"),
                    "write { file = \"…\" } or { env = \"…\" }",
                );
                None
            }
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "files may name environment variables, and this is where files are read"
)]
fn environment(name: &str) -> Option<Secret> {
    std::env::var(name)
        .ok()
        .filter(|value| !value.is_empty())
        .map(Secret::new)
}

fn read_file(report: &Report<'_>, key: &str, file: &Located<PathBuf>) -> Option<Secret> {
    match std::fs::read_to_string(&file.value) {
        Ok(text) => {
            warn_if_open(report, Kind::SecretReadable, &file.value, file);
            let secret = text.strip_suffix('\n').unwrap_or(&text);
            let secret = secret.strip_suffix('\r').unwrap_or(secret);
            if secret.is_empty() {
                report.error(
                    &file.span,
                    format!("{key}: {} is empty", file.value.display()),
                    "put the secret into it",
                );
                return None;
            }
            Some(Secret::new(secret))
        }
        Err(error) => {
            report.error(
                &file.span,
                format!("{key}: {} cannot be read ({error})", file.value.display()),
                "make the file, or correct its name (relative names are relative to this file)",
            );
            None
        }
    }
}

/// Warns when others on this machine can read or write the file.
pub(super) fn warn_if_open(report: &Report<'_>, kind: Kind, path: &Path, at: &Located<PathBuf>) {
    if let Some(mode) = open_mode(path) {
        report.warning_of(
            kind,
            &at.span,
            format!("{} is open to others (mode {mode:03o})", path.display()),
            format!("run: chmod 600 {}", path.display()),
        );
    }
}

/// The mode of a file that others on this machine can read or write.
pub fn open_mode(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    // Reading by the group is left to the operator: orchestrators hand out secrets that way.
    const TOO_OPEN: u32 = 0o027;
    let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o777;
    (mode & TOO_OPEN != 0).then_some(mode)
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::{super::document::Document, *};
    use testkit::process::temporary_directory;

    fn read(directory: &Path, text: &str, plain: bool) -> (Option<String>, Vec<String>) {
        let document = Document::parse(&directory.join("f.toml"), text);
        let report = Report::new(&document, plain);
        let mut table = Table::root(&report);
        let secret = table.secret("password").and_then(|named| named.value.secret);
        table.finish();
        let problems = report.finish().iter().map(ToString::to_string).collect();
        (secret.map(|secret| secret.expose().to_owned()), problems)
    }

    #[test]
    fn a_secret_in_a_file_is_read_without_its_line_end() {
        let directory = temporary_directory("secret");
        let file = directory.join("s");
        fs::write(&file, "hush\n").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        let (secret, problems) = read(&directory, "password = { file = \"s\" }", false);
        assert_eq!((secret.as_deref(), problems.len()), (Some("hush"), 0), "{problems:?}");

        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        let (secret, problems) = read(&directory, "password = { file = \"s\" }", false);
        assert!(secret.is_some() && problems[0].contains("warning") && problems[0].contains("mode 644"));
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn missing_files_and_variables_are_told() {
        let directory = temporary_directory("secret");
        let (secret, problems) = read(&directory, "password = { file = \"gone\" }", false);
        assert!(
            secret.is_none() && problems[0].contains("gone cannot be read"),
            "{problems:?}"
        );
        let (secret, problems) = read(&directory, "password = { env = \"SEKISHO_TEST_NEVER_SET\" }", false);
        assert!(secret.is_none() && problems[0].contains("warning"), "{problems:?}");
        let (_, problems) = read(&directory, "password = { evn = \"X\" }", false);
        assert!(
            problems.iter().any(|problem| problem.contains("did you mean env?")),
            "{problems:?}"
        );
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn plain_text_is_a_warning_except_where_it_is_fine() {
        let nowhere = Path::new("/nowhere");
        let (secret, problems) = read(nowhere, "password = \"x\"", false);
        assert!(secret.is_some() && problems[0].contains("in plain text"));
        assert!(read(nowhere, "password = \"x\"", true).1.is_empty());
    }
}
