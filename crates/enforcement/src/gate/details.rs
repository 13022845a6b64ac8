//! Whether a call is what was permitted in detail.
//!
//! Spec: RFC 9396 §9.1 and §9.2
//!
//! A route names members of the granted object, and the part of the call that each must equal. A member that is a list
//! permits each of its items. What is not there, in the object or in the call, permits nothing.

use protocol::DetailsRule;
use serde_json::{Map, Value};

use super::path;
use crate::{Permit, Refusal};

/// A rule, ready to judge calls.
#[derive(Debug)]
pub(super) struct Details(DetailsRule);

/// A call, as far as details are about it.
pub(super) struct Sample<'a> {
    pub method: &'a str,
    /// The path below the API's identifier.
    pub path: &'a str,
    pub body: Option<&'a Value>,
}

impl Details {
    pub const fn new(rule: DetailsRule) -> Self {
        Self(rule)
    }

    pub fn needs_body(&self) -> bool {
        !self.0.body.is_empty()
    }

    /// Demands an object of the type that says what the call does.
    pub fn check(&self, permit: &Permit, call: &Sample<'_>) -> Result<(), Refusal> {
        let details = permit.claims.get("authorization_details").and_then(Value::as_array);
        let is_permitted = details
            .into_iter()
            .flatten()
            .filter_map(Value::as_object)
            .filter(|detail| detail.get("type").and_then(Value::as_str) == Some(&self.0.type_name))
            .any(|detail| self.permits(detail, call));
        if is_permitted {
            Ok(())
        } else {
            Err(Refusal::InsufficientDetails(self.0.type_name.clone()))
        }
    }

    fn permits(&self, detail: &Map<String, Value>, call: &Sample<'_>) -> bool {
        let body = self.0.body.iter().all(|(member, pointer)| {
            let found = call.body.and_then(|body| body.pointer(pointer));
            found.is_some_and(|found| says(detail.get(member), |granted| granted == found))
        });
        let path = self.0.path.iter().all(|(member, number)| {
            let segment = segment(call.path, *number);
            segment.is_some_and(|segment| says(detail.get(member), |granted| is_text(granted, &segment)))
        });
        let method = self
            .0
            .method
            .iter()
            .all(|member| says(detail.get(member), |granted| granted.as_str() == Some(call.method)));
        body && path && method
    }
}

/// Whether a granted member is what the call says, or a list that holds it.
fn says(granted: Option<&Value>, is_said: impl Fn(&Value) -> bool) -> bool {
    granted.is_some_and(|granted| is_said(granted) || granted.as_array().is_some_and(|items| items.iter().any(is_said)))
}

/// A segment of a path by its number, decoded.
fn segment(path: &str, number: usize) -> Option<String> {
    let segment = path.split('/').nth(number).filter(|_| number > 0)?;
    let decoded = String::from_utf8(path::decoded(segment).collect()).ok()?;
    (!decoded.is_empty()).then_some(decoded)
}

/// In a path a number is a text.
fn is_text(granted: &Value, text: &str) -> bool {
    match granted {
        Value::String(granted) => granted == text,
        Value::Number(granted) => granted.to_string() == text,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(rule: Value, detail: &Value, (method, path, body): (&str, &str, Option<Value>)) -> bool {
        let mut permit = crate::permit::tests::permit("");
        permit
            .claims
            .insert("authorization_details".to_owned(), json!([{"type": "other"}, detail]));
        let details = Details::new(serde_json::from_value(rule).unwrap());
        let sample = Sample {
            method,
            path,
            body: body.as_ref(),
        };
        details.check(&permit, &sample).is_ok()
    }

    #[test]
    fn each_member_that_is_named_equals_what_the_body_says() {
        let rule = || json!({ "type": "payment", "body": { "amount": "/instructed/amount", "payee": "/payee" } });
        let detail = || json!({ "type": "payment", "amount": "12.30", "payee": { "iban": "DE1" }, "note": "x" });
        let call = |body| ("POST", "/payments", Some(body));
        let good = json!({ "instructed": { "amount": "12.30" }, "payee": { "iban": "DE1" }, "more": 1 });
        assert!(check(rule(), &detail(), call(good)));
        for bad in [
            json!({ "instructed": { "amount": "12.31" }, "payee": { "iban": "DE1" } }),
            json!({ "instructed": { "amount": 12.30 }, "payee": { "iban": "DE1" } }),
            json!({ "instructed": { "amount": "12.30" }, "payee": { "iban": "DE1", "bic": "X" } }),
            json!({ "amount": "12.30", "payee": { "iban": "DE1" } }),
            json!({ "instructed": { "amount": "12.30" } }),
            json!(["12.30"]),
            json!(null),
        ] {
            assert!(!check(rule(), &detail(), call(bad.clone())), "{bad}");
        }
        assert!(!check(rule(), &detail(), ("POST", "/payments", None)));
        let without = json!({ "type": "payment", "payee": { "iban": "DE1" } });
        let null = json!({ "instructed": { "amount": null }, "payee": { "iban": "DE1" } });
        assert!(
            !check(rule(), &without, call(null)),
            "what was not granted is not there"
        );
        let other = json!({ "type": "Payment", "amount": "12.30", "payee": { "iban": "DE1" } });
        let same = json!({ "instructed": { "amount": "12.30" }, "payee": { "iban": "DE1" } });
        assert!(!check(rule(), &other, call(same)), "another type");
    }

    #[test]
    fn path_and_method_are_compared_and_a_list_permits_each_of_its_items() {
        let rule = || json!({ "type": "account", "path": { "account": 2 }, "method": "actions" });
        for (account, actions, method, path, is_permitted) in [
            (json!("1"), json!(["GET", "POST"]), "GET", "/accounts/1/entries", true),
            (json!(["1", "2"]), json!("GET"), "GET", "/accounts/2", true),
            (json!(7), json!(["GET"]), "GET", "/accounts/7", true),
            (json!("a b"), json!(["GET"]), "GET", "/accounts/a%20b", true),
            (json!("1"), json!(["GET"]), "DELETE", "/accounts/1", false),
            (json!("1"), json!(["GET"]), "GET", "/accounts/2", false),
            (json!("1"), json!(["GET"]), "GET", "/accounts", false),
            (json!(""), json!(["GET"]), "GET", "/accounts/", false),
            (json!({ "1": 1 }), json!(["GET"]), "GET", "/accounts/1", false),
            (json!("1"), json!([]), "GET", "/accounts/1", false),
            (json!("1"), json!(null), "GET", "/accounts/1", false),
        ] {
            let detail = json!({ "type": "account", "account": account, "actions": actions });
            assert_eq!(
                check(rule(), &detail, (method, path, None)),
                is_permitted,
                "{detail} {method} {path}"
            );
        }
    }
}
