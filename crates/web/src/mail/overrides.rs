//! Templates of mail of the operator in the place of the built-in ones, tried out before they are used.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use authn::notice::Letter;

use super::{Sheet, TEMPLATES, Templates, sample};
use crate::locale::Locale;

/// The folder in the directory of all templates.
const FOLDER: &str = "mail";

/// Why templates of mail are refused.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The folder, or a file in it, cannot be read.
    #[error("{path}: {source}")]
    Unreadable {
        /// The folder or file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A file that is no letter's.
    #[error("{path}: no letter has this name; there are {known}, each with .txt and .html")]
    Unknown {
        /// The file.
        path: PathBuf,
        /// The names that there are.
        known: String,
    },
    /// A template that cannot be read or rendered.
    #[error("mail template {name}: {source:#}")]
    Broken {
        /// The template.
        name: String,
        /// What is wrong, and in which line.
        source: Box<minijinja::Error>,
    },
    /// A script, which mail programs do not run and filters take for an attack.
    #[error("mail template {name} contains `{what}`: mail has no scripts")]
    Script {
        /// The template.
        name: String,
        /// What was found.
        what: &'static str,
    },
    /// A letter that does not say what it is for.
    #[error("the letter {kind} written by {name} lacks {what}; the built-in template shows where it belongs")]
    Lacks {
        /// The letter.
        kind: &'static str,
        /// Its template.
        name: String,
        /// What is missing.
        what: &'static str,
    },
}

impl MailError {
    pub(super) fn broken(name: String, source: minijinja::Error) -> Self {
        let source = Box::new(source);
        Self::Broken { name, source }
    }
}

/// The templates with those in the folder `mail` of this directory in their place; none when there are none.
pub(super) fn load(directory: &Path) -> Result<Option<Templates>, MailError> {
    let folder = directory.join(FOLDER);
    if !folder.is_dir() {
        return Ok(None);
    }
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source| MailError::Unreadable { path, source }
    };
    let known = known();
    let mut instead = Vec::new();
    for entry in fs::read_dir(&folder).map_err(unreadable(&folder))? {
        let path = entry.map_err(unreadable(&folder))?.path();
        let has = |part: Option<&std::ffi::OsStr>, names: &[&str]| {
            part.is_some_and(|part| names.iter().any(|name| part == *name))
        };
        if !has(path.extension(), &["txt", "html"]) {
            continue;
        }
        let Some(name) = path
            .file_name()
            .and_then(|name| name.to_str())
            .filter(|_| has(path.file_stem(), &known))
        else {
            let known = known.join(", ");
            return Err(MailError::Unknown { path, known });
        };
        let source = fs::read_to_string(&path).map_err(unreadable(&path))?;
        instead.push((name.to_owned(), source));
    }
    if instead.is_empty() {
        return Ok(None);
    }
    check(&instead).map(Some)
}

/// What a template can be called, without its ending.
fn known() -> Vec<&'static str> {
    let mut known = vec!["letter"];
    for letter in sample::all(Locale::En) {
        if !known.contains(&letter.content.kind()) {
            known.push(letter.content.kind());
        }
    }
    known
}

/// The templates with these in the place of those of the same name, tried out.
pub(super) fn check(instead: &[(String, String)]) -> Result<Templates, MailError> {
    for (name, source) in instead {
        let lower = source.to_ascii_lowercase();
        if let Some(what) = ["<script", "javascript:"].into_iter().find(|what| lower.contains(what)) {
            let name = name.clone();
            return Err(MailError::Script { name, what });
        }
    }
    let templates = Templates::new(instead).map_err(|(name, source)| MailError::broken(name, source))?;
    for locale in Locale::ALL {
        for letter in sample::all(locale) {
            check_letter(&templates, instead, locale, &letter)?;
        }
    }
    Ok(templates)
}

fn check_letter(
    templates: &Templates,
    instead: &[(String, String)],
    locale: Locale,
    letter: &Letter,
) -> Result<(), MailError> {
    let kind = letter.content.kind();
    let name_of = |form: &str| {
        let own = format!("{kind}.{form}");
        let is_own = instead.iter().any(|(name, _)| *name == own);
        if is_own { own } else { format!("letter.{form}") }
    };
    let written = templates.write(letter).map_err(|error| {
        let name = error.name().unwrap_or(TEMPLATES[0].0).to_owned();
        MailError::broken(name, error)
    })?;
    let sheet = Sheet::of(letter, locale);
    let link = sheet.button.as_ref().map(|button| button.href.as_str());
    for (form, body) in [("txt", &written.text), ("html", &written.html)] {
        let has = |wanted: Option<&str>| wanted.is_none_or(|wanted| body.contains(&escaped(form, wanted)));
        let what = match (form, has(sheet.code.as_deref()), has(link)) {
            ("txt", ..) if written.subject.is_empty() => "a first line, the subject",
            (_, false, _) => "its code",
            (_, _, false) => "its link",
            _ => continue,
        };
        let name = name_of(form);
        return Err(MailError::Lacks { kind, name, what });
    }
    Ok(())
}

/// A text as a template of this form shows it.
fn escaped(form: &str, text: &str) -> String {
    if form == "html" {
        minijinja::HtmlEscape(text).to_string()
    } else {
        text.to_owned()
    }
}
