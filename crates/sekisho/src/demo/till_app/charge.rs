//! One charge: from the question to the payment.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::super::fapi_client::backchannel::{Polled, Waiting};
use super::super::fapi_client::payments::{ApiAnswer, Presentation};
use super::super::oidc_client::ClientError;
use super::super::payments_api::Order;
use super::App;

/// The most charges that are kept; the oldest make room.
const MOST: usize = 100;

/// A question to a customer, and how it stands.
pub(super) struct Charge {
    /// The name that the clerk entered.
    pub customer: String,
    pub order: Order,
    /// Shown here and to the customer, so that they know which till asks.
    pub binding_message: String,
    progress: Mutex<Progress>,
}

/// How far it has come.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress {
    pub state: State,
    /// How often the bank was asked whether the customer has decided.
    pub looks: u32,
    /// The pause between two looks, in seconds.
    pub pause: u64,
    /// What the bank said in the end.
    pub said: String,
}

/// How a charge stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum State {
    #[default]
    Waiting,
    Paid,
    /// The customer said no.
    Denied,
    /// The customer said nothing in time.
    Expired,
    /// The customer agreed, but the payments API refused.
    Refused,
    /// Something else went wrong.
    Failed,
}

impl State {
    /// Its name in the page and for the page's script.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Paid => "paid",
            Self::Denied => "denied",
            Self::Expired => "expired",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }

    fn of(error: &ClientError) -> Self {
        match error {
            ClientError::Refused { error, .. } if error == "access_denied" => Self::Denied,
            ClientError::Refused { error, .. } if error == "expired_token" => Self::Expired,
            _ => Self::Failed,
        }
    }
}

impl Charge {
    /// A new one, with four digits for the customer to compare.
    pub(super) fn new(customer: &str, order: Order) -> Self {
        let number = u16::from_be_bytes(jose::random_bytes());
        Self {
            customer: customer.to_owned(),
            order,
            binding_message: format!("{:04}", number % 10_000),
            progress: Mutex::default(),
        }
    }

    pub(super) fn progress(&self) -> Progress {
        self.lock().clone()
    }

    pub(super) fn state(&self) -> State {
        self.lock().state
    }

    fn looked(&self, waiting: &Waiting) {
        let mut progress = self.lock();
        progress.looks += 1;
        progress.pause = waiting.pause().as_secs();
    }

    pub(super) fn end(&self, state: State, said: String) {
        let mut progress = self.lock();
        progress.state = state;
        progress.said = said;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits until the customer has decided, and pays.
pub(super) async fn settle(app: Arc<App>, charge: Arc<Charge>, mut waiting: Waiting) {
    match decided(&app, &charge, &mut waiting).await {
        Ok(answer) => {
            let state = if answer.is_paid() { State::Paid } else { State::Refused };
            charge.end(
                state,
                format!("HTTP {} {}", answer.status, answer.error).trim_end().to_owned(),
            );
        }
        Err(error) => charge.end(State::of(&error), error.to_string()),
    }
}

/// Polls no faster than the server allows. It ends: what is not decided in time has expired.
async fn decided(app: &App, charge: &Charge, waiting: &mut Waiting) -> Result<ApiAnswer, ClientError> {
    let details = charge.order.details();
    loop {
        tokio::time::sleep(waiting.pause()).await;
        let polled = app.fapi.look(waiting, &details).await?;
        charge.looked(waiting);
        if let Polled::Token(token) = polled {
            return app
                .fapi
                .pay(&app.api, &token, &charge.order, Presentation::Proven)
                .await;
        }
    }
}

/// The charges of this till, by ids that cannot be guessed.
#[derive(Default)]
pub(super) struct Charges(Mutex<VecDeque<(String, Arc<Charge>)>>);

impl Charges {
    pub(super) fn keep(&self, charge: Charge) -> (String, Arc<Charge>) {
        let kept = (jose::random_token(), Arc::new(charge));
        let mut charges = self.lock();
        if charges.len() >= MOST {
            charges.pop_front();
        }
        charges.push_back(kept.clone());
        kept
    }

    pub(super) fn find(&self, id: &str) -> Option<Arc<Charge>> {
        let charges = self.lock();
        let (_, charge) = charges.iter().find(|(other, _)| other == id)?;
        Some(Arc::clone(charge))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<(String, Arc<Charge>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn charge() -> Charge {
        Charge::new("alice", Order::new("Shop", 100))
    }

    #[test]
    fn a_binding_message_is_four_digits() {
        let message = charge().binding_message;
        assert!(
            message.len() == 4 && message.bytes().all(|byte| byte.is_ascii_digit()),
            "{message}"
        );
    }

    #[test]
    fn each_end_is_told_apart() {
        let refused = |error: &str| {
            State::of(&ClientError::Refused {
                error: error.to_owned(),
                description: String::new(),
            })
        };
        assert_eq!(refused("access_denied"), State::Denied);
        assert_eq!(refused("expired_token"), State::Expired);
        assert_eq!(refused("invalid_grant"), State::Failed);
    }

    #[test]
    fn the_oldest_charges_make_room() {
        let charges = Charges::default();
        let (first, _) = charges.keep(charge());
        for _ in 1..MOST {
            charges.keep(charge());
        }
        assert!(charges.find(&first).is_some());
        charges.keep(charge());
        assert!(charges.find(&first).is_none());
    }
}
