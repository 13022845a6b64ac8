//! JSON objects in which no member comes twice.
//! Spec: RFC 7515 §4 and §5.2, RFC 7519 §4
//!
//! Two parsers that disagree about which of two members counts can be played against each other, so a
//! duplicate at the top level is refused. Nested objects are left to the JSON parser.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::{Map, Value};

/// The members of the object in `bytes`; `None` when it is not an object or a member comes twice.
pub fn object(bytes: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice::<UniqueMembers>(bytes)
        .ok()
        .map(|object| object.0)
}

struct UniqueMembers(Map<String, Value>);

impl<'de> Deserialize<'de> for UniqueMembers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = UniqueMembers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut members = Map::new();
        while let Some((name, value)) = access.next_entry::<String, Value>()? {
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a member comes twice"));
            }
        }
        Ok(UniqueMembers(members))
    }
}

#[cfg(test)]
mod tests {
    use super::object;

    #[test]
    fn a_member_that_comes_twice_is_refused() {
        assert!(object(br#"{"alg":"RS256","kid":"1"}"#).is_some());
        assert!(object(br#"{"alg":"RS256","alg":"none"}"#).is_none());
        assert!(object(br#"{"alg":"RS256","\u0061lg":"none"}"#).is_none());
    }

    #[test]
    fn only_an_object_is_an_object() {
        for text in ["[]", "\"x\"", "1", "null", "", "{}x", "{\"a\":"] {
            assert!(object(text.as_bytes()).is_none(), "{text}");
        }
    }
}
