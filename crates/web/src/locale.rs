//! Languages of the pages: which one is spoken, what is said in it, and how a date looks.
//!
//! Spec: OpenID Connect Core §3.1.2.1 (`ui_locales`), RFC 9110 §12.5.4 (`Accept-Language`), RFC 4647 §3.4 (lookup,
//! here on the primary language alone).

use std::{collections::BTreeMap, fmt, sync::LazyLock};

use serde::{Serialize, Serializer};
use time::{Month, OffsetDateTime, UtcOffset};

/// A language that the pages speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Locale {
    /// English.
    En,
    /// Japanese.
    Ja,
}

type Messages = BTreeMap<String, String>;

static EN: LazyLock<Messages> = LazyLock::new(|| messages(include_str!("locales/en.toml")));
static JA: LazyLock<Messages> = LazyLock::new(|| messages(include_str!("locales/ja.toml")));

impl Locale {
    /// Every language, English first.
    pub const ALL: [Self; 2] = [Self::En, Self::Ja];

    /// The language tag (BCP 47).
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ja => "ja",
        }
    }

    /// The language's own name.
    pub fn name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Ja => "日本語",
        }
    }

    /// The language of a tag such as `ja-JP`; regions and scripts do not matter.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or("");
        Self::ALL
            .into_iter()
            .find(|locale| locale.tag().eq_ignore_ascii_case(primary))
    }

    /// The language to speak: what the request asks for, then what the browser prefers, then the realm's order.
    ///
    /// Only languages in `offered` are spoken; a realm that offers none that exist gets English.
    pub fn negotiate(ui_locales: Option<&str>, accept_language: Option<&str>, offered: &[String]) -> Self {
        let offered: Vec<Self> = offered.iter().filter_map(|tag| Self::from_tag(tag)).collect();
        let is_offered = |locale: &Self| offered.contains(locale);
        let asked = ui_locales
            .unwrap_or("")
            .split_ascii_whitespace()
            .filter_map(Self::from_tag)
            .find(is_offered);
        asked
            .or_else(|| preferred(accept_language.unwrap_or(""), &offered))
            .or_else(|| offered.first().copied())
            .unwrap_or(Self::En)
    }

    /// The message of this key, placeholders not filled in. Keys are the dotted path in the language's file.
    pub fn message(self, key: &str) -> Option<&'static str> {
        let messages = match self {
            Self::En => &*EN,
            Self::Ja => &*JA,
        };
        messages.get(key).map(String::as_str)
    }

    /// The message of this key for a number of things: the key with `_one` is used for one, where there is such.
    pub fn counted(self, key: &str, count: Option<&str>) -> Option<&'static str> {
        let one = (count == Some("1"))
            .then(|| self.message(&format!("{key}_one")))
            .flatten();
        one.or_else(|| self.message(key))
    }

    /// A day, such as "23 November 2026". `offset` is in minutes east of UTC, `at` in unix seconds.
    pub fn date(self, at: i64, offset: i32) -> String {
        let at = moment(at, offset);
        match self {
            Self::En => format!("{} {} {}", at.day(), english(at.month()), at.year()),
            Self::Ja => format!("{}年{}月{}日", at.year(), u8::from(at.month()), at.day()),
        }
    }

    /// A day and time, such as "23 November 2026, 09:05 UTC". Arguments as for [`Locale::date`].
    pub fn date_time(self, at: i64, offset: i32) -> String {
        let day = self.date(at, offset);
        let time = moment(at, offset);
        let (hour, minute) = (time.hour(), time.minute());
        let zone = match offset {
            0 => "UTC".to_owned(),
            _ => format!(
                "UTC{}{:02}:{:02}",
                if offset < 0 { '-' } else { '+' },
                offset.abs() / 60,
                offset.abs() % 60
            ),
        };
        match self {
            Self::En => format!("{day}, {hour:02}:{minute:02} {zone}"),
            Self::Ja => format!("{day} {hour:02}:{minute:02}（{zone}）"),
        }
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

impl Serialize for Locale {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.tag())
    }
}

/// A message with its placeholders filled in; an argument named `count` also picks the singular. A key that does not
/// exist is said as it is, and a placeholder without an argument stays: pages, which must not do that, are rendered
/// by [`crate::pages::Pages`], which refuses both.
pub fn t(locale: Locale, key: &str, args: &[(&str, &str)]) -> String {
    let value = |name: &str| args.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    let message = locale.counted(key, value("count")).unwrap_or(key);
    let keep = |name: &str| {
        Ok::<_, std::convert::Infallible>(value(name).map_or_else(|| format!("{{{name}}}"), str::to_owned))
    };
    match fill(message, str::to_owned, keep) {
        Ok(text) => text,
        Err(never) => match never {},
    }
}

/// Fills the `{placeholders}` of a message in one pass, so that what is filled in is never read as a placeholder.
/// `literal` treats the message's own text.
pub(crate) fn fill<E>(
    message: &str,
    literal: impl Fn(&str) -> String,
    mut value: impl FnMut(&str) -> Result<String, E>,
) -> Result<String, E> {
    let mut filled = String::with_capacity(message.len() + 32);
    let mut rest = message;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else {
            break;
        };
        filled.push_str(&literal(before));
        filled.push_str(&value(name)?);
        rest = after;
    }
    filled.push_str(&literal(rest));
    Ok(filled)
}

/// The best offered language of an `Accept-Language` field. `*` stands for whatever comes first.
fn preferred(accept_language: &str, offered: &[Locale]) -> Option<Locale> {
    let mut best: Option<(Locale, u16)> = None;
    for range in accept_language.split(',').take(32) {
        let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
        let quality = quality(parameters);
        let locale = match tag.trim() {
            "*" => offered.first().copied(),
            tag => Locale::from_tag(tag).filter(|locale| offered.contains(locale)),
        };
        if let Some(locale) = locale
            && quality > best.map_or(0, |(_, quality)| quality)
        {
            best = Some((locale, quality));
        }
    }
    best.map(|(locale, _)| locale)
}

/// `q=0.8` in thousandths; one where it is missing, nothing where it is broken.
fn quality(parameters: &str) -> u16 {
    let Some(value) = parameters.trim().strip_prefix("q=") else {
        return 1000;
    };
    match value.split_once('.') {
        None if value == "1" => 1000,
        Some(("1", _)) => 1000,
        Some(("0", digits)) if digits.len() <= 3 => format!("{digits:0<3}").parse().unwrap_or(0),
        _ => 0,
    }
}

fn moment(at: i64, offset: i32) -> OffsetDateTime {
    let utc = OffsetDateTime::from_unix_timestamp(at).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    UtcOffset::from_whole_seconds(offset.saturating_mul(60))
        .ok()
        .and_then(|offset| utc.checked_to_offset(offset))
        .unwrap_or(utc)
}

fn english(month: Month) -> String {
    month.to_string()
}

/// The messages of a language's file, by dotted path.
fn messages(file: &str) -> Messages {
    let mut messages = Messages::new();
    if let Ok(table) = toml::from_str::<toml::Table>(file) {
        collect("", table, &mut messages);
    }
    messages
}

fn collect(path: &str, table: toml::Table, messages: &mut Messages) {
    for (name, value) in table {
        let key = if path.is_empty() {
            name
        } else {
            format!("{path}.{name}")
        };
        match value {
            toml::Value::Table(table) => collect(&key, table, messages),
            toml::Value::String(text) => {
                messages.insert(key, text);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn both() -> Vec<String> {
        vec!["ja".into(), "en".into()]
    }

    fn placeholders(message: &str) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        fill(message, str::to_owned, |name| {
            names.insert(name.to_owned());
            Ok::<_, ()>(String::new())
        })
        .unwrap();
        names
    }

    #[test]
    fn every_file_is_good_toml_with_texts_alone() {
        for file in [include_str!("locales/en.toml"), include_str!("locales/ja.toml")] {
            let table: toml::Table = toml::from_str(file).unwrap();
            let mut all = Messages::new();
            collect("", table, &mut all);
            assert!(all.len() > 100);
            assert!(all.values().all(|text| !text.trim().is_empty()));
        }
    }

    #[test]
    fn all_languages_have_the_same_keys_and_placeholders() {
        assert_eq!(EN.keys().collect::<Vec<_>>(), JA.keys().collect::<Vec<_>>());
        for (key, message) in EN.iter() {
            assert_eq!(placeholders(message), placeholders(&JA[key]), "{key}");
        }
    }

    #[test]
    fn japanese_is_in_japanese() {
        let latin_only = |text: &&String| text.is_ascii();
        assert_eq!(JA.values().filter(latin_only).count(), 0);
    }

    #[test]
    fn the_request_comes_before_the_browser_and_the_browser_before_the_realm() {
        assert_eq!(Locale::negotiate(Some("fr en-GB"), Some("ja"), &both()), Locale::En);
        assert_eq!(
            Locale::negotiate(None, Some("fr, en;q=0.8, ja;q=0.9"), &both()),
            Locale::Ja
        );
        assert_eq!(Locale::negotiate(None, Some("en-US,en;q=0.9"), &both()), Locale::En);
        assert_eq!(Locale::negotiate(Some("fr"), Some("de"), &both()), Locale::Ja);
        assert_eq!(Locale::negotiate(None, Some("*"), &both()), Locale::Ja);
    }

    #[test]
    fn a_language_that_is_not_offered_or_refused_is_not_spoken() {
        assert_eq!(Locale::negotiate(Some("ja"), Some("ja"), &["en".into()]), Locale::En);
        assert_eq!(Locale::negotiate(None, Some("ja;q=0, en;q=0.1"), &both()), Locale::En);
        assert_eq!(Locale::negotiate(None, Some("en;q=zzz, ja;q=0.5"), &both()), Locale::Ja);
        assert_eq!(Locale::negotiate(Some("ja"), None, &["tlh".into()]), Locale::En);
    }

    #[test]
    fn placeholders_are_filled_once() {
        let text = t(Locale::En, "layout.at", &[("host", "{host} {other}")]);
        assert!(text.contains("{host} {other}"), "{text}");
        assert_eq!(t(Locale::En, "no.such.key", &[]), "no.such.key");
    }

    #[test]
    fn one_thing_is_said_in_the_singular() {
        assert!(t(Locale::En, "duration.days", &[("count", "1")]).ends_with("1 day"));
        assert!(t(Locale::En, "duration.days", &[("count", "365")]).ends_with("365 days"));
    }

    #[test]
    fn dates_have_the_form_of_the_language() {
        let at = 1_795_440_605;
        assert_eq!(Locale::En.date(at, 0), "23 November 2026");
        assert_eq!(Locale::Ja.date(at, 0), "2026年11月23日");
        assert_eq!(Locale::En.date_time(at, 0), "23 November 2026, 13:30 UTC");
        assert_eq!(Locale::Ja.date_time(at, 540), "2026年11月23日 22:30（UTC+09:00）");
        assert_eq!(Locale::En.date_time(at, -210), "23 November 2026, 10:00 UTC-03:30");
    }
}
