//! The words of the page, in two languages.

use std::{collections::BTreeMap, sync::LazyLock};

use axum::http::{HeaderMap, header};
use traffic::Row;

/// A language of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    En,
    Ja,
}

/// A test reads it.
static TEXTS: LazyLock<BTreeMap<String, BTreeMap<String, String>>> =
    LazyLock::new(|| toml::from_str(include_str!("texts.toml")).unwrap_or_default());

impl Language {
    /// The one that was asked for, else the first one of ours that the browser names.
    pub fn choose(asked: Option<&str>, headers: &HeaderMap) -> Self {
        let accepted = headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let mut tags = asked.into_iter().chain(accepted.split(','));
        tags.find_map(|tag| match tag.trim().get(..2)? {
            "en" => Some(Self::En),
            "ja" => Some(Self::Ja),
            _ => None,
        })
        .unwrap_or(Self::En)
    }

    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ja => "ja",
        }
    }

    pub const fn other(self) -> Self {
        match self {
            Self::En => Self::Ja,
            Self::Ja => Self::En,
        }
    }

    /// All texts.
    pub fn texts(self) -> &'static BTreeMap<String, String> {
        static NONE: BTreeMap<String, String> = BTreeMap::new();
        TEXTS.get(self.tag()).unwrap_or(&NONE)
    }

    /// Since when, and as of when.
    pub fn last(self, minutes: i64, at: &str) -> String {
        let text = self.texts().get("last").map_or("", String::as_str);
        text.replace("{minutes}", &minutes.to_string()).replace("{at}", at)
    }

    /// What the picture shows, for those who do not see it.
    pub fn summary(self, row: &Row) -> String {
        let text = self.texts().get("summary").map_or("", String::as_str);
        [
            ("{calls}", row.calls()),
            ("{refused}", row.refused),
            ("{failed}", row.failed),
        ]
        .iter()
        .fold(text.to_owned(), |text, (place, number)| {
            text.replace(place, &number.to_string())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_have_the_same_texts() {
        let keys = |language: Language| language.texts().keys().collect::<Vec<_>>();
        assert!(keys(Language::En).len() > 10);
        assert_eq!(keys(Language::En), keys(Language::Ja));
        assert!(Language::Ja.texts().values().all(|text| !text.is_empty()));
    }

    #[test]
    fn the_language_is_the_one_that_was_asked_for_else_the_browsers() {
        let mut headers = HeaderMap::new();
        assert_eq!(Language::choose(None, &headers), Language::En);
        headers.insert(header::ACCEPT_LANGUAGE, "fr, ja-JP;q=0.8, en;q=0.5".parse().unwrap());
        assert_eq!(Language::choose(None, &headers), Language::Ja);
        assert_eq!(Language::choose(Some("en"), &headers), Language::En);
        assert_eq!(Language::choose(Some("é"), &headers), Language::Ja);
    }
}
