//! The URL of a request, as proofs name it: without query and fragment, in one spelling.
//!
//! Spec: RFC 9449 §4.2 (`htu`) and §4.3, RFC 3986 §6.2.2 and §6.2.3
//!
//! "servers SHOULD employ Syntax-Based Normalization […] and Scheme-Based Normalization […] before comparing the htu
//! claim": the case of scheme and host, default ports, an empty path, dot segments, needless percent-encoding.

use std::fmt::Write;

use url::Url;

/// A URL in its one spelling. Two that are equal are the same target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetUri(String);

impl TargetUri {
    /// Reads a URL; `None` for what is no URL of HTTP, or what two readers might take for different ones.
    pub fn parse(text: &str) -> Option<Self> {
        // What a browser would repair is refused: white space, control characters, backslashes, missing slashes.
        let is_clean = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        let (scheme, _) = text.split_once("://")?;
        let is_http = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
        if !is_clean || !is_http {
            return None;
        }
        let mut url = Url::parse(text).ok()?;
        if !url.username().is_empty() || url.password().is_some() {
            return None;
        }
        url.set_query(None);
        url.set_fragment(None);
        let origin = url.origin().ascii_serialization();
        Some(Self(origin + &plain(url.path())))
    }

    /// The target in text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A path in which only what must be is percent-encoded, in upper case (RFC 3986 §6.2.2.1, §6.2.2.2).
fn plain(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let digits = after
            .get(..2)
            .filter(|hex| hex.bytes().all(|digit| digit.is_ascii_hexdigit()));
        if let Some(byte) = digits.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                out.push(char::from(byte));
            } else {
                let _ = write!(out, "%{byte:02X}");
            }
            rest = after.get(2..).unwrap_or_default();
        } else {
            out.push('%');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &str) -> String {
        TargetUri::parse(text).unwrap_or_else(|| panic!("{text}")).0
    }

    // Conformance: B116 DPOP-05
    #[test]
    fn spellings_of_one_url_are_one_target() {
        for text in [
            "https://id.example/bank/token",
            "HTTPS://ID.Example/bank/token",
            "https://id.example:443/bank/token",
            "https://id.example/bank/token?a=b&c",
            "https://id.example/bank/token#top",
            "https://id.example/bank/token?a#b",
            "https://id.example/bank/./x/../token",
            "https://id.example/b%61nk/t%6Fken",
        ] {
            assert_eq!(target(text), "https://id.example/bank/token", "{text}");
        }
        assert_eq!(target("https://id.example"), target("https://id.example/"));
        assert_eq!(target("http://localhost:80/token"), "http://localhost/token");
        assert_eq!(target("http://localhost:8080/token"), "http://localhost:8080/token");
        assert_eq!(target("http://[::1]:8080/token"), "http://[::1]:8080/token");
        assert_eq!(target("https://id.example/%e5%8f%A3"), "https://id.example/%E5%8F%A3");
    }

    #[test]
    fn other_urls_are_other_targets() {
        let own = target("https://id.example/token");
        for text in [
            "http://id.example/token",
            "https://id.example:8443/token",
            "https://id.example/token/",
            "https://id.example/Token",
            "https://id.example/par",
            "https://id.example/%74oken%2F",
            "https://id.example/%+4oken",
            "https://id.example.evil.example/token",
        ] {
            assert_ne!(target(text), own, "{text}");
        }
    }

    #[test]
    fn what_is_no_url_of_http_or_would_need_repair_is_refused() {
        for text in [
            "",
            "/token",
            "id.example/token",
            "https:/id.example/token",
            "https:id.example/token",
            "ftp://id.example/token",
            "https://",
            "https://user@id.example/token",
            "https://id.example\\token",
            " https://id.example/token",
            "https://id.example/to\tken",
            "https://id.example/to\nken",
            "https://id.example/口",
        ] {
            assert!(TargetUri::parse(text).is_none(), "{text}");
        }
    }
}
