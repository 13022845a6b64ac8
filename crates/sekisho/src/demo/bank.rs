//! The bank behind the API: accounts and payments in memory. Nothing here knows OAuth.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

/// The user who is Alice at the authorization server, by the `sub` that never changes: the bank wrote it down when the
/// account was opened.
pub(super) const ALICE: &str = "2041-alice";

/// The same for Bob.
pub(super) const BOB: &str = "7310-bob";

/// One account of a customer. Amounts are whole yen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Account {
    pub number: String,
    pub kind: Kind,
    pub balance: i64,
}

/// What an account is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Everyday,
    Savings,
}

/// An order to pay.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Payment {
    /// The number of the account that pays.
    pub from: String,
    /// Who is paid.
    pub payee: String,
    /// In yen.
    pub amount: i64,
}

/// Why a payment is not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum PaymentError {
    #[error("amount must be at least 1")]
    Amount,
    #[error("payee must be a name of 1 to 70 characters")]
    Payee,
    #[error("from is none of your accounts")]
    Account,
    #[error("the account does not hold that much")]
    Balance,
}

/// All customers' accounts, by `sub`.
pub(super) struct Bank(Mutex<HashMap<String, Vec<Account>>>);

impl Bank {
    /// The accounts as they are when the demo starts.
    pub(super) fn new() -> Self {
        Self(Mutex::new(Self::at_the_start()))
    }

    /// All accounts are again as they were at the start.
    pub(super) fn refill(&self) {
        *self.customers() = Self::at_the_start();
    }

    fn at_the_start() -> HashMap<String, Vec<Account>> {
        let account = |number: &str, kind, balance| Account {
            number: number.to_owned(),
            kind,
            balance,
        };
        let alice = vec![
            account("001-2041", Kind::Everyday, 248_300),
            account("001-2042", Kind::Savings, 1_500_000),
        ];
        let bob = vec![account("002-7310", Kind::Everyday, 73_020)];
        let customers = [(ALICE, alice), (BOB, bob)];
        customers.map(|(sub, accounts)| (sub.to_owned(), accounts)).into()
    }

    /// A customer's accounts; nobody else has any.
    pub(super) fn accounts_of(&self, customer: &str) -> Vec<Account> {
        self.customers().get(customer).cloned().unwrap_or_default()
    }

    /// How many accounts there are, and what they hold together, in yen.
    pub(super) fn summary(&self) -> (usize, i64) {
        let customers = self.customers();
        let accounts = || customers.values().flatten();
        (accounts().count(), accounts().map(|account| account.balance).sum())
    }

    /// Makes a payment, and answers the account that paid as it is now.
    pub(super) fn pay(&self, customer: &str, payment: &Payment) -> Result<Account, PaymentError> {
        if payment.amount < 1 {
            return Err(PaymentError::Amount);
        }
        if !(1..=70).contains(&payment.payee.trim().chars().count()) {
            return Err(PaymentError::Payee);
        }
        let mut customers = self.customers();
        let mut accounts = customers.get_mut(customer).into_iter().flatten();
        let account = accounts
            .find(|account| account.number == payment.from)
            .ok_or(PaymentError::Account)?;
        if account.balance < payment.amount {
            return Err(PaymentError::Balance);
        }
        account.balance -= payment.amount;
        Ok(account.clone())
    }

    fn customers(&self) -> std::sync::MutexGuard<'_, HashMap<String, Vec<Account>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An amount for people: `¥1,500,000`.
pub(super) fn yen(amount: i64) -> String {
    let digits = amount.unsigned_abs().to_string();
    let mut text = String::from(if amount < 0 { "-¥" } else { "¥" });
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pay(from: &str, payee: &str, amount: i64) -> Result<Account, PaymentError> {
        let payment = Payment {
            from: from.to_owned(),
            payee: payee.to_owned(),
            amount,
        };
        Bank::new().pay(ALICE, &payment)
    }

    #[test]
    fn a_payment_lowers_the_balance_of_the_customers_own_account() {
        assert_eq!(pay("001-2041", "Shop", 300).unwrap().balance, 248_000);
        assert_eq!(pay("002-7310", "Shop", 300), Err(PaymentError::Account));
    }

    #[test]
    fn a_payment_has_a_payee_and_an_amount_that_the_account_holds() {
        assert_eq!(pay("001-2041", "Shop", 0), Err(PaymentError::Amount));
        assert_eq!(pay("001-2041", "Shop", i64::MIN), Err(PaymentError::Amount));
        assert_eq!(pay("001-2041", " ", 1), Err(PaymentError::Payee));
        assert_eq!(pay("001-2041", &"x".repeat(71), 1), Err(PaymentError::Payee));
        assert_eq!(pay("001-2041", "Shop", 248_301), Err(PaymentError::Balance));
        assert_eq!(pay("001-2041", "店", 248_300).unwrap().balance, 0);
    }

    #[test]
    fn a_refilled_bank_is_as_it_was_at_the_start() {
        let bank = Bank::new();
        let payment = Payment {
            from: "001-2041".to_owned(),
            payee: "Shop".to_owned(),
            amount: 300,
        };
        bank.pay(ALICE, &payment).unwrap();
        bank.refill();
        assert_eq!(bank.accounts_of(ALICE), Bank::new().accounts_of(ALICE));
    }

    // Conformance: F1B-RS-06
    #[test]
    fn customers_see_their_own_accounts() {
        let bank = Bank::new();
        assert_eq!(bank.accounts_of(ALICE).len(), 2);
        assert_eq!(bank.accounts_of(BOB).len(), 1);
        assert!(bank.accounts_of("eve").is_empty());
        assert_eq!(bank.summary(), (3, 1_821_320));
    }

    #[test]
    fn amounts_are_grouped_by_thousands() {
        for (amount, text) in [
            (0, "¥0"),
            (999, "¥999"),
            (1_000, "¥1,000"),
            (1_500_000, "¥1,500,000"),
            (-1_000, "-¥1,000"),
        ] {
            assert_eq!(yen(amount), text);
        }
    }
}
