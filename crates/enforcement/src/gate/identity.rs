//! What an upstream learns of the caller, and that nobody else tells it that.
//!
//! The names with `Sekisho-` belong to this server: a client's own are taken off, in every spelling that some upstream takes
//! for the same (`Sekisho_Subject` is `HTTP_SEKISHO_SUBJECT` to many).

use std::fmt::Write as _;

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::Permit;

/// What the names begin with.
const PREFIX: &[u8] = b"sekisho-";

/// For whom the call is.
const SUBJECT: HeaderName = HeaderName::from_static("sekisho-subject");
/// Which app calls.
const CLIENT: HeaderName = HeaderName::from_static("sekisho-client");
/// What its token may do.
const SCOPE: HeaderName = HeaderName::from_static("sekisho-scope");
/// How well the user was authenticated.
const ACR: HeaderName = HeaderName::from_static("sekisho-acr");

/// The header fields that tell an upstream who calls.
pub(super) fn headers(permit: &Permit) -> Vec<(HeaderName, HeaderValue)> {
    let scope = permit.scope.to_string();
    let fields = [
        (SUBJECT, value(&permit.subject)),
        (CLIENT, value(&permit.client_id)),
        // Scopes are printable ASCII, with spaces between them.
        (SCOPE, HeaderValue::from_str(&scope).ok()),
        (ACR, permit.acr.as_deref().and_then(value)),
    ];
    fields
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}

/// A text as a field value: printable ASCII as it is; `%`, spaces and everything else percent-encoded, so that each value is
/// the spelling of one text alone.
fn value(text: &str) -> Option<HeaderValue> {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'%';
    if text.bytes().all(is_plain) {
        return HeaderValue::from_str(text).ok();
    }
    let mut encoded = String::with_capacity(text.len() + 8);
    for byte in text.bytes() {
        if is_plain(byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    HeaderValue::from_str(&encoded).ok()
}

/// Whether a header field's name is this server's own, in any spelling.
pub fn is_reserved(name: &str) -> bool {
    let spelled = name.bytes().map(|byte| {
        if byte.is_ascii_alphanumeric() {
            byte.to_ascii_lowercase()
        } else {
            b'-'
        }
    });
    spelled.take(PREFIX.len()).eq(PREFIX.iter().copied())
}

/// The names among these that are this server's own.
pub fn reserved(headers: &HeaderMap) -> impl Iterator<Item = &HeaderName> {
    headers.keys().filter(|name| is_reserved(name.as_str()))
}

/// Takes off what only this server may say.
pub fn strip(headers: &mut HeaderMap) {
    let names: Vec<HeaderName> = reserved(headers).cloned().collect();
    for name in names {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permit::tests::permit;

    fn told(permit: &Permit) -> Vec<String> {
        let headers = headers(permit).into_iter();
        headers
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect()
    }

    #[test]
    fn an_upstream_learns_who_calls_for_whom_with_what() {
        let mut permit = permit("payments:write accounts:read");
        permit.acr = Some("urn:sekisho:acr:loa2".to_owned());
        assert_eq!(
            told(&permit),
            [
                "sekisho-subject: alice",
                "sekisho-client: app",
                "sekisho-scope: accounts:read payments:write",
                "sekisho-acr: urn:sekisho:acr:loa2"
            ]
        );
        permit.acr = None;
        assert_eq!(told(&permit).len(), 3);
    }

    #[test]
    fn no_name_can_be_more_than_one_line_or_look_like_another() {
        let mut permit = permit("");
        permit.subject = " ali\r\nce%0A".to_owned();
        permit.client_id = "アプリ".to_owned();
        let told = told(&permit);
        assert_eq!(told[0], "sekisho-subject: %20ali%0D%0Ace%250A");
        assert_eq!(told[1], "sekisho-client: %E3%82%A2%E3%83%97%E3%83%AA");
        assert_eq!(told[2], "sekisho-scope: ");
    }

    #[test]
    fn what_a_client_says_in_our_name_is_taken_off_in_every_spelling() {
        let mut headers = HeaderMap::new();
        for name in [
            "sekisho-subject",
            "sekisho_subject",
            "sekisho.client",
            "sekisho-scope",
            "sekisho_acr",
            "sekisho-anything",
            "sekisho",
            "x-sekisho-subject",
            "authorization",
        ] {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static("x"));
        }
        headers.append("sekisho-subject", HeaderValue::from_static("y"));
        strip(&mut headers);
        let mut left: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
        left.sort_unstable();
        assert_eq!(left, ["authorization", "sekisho", "x-sekisho-subject"]);
        assert!(is_reserved("Sekisho-Subject") && is_reserved("SEKISHO_SUBJECT") && !is_reserved("Sekishosubject"));
    }
}
