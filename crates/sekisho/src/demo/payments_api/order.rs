//! A payment: as an app orders it, and as a customer consents to it.
//! Spec: RFC 9396 §2 and §2.2 (`identifier`)

use jose::{b64, random_bytes};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// An order: the very object that the customer consents to. A number of the app's own, made for this one payment, is part
/// of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::demo) struct Order {
    #[serde(rename = "type")]
    details_type: DetailsType,
    /// Which payment of this app.
    pub identifier: String,
    /// In whole units: yen have no smaller one.
    pub amount: i64,
    /// ISO 4217.
    pub currency: String,
    /// Who is paid.
    pub creditor: String,
}

/// The one type of details that this API understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum DetailsType {
    Payment,
}

impl Order {
    /// A new payment in yen.
    pub(in crate::demo) fn new(creditor: &str, amount: i64) -> Self {
        Self {
            details_type: DetailsType::Payment,
            identifier: b64::encode(random_bytes::<16>()),
            amount,
            currency: "JPY".to_owned(),
            creditor: creditor.to_owned(),
        }
    }

    /// The `authorization_details` that ask for it.
    pub(in crate::demo) fn details(&self) -> Value {
        json!([self])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_what_is_read() {
        let order = Order::new("Bob", 10_000);
        let details = order.details();
        assert_eq!(
            (&details[0]["type"], &details[0]["currency"]),
            (&json!("payment"), &json!("JPY"))
        );
        assert_eq!(serde_json::from_value(json!(details[0])).ok(), Some(order));
    }

    #[test]
    fn an_object_of_another_type_or_with_more_in_it_is_no_order() {
        for (name, value) in [
            ("type", json!("account")),
            ("condition", json!("never")),
            ("amount", json!("1")),
        ] {
            let mut detail = json!(Order::new("Bob", 1));
            detail[name] = value;
            assert!(serde_json::from_value::<Order>(detail).is_err(), "{name}");
        }
    }

    #[test]
    fn two_orders_are_two_payments() {
        assert_ne!(Order::new("Bob", 1).identifier, Order::new("Bob", 1).identifier);
    }
}
