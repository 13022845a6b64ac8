//! Claims in several languages and scripts: `name`, `name#ja-Kana-JP`.
//!
//! Spec: OpenID Connect Core §5.2 and §5.5.2, RFC 5646 §2.1, RFC 4647 §3.3.1

use serde_json::{Map, Value};

/// The claims that people read, or that lead to what people read (§5.2): only these have languages.
pub const LOCALIZABLE: &[&str] = &[
    "name",
    "family_name",
    "given_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "address",
];

/// The longest language tag that is looked at (RFC 5646 §4.4.1 recommends room for 35 characters).
const LONGEST_TAG: usize = 35;

/// Takes a claim's name apart: the claim, and the language that it is in.
pub fn split(name: &str) -> (&str, Option<&str>) {
    match name.split_once('#') {
        Some((claim, tag)) => (claim, Some(tag)),
        None => (name, None),
    }
}

/// Whether the text has the form of a language tag: a language, then subtags of letters and digits.
pub fn is_language_tag(text: &str) -> bool {
    let mut subtags = text.split('-');
    let is_language = |tag: &str| (2..=8).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_subtag = |tag: &str| (1..=8).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_alphanumeric());
    text.len() <= LONGEST_TAG && subtags.next().is_some_and(is_language) && subtags.all(is_subtag)
}

/// What is known of a claim that was asked for by this name, with the names to tell it by.
///
/// A name with a language gives the value in it, if there is one. A name without gives the value in the first of
/// `locales` that is known, without its tag (§5.2 recommends that where only one language is asked for); else the value
/// without a language; else, with their tags, those of all languages.
///
/// §5.3.2: "If a Claim is not returned, that Claim Name SHOULD be omitted […]; it SHOULD NOT be present with a null or
/// empty string value."
pub fn known(claims: &Map<String, Value>, name: &str, locales: &[String]) -> Vec<(String, Value)> {
    let (claim, tag) = split(name);
    if let Some(wanted) = tag {
        return in_language(claims, claim, wanted)
            .map(|(tag, value)| {
                // §5.5.2: what is not in the language that was asked for says which one it is in.
                let tag = if covers(wanted, tag) { wanted } else { tag };
                (format!("{claim}#{tag}"), value.clone())
            })
            .into_iter()
            .collect();
    }
    let plain = || claims.get(claim).filter(|value| is_told(value));
    let preferred = locales.iter().find_map(|locale| in_language(claims, claim, locale));
    match preferred.map(|(_, value)| value).or_else(plain) {
        Some(value) => vec![(claim.to_owned(), value.clone())],
        None => tagged(claims, claim)
            .map(|(tag, value)| (format!("{claim}#{tag}"), value.clone()))
            .collect(),
    }
}

fn is_told(value: &Value) -> bool {
    !value.is_null() && value.as_str() != Some("")
}

fn tagged<'c>(claims: &'c Map<String, Value>, claim: &str) -> impl Iterator<Item = (&'c str, &'c Value)> {
    claims.iter().filter_map(move |(name, value)| match split(name) {
        (base, Some(tag)) if base == claim && is_told(value) => Some((tag, value)),
        _ => None,
    })
}

/// The value in a language, with its tag: the same or the least specific one within it (`de-CH` for `de`), else the
/// nearest one around it (`de` for `de-CH`).
fn in_language<'c>(claims: &'c Map<String, Value>, claim: &str, wanted: &str) -> Option<(&'c str, &'c Value)> {
    let within = tagged(claims, claim)
        .filter(|(tag, _)| covers(wanted, tag))
        .min_by_key(|(tag, _)| tag.len());
    within.or_else(|| {
        tagged(claims, claim)
            .filter(|(tag, _)| covers(tag, wanted))
            .max_by_key(|(tag, _)| tag.len())
    })
}

/// Whether a tag is a language range's, whatever the case of its letters.
fn covers(range: &str, tag: &str) -> bool {
    let is_same = tag
        .get(..range.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(range));
    is_same && matches!(tag.as_bytes().get(range.len()), None | Some(b'-'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(claims: &Value, name: &str, locales: &[&str]) -> Value {
        let locales: Vec<String> = locales.iter().map(|&locale| locale.to_owned()).collect();
        let told: Map<_, _> = known(claims.as_object().unwrap(), name, &locales).into_iter().collect();
        Value::Object(told)
    }

    #[test]
    fn a_claim_comes_in_the_language_that_its_name_asks_for() {
        let hanako = json!({
            "family_name": "Yamada", "family_name#ja-Hani-JP": "山田", "family_name#ja-Kana-JP": "ヤマダ",
            "website#de-CH": "https://example.ch/"
        });
        assert_eq!(
            told(&hanako, "family_name#ja-Kana-JP", &[]),
            json!({"family_name#ja-Kana-JP": "ヤマダ"})
        );
        assert_eq!(
            told(&hanako, "family_name#JA-hani-jp", &[]),
            json!({"family_name#JA-hani-jp": "山田"})
        );
        assert_eq!(
            told(&hanako, "website#de", &[]),
            json!({"website#de": "https://example.ch/"})
        );
        assert_eq!(told(&hanako, "family_name#fr", &["ja"]), json!({}));
        assert_eq!(told(&hanako, "family_name", &[]), json!({"family_name": "Yamada"}));
    }

    #[test]
    fn what_is_in_a_wider_language_than_asked_for_says_so() {
        let claims = json!({"name#de": "Anna", "name#de-AT": "Annerl"});
        assert_eq!(told(&claims, "name#de-CH", &[]), json!({"name#de": "Anna"}));
        assert_eq!(told(&claims, "name#d", &[]), json!({}), "a language is a whole subtag");
    }

    #[test]
    fn the_first_known_locale_is_told_without_its_tag() {
        let claims = json!({"name": "Hanako", "name#ja-Hani-JP": "花子", "name#de": "Anna"});
        assert_eq!(told(&claims, "name", &["fr", "ja", "de"]), json!({"name": "花子"}));
        assert_eq!(told(&claims, "name", &["de-CH"]), json!({"name": "Anna"}));
        assert_eq!(told(&claims, "name", &["se"]), json!({"name": "Hanako"}));
    }

    #[test]
    fn a_claim_that_is_known_in_languages_alone_is_told_with_its_tags() {
        let claims = json!({"name": "", "name#ja": "花子", "name#de": "Anna", "name#fr": null});
        assert_eq!(
            told(&claims, "name", &["se"]),
            json!({"name#ja": "花子", "name#de": "Anna"})
        );
    }

    #[test]
    fn a_language_tag_is_letters_then_subtags() {
        for good in ["ja", "ja-Kana-JP", "en-US", "zh-Hant-TW", "de-CH-1996", "es-419"] {
            assert!(is_language_tag(good), "{good}");
        }
        for bad in [
            "",
            "j",
            "ja_JP",
            "ja-",
            "-ja",
            "1a",
            "ja JP",
            "日本",
            "abcdefghi",
            "ja-123456789",
        ] {
            assert!(!is_language_tag(bad), "{bad}");
        }
    }
}
