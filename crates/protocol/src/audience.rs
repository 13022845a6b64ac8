//! Whom a token is for.
//!
//! Spec: RFC 7519 §4.1.3 (`aud`), RFC 7662 §2.2
//!
//! Accepted: one string or an array of strings. Written as one string when there is one.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The recipients that an `aud` member names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audience(pub Vec<String>);

impl Audience {
    /// An audience of one.
    pub fn one(recipient: impl Into<String>) -> Self {
        Self(vec![recipient.into()])
    }

    /// Whether the recipient is named; compared exactly.
    pub fn contains(&self, recipient: &str) -> bool {
        self.0.iter().any(|known| known == recipient)
    }

    /// Whether nobody is named.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The recipients in their order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl From<Vec<String>> for Audience {
    fn from(recipients: Vec<String>) -> Self {
        Self(recipients)
    }
}

impl Serialize for Audience {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [only] => serializer.serialize_str(only),
            several => several.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Audience {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum OneOrSeveral {
            One(String),
            Several(Vec<String>),
        }
        Ok(match OneOrSeveral::deserialize(deserializer)? {
            OneOrSeveral::One(only) => Self(vec![only]),
            OneOrSeveral::Several(several) => Self(several),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_recipient_is_a_string_and_several_are_an_array() {
        for (json, count) in [(r#""a""#, 1), (r#"["a","b"]"#, 2), ("[]", 0)] {
            let audience: Audience = serde_json::from_str(json).unwrap();
            assert_eq!(
                (audience.0.len(), serde_json::to_string(&audience).unwrap().as_str()),
                (count, json)
            );
        }
        assert_eq!(
            serde_json::from_str::<Audience>(r#"["a"]"#).unwrap(),
            Audience::one("a")
        );
        for bad in ["1", "null", "[1]", "{}"] {
            assert!(serde_json::from_str::<Audience>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn recipients_are_compared_exactly() {
        let audience = Audience::from(vec!["https://api.example".to_owned()]);
        assert!(audience.contains("https://api.example"));
        assert!(!audience.contains("https://api.example/") && !audience.contains("HTTPS://api.example"));
        assert!(!Audience::default().contains("") && Audience::default().is_empty());
    }
}
