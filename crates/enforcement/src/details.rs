//! What was permitted in detail, and whether it is what a call does.
//! Spec: RFC 9396 §9.1, §9.2 and §14
//!
//! An API reads the details of a type into a structure of its own. One that it does not understand permits nothing.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{Permit, Refusal};

impl Permit {
    /// The `authorization_details` of a type, each as the API's own structure. Members that the structure does not have are
    /// ignored unless it denies them (`#[serde(deny_unknown_fields)]`), which is the safer way.
    pub fn authorization_details<T: DeserializeOwned>(&self, type_name: &str) -> Vec<T> {
        let details = self.claims.get("authorization_details").and_then(Value::as_array);
        details
            .into_iter()
            .flatten()
            .filter(|detail| detail.get("type").and_then(Value::as_str) == Some(type_name))
            .filter_map(|detail| T::deserialize(detail).ok())
            .collect()
    }

    /// Demands a detail of a type that permits the call: `permits` compares it with the call, in full. Answers the first.
    pub fn require_detail<T: DeserializeOwned>(
        &self,
        type_name: &str,
        permits: impl Fn(&T) -> bool,
    ) -> Result<T, Refusal> {
        self.authorization_details(type_name)
            .into_iter()
            .find(permits)
            .ok_or_else(|| Refusal::InsufficientDetails(type_name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;
    use crate::permit::tests::permit;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Payment {
        #[serde(rename = "type")]
        _type: String,
        amount: i64,
        payee: String,
    }

    fn with(details: Value) -> Permit {
        let mut permit = permit("");
        permit.claims.insert("authorization_details".to_owned(), details);
        permit
    }

    #[test]
    fn a_call_is_permitted_by_a_detail_that_says_the_same() {
        let permit = with(json!([
            {"type": "account", "amount": 1, "payee": "bob"},
            {"type": "payment", "amount": 5, "payee": "bob"},
            {"type": "payment", "amount": 7, "payee": "carol"},
            {"type": "payment", "amount": "7", "payee": "dave"},
            {"type": "payment", "amount": 9, "payee": "erin", "only_if": "snow"},
        ]));
        assert_eq!(permit.authorization_details::<Payment>("payment").len(), 2);
        let pays = |amount: i64, payee: &str| {
            permit.require_detail("payment", |detail: &Payment| {
                detail.amount == amount && detail.payee == payee
            })
        };
        assert_eq!(pays(5, "bob").unwrap().payee, "bob");
        assert_eq!(pays(7, "carol").unwrap().amount, 7);
        for (amount, payee) in [(1, "bob"), (5, "carol"), (7, "dave"), (9, "erin")] {
            let refused = Err(Refusal::InsufficientDetails("payment".to_owned()));
            assert_eq!(pays(amount, payee), refused, "{amount} to {payee}");
        }
    }

    #[test]
    fn no_details_or_no_list_permit_nothing() {
        for permit in [
            permit(""),
            with(json!({"type": "payment"})),
            with(json!(["payment", 1, null])),
        ] {
            assert!(permit.require_detail("payment", |_: &Value| true).is_err());
        }
    }
}
