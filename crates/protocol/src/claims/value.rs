//! Which values a standard claim can have.
//!
//! Spec: OpenID Connect Core §5.1 and §5.1.1, RFC 3966 §3

use serde_json::{Map, Value};
use url::Url;

use super::{
    UPDATED_AT, is_standard,
    language::{LOCALIZABLE, is_language_tag, split},
};

/// The longest text of a claim, in bytes: claims travel in tokens.
const LONGEST: usize = 2048;
/// The members of an address (§5.1.1).
const ADDRESS: &[&str] = &[
    "formatted",
    "street_address",
    "locality",
    "region",
    "postal_code",
    "country",
];

/// What is wrong with a claim, and what to write instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}: {remedy}")]
pub struct ClaimProblem {
    /// What is wrong, to be said after the claim's name.
    pub problem: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

const fn wrong(problem: &'static str, remedy: &'static str) -> Result<(), ClaimProblem> {
    Err(ClaimProblem { problem, remedy })
}

/// Whether a user can have this value of this claim. The name may have a language.
pub fn check(name: &str, value: &Value) -> Result<(), ClaimProblem> {
    let (claim, tag) = split(name);
    if !is_standard(claim) {
        return wrong("is not a standard claim", "use one of OpenID Connect Core §5.1");
    }
    if claim == UPDATED_AT {
        return wrong("is kept by the server itself", "remove it");
    }
    if let Some(tag) = tag {
        if !LOCALIZABLE.contains(&claim) {
            return wrong("has no languages", "write it without the part from # on");
        }
        if !is_language_tag(tag) {
            return wrong(
                "ends in what is not a language tag",
                "write a tag like ja or ja-Kana-JP",
            );
        }
    }
    match claim {
        "email_verified" | "phone_number_verified" if value.is_boolean() => Ok(()),
        "email_verified" | "phone_number_verified" => {
            wrong("is not true or false", "write true or false, without quotes")
        }
        "address" => value.as_object().map_or_else(
            || wrong("is not an object", "write a table: { formatted = \"…\" }"),
            check_address,
        ),
        _ => match value.as_str().map(str::trim) {
            None => wrong("is not a text", "write a text in quotes"),
            Some("") => wrong("is empty", "give it a value, or remove it"),
            Some(text) if text.len() > LONGEST => wrong("is too long", "write at most 2048 bytes"),
            Some(text) => check_text(claim, text),
        },
    }
}

fn check_address(address: &Map<String, Value>) -> Result<(), ClaimProblem> {
    if address.is_empty() {
        return wrong("is empty", "give it a member, or remove it");
    }
    for (member, value) in address {
        if !ADDRESS.contains(&member.as_str()) {
            return wrong(
                "has an unknown member",
                "use formatted, street_address, locality, region, postal_code and country",
            );
        }
        if value.as_str().is_none_or(|text| text.len() > LONGEST) {
            return wrong("has a member that is not a short text", "write a text in quotes");
        }
    }
    Ok(())
}

fn check_text(claim: &str, text: &str) -> Result<(), ClaimProblem> {
    match claim {
        "email" if !is_email(text) => wrong("is not an e-mail address", "write name@example.com"),
        "profile" | "picture" | "website" if !is_web_address(text) => {
            wrong("is not a web address", "write a URL that begins with https://")
        }
        "birthdate" if !is_birthdate(text) => wrong(
            "is not a date",
            "write YYYY-MM-DD, with the year 0000 to leave it out, or YYYY",
        ),
        "zoneinfo" if !is_zone(text) => wrong("is not a time zone", "write a name like Asia/Tokyo"),
        "locale" if !is_language_tag(text) => wrong("is not a language tag", "write a tag like ja-JP"),
        "phone_number" if !is_phone_number(text) => {
            wrong("is not a telephone number", "write it by E.164: +81312345678")
        }
        _ => Ok(()),
    }
}

fn is_email(text: &str) -> bool {
    let is_plain = |part: &str| !part.is_empty() && !part.chars().any(|c| c.is_whitespace() || c.is_control());
    text.rsplit_once('@')
        .is_some_and(|(local, domain)| is_plain(local) && is_plain(domain) && !domain.contains('@'))
}

fn is_web_address(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "https" | "http") && url.has_host())
}

/// "The year MAY be 0000, indicating that it is omitted. To represent only the year, YYYY format is allowed."
fn is_birthdate(text: &str) -> bool {
    let number = |part: &str, digits: usize| {
        (part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| part.parse::<u16>().ok())
            .flatten()
    };
    match text.split('-').collect::<Vec<_>>().as_slice() {
        [year] => number(year, 4).is_some(),
        [year, month, day] => match (number(year, 4), number(month, 2), number(day, 2)) {
            (Some(year), Some(month), Some(day)) => (1..=days_in(year, month)).contains(&day),
            _ => false,
        },
        _ => false,
    }
}

fn days_in(year: u16, month: u16) -> u16 {
    // Without a year the day may be the 29th of February.
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        _ => 0,
    }
}

fn is_zone(text: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+'))
    };
    text.len() <= 64 && text.split('/').all(is_part)
}

/// Digits with what people put between them, and perhaps an extension (`;ext=5678`).
fn is_phone_number(text: &str) -> bool {
    let (number, extension) = text.split_once(";ext=").unwrap_or((text, "0"));
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    let is_written_so = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'+' | b' ' | b'-' | b'.' | b'(' | b')');
    (3..=20).contains(&digits)
        && number.bytes().all(is_written_so)
        && !extension.is_empty()
        && extension.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_claim_has_its_type() {
        for (name, value) in [
            ("name", json!("Alice Example")),
            ("name#ja-Kana-JP", json!("アリス")),
            ("email", json!("alice@example.com")),
            ("email_verified", json!(true)),
            ("phone_number", json!("+1 (604) 555-1234;ext=5678")),
            ("phone_number_verified", json!(false)),
            ("address", json!({"street_address": "1-1\nChiyoda", "country": "JP"})),
            ("address#ja", json!({"formatted": "東京都千代田区"})),
            ("birthdate", json!("0000-02-29")),
            ("birthdate", json!("1990")),
            ("zoneinfo", json!("America/Argentina/Buenos_Aires")),
            ("locale", json!("ja-JP")),
            ("picture", json!("https://example.com/alice.png")),
            ("gender", json!("female")),
        ] {
            assert_eq!(check(name, &value), Ok(()), "{name}");
        }
    }

    #[test]
    fn values_of_another_type_or_form_are_refused() {
        for (name, value) in [
            ("name", json!(1)),
            ("name", json!(" ")),
            ("name#", json!("x")),
            ("email#ja", json!("a@example.com")),
            ("email", json!("alice@")),
            ("email", json!("alice example@example.com")),
            ("email_verified", json!("true")),
            ("phone_number", json!("call me")),
            ("phone_number", json!("+1 604 555 1234;ext=")),
            ("phone_number_verified", json!(1)),
            ("address", json!("Tokyo")),
            ("address", json!({})),
            ("address", json!({"planet": "Earth"})),
            ("address", json!({"country": 81})),
            ("birthdate", json!("1990-02-29")),
            ("birthdate", json!("1990-13-01")),
            ("birthdate", json!("90-1-1")),
            ("zoneinfo", json!("Tokyo time")),
            ("locale", json!("ja_JP")),
            ("website", json!("javascript:alert(1)")),
            ("website", json!("example.com")),
            ("nickname", json!("x".repeat(LONGEST + 1))),
            ("updated_at", json!(1)),
            ("sub", json!("1")),
            ("salary", json!("1")),
        ] {
            assert!(check(name, &value).is_err(), "{name}: {value}");
        }
    }
}
