//! Distinguished names: read from text, and compared attribute by attribute.
//!
//! Spec: RFC 4514 §2, §3, RFC 4517 §4.2.15, RFC 4518 §2
//!
//! Accepted: the short names of RFC 4514 and a few that certificates are full of, dotted object identifiers, values as text
//! or as `#` and the hex of their DER. Values of text are compared without regard to case and to runs of spaces; whether
//! a certificate spells them as one kind of text or another makes no difference. Deliberately not: the order of openssl's
//! `/C=…/O=…`, and RFC 4518's normal forms of Unicode beyond case.

use std::{collections::BTreeSet, fmt};

/// The longest text.
const LONGEST: usize = 1024;

/// Short names, in capitals, with their object identifiers (RFC 4514 §3; RFC 4519).
const SHORT_NAMES: &[(&str, &str)] = &[
    ("CN", "2.5.4.3"),
    ("L", "2.5.4.7"),
    ("ST", "2.5.4.8"),
    ("O", "2.5.4.10"),
    ("OU", "2.5.4.11"),
    ("C", "2.5.4.6"),
    ("STREET", "2.5.4.9"),
    ("DC", "0.9.2342.19200300.100.1.25"),
    ("UID", "0.9.2342.19200300.100.1.1"),
    ("SN", "2.5.4.4"),
    ("SERIALNUMBER", "2.5.4.5"),
    ("GIVENNAME", "2.5.4.42"),
    ("TITLE", "2.5.4.12"),
    ("BUSINESSCATEGORY", "2.5.4.15"),
    ("POSTALCODE", "2.5.4.17"),
    ("ORGANIZATIONIDENTIFIER", "2.5.4.97"),
    ("EMAILADDRESS", "1.2.840.113549.1.9.1"),
    ("JURISDICTIONCOUNTRYNAME", "1.3.6.1.4.1.311.60.2.1.3"),
];

/// What is wrong with a text that should be a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DnError {
    /// It names nobody.
    #[error("is empty or longer than {LONGEST} characters")]
    Length,
    /// An attribute without `=`, or with nothing before it.
    #[error("has a part without a type and =; write it like CN=app,O=Example,C=JP")]
    NoType,
    /// A type that is neither known nor an object identifier.
    #[error("has the unknown attribute type {0}; write its object identifier instead")]
    UnknownType(String),
    /// A character that must be escaped, an escape that is none, or hex that is none.
    #[error("has a value that is not written by RFC 4514: escape special characters with a backslash")]
    BadValue,
}

/// The value of an attribute, in the form in which it is compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DnValue {
    /// Text, prepared for comparison.
    Text(String),
    /// The tag and the content of what is no text.
    Other(u8, Vec<u8>),
}

impl DnValue {
    /// A text: lower case, without spaces at its ends, and with single ones inside (RFC 4518 §2.2, §2.6.1).
    pub fn text(text: &str) -> Self {
        let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
        Self::Text(words.join(" "))
    }

    /// A value as certificates have it: its tag and its content. One with a NUL in it is no text: programs written in C
    /// would see another.
    pub fn of_kind(tag: u8, content: &[u8]) -> Self {
        match string(tag, content) {
            Some(text) if !text.contains('\0') => Self::text(&text),
            _ => Self::Other(tag, content.to_vec()),
        }
    }

    fn from_der(der: &[u8]) -> Option<Self> {
        let (&tag, rest) = der.split_first()?;
        let (&length, rest) = rest.split_first()?;
        let (length, content) = match length {
            0..=0x7f => (usize::from(length), rest),
            0x81 => {
                let (&length, content) = rest.split_first()?;
                (usize::from(length), content)
            }
            _ => return None,
        };
        (content.len() == length).then(|| Self::of_kind(tag, content))
    }
}

/// The text of a string of a kind that names use (RFC 5280 §4.1.2.4).
fn string(tag: u8, content: &[u8]) -> Option<String> {
    match tag {
        UTF8_STRING => String::from_utf8(content.to_vec()).ok(),
        PRINTABLE_STRING | IA5_STRING | NUMERIC_STRING if content.is_ascii() => {
            String::from_utf8(content.to_vec()).ok()
        }
        BMP_STRING => {
            let (units, rest) = content.as_chunks::<2>();
            let units: Vec<u16> = units.iter().map(|unit| u16::from_be_bytes(*unit)).collect();
            rest.is_empty().then(|| String::from_utf16(&units).ok())?
        }
        _ => None,
    }
}

const UTF8_STRING: u8 = 0x0c;
const NUMERIC_STRING: u8 = 0x12;
const PRINTABLE_STRING: u8 = 0x13;
const IA5_STRING: u8 = 0x16;
const BMP_STRING: u8 = 0x1e;

/// A name: its relative names from the root down, each a set of attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DistinguishedName(Vec<BTreeSet<(String, DnValue)>>);

impl DistinguishedName {
    /// A name as a certificate has it: types as object identifiers, from the root down.
    pub fn new(relative_names: Vec<BTreeSet<(String, DnValue)>>) -> Self {
        Self(relative_names)
    }

    /// Reads a name. It is written from the leaf up: `CN=app,O=Example,C=JP`.
    pub fn parse(text: &str) -> Result<Self, DnError> {
        if text.trim().is_empty() || text.len() > LONGEST {
            return Err(DnError::Length);
        }
        let mut names = split(text, ',')
            .map(|relative| split(relative, '+').map(attribute).collect())
            .collect::<Result<Vec<_>, _>>()?;
        names.reverse();
        Ok(Self(names))
    }
}

/// The parts of a text between separators that are not escaped.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut is_escaped = false;
    text.split(move |letter| {
        let separates = letter == separator && !is_escaped;
        is_escaped = letter == '\\' && !is_escaped;
        separates
    })
}

fn attribute(text: &str) -> Result<(String, DnValue), DnError> {
    let (name, value) = text.split_once('=').ok_or(DnError::NoType)?;
    let name = name.trim();
    if name.is_empty() {
        return Err(DnError::NoType);
    }
    let oid = if is_oid(name) {
        name.to_owned()
    } else {
        let upper = name.to_ascii_uppercase();
        let upper = if upper == "E" { "EMAILADDRESS" } else { &upper };
        let known = SHORT_NAMES.iter().find(|(short, _)| *short == upper);
        let (_, oid) = known.ok_or_else(|| DnError::UnknownType(name.to_owned()))?;
        (*oid).to_owned()
    };
    Ok((oid, read_value(value.trim_start()).ok_or(DnError::BadValue)?))
}

fn is_oid(name: &str) -> bool {
    let is_number = |part: &str| {
        !part.is_empty() && part.bytes().all(|digit| digit.is_ascii_digit()) && (part == "0" || !part.starts_with('0'))
    };
    name.contains('.') && name.split('.').all(is_number)
}

fn read_value(text: &str) -> Option<DnValue> {
    if let Some(hex) = text.strip_prefix('#') {
        let hex = hex.trim_end().as_bytes();
        let (pairs, rest) = hex.as_chunks::<2>();
        let der: Vec<u8> = pairs.iter().copied().map(hex_pair).collect::<Option<_>>()?;
        return if rest.is_empty() { DnValue::from_der(&der) } else { None };
    }
    let mut bytes = Vec::new();
    let mut rest = text.bytes().peekable();
    while let Some(byte) = rest.next() {
        match byte {
            b'\\' => match rest.next()? {
                special @ (b'"' | b'+' | b',' | b';' | b'<' | b'>' | b' ' | b'#' | b'=' | b'\\') => bytes.push(special),
                first => bytes.push(hex_pair([first, rest.next()?])?),
            },
            b'"' | b'+' | b',' | b';' | b'<' | b'>' | 0 => return None,
            other => bytes.push(other),
        }
    }
    let text = String::from_utf8(bytes).ok()?;
    (!text.trim().is_empty()).then(|| DnValue::text(&text))
}

fn hex_pair(pair: [u8; 2]) -> Option<u8> {
    let digits = pair.iter().all(u8::is_ascii_hexdigit).then_some(pair)?;
    u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()
}

impl fmt::Display for DistinguishedName {
    /// In the order of RFC 4514, for logs: values as they are compared.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = |oid: &str| {
            SHORT_NAMES
                .iter()
                .find(|(_, known)| *known == oid)
                .map(|(short, _)| *short)
        };
        for (at, relative) in self.0.iter().rev().enumerate() {
            for (place, (oid, value)) in relative.iter().enumerate() {
                let before = match (at, place) {
                    (0, 0) => "",
                    (_, 0) => ",",
                    _ => "+",
                };
                let name = short(oid).unwrap_or(oid);
                match value {
                    DnValue::Text(text) => write!(f, "{before}{name}={}", text.escape_debug())?,
                    DnValue::Other(..) => write!(f, "{before}{name}=#…")?,
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> DistinguishedName {
        DistinguishedName::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn rfc4514_section_4() {
        assert_eq!(read("UID=jsmith,DC=example,DC=net").0.len(), 3);
        let several = read("OU=Sales+CN=J.  Smith,DC=example,DC=net");
        assert_eq!(several, read("CN=J. Smith+OU=Sales,DC=example,DC=net"));
        assert_eq!(read(r#"CN=James \"Jim\" Smith\, III,DC=example,DC=net"#).0.len(), 3);
        assert_eq!(
            read(r"CN=Before\0dAfter,DC=example,DC=net")
                .0
                .last()
                .unwrap()
                .first()
                .unwrap()
                .1,
            DnValue::text("before\rafter")
        );
        assert_eq!(read("1.3.6.1.4.1.1466.0=#04024869").0.len(), 1);
        assert_eq!(read(r"CN=Lu\C4\8Di\C4\87"), read("cn=Lučić"));
    }

    // Conformance: MTLS-02 B122
    #[test]
    fn names_are_compared_by_attribute_and_not_by_their_text() {
        let name = read("CN=App One,O=Example,C=JP");
        for same in [
            "cn=app one, o=EXAMPLE, c=jp",
            "2.5.4.3=App  One,2.5.4.10=Example,C=JP",
            "CN=#0c07417070204f6e65,O=Example,C=JP",
            "CN=#1307417070204f6e65,O=Example,C=JP",
            r"CN=App\20One,O=Example,C=JP",
        ] {
            assert_eq!(read(same), name, "{same}");
        }
        for other in [
            "C=JP,O=Example,CN=App One",
            "CN=App One,O=Example",
            "CN=App One,OU=x,O=Example,C=JP",
            "CN=App One+O=Example,C=JP",
            "CN=AppOne,O=Example,C=JP",
            "UID=App One,O=Example,C=JP",
            r"CN=App One\,O=Example,C=JP",
            "CN=#0407417070204f6e65,O=Example,C=JP",
            "CN=#0c08417070204f6e6500,O=Example,C=JP",
        ] {
            assert_ne!(read(other), name, "{other}");
        }
    }

    #[test]
    fn what_is_not_a_name_is_refused_with_what_to_write() {
        for (bad, error) in [
            ("", DnError::Length),
            (" ", DnError::Length),
            ("app", DnError::NoType),
            ("=app", DnError::NoType),
            ("CN=a,,O=b", DnError::NoType),
            ("/C=JP/CN=app", DnError::UnknownType("/C".into())),
            ("COLOUR=red", DnError::UnknownType("COLOUR".into())),
            ("2.05.4=x", DnError::UnknownType("2.05.4".into())),
            ("CN=", DnError::BadValue),
            ("CN=a;b", DnError::BadValue),
            ("CN=a\\", DnError::BadValue),
            ("CN=a\\zz", DnError::BadValue),
            ("CN=\\ff", DnError::BadValue),
            ("CN=#0", DnError::BadValue),
            ("CN=#zz", DnError::BadValue),
            ("CN=#", DnError::BadValue),
        ] {
            assert_eq!(DistinguishedName::parse(bad), Err(error), "{bad}");
        }
        assert_eq!(
            DistinguishedName::parse(&format!("CN={}", "a".repeat(LONGEST))),
            Err(DnError::Length)
        );
    }

    #[test]
    fn der_strings_are_text_only_when_they_are_whole() {
        let other = |tag, content: &[u8]| Some(DnValue::Other(tag, content.to_vec()));
        for (der, value) in [
            (b"\x0c\x01a".as_slice(), Some(DnValue::text("a"))),
            (b"\x16\x01a", Some(DnValue::text("a"))),
            (b"\x1e\x02\x00a", Some(DnValue::text("a"))),
            (b"\x1e\x01a", other(0x1e, b"a")),
            (b"\x0c\x02a\x00", other(0x0c, b"a\x00")),
            (b"\x13\x02\xc3\xa9", other(0x13, b"\xc3\xa9")),
            (b"\x0c\x02a", None),
            (b"\x0c\x01ab", None),
            (b"\x0c", None),
            (b"", None),
        ] {
            assert_eq!(DnValue::from_der(der), value, "{der:?}");
        }
        let long = [&[0x0c, 0x81, 0x80][..], &[b'x'; 128]].concat();
        assert_eq!(DnValue::from_der(&long), Some(DnValue::text(&"x".repeat(128))));
    }

    #[test]
    fn a_name_is_shown_as_it_is_written() {
        assert_eq!(read("CN=App,O=Ex+OU=Y,1.2.3=z").to_string(), "CN=app,O=ex+OU=y,1.2.3=z");
    }
}
