//! The JSON body of a call, where a route looks into it.
//!
//! Spec: RFC 8259 §4 and §8.1
//!
//! Accepted: one JSON value in UTF-8, plain. Not accepted: an object that has a member twice, anywhere, since rule and
//! upstream might take a different one; other encodings and charsets, by which the upstream might read something else.

use http::{
    HeaderMap,
    header::{CONTENT_ENCODING, CONTENT_TYPE},
};
use jose::strict_json;
use serde_json::Value;

/// The longest body that is looked into, in bytes.
pub const MOST_BODY: usize = 64 * 1024;

/// Why a body cannot be looked into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyProblem {
    /// Another media type, or none, or two.
    #[error("send the body as JSON, with Content-Type: application/json")]
    NotJson,
    /// `Content-Encoding`.
    #[error("send the body without Content-Encoding: it is looked into here")]
    Encoded,
    /// No JSON, or a member twice.
    #[error("the body is no JSON, or a member comes twice in an object of it")]
    Malformed,
    /// Too much to look into.
    #[error("the body is larger than {MOST_BODY} bytes, which is all that is looked into here")]
    TooLarge,
    /// It did not arrive whole, or not in time.
    #[error("the body did not arrive")]
    Incomplete,
}

/// Whether the body can be looked into, as far as the header says.
pub(super) fn check_headers(headers: &HeaderMap) -> Result<(), BodyProblem> {
    if headers.contains_key(CONTENT_ENCODING) {
        return Err(BodyProblem::Encoded);
    }
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (Some(media_type), None) = (types.next(), types.next()) else {
        return Err(BodyProblem::NotJson);
    };
    let mut parts = media_type.to_str().unwrap_or_default().split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|name| {
        let name = name.to_ascii_lowercase();
        name == "application/json" || name.starts_with("application/") && name.ends_with("+json")
    });
    let is_utf8 = parts.all(|parameter| match parameter.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
            value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    });
    if is_json && is_utf8 {
        Ok(())
    } else {
        Err(BodyProblem::NotJson)
    }
}

/// Reads a whole body.
pub(super) fn read(bytes: &[u8]) -> Result<Value, BodyProblem> {
    if bytes.len() > MOST_BODY {
        return Err(BodyProblem::TooLarge);
    }
    strict_json::value(bytes).ok_or(BodyProblem::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(headers: &[(&'static str, &str)]) -> Result<(), BodyProblem> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        check_headers(&map)
    }

    #[test]
    fn a_body_is_json_in_utf_8() {
        for media_type in [
            "application/json",
            "Application/JSON; charset=UTF-8",
            "application/json;charset=\"utf-8\"; v=1",
            "application/vnd.bank+json",
        ] {
            assert_eq!(checked(&[("content-type", media_type)]), Ok(()), "{media_type}");
        }
        for media_type in [
            "",
            "text/plain",
            "text/json",
            "application/x-www-form-urlencoded",
            "application/json; charset=utf-16",
            "application/jsonx",
        ] {
            assert_eq!(
                checked(&[("content-type", media_type)]),
                Err(BodyProblem::NotJson),
                "{media_type}"
            );
        }
        let json = ("content-type", "application/json");
        assert_eq!(checked(&[]), Err(BodyProblem::NotJson));
        assert_eq!(checked(&[json, json]), Err(BodyProblem::NotJson));
        assert_eq!(
            checked(&[json, ("content-encoding", "gzip")]),
            Err(BodyProblem::Encoded)
        );
    }

    #[test]
    fn two_members_of_one_name_are_refused_wherever_they_are() {
        assert!(read(br#" {"a": [{"b": 1}, {"b": 2}], "c": null} "#).is_ok());
        for bad in [
            &br#"{"a": 1, "a": 1}"#[..],
            br#"{"x": {"a": 1, "a": 2}}"#,
            br#"[{"a": 1, "\u0061": 2}]"#,
            b"",
            b"{",
            b"{} {}",
            b"\xEF\xBB\xBF{}",
            b"{\"a\": \"\xFF\"}",
        ] {
            assert_eq!(read(bad), Err(BodyProblem::Malformed), "{bad:?}");
        }
        let long = format!("\"{}\"", "x".repeat(MOST_BODY));
        assert_eq!(read(long.as_bytes()), Err(BodyProblem::TooLarge));
    }
}
