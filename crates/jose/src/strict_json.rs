//! JSON objects in which no member comes twice.
//! Spec: RFC 7515 §4 and §5.2, RFC 7519 §4
//!
//! Two parsers that disagree about which of two members counts can be played against each other, so a
//! duplicate is refused: at the top level by [`object`], which leaves nested objects to the JSON parser, and
//! everywhere by [`value`].

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
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

/// The value in `bytes`; `None` when it is no JSON or a member comes twice in an object, however deep.
pub fn value(bytes: &[u8]) -> Option<Value> {
    serde_json::from_slice::<Strict>(bytes).ok().map(|value| value.0)
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor).map(Self)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Strict(item)) = access.next_element()? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some((name, Strict(value))) = access.next_entry::<String, Strict>()? {
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a member comes twice"));
            }
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::{object, value};

    #[test]
    fn a_value_reads_as_it_would_and_has_no_member_twice_however_deep() {
        for text in [r#"{"a":[1,-2,3.5,"x",true,null,{"b":{}}]}"#, "7", "[]", "\"x\""] {
            assert_eq!(value(text.as_bytes()), serde_json::from_str(text).ok(), "{text}");
        }
        for text in [
            r#"{"a":{"b":1,"b":1}}"#,
            r#"[{"b":1,"\u0062":1}]"#,
            "",
            "{}x",
            &"[".repeat(10_000),
        ] {
            assert!(value(text.as_bytes()).is_none(), "{text}");
        }
    }

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
