//! The path of a call: what is not one path to every reader is refused, so that the rule and the upstream mean the same.
//!
//! Spec: RFC 3986 §2.1, §2.3, §3.3 and §6.2.2
//!
//! Accepted: `pchar` but the semicolon; percent-encoding where it is needed, of UTF-8. Nothing is decoded or removed: what
//! was matched is what is forwarded.

use super::MalformedCall;

/// A path, with its query.
#[derive(Clone, Copy, Debug)]
pub(super) struct CallPath<'a> {
    pub(super) path: &'a str,
    pub(super) query: Option<&'a str>,
}

impl<'a> CallPath<'a> {
    pub(super) fn parse(target: &'a str) -> Result<Self, MalformedCall> {
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (target, None),
        };
        check(path)?;
        let is_query = |byte: u8| byte.is_ascii_graphic() && byte != b'#';
        if query.is_some_and(|query| !query.bytes().all(is_query)) {
            return Err(MalformedCall::Character);
        }
        Ok(Self { path, query })
    }
}

/// Whether a path is one path to every reader.
pub(super) fn check(path: &str) -> Result<(), MalformedCall> {
    let below = path.strip_prefix('/').ok_or(MalformedCall::NoSlash)?;
    check_bytes(path)?;
    let mut segments = below.split('/').peekable();
    while let Some(segment) = segments.next() {
        if segment.is_empty() && segments.peek().is_some() {
            return Err(MalformedCall::EmptySegment);
        }
        if segment.ends_with('.') {
            let is_dots = segment.bytes().all(|byte| byte == b'.');
            return Err(if is_dots {
                MalformedCall::DotSegment
            } else {
                MalformedCall::TrailingDot
            });
        }
        if segment.ends_with("%20") {
            return Err(MalformedCall::TrailingSpace);
        }
    }
    Ok(())
}

fn check_bytes(path: &str) -> Result<(), MalformedCall> {
    let mut rest = path.as_bytes();
    let mut is_ascii = true;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'%' => {
                let (digits, after) = rest.split_at_checked(2).ok_or(MalformedCall::Encoding)?;
                let encoded = hexadecimal(digits).ok_or(MalformedCall::Encoding)?;
                check_encoded(encoded)?;
                is_ascii &= encoded.is_ascii();
                rest = after;
            }
            b';' => return Err(MalformedCall::Semicolon),
            byte if is_pchar(*byte) || *byte == b'/' => {}
            _ => return Err(MalformedCall::Character),
        }
    }
    // An overlong slash (%C0%AF) and its like are not UTF-8.
    if is_ascii || String::from_utf8(decoded(path).collect()).is_ok() {
        Ok(())
    } else {
        Err(MalformedCall::NotUtf8)
    }
}

const fn check_encoded(byte: u8) -> Result<(), MalformedCall> {
    match byte {
        b'/' | b'\\' => Err(MalformedCall::EncodedSlash),
        b'%' => Err(MalformedCall::EncodedPercent),
        b'?' | b'#' => Err(MalformedCall::EncodedDelimiter),
        b';' => Err(MalformedCall::Semicolon),
        0..0x20 | 0x7F => Err(MalformedCall::EncodedControl),
        byte if is_unreserved(byte) => Err(MalformedCall::NeedlessEncoding),
        _ => Ok(()),
    }
}

const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

const fn is_pchar(byte: u8) -> bool {
    let is_sub_delim = matches!(
        byte,
        b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b'='
    );
    is_unreserved(byte) || is_sub_delim || matches!(byte, b':' | b'@')
}

fn hexadecimal(digits: &[u8]) -> Option<u8> {
    // `from_str_radix` would take a sign.
    let text = std::str::from_utf8(digits).ok()?;
    let is_hexadecimal = text.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_hexadecimal.then(|| u8::from_str_radix(text, 16).ok()).flatten()
}

/// The bytes that a path, or a part of one, stands for.
pub(super) fn decoded(text: &str) -> impl Iterator<Item = u8> {
    let mut rest = text.as_bytes();
    std::iter::from_fn(move || {
        let (byte, after) = rest.split_first()?;
        rest = after;
        if *byte == b'%'
            && let Some((digits, after)) = rest.split_at_checked(2)
            && let Some(encoded) = hexadecimal(digits)
        {
            rest = after;
            return Some(encoded);
        }
        Some(*byte)
    })
}

#[cfg(test)]
mod tests {
    use MalformedCall::{
        Character, DotSegment, EmptySegment, EncodedControl, EncodedDelimiter, EncodedPercent, EncodedSlash, Encoding,
        NeedlessEncoding, NoSlash, NotUtf8, Semicolon, TrailingDot, TrailingSpace,
    };

    use super::*;

    #[test]
    fn a_path_that_every_reader_understands_is_taken_as_it_is() {
        for target in [
            "/",
            "/accounts",
            "/accounts/",
            "/accounts/1?access=x&y=%2F..;",
            "/a.b/.well-known/x..y/...z",
            "/caf%C3%A9/%c3%a9/%E5%8F%A3",
            "/a%20b/%40/%7C",
            "/!$&'()*+,=:@-._~",
            "/accounts?",
        ] {
            let read = CallPath::parse(target).unwrap_or_else(|problem| panic!("{target}: {problem}"));
            let whole = read
                .query
                .map_or(read.path.to_owned(), |query| format!("{}?{query}", read.path));
            assert_eq!(whole, target);
        }
    }

    #[test]
    fn a_path_that_two_readers_could_take_for_different_ones_is_refused() {
        for (target, problem) in [
            ("", NoSlash),
            ("*", NoSlash),
            ("accounts", NoSlash),
            ("https://api.example/accounts", NoSlash),
            ("?x=1", NoSlash),
            ("//", EmptySegment),
            ("//accounts", EmptySegment),
            ("/accounts//1", EmptySegment),
            ("/accounts//", EmptySegment),
            ("/.", DotSegment),
            ("/..", DotSegment),
            ("/accounts/../payments", DotSegment),
            ("/accounts/./1", DotSegment),
            ("/accounts/...", DotSegment),
            ("/accounts./1", TrailingDot),
            ("/accounts.", TrailingDot),
            ("/accounts%20", TrailingSpace),
            ("/accounts.%20/1", TrailingSpace),
            ("/accounts/%20/1", TrailingSpace),
            ("/accounts/%2e%2e/payments", NeedlessEncoding),
            ("/accounts/.%2E/payments", NeedlessEncoding),
            ("/%61ccounts", NeedlessEncoding),
            ("/accounts/..;/payments", Semicolon),
            ("/accounts;v=1", Semicolon),
            ("/accounts%3Bv=1", Semicolon),
            ("/accounts%2F1", EncodedSlash),
            ("/accounts%2f1", EncodedSlash),
            ("/accounts%5C1", EncodedSlash),
            ("/accounts%5c..", EncodedSlash),
            ("/accounts/%252e%252e/payments", EncodedPercent),
            ("/accounts/%25", EncodedPercent),
            ("/accounts/secret%23", EncodedDelimiter),
            ("/accounts/secret%3fx", EncodedDelimiter),
            ("/accounts%00", EncodedControl),
            ("/accounts%0d%0aX: y", EncodedControl),
            ("/accounts%7F", EncodedControl),
            ("/accounts%", Encoding),
            ("/accounts%2", Encoding),
            ("/accounts%zz", Encoding),
            ("/accounts%+2", Encoding),
            ("/accounts%u002f", Encoding),
            ("/accounts/%C0%AF", NotUtf8),
            ("/accounts/%c0%ae%c0%ae/payments", NotUtf8),
            ("/accounts/%E0%80%AF", NotUtf8),
            ("/accounts/%FF", NotUtf8),
            ("/accounts\\1", Character),
            ("/accounts 1", Character),
            ("/accounts\t", Character),
            ("/accounts\0", Character),
            ("/accounts#x", Character),
            ("/accounts?x#y", Character),
            ("/accounts?x y", Character),
            ("/accounts|x", Character),
            ("/口座", Character),
        ] {
            assert_eq!(CallPath::parse(target).err(), Some(problem), "{target}");
        }
    }

    #[test]
    fn what_a_path_stands_for_is_decoded_once() {
        let text = |path: &str| String::from_utf8(decoded(path).collect()).unwrap();
        assert_eq!(text("/a%20b%2520/%zz%"), "/a b%20/%zz%");
    }
}
