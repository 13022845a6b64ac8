//! Templates of the operator in the place of the built-in ones.
//!
//! They are tried out before they are used: with sample data, in every language, each must render, keep the hooks of
//! its page, and hold no script or style.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{Sheet, TEMPLATES, Templates, html, sample};
use crate::locale::Locale;

/// Why a directory of templates is refused.
#[derive(Debug, thiserror::Error)]
pub enum OverrideError {
    /// It, or a file in it, cannot be read.
    #[error("{path}: {source}")]
    Unreadable {
        /// The directory or file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A file that overrides nothing.
    #[error("{path}: no template has this name; there are {known}")]
    Unknown {
        /// The file.
        path: PathBuf,
        /// The names that there are.
        known: String,
    },
    /// A template that cannot be read or rendered.
    #[error("template {name}: {source:#}")]
    Broken {
        /// The template.
        name: String,
        /// What is wrong, and in which line.
        source: Box<minijinja::Error>,
    },
    /// A template with code or style in it, which the pages' policy forbids.
    #[error(
        "template {name} contains `{what}`: pages have no scripts and no inline styles; use the classes of the style sheet"
    )]
    InlineCode {
        /// The template.
        name: String,
        /// What was found.
        what: String,
    },
    /// A page that lost an id which users' automation relies on.
    #[error("template {name} lacks an element with id=\"{hook}\"; the built-in template shows where it belongs")]
    MissingHook {
        /// The template.
        name: String,
        /// The id.
        hook: String,
    },
}

impl OverrideError {
    pub(super) fn broken(name: String, source: minijinja::Error) -> Self {
        let source = Box::new(source);
        Self::Broken { name, source }
    }
}

/// The templates with those of this directory in their place; none when it has no template.
pub(super) fn load(directory: &Path) -> Result<Option<Templates>, OverrideError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source| OverrideError::Unreadable { path, source }
    };
    let mut instead = Vec::new();
    for entry in fs::read_dir(directory).map_err(unreadable(directory))? {
        let path = entry.map_err(unreadable(directory))?.path();
        if path.extension().is_none_or(|extension| extension != "html") {
            continue;
        }
        let Some((name, _)) = TEMPLATES
            .iter()
            .find(|(name, _)| path.file_name().is_some_and(|file| file == *name))
        else {
            let known = TEMPLATES.map(|(name, _)| name).join(", ");
            return Err(OverrideError::Unknown { path, known });
        };
        let source = fs::read_to_string(&path).map_err(unreadable(&path))?;
        instead.push(((*name).to_owned(), source));
    }
    if instead.is_empty() {
        return Ok(None);
    }
    check(&instead).map(Some)
}

/// The templates with these in the place of those of the same name, tried out.
pub(super) fn check(instead: &[(String, String)]) -> Result<Templates, OverrideError> {
    for (name, source) in instead {
        let source = source.to_ascii_lowercase();
        // Also in branches that the samples do not take.
        if let Some(what) = ["<script", "<style", "javascript:"]
            .into_iter()
            .find(|what| source.contains(what))
        {
            let (name, what) = (name.clone(), what.to_owned());
            return Err(OverrideError::InlineCode { name, what });
        }
    }
    let templates = Templates::new(instead).map_err(|(name, source)| OverrideError::broken(name, source))?;
    for locale in Locale::ALL {
        for sheet in sample::all(locale) {
            check_page(&templates, locale, sheet)?;
        }
    }
    Ok(templates)
}

fn check_page(templates: &Templates, locale: Locale, sheet: Sheet) -> Result<(), OverrideError> {
    let name = sheet.template.to_owned();
    // The page's own script is not the template's.
    let sheet = Sheet { script: None, ..sheet };
    let page = templates
        .render(locale, &sheet)
        .map_err(|error| OverrideError::broken(name.clone(), error.source))?;
    let tags = html::tags(&page);
    if let Some(what) = html::inline_code(&tags) {
        return Err(OverrideError::InlineCode { name, what });
    }
    match sheet
        .hooks
        .into_iter()
        .find(|hook| !tags.iter().any(|tag| tag.has_id(hook)))
    {
        Some(hook) => Err(OverrideError::MissingHook { name, hook }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &str, change: impl Fn(&str) -> String) -> Result<Templates, OverrideError> {
        let (name, source) = TEMPLATES.into_iter().find(|(known, _)| *known == name).unwrap();
        check(&[(name.to_owned(), change(source))])
    }

    #[test]
    fn a_template_that_keeps_its_hooks_is_taken() {
        for (name, _) in TEMPLATES {
            with(name, |source| format!("{{# ours #}}{source}")).unwrap();
        }
    }

    #[test]
    fn a_template_without_a_hook_is_refused() {
        for (name, hook) in [
            ("sign_in.html", "sign-in"),
            ("consent.html", "approve"),
            ("account.html", "sign-out"),
            ("sign_out.html", "sign-out"),
            ("error.html", "explain-id"),
            ("form_post.html", "continue"),
        ] {
            let lost = with(name, |source| source.replace(&format!("id=\"{hook}\""), "")).unwrap_err();
            assert!(
                matches!(&lost, OverrideError::MissingHook { hook: missing, .. } if missing == hook),
                "{lost}"
            );
            assert!(lost.to_string().contains(name) && lost.to_string().contains(hook));
        }
    }

    #[test]
    fn scripts_and_inline_styles_are_refused() {
        for code in [
            "<SCRIPT src='/x.js'>",
            "{% if false %}<script>{% endif %}",
            "<style>",
            "<p style='color:red'>",
            "<p onclick=x>",
        ] {
            let refused = with("layout.html", |source| {
                source.replace("</main>", &format!("{code}</main>"))
            })
            .unwrap_err();
            assert!(matches!(refused, OverrideError::InlineCode { .. }), "{code}: {refused}");
        }
    }

    #[test]
    fn a_broken_template_is_refused_with_its_name() {
        for code in [
            "{% if %}",
            "{{ no_such_variable }}",
            "{{ t('no.such.message') }}",
            "{{ realm.display_name | safe }}",
        ] {
            let refused = with("message.html", |source| source.replace("<h1", &format!("{code}<h1"))).unwrap_err();
            assert!(
                matches!(&refused, OverrideError::Broken { name, .. } if name == "message.html"),
                "{code}: {refused}"
            );
        }
    }

    #[test]
    fn a_directory_is_read() {
        let directory = std::env::temp_dir().join(format!("sekisho-pages-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        assert!(load(&directory).unwrap().is_none());
        fs::write(directory.join("message.html"), "<h1>Ours: {{ t(title) }}</h1>").unwrap();
        assert!(load(&directory).unwrap().is_some());
        fs::write(directory.join("sing_in.html"), "").unwrap();
        let unknown = load(&directory).unwrap_err().to_string();
        assert!(
            unknown.contains("sing_in.html") && unknown.contains("sign_in.html"),
            "{unknown}"
        );
        fs::remove_dir_all(&directory).unwrap();
        assert!(matches!(load(&directory), Err(OverrideError::Unreadable { .. })));
    }
}
