//! Which credentials of clients were right lately. Whoever takes them checks them all the same: what is spared is to count a
//! guess (`oauth/src/guess.rs`).

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// How many are remembered.
const MOST: usize = 10_000;
/// For how long, in seconds from their last use.
const LATELY: i64 = 3600;
/// Credentials that are looked at one after the other, by what they begin with.
const STRIPES: usize = 64;

/// What is remembered of credentials: a hash by a key of this process.
pub type Remembered = [u8; 32];

/// With until when it is remembered.
pub struct ProvenLately {
    key: [u8; 32],
    known: Mutex<HashMap<Remembered, i64>>,
    stripes: [tokio::sync::Mutex<()>; STRIPES],
}

impl Default for ProvenLately {
    fn default() -> Self {
        Self {
            key: jose::random_bytes(),
            known: Mutex::default(),
            stripes: std::array::from_fn(|_| tokio::sync::Mutex::default()),
        }
    }
}

impl ProvenLately {
    /// By what these credentials of a realm are remembered.
    pub fn of(&self, issuer: &str, shown: &str) -> Remembered {
        jose::hmac_sha256(&self.key, format!("{issuer}\n{shown}").as_bytes())
    }

    /// Whether they were right lately.
    pub fn contains(&self, credentials: &Remembered, now: i64) -> bool {
        self.lock().get(credentials).is_some_and(|until| now < *until)
    }

    /// They are right.
    pub fn remember(&self, credentials: Remembered, now: i64) {
        let mut known = self.lock();
        if known.len() >= MOST {
            known.retain(|_, until| now < *until);
            if known.len() >= MOST {
                known.clear();
            }
        }
        known.insert(credentials, now + LATELY);
    }

    /// Waits until nobody else looks at the same credentials: of many calls at once with a secret that is right, one counts.
    pub async fn alone(&self, credentials: &Remembered) -> tokio::sync::MutexGuard<'_, ()> {
        let [first, ..] = credentials;
        let [zeroth, others @ ..] = &self.stripes;
        let stripe = usize::from(*first) % STRIPES;
        let stripe = stripe.checked_sub(1).and_then(|at| others.get(at)).unwrap_or(zeroth);
        stripe.lock().await
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Remembered, i64>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_right_is_remembered_for_an_hour_and_nothing_else_is() {
        let proven = ProvenLately::default();
        let of = |shown| proven.of("https://id.example", shown);
        proven.remember(of("Basic a"), 0);
        assert!(proven.contains(&of("Basic a"), LATELY - 1) && !proven.contains(&of("Basic a"), LATELY));
        assert!(!proven.contains(&of("Basic b"), 0));
        assert!(!proven.contains(&proven.of("https://other.example", "Basic a"), 0));
        assert_ne!(
            ProvenLately::default().of("i", "s"),
            proven.of("i", "s"),
            "a key of its own"
        );
    }

    #[test]
    fn no_more_are_remembered_than_there_is_room_for() {
        let proven = ProvenLately::default();
        for n in 0..=MOST {
            proven.remember(proven.of("", &n.to_string()), 0);
        }
        assert!(proven.lock().len() <= MOST);
    }
}
