//! The character classes that several specifications share.
//!
//! Spec: RFC 3986 §2, RFC 6749 Appendix A, RFC 7636 §4.1

/// `unreserved = ALPHA / DIGIT / "-" / "." / "_" / "~"` (RFC 3986 §2.3).
pub(crate) fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// `NQCHAR = %x21 / %x23-5B / %x5D-7E` (RFC 6749 Appendix A): printable ASCII without space, `"` and `\`.
pub(crate) fn is_nqchar(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b'"' && byte != b'\\'
}

/// `VSCHAR = %x20-7E` (RFC 6749 Appendix A): printable ASCII with space.
pub(crate) fn is_vschar(byte: u8) -> bool {
    matches!(byte, 0x20..=0x7E)
}

/// `reserved = gen-delims / sub-delims` (RFC 3986 §2.2).
const RESERVED: &[u8] = b":/?#[]@!$&'()*+,;=";

/// Whether every byte may stand in a URI (RFC 3986 §2) and every `%` begins an escape.
///
/// Checked on the text itself, because a URL parser mends spaces, backslashes, tabs and non-ASCII characters
/// silently: what is compared or redirected to must be what was written.
pub(crate) fn is_uri_text(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().enumerate().all(|(at, &byte)| match byte {
        b'%' => [at + 1, at + 2]
            .iter()
            .all(|&next| bytes.get(next).is_some_and(u8::is_ascii_hexdigit)),
        other => is_unreserved(other) || RESERVED.contains(&other),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uri_text_is_what_rfc_3986_allows() {
        assert!(is_uri_text("https://a.example/b?c=%20d#e"));
        for bad in [
            "https://a.example/b c",
            "https://a.example\\b",
            "https://é.example",
            "https://a.example/%2",
            "https://a/%zz",
            "a\tb",
        ] {
            assert!(!is_uri_text(bad), "{bad}");
        }
    }

    #[test]
    fn nqchar_leaves_out_the_space_the_quote_and_the_backslash() {
        assert!((0x21..=0x7E).filter(|byte| is_nqchar(*byte)).count() == 92);
        for bad in [b' ', b'"', b'\\', 0x7F, b'\n', 0x80] {
            assert!(!is_nqchar(bad));
        }
        assert!(is_vschar(b' ') && is_vschar(b'"') && !is_vschar(b'\t') && !is_vschar(0x7F));
    }
}
