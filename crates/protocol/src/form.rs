//! Parameters in `application/x-www-form-urlencoded` form, read strictly.
//!
//! Spec: RFC 6749 §3.1, §3.2 and Appendix B
//!
//! Accepted: names and values in UTF-8, escaped or not; empty pieces between `&`. Not accepted: a `%` that begins no
//! escape, broken UTF-8, NUL, more than [`MAX_PARAMETERS`] parameters. A repeated name is remembered rather than
//! refused here, because who may be told about it depends on which parameter it is.

use std::{borrow::Cow, fmt};

use explanation::{Explain, Explanation, catalogue};

use crate::RequestError;

/// How many parameters one request may have.
pub const MAX_PARAMETERS: usize = 100;

/// The parameters that may be sent more than once: `resource` (RFC 8707 §2) and `audience` (RFC 8693 §2.1).
pub const REPEATABLE: &[&str] = &["resource", "audience"];

/// Why a body or a query is not a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// A `%` is not followed by two hexadecimal digits.
    #[error("a percent sign is not followed by two hexadecimal digits")]
    BadPercent,
    /// A name or value is not UTF-8.
    #[error("a parameter is not UTF-8")]
    NotUtf8,
    /// A name or value contains the NUL character.
    #[error("a parameter contains a NUL character")]
    Nul,
    /// More than [`MAX_PARAMETERS`] parameters.
    #[error("more than {MAX_PARAMETERS} parameters")]
    TooMany,
}

impl Explain for FormError {
    fn explanation(&self) -> Explanation {
        let reason = match self {
            Self::BadPercent => &catalogue::form::BAD_PERCENT,
            Self::NotUtf8 => &catalogue::form::NOT_UTF8,
            Self::Nul => &catalogue::form::NUL,
            Self::TooMany => return Explanation::from(&catalogue::form::TOO_MANY).expected(MAX_PARAMETERS.to_string()),
        };
        reason.into()
    }
}

/// A parameter was sent more than once.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the parameter {name} is included more than once")]
pub struct Duplicate {
    /// Which one.
    pub name: String,
}

impl Explain for Duplicate {
    fn explanation(&self) -> Explanation {
        twice(&self.name)
    }
}

/// Why a parameter that comes twice is refused.
pub fn twice(name: &str) -> Explanation {
    Explanation::from(&catalogue::form::TWICE).with("once", format!("{name}, twice"))
}

impl From<Duplicate> for RequestError {
    fn from(duplicate: Duplicate) -> Self {
        Self::new(duplicate.explanation(), duplicate.to_string())
    }
}

/// The parameters of a request, in their order. Its `Debug` shows names only, since values can be secrets.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Form {
    pairs: Vec<(String, String)>,
    duplicate: Option<String>,
}

impl Form {
    /// Reads a body or a query string (without the `?`).
    pub fn parse(bytes: &[u8]) -> Result<Self, FormError> {
        let mut pairs = Vec::new();
        for (at, piece) in bytes
            .split(|byte| *byte == b'&')
            .filter(|piece| !piece.is_empty())
            .enumerate()
        {
            if at == MAX_PARAMETERS {
                return Err(FormError::TooMany);
            }
            let (name, value) = match piece.iter().position(|byte| *byte == b'=') {
                Some(equals) => (
                    piece.get(..equals).unwrap_or_default(),
                    piece.get(equals + 1..).unwrap_or_default(),
                ),
                None => (piece, [].as_slice()),
            };
            pairs.push((decode(name)?, decode(value)?));
        }
        Ok(Self::from_pairs(pairs))
    }

    /// A form of decoded names and values, by the same rules about empty values and repeated names.
    pub fn from_pairs<N: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let mut form = Self::default();
        for (name, value) in pairs {
            let (name, value) = (name.into(), value.into());
            // RFC 6749 §3.1: "Parameters sent without a value MUST be treated as if they were omitted from the request."
            if value.is_empty() {
                continue;
            }
            // RFC 6749 §3.1: "Request and response parameters MUST NOT be included more than once."
            if form.duplicate.is_none() && !REPEATABLE.contains(&name.as_str()) && form.first(&name).is_some() {
                form.duplicate = Some(name.clone());
            }
            form.pairs.push((name, value));
        }
        form
    }

    /// The value of a parameter that must not be repeated.
    pub fn get(&self, name: &str) -> Result<Option<&str>, Duplicate> {
        let mut values = self.all(name);
        let first = values.next();
        if values.next().is_some() {
            return Err(Duplicate { name: name.to_owned() });
        }
        Ok(first)
    }

    /// The first value of a parameter, whether or not it was repeated.
    pub fn first(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Every value of a parameter, in order.
    pub fn all<'a, 'n>(&'a self, name: &'n str) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
        self.iter()
            .filter(move |(known, _)| *known == name)
            .map(|(_, value)| value)
    }

    /// The first name that was repeated although it must not be.
    pub fn duplicate(&self) -> Option<&str> {
        self.duplicate.as_deref()
    }

    /// Names and values, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Form ")?;
        f.debug_set().entries(self.iter().map(|(name, _)| name)).finish()
    }
}

/// Undoes the form encoding of one name or value: `+` is a space, `%xx` a byte, the whole UTF-8 without NUL.
pub(crate) fn decode(text: &[u8]) -> Result<String, FormError> {
    let mut bytes = Cow::Borrowed(text);
    if text.contains(&b'%') || text.contains(&b'+') {
        let mut decoded = Vec::with_capacity(text.len());
        let mut rest = text.iter().copied();
        while let Some(byte) = rest.next() {
            decoded.push(match byte {
                b'+' => b' ',
                b'%' => {
                    let (high, low) = (rest.next().and_then(hex_digit), rest.next().and_then(hex_digit));
                    let (Some(high), Some(low)) = (high, low) else {
                        return Err(FormError::BadPercent);
                    };
                    high << 4 | low
                }
                other => other,
            });
        }
        bytes = Cow::Owned(decoded);
    }
    if bytes.contains(&0) {
        return Err(FormError::Nul);
    }
    String::from_utf8(bytes.into_owned()).map_err(|_| FormError::NotUtf8)
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorCode;

    #[test]
    fn names_and_values_are_decoded() {
        let form = Form::parse("a=1&b=x+y%20z&c=%E3%81%82&%64=4&e=a=b&é=é".as_bytes()).unwrap();
        let pairs: Vec<_> = form.iter().collect();
        assert_eq!(
            pairs,
            [
                ("a", "1"),
                ("b", "x y z"),
                ("c", "あ"),
                ("d", "4"),
                ("e", "a=b"),
                ("é", "é")
            ]
        );
    }

    #[test]
    fn a_parameter_without_a_value_is_absent() {
        let form = Form::parse(b"state=&scope&nonce=n&&").unwrap();
        assert_eq!(form.get("state"), Ok(None));
        assert_eq!(form.get("scope"), Ok(None));
        assert_eq!(form.get("nonce"), Ok(Some("n")));
        assert_eq!(Form::parse(b"").unwrap(), Form::default());
    }

    #[test]
    fn a_repeated_parameter_is_told_apart() {
        let form = Form::parse(b"a=1&state=x&state=x&a=2").unwrap();
        assert_eq!(form.duplicate(), Some("state"));
        assert_eq!(form.get("state"), Err(Duplicate { name: "state".into() }));
        assert_eq!(form.first("a"), Some("1"));
        assert_eq!(form.all("a").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(
            RequestError::from(Duplicate { name: "state".into() }).code,
            ErrorCode::InvalidRequest
        );
    }

    #[test]
    fn a_name_that_is_repeated_in_another_spelling_is_a_duplicate_too() {
        assert_eq!(Form::parse(b"state=1&%73tate=2").unwrap().duplicate(), Some("state"));
    }

    #[test]
    fn resource_may_be_repeated() {
        let form = Form::parse(b"resource=https%3A%2F%2Fa&resource=https%3A%2F%2Fb").unwrap();
        assert_eq!(form.duplicate(), None);
        assert_eq!(form.all("resource").collect::<Vec<_>>(), ["https://a", "https://b"]);
    }

    #[test]
    fn an_empty_repetition_counts_as_omitted() {
        let form = Form::parse(b"state=&state=x").unwrap();
        assert_eq!((form.duplicate(), form.get("state")), (None, Ok(Some("x"))));
    }

    #[test]
    fn what_is_not_a_form_is_refused() {
        for (bad, why) in [
            (b"a=%".as_slice(), FormError::BadPercent),
            (b"a=%4", FormError::BadPercent),
            (b"a=%zz", FormError::BadPercent),
            (b"a=%+1", FormError::BadPercent),
            (b"a=%FF", FormError::NotUtf8),
            (b"a=\xC0\xAF", FormError::NotUtf8),
            (b"a=%ED%A0%80", FormError::NotUtf8),
            (b"a=x%00", FormError::Nul),
            (b"a\0=x", FormError::Nul),
        ] {
            assert_eq!(Form::parse(bad), Err(why), "{bad:?}");
        }
    }

    #[test]
    fn one_hundred_parameters_are_enough() {
        let hundred = vec!["a=1"; MAX_PARAMETERS].join("&");
        assert!(Form::parse(hundred.as_bytes()).is_ok());
        assert_eq!(Form::parse(format!("{hundred}&b").as_bytes()), Err(FormError::TooMany));
    }

    #[test]
    fn debug_shows_no_value() {
        let shown = format!("{:?}", Form::parse(b"password=hunter2").unwrap());
        assert!(shown.contains("password") && !shown.contains("hunter2"), "{shown}");
    }
}
