//! The rule: what the customer consented to is paid, nothing else, and once.
//! Spec: RFC 9396 §9.2 (the API enforces the details), §14 (they are compared in full)

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use sekisho_resource_server::Permit;

use super::super::bank::{Bank, Payment, PaymentError};
use super::order::Order;

/// Who consented to what, for whom.
pub(super) struct Consent {
    /// The bank's customer, by `sub`; none when the token is a program's own.
    customer: Option<String>,
    /// The app.
    client_id: String,
    /// Every payment that was consented to.
    orders: Vec<Order>,
}

impl Consent {
    /// What stands behind a token that was checked.
    pub(super) fn of(permit: &Permit) -> Self {
        // Without a user, the client is the subject (RFC 9068 §2.2).
        let is_user = permit.subject != permit.client_id;
        Self {
            customer: is_user.then(|| permit.subject.clone()),
            client_id: permit.client_id.clone(),
            orders: permit.authorization_details("payment"),
        }
    }

    /// The payment that was consented to under the order's identifier, if it is this one to the letter.
    fn permits(&self, order: &Order) -> Result<(), OrderRefusal> {
        let consented = self
            .orders
            .iter()
            .find(|consented| consented.identifier == order.identifier);
        let consented = consented.ok_or(OrderRefusal::NoConsent)?;
        for (what, ordered, allowed) in [
            ("amount", order.amount.to_string(), consented.amount.to_string()),
            ("currency", order.currency.clone(), consented.currency.clone()),
            ("creditor", order.creditor.clone(), consented.creditor.clone()),
        ] {
            if ordered != allowed {
                return Err(OrderRefusal::Differs { what, ordered, allowed });
            }
        }
        Ok(())
    }
}

/// Why an order is not executed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum OrderRefusal {
    #[error("only a customer can pay")]
    NoCustomer,
    #[error("the customer has not consented to a payment of this identifier")]
    NoConsent,
    #[error("{what} is {ordered}, but the customer consented to {allowed}")]
    Differs {
        what: &'static str,
        ordered: String,
        allowed: String,
    },
    #[error("this payment was executed already: one consent, one payment")]
    Executed,
    #[error(transparent)]
    Bank(#[from] PaymentError),
}

/// The payments of the bank.
pub(super) struct Payments {
    bank: Arc<Bank>,
    /// Customer, app and identifier of each payment that was made. Not the token: a new token for the same consent
    /// is no new consent. A bank of your own has a unique index on these, in the transaction that moves the money.
    executed: Mutex<HashSet<(String, String, String)>>,
}

impl Payments {
    pub(super) fn new(bank: Arc<Bank>) -> Self {
        Self {
            bank,
            executed: Mutex::default(),
        }
    }

    /// Pays from the customer's first account. An order that the bank cannot carry out may come again.
    pub(super) fn execute(&self, consent: &Consent, order: &Order) -> Result<(), OrderRefusal> {
        let customer = consent.customer.as_deref().ok_or(OrderRefusal::NoCustomer)?;
        consent.permits(order)?;
        // Held until the money has moved: of two calls at once, one finds the other's entry.
        let mut executed = self.executed.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (customer.to_owned(), consent.client_id.clone(), order.identifier.clone());
        if executed.contains(&key) {
            return Err(OrderRefusal::Executed);
        }
        let account = self.bank.accounts_of(customer).into_iter().next();
        let payment = Payment {
            from: account.ok_or(PaymentError::Account)?.number,
            payee: order.creditor.clone(),
            amount: order.amount,
        };
        self.bank.pay(customer, &payment)?;
        executed.insert(key);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::bank::ALICE;
    use super::*;

    fn consent(orders: &[&Order]) -> Consent {
        Consent {
            customer: Some(ALICE.to_owned()),
            client_id: "pay-web".to_owned(),
            orders: orders.iter().copied().cloned().collect(),
        }
    }

    fn payments() -> (Payments, Arc<Bank>) {
        let bank = Arc::new(Bank::new());
        (Payments::new(Arc::clone(&bank)), bank)
    }

    fn balance(bank: &Bank) -> i64 {
        bank.accounts_of(ALICE)[0].balance
    }

    #[test]
    fn what_was_consented_to_is_paid_once_whatever_token_comes() {
        let (payments, bank) = payments();
        let order = Order::new("Bob", 10_000);
        assert_eq!(payments.execute(&consent(&[&order]), &order), Ok(()));
        assert_eq!(balance(&bank), 238_300);
        assert_eq!(
            payments.execute(&consent(&[&order]), &order),
            Err(OrderRefusal::Executed)
        );
        assert_eq!(balance(&bank), 238_300);
    }

    #[test]
    fn of_many_at_once_one_is_paid() {
        let (payments, bank) = payments();
        let order = Order::new("Bob", 10_000);
        let paid = std::thread::scope(|scope| {
            let calls: Vec<_> = (0..16)
                .map(|_| scope.spawn(|| payments.execute(&consent(&[&order]), &order).is_ok()))
                .collect();
            calls
                .into_iter()
                .map(|call| call.join().unwrap())
                .filter(|paid| *paid)
                .count()
        });
        assert_eq!((paid, balance(&bank)), (1, 238_300));
    }

    #[test]
    fn another_amount_currency_or_creditor_is_refused_and_named() {
        let (payments, bank) = payments();
        let order = Order::new("Bob", 10_000);
        let changes: [(&str, fn(&mut Order)); 4] = [
            ("amount", |order| order.amount = 100_000),
            ("amount", |order| order.amount = 9_999),
            ("currency", |order| order.currency = "USD".to_owned()),
            ("creditor", |order| order.creditor = "Mallory".to_owned()),
        ];
        for (member, change) in changes {
            let mut tampered = order.clone();
            change(&mut tampered);
            let refusal = payments.execute(&consent(&[&order]), &tampered).unwrap_err();
            assert!(
                matches!(&refusal, OrderRefusal::Differs { what, .. } if *what == member),
                "{refusal}"
            );
        }
        assert_eq!(balance(&bank), 248_300);
        assert_eq!(
            payments.execute(&consent(&[&order]), &order),
            Ok(()),
            "the consent is not used up by that"
        );
    }

    #[test]
    fn without_a_consent_of_this_identifier_or_a_customer_nothing_is_paid() {
        let (payments, bank) = payments();
        let order = Order::new("Bob", 10_000);
        let other = Order::new("Bob", 10_000);
        assert_eq!(payments.execute(&consent(&[]), &order), Err(OrderRefusal::NoConsent));
        assert_eq!(
            payments.execute(&consent(&[&other]), &order),
            Err(OrderRefusal::NoConsent)
        );
        let program = Consent {
            customer: None,
            ..consent(&[&order])
        };
        assert_eq!(payments.execute(&program, &order), Err(OrderRefusal::NoCustomer));
        assert_eq!(balance(&bank), 248_300);
    }

    #[test]
    fn two_consents_are_two_payments_and_two_apps_do_not_meet() {
        let (payments, bank) = payments();
        let (one, two) = (Order::new("Bob", 100), Order::new("Bob", 100));
        let both = consent(&[&one, &two]);
        assert_eq!(payments.execute(&both, &one), Ok(()));
        assert_eq!(payments.execute(&both, &two), Ok(()));
        let till = Consent {
            client_id: "till".to_owned(),
            ..consent(&[&one])
        };
        assert_eq!(payments.execute(&till, &one), Ok(()));
        assert_eq!(balance(&bank), 248_000);
    }

    #[test]
    fn what_the_bank_cannot_pay_may_be_ordered_again() {
        let (payments, _) = payments();
        let order = Order::new("Bob", 1_000_000);
        for _ in 0..2 {
            let refusal = payments.execute(&consent(&[&order]), &order);
            assert_eq!(refusal, Err(OrderRefusal::Bank(PaymentError::Balance)));
        }
    }
}
