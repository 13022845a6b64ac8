//! `x-fapi-interaction-id`: by which client and server find the same call in their logs.
//!
//! Spec: FAPI 1.0 Baseline §6.2.1-11 and §6.2.1-12, RFC 4122 §3, §4.4
//!
//! Accepted: a UUID, whose spelling is kept. What is no UUID is not repeated, since it would stand in logs and answers.

use std::fmt;

use uuid::{Builder, Uuid};

/// The header, in a request and in its answer.
pub const HEADER: &str = "x-fapi-interaction-id";

/// The id of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InteractionId(String);

impl InteractionId {
    /// Reads the header of a request.
    pub fn parse(text: &str) -> Option<Self> {
        let is_in_place = |(at, byte): (usize, u8)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        };
        let is_uuid = text.len() == 36 && text.bytes().enumerate().all(is_in_place);
        is_uuid.then(|| Self(text.to_owned()))
    }

    /// "or to a RFC4122 UUID value if the request header was not provided": one of version 4.
    pub fn from_random(bytes: [u8; 16]) -> Self {
        let uuid = Builder::from_random_bytes(bytes).into_uuid();
        Self(uuid.hyphenated().encode_lower(&mut Uuid::encode_buffer()).to_owned())
    }

    /// The id in text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for InteractionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Conformance: F1B-RS-09
    #[test]
    fn a_uuid_is_kept_as_it_was_sent_and_nothing_else_is() {
        let id = "93bac548-d2de-4546-B106-880a5018460d";
        assert_eq!(InteractionId::parse(id).unwrap().to_string(), id);
        for text in [
            "",
            "1",
            "93bac548d2de4546b106880a5018460d",
            "93bac548-d2de-4546-b106-880a5018460g",
        ] {
            assert_eq!(InteractionId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn one_that_is_made_is_a_uuid_of_version_4() {
        for (byte, text) in [
            (0x00, "00000000-0000-4000-8000-000000000000"),
            (0xff, "ffffffff-ffff-4fff-bfff-ffffffffffff"),
        ] {
            let id = InteractionId::from_random([byte; 16]);
            assert_eq!(id.as_str(), text);
            assert_eq!(InteractionId::parse(text), Some(id));
        }
    }
}
