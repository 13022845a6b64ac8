//! What a thief, or a dishonest app, would try with a consent; the bank must refuse each.

use super::super::fapi_client::payments::Presentation;
use super::super::payments_api::Order;

/// One way to misuse a consent or its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attempt {
    /// The same payment once more.
    Again,
    /// Ten times the amount.
    OtherAmount,
    /// The token alone.
    WithoutProof,
    /// The token as a bearer token.
    AsBearer,
    /// The token with a proof by a key of the thief's own.
    WithAnotherKey,
}

impl Attempt {
    pub(super) const ALL: [Self; 5] = [
        Self::Again,
        Self::OtherAmount,
        Self::WithoutProof,
        Self::AsBearer,
        Self::WithAnotherKey,
    ];

    /// Its name in the form, and in the ids of the page.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Again => "again",
            Self::OtherAmount => "other-amount",
            Self::WithoutProof => "without-proof",
            Self::AsBearer => "as-bearer",
            Self::WithAnotherKey => "with-another-key",
        }
    }

    pub(super) fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|attempt| attempt.name() == name)
    }

    /// What is ordered.
    pub(super) fn order(self, consented: &Order) -> Order {
        let mut order = consented.clone();
        if self == Self::OtherAmount {
            order.amount = order.amount.saturating_mul(10);
        }
        order
    }

    /// How the token is shown.
    pub(super) fn presentation(self) -> Presentation {
        match self {
            Self::Again | Self::OtherAmount => Presentation::Proven,
            Self::WithoutProof => Presentation::Unproven,
            Self::AsBearer => Presentation::Bearer,
            Self::WithAnotherKey => Presentation::ByAnotherKey,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_attempt_is_found_by_its_name_and_is_no_honest_payment() {
        let order = Order::new("Bob", 100);
        for attempt in Attempt::ALL {
            assert_eq!(Attempt::find(attempt.name()), Some(attempt));
            let is_honest = attempt.order(&order) == order && attempt.presentation() == Presentation::Proven;
            assert_eq!(is_honest, attempt == Attempt::Again, "{attempt:?}");
        }
        assert_eq!(Attempt::find("honest"), None);
    }
}
