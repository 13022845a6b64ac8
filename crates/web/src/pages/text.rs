//! What pages show of others' texts: names that cannot deceive, links that lead to the Web alone, messages by key.

use std::{collections::BTreeMap, convert::Infallible};

use serde::Serialize;

use super::csp;
use crate::locale::{Locale, fill};

/// A text that somebody else chose (an app's name, a user's, a browser's), fit to be shown: no control or invisible
/// characters, none that turn the direction of writing, white space collapsed, and short.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize)]
#[serde(transparent)]
pub struct Label(String);

impl Label {
    /// The longest name, in characters.
    pub const NAME: usize = 60;
    /// The longest sentence, in characters.
    pub const SENTENCE: usize = 120;
    /// The longest explaining text, in characters.
    pub const PARAGRAPH: usize = 300;

    /// A name, at most 60 characters long.
    pub fn new(text: &str) -> Self {
        Self::at_most(Self::NAME, text)
    }

    /// A sentence, such as what a scope permits, at most 120 characters long.
    pub fn sentence(text: &str) -> Self {
        Self::at_most(Self::SENTENCE, text)
    }

    /// An explaining text, at most 300 characters long.
    pub fn paragraph(text: &str) -> Self {
        Self::at_most(Self::PARAGRAPH, text)
    }

    /// A text as long as it is, where nothing may be left out.
    pub fn whole(text: &str) -> Self {
        Self::at_most(usize::MAX, text)
    }

    /// The first of these texts of which anything is left to show.
    pub fn first_of(texts: &[&str]) -> Self {
        texts
            .iter()
            .map(|text| Self::new(text))
            .find(|label| !label.0.is_empty())
            .unwrap_or_default()
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The character that stands for the name where there is no picture.
    pub fn initial(&self) -> String {
        let first = self.0.chars().find(|character| character.is_alphanumeric());
        first.map_or_else(|| "?".to_owned(), |first| first.to_uppercase().collect())
    }

    fn at_most(limit: usize, text: &str) -> Self {
        let mut shown = String::new();
        let mut length = 0;
        let mut gap = false;
        let mut marks = 0;
        // A name of megabytes is not read to its end.
        for character in text.chars().take(limit.saturating_mul(8)) {
            if character.is_whitespace() {
                gap = length > 0;
                continue;
            }
            marks = if is_mark(character) { marks + 1 } else { 0 };
            let is_unseen = is_joiner(character) && length == 0;
            if !is_deceptive(character) && !is_unseen && marks <= MARKS {
                if length + usize::from(gap) >= limit {
                    shown.push('…');
                    break;
                }
                if gap {
                    shown.push(' ');
                    length += 1;
                    gap = false;
                }
                shown.push(character);
                length += 1;
            }
        }
        Self(shown)
    }
}

impl From<&str> for Label {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Label {
    fn from(text: String) -> Self {
        Self::new(&text)
    }
}

/// How many marks may stand on one letter; a tower of them would cover the lines around it.
const MARKS: usize = 2;

/// Marks that stand on, in or under the letter before them.
fn is_mark(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// What joins letters or chooses their form. Persian and emoji need it; alone it is nothing that can be seen.
fn is_joiner(character: char) -> bool {
    matches!(character, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}')
}

/// Characters that are not seen or that change how their neighbours are seen.
fn is_deceptive(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}' | '\u{2800}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// An address that a page may link to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Href(String);

impl Href {
    /// An address that somebody else chose: https alone, so that it cannot be a script, without credentials; http on
    /// this machine, where apps are developed.
    pub fn external(address: &str) -> Option<Self> {
        let url = web_address(address)?;
        let is_loopback = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        (url.scheme() == "https" || is_loopback).then(|| Self(url.into()))
    }

    /// A picture that somebody else chose: https alone, from an origin that a page's policy can name.
    pub fn picture(address: &str) -> Option<Self> {
        let url = web_address(address).filter(|url| url.scheme() == "https")?;
        csp::origin(&url).is_some().then(|| Self(url.into()))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the server itself made: a path of its own, or the address that opens an authenticator app.
    pub fn local(path: impl Into<String>) -> Self {
        Self(path.into())
    }
}

/// An address of the Web without credentials, as browsers will read it.
fn web_address(address: &str) -> Option<url::Url> {
    let url = url::Url::parse(address).ok().filter(|_| address.len() <= 2048)?;
    let is_web = matches!(url.scheme(), "https" | "http") && url.host().is_some();
    (is_web && url.username().is_empty() && url.password().is_none()).then_some(url)
}

/// A sentence of a page: a message by its key, with what its placeholders stand for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Text {
    /// A message of the language files.
    Message {
        /// Its dotted key.
        key: &'static str,
        /// Placeholder → text.
        args: BTreeMap<&'static str, Label>,
    },
    /// A text of the realm or of an app, in whatever language it is.
    Plain {
        /// The text.
        plain: Label,
    },
}

impl Text {
    /// The message of this key.
    pub fn key(key: &'static str) -> Self {
        Self::Message {
            key,
            args: BTreeMap::new(),
        }
    }

    /// A text as it is, at most 300 characters long.
    pub fn plain(text: &str) -> Self {
        Self::Plain {
            plain: Label::paragraph(text),
        }
    }

    /// The text in a language, where there is no page to say it on.
    pub fn said(&self, locale: Locale) -> String {
        match self {
            Self::Plain { plain } => plain.as_str().to_owned(),
            Self::Message { key, args } => {
                let count = args.get("count").map(Label::as_str);
                let message = locale.counted(key, count).unwrap_or(key);
                let value = |name: &str| Ok::<_, Infallible>(args.get(name).map_or("", Label::as_str).to_owned());
                fill(message, str::to_owned, value).unwrap_or_else(|never| match never {})
            }
        }
    }

    /// With what a placeholder stands for.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Label>) -> Self {
        if let Self::Message { args, .. } = &mut self {
            args.insert(name, value.into());
        }
        self
    }
}

impl From<&'static str> for Text {
    fn from(key: &'static str) -> Self {
        Self::key(key)
    }
}

/// A way on from a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    /// Where to.
    pub href: Href,
    /// What the link says.
    pub label: Text,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_what_can_be_seen() {
        assert_eq!(Label::new("  Budget \n\t App ").as_str(), "Budget App");
        assert_eq!(Label::new("家計簿アプリ").as_str(), "家計簿アプリ");
        assert_eq!(Label::new("می\u{200c}خواهم").as_str(), "می\u{200c}خواهم");
    }

    #[test]
    fn a_text_is_said_in_a_language_with_what_is_counted() {
        let wait = |count: &str| Text::key("sign_in.error.too_many").with("count", count);
        assert!(wait("1").said(Locale::En).contains("Wait 1 minute and"));
        assert!(wait("15").said(Locale::En).contains("Wait 15 minutes and"));
        assert!(!wait("15").said(Locale::Ja).is_ascii());
        assert_eq!(Text::plain("{as} it is").said(Locale::Ja), "{as} it is");
    }

    #[test]
    fn characters_that_deceive_are_gone() {
        assert_eq!(
            Label::new("Bank\u{202e}knaB\u{2066}\0\u{7}\u{200b}\u{e0041}").as_str(),
            "BankknaB"
        );
        assert!(Label::new("\u{3164}\u{feff} \u{202e}").is_empty());
        assert_eq!(Label::first_of(&["\u{3164}", "budget-app"]).as_str(), "budget-app");
    }

    #[test]
    fn a_name_of_nothing_that_can_be_seen_is_none() {
        for unseen in ["\u{200d}", "\u{200c}\u{fe0f}", "\u{2800}\u{2800}", "\u{202e}\u{200f}"] {
            assert!(Label::new(unseen).is_empty(), "{unseen:?}");
        }
        let family = "👩\u{200d}👧 Budget 🏦\u{fe0f}";
        assert_eq!(Label::new(family).as_str(), family, "what joins letters stays");
    }

    #[test]
    fn a_tower_of_marks_is_cut_down() {
        let tower = format!("B{}ank", "\u{301}".repeat(50));
        assert_eq!(Label::new(&tower).as_str(), "B\u{301}\u{301}ank");
        assert_eq!(Label::new("Zu\u{308}rich").as_str(), "Zu\u{308}rich");
    }

    #[test]
    fn a_long_name_is_cut() {
        assert_eq!(Label::new(&"x".repeat(60)).as_str(), "x".repeat(60));
        let cut = Label::new(&"あ".repeat(10_000));
        assert_eq!(cut.as_str().chars().count(), 61);
        assert!(cut.as_str().ends_with('…'));
        assert!(Label::new(&" x".repeat(10_000)).as_str().chars().count() <= 61);
    }

    #[test]
    fn an_initial_is_a_letter_or_a_digit() {
        assert_eq!(Label::new("«budget»").initial(), "B");
        assert_eq!(Label::new("家計簿").initial(), "家");
        assert_eq!(Label::new("!!").initial(), "?");
    }

    #[test]
    fn links_lead_to_the_web_alone() {
        assert!(Href::external("https://app.example.com/terms").is_some());
        for address in [
            "javascript:alert(1)",
            "data:text/html,x",
            "https://bank@evil.example/",
            "http://app.example.com/terms",
            "/terms",
            "//evil.example/",
            "https://",
            "",
            &format!("https://app.example.com/{}", "x".repeat(2048)),
        ] {
            assert_eq!(Href::external(address), None, "{address}");
        }
        assert!(Href::external("http://127.0.0.1:8081/terms").is_some());
        let look_alike = Href::external("https://аpple.example/").unwrap();
        assert_eq!(look_alike.as_str(), "https://xn--pple-43d.example/");
    }

    #[test]
    fn a_picture_comes_by_https_from_an_origin_that_a_policy_can_name() {
        assert!(Href::picture("https://app.example.com:8443/logo.png?v=1").is_some());
        for address in [
            "http://app.example.com/logo.png",
            "http://127.0.0.1:8081/logo.png",
            "//evil.example/x.png",
            "/logo.png",
            "data:image/png;base64,AAAA",
            "javascript:alert(1)",
            "https://user:password@app.example.com/logo.png",
            "https://*/logo.png",
            "https://a;script-src.example/logo.png",
        ] {
            assert_eq!(Href::picture(address), None, "{address}");
        }
    }
}
