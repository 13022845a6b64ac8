//! A payment: as an app orders it, and as a customer consents to it.
//! Spec: RFC 9396 §2 and §2.2 (`identifier`)

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The type of `authorization_details` that this API understands.
const DETAILS_TYPE: &str = "payment";

/// An order. A number of the app's own, made for this one payment, is part of what the customer consents to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::demo) struct Order {
    /// Which payment of this app.
    pub identifier: String,
    /// In whole units: yen have no smaller one.
    pub amount: i64,
    /// ISO 4217.
    pub currency: String,
    /// Who is paid.
    pub creditor: String,
}

impl Order {
    /// A new payment in yen.
    pub(in crate::demo) fn new(creditor: &str, amount: i64) -> Self {
        Self {
            identifier: jose::random_token(),
            amount,
            currency: "JPY".to_owned(),
            creditor: creditor.to_owned(),
        }
    }

    /// The `authorization_details` that ask for it.
    pub(in crate::demo) fn details(&self) -> Value {
        json!([{
            "type": DETAILS_TYPE, "identifier": self.identifier, "amount": self.amount, "currency": self.currency,
            "creditor": self.creditor,
        }])
    }

    /// Reads one object of `authorization_details`; those of other types are none of this API's business.
    pub(super) fn from_detail(detail: &Value) -> Option<Self> {
        let mut members = detail.as_object()?.clone();
        let is_payment = members.remove("type")? == DETAILS_TYPE;
        serde_json::from_value(Value::Object(members))
            .ok()
            .filter(|_| is_payment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_what_is_read() {
        let order = Order::new("Bob", 10_000);
        let details = order.details();
        assert_eq!(details[0]["currency"], "JPY");
        assert_eq!(Order::from_detail(&details[0]), Some(order));
    }

    #[test]
    fn details_of_another_type_or_with_more_in_them_are_no_order() {
        let order = Order::new("Bob", 1).details()[0].clone();
        let changed = |name: &str, value: Value| {
            let mut detail = order.clone();
            detail[name] = value;
            Order::from_detail(&detail)
        };
        assert_eq!(changed("type", "account".into()), None);
        assert_eq!(changed("condition", "never".into()), None);
        assert_eq!(changed("amount", "1".into()), None);
        assert_eq!(Order::from_detail(&Value::Null), None);
    }

    #[test]
    fn two_orders_are_two_payments() {
        assert_ne!(Order::new("Bob", 1).identifier, Order::new("Bob", 1).identifier);
    }
}
