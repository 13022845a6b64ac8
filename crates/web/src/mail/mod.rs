//! What mail looks like: each letter (`authn::notice`) in its user's language, as text and as HTML.
//!
//! Spec: RFC 2046 §5.1.4 (the same in two forms)
//!
//! One pair of templates serves all, `letter.txt` and `letter.html`. The first line of the text is the subject. What others
//! named is a [`Label`](crate::pages::Label) in them, so that no name adds a line, turns the direction of writing, or
//! grows over the page. Variables are the members of [`Sheet`]; `lang` besides.

mod overrides;
mod sample;
mod sheet;
#[cfg(test)]
mod tests;

use std::path::Path;

use authn::notice::Letter;
use minijinja::{Environment, Value, context, value::Serde};

pub use self::{overrides::MailError, sheet::Sheet};
use crate::{locale::Locale, pages::engine};

/// The built-in templates, by file name.
const TEMPLATES: [(&str, &str); 2] = [
    ("letter.txt", include_str!("../templates/mail/letter.txt")),
    ("letter.html", include_str!("../templates/mail/letter.html")),
];

/// A letter, written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

/// The templates, ready to write letters.
#[derive(Debug)]
pub struct Mails {
    built_in: Templates,
    overridden: Option<Templates>,
}

impl Mails {
    /// The built-in templates, and in their place those in the folder `mail` of the directory `overrides`: of all letters
    /// (`letter.txt`), or of one kind (`new_sign_in.txt`). Each of these is tried out with sample data.
    ///
    /// # Errors
    /// A directory or file that cannot be read, a file that is no letter's, a template that is broken, holds scripts, or
    /// leaves out what its letter is for.
    pub fn new(overrides: Option<&Path>) -> Result<Self, MailError> {
        let built_in = Templates::new(&[]).map_err(|(name, source)| MailError::broken(name, source))?;
        let overridden = overrides.map(overrides::load).transpose()?.flatten();
        Ok(Self { built_in, overridden })
    }

    /// Writes a letter.
    ///
    /// An overridden template that fails on real data is reported and the built-in one is used: what a user must know is
    /// not to be held up by it.
    pub fn write(&self, letter: &Letter) -> Result<Written, minijinja::Error> {
        if let Some(overridden) = &self.overridden {
            match overridden.write(letter) {
                Ok(written) => return Ok(written),
                Err(error) => {
                    tracing::error!(%error, "an overridden template of mail failed; the built-in one is used");
                }
            }
        }
        self.built_in.write(letter)
    }
}

/// One set of templates, in every language.
#[derive(Debug)]
struct Templates {
    en: Engines,
    ja: Engines,
}

#[derive(Debug)]
struct Engines {
    text: Environment<'static>,
    html: Environment<'static>,
}

impl Templates {
    /// The built-in templates with these beside them, or in the place of those of the same name; the name of the broken
    /// one otherwise.
    fn new(instead: &[(String, String)]) -> Result<Self, (String, minijinja::Error)> {
        let build = |locale| {
            let mut engines = Engines {
                text: engine::text_engine(locale),
                html: engine::engine(locale),
            };
            let built_in = TEMPLATES.map(|(name, source)| (name.to_owned(), source.to_owned()));
            for (name, source) in built_in.iter().chain(instead) {
                let is_text = Path::new(name).extension().is_some_and(|extension| extension == "txt");
                let engine = if is_text { &mut engines.text } else { &mut engines.html };
                engine
                    .add_template_owned(name.clone(), source.clone())
                    .map_err(|error| (name.clone(), error))?;
            }
            Ok(engines)
        };
        Ok(Self {
            en: build(Locale::En)?,
            ja: build(Locale::Ja)?,
        })
    }

    fn write(&self, letter: &Letter) -> Result<Written, minijinja::Error> {
        let locale = Locale::from_tag(&letter.locale).unwrap_or(Locale::En);
        let engines = match locale {
            Locale::En => &self.en,
            Locale::Ja => &self.ja,
        };
        let sheet = Sheet::of(letter, locale);
        let variables = context! { lang => locale.tag(), ..Value::from(Serde(&sheet)) };
        let text = render(&engines.text, sheet.kind, "txt", &variables)?;
        let (subject, text) = text.split_once('\n').unwrap_or((text.as_str(), ""));
        Ok(Written {
            subject: subject.trim().to_owned(),
            text: format!("{}\n", text.trim()),
            html: render(&engines.html, sheet.kind, "html", &variables)?,
        })
    }
}

/// By the template of the kind where there is one, else by that of all letters.
fn render(engine: &Environment<'_>, kind: &str, form: &str, variables: &Value) -> Result<String, minijinja::Error> {
    let template = engine
        .get_template(&format!("{kind}.{form}"))
        .or_else(|_| engine.get_template(&format!("letter.{form}")))?;
    template.render(variables)
}
