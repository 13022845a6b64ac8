//! Whom a JWT means by which a client says who is to be asked.
//!
//! Spec: CIBA §7.1 (`login_hint_token`), RFC 9493 §3.2 (`sub_id`)
//!
//! Accepted: `sub`, or `sub_id` of the formats `email`, `iss_sub` and `opaque`. Deliberately not: telephone numbers,
//! which nobody here verifies.

use serde_json::{Map, Value};

/// The user who is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamedUser {
    /// By the subject identifier by which the client knows them.
    Subject(String),
    /// By a mail address.
    Email(String),
}

impl NamedUser {
    /// Reads the claims of a JWT; `None` when they name nobody, or somebody of another issuer.
    pub fn of(claims: &Map<String, Value>, issuer: &str) -> Option<Self> {
        let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let Some(sub_id) = claims.get("sub_id") else {
            let sub = claims.get("sub").and_then(Value::as_str).map(str::to_owned);
            return sub.map(Self::Subject);
        };
        match sub_id.get("format").and_then(Value::as_str)? {
            "email" => text(sub_id, "email").map(Self::Email),
            "opaque" => text(sub_id, "id").map(Self::Subject),
            "iss_sub" if text(sub_id, "iss").as_deref() == Some(issuer) => text(sub_id, "sub").map(Self::Subject),
            _ => None,
        }
    }

    /// The name.
    pub fn text(&self) -> &str {
        match self {
            Self::Subject(text) | Self::Email(text) => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    // Conformance: FCIBA-09
    #[test]
    fn a_user_is_named_by_subject_or_mail_address_alone() {
        let named = |claims: Value| NamedUser::of(claims.as_object().unwrap(), "https://id.example");
        let subject = || Some(NamedUser::Subject("u1".into()));
        assert_eq!(named(json!({"sub": "u1"})), subject());
        assert_eq!(named(json!({"sub_id": {"format": "opaque", "id": "u1"}})), subject());
        let iss_sub = |iss: &str| json!({"sub_id": {"format": "iss_sub", "iss": iss, "sub": "u1"}});
        assert_eq!(named(iss_sub("https://id.example")), subject());
        assert_eq!(named(iss_sub("https://other.example")), None);
        let email = json!({"sub": "x", "sub_id": {"format": "email", "email": "a@example.com"}});
        assert_eq!(named(email), Some(NamedUser::Email("a@example.com".into())));
        for nobody in [
            json!({}),
            json!({"sub": 1}),
            json!({"sub_id": "u1"}),
            json!({"sub_id": {"format": "phone_number", "phone_number": "+12065550100"}}),
            json!({"sub_id": {"format": "email"}}),
        ] {
            assert_eq!(named(nobody.clone()), None, "{nobody}");
        }
    }
}
