//! What came of a text before.
//!
//! For work that has the same outcome as long as a context lives: to decrypt, to verify a signature, to parse. What rows or the
//! time decide is not remembered.

use std::{
    any::Any,
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use jose::{constant_time_eq, sha256};

/// How many outcomes are kept at most. Each has one place, by the hash of its text, and takes it from whatever was there.
const PLACES: u16 = 4096;

/// Outcomes, by the hashes of their texts, which may be secrets.
#[derive(Default)]
pub struct Memo(RwLock<HashMap<u16, Kept>>);

struct Kept {
    hash: [u8; 32],
    outcome: Arc<dyn Any + Send + Sync>,
}

impl Memo {
    /// What came of this text before, else what comes of it now. What comes to nothing is not kept.
    pub fn of<T: Any + Send + Sync>(&self, text: &str, work: impl FnOnce() -> Option<T>) -> Option<Arc<T>> {
        let hash = sha256(text.as_bytes());
        let [first, second, ..] = hash;
        let place = u16::from_be_bytes([first, second]) % PLACES;
        if let Some(outcome) = self.kept(place, &hash) {
            return Some(outcome);
        }
        let outcome = Arc::new(work()?);
        let kept = Kept {
            hash,
            outcome: Arc::<T>::clone(&outcome),
        };
        let before = self
            .0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(place, kept);
        drop(before);
        Some(outcome)
    }

    fn kept<T: Any + Send + Sync>(&self, place: u16, hash: &[u8; 32]) -> Option<Arc<T>> {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let same = kept.get(&place).filter(|kept| constant_time_eq(&kept.hash, hash))?;
        Arc::clone(&same.outcome).downcast().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_work_is_done_once_for_each_text_that_something_comes_of() {
        let memo = Memo::default();
        let length = |text: &str| memo.of(text, || Some(text.len())).as_deref().copied();
        assert_eq!((length("a"), length("bc")), (Some(1), Some(2)));
        let again = |text: &str| memo.of(text, || -> Option<usize> { unreachable!("it was done") });
        assert_eq!((again("a").as_deref(), again("bc").as_deref()), (Some(&1), Some(&2)));
        assert_eq!(memo.of("d", || None::<usize>), None);
        assert_eq!(length("d"), Some(1), "nothing had come of it");
    }

    #[test]
    fn what_has_the_same_place_is_another_text_still() {
        let memo = Memo::default();
        let number = |n: u32| memo.of(&n.to_string(), || Some(n)).as_deref().copied();
        for n in 0..2 * u32::from(PLACES) {
            assert_eq!(number(n), Some(n));
        }
        assert!(memo.0.read().unwrap().len() <= usize::from(PLACES));
        assert_eq!(number(0), Some(0));
    }

    #[test]
    fn an_outcome_of_another_kind_is_none() {
        let memo = Memo::default();
        memo.of("a", || Some(1_u8)).unwrap();
        assert_eq!(memo.of("a", || Some("one")).as_deref(), Some(&"one"));
    }
}
