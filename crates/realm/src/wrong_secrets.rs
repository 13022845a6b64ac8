//! Secrets of clients that were wrong lately, as far as this process knows: how many in each lane, and which. The database
//! counts for all processes (`oauth/src/guess.rs`); what is known here costs neither a query nor a write.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// How many lanes of a realm are remembered, and how many secrets.
const MOST: usize = 10_000;

/// What is remembered of a secret: a hash by a key of this process.
type Shown = [u8; 32];

/// Where wrong ones are counted, and how many there may be.
pub type Lane = (String, i64);

/// What is known here when a secret was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    /// It was right, and none was wrong.
    AllRight,
    /// It was right, and others were wrong: other processes may know of more.
    OthersWrong,
    /// It was wrong, and is counted.
    Wrong,
    /// It was wrong before, and was counted then.
    WrongAgain,
    /// Too many were wrong; until when none is told from the others.
    Full(i64),
}

#[derive(Clone, Copy)]
struct Count {
    number: i64,
    until: i64,
}

#[derive(Default)]
struct Memory {
    lanes: HashMap<String, Count>,
    /// With until when.
    shown: HashMap<Shown, i64>,
}

impl Memory {
    fn count(&self, lane: &str, now: i64) -> Option<Count> {
        self.lanes.get(lane).copied().filter(|count| now < count.until)
    }
}

/// The memory of a process.
pub struct WrongSecrets {
    key: [u8; 32],
    /// By issuer.
    realms: Mutex<HashMap<String, Memory>>,
}

impl Default for WrongSecrets {
    fn default() -> Self {
        Self {
            key: jose::random_bytes(),
            realms: Mutex::default(),
        }
    }
}

impl WrongSecrets {
    /// Whether nothing is remembered of a realm, so that there is nothing to look for.
    pub fn are_none(&self, issuer: &str) -> bool {
        !self.lock().contains_key(issuer)
    }

    /// A secret was compared: `wrong` is what was shown, if it was. Looking and counting are one step, so that of many at once
    /// no more are told than may be. What is counted now counts for `window` seconds.
    pub fn compared(&self, issuer: &str, lanes: &[Lane], wrong: Option<&str>, (now, window): (i64, i64)) -> Compared {
        let shown = wrong.map(|shown| jose::hmac_sha256(&self.key, shown.as_bytes()));
        let mut realms = self.lock();
        let memory = realms.entry(issuer.to_owned()).or_default();
        let counts = || {
            lanes
                .iter()
                .filter_map(|(lane, most)| Some((memory.count(lane, now)?, *most)))
        };
        let full = counts().filter(|(count, most)| count.number >= *most);
        if let Some(until) = full.map(|(count, _)| count.until).max() {
            return Compared::Full(until);
        }
        let Some(shown) = shown else {
            return match counts().next() {
                Some(_) => Compared::OthersWrong,
                None => Compared::AllRight,
            };
        };
        if memory.shown.get(&shown).is_some_and(|until| now < *until) {
            return Compared::WrongAgain;
        }
        let until = now + window;
        make_room(&mut memory.shown, |until| now < *until);
        memory.shown.insert(shown, until);
        for (lane, _) in lanes {
            let number = memory.count(lane, now).map_or(0, |count| count.number) + 1;
            let until = memory.count(lane, now).map_or(until, |count| count.until);
            make_room(&mut memory.lanes, |count| now < count.until);
            memory.lanes.insert(lane.clone(), Count { number, until });
        }
        Compared::Wrong
    }

    /// Other processes have filled a lane.
    pub fn is_full(&self, issuer: &str, (lane, most): &Lane, until: i64) {
        let count = Count { number: *most, until };
        let mut realms = self.lock();
        realms
            .entry(issuer.to_owned())
            .or_default()
            .lanes
            .insert(lane.clone(), count);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Memory>> {
        self.realms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who has it begin anew has spent as many guesses, and the database has counted them.
fn make_room<K: Eq + Hash, V>(known: &mut HashMap<K, V>, counts: impl Fn(&V) -> bool) {
    if known.len() >= MOST {
        known.retain(|_, value| counts(value));
        if known.len() >= MOST {
            known.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://id.example";
    const WINDOW: i64 = 900;

    fn lanes(name: &str) -> Vec<Lane> {
        vec![(name.to_owned(), 3), ("network".to_owned(), 5)]
    }

    #[test]
    fn after_as_many_wrong_ones_as_may_be_the_right_one_is_refused_too_until_the_first_is_forgotten() {
        let known = WrongSecrets::default();
        let compared = |wrong, now| known.compared(ISSUER, &lanes("robot"), wrong, (now, WINDOW));
        assert!(known.are_none(ISSUER));
        assert_eq!(compared(None, 0), Compared::AllRight);
        for (n, wrong) in ["a", "b", "c"].into_iter().enumerate() {
            assert_eq!(compared(Some(wrong), i64::try_from(n).unwrap()), Compared::Wrong);
            assert_ne!(
                known.compared(ISSUER, &lanes("other"), None, (0, WINDOW)),
                Compared::AllRight
            );
        }
        for shown in [Some("d"), Some("a"), None] {
            assert_eq!(compared(shown, 899), Compared::Full(900));
        }
        assert_eq!(compared(None, 900), Compared::AllRight);
        assert_eq!(compared(Some("d"), 900), Compared::Wrong);
        assert_eq!(compared(None, 900), Compared::OthersWrong);
    }

    #[test]
    fn the_same_wrong_one_is_counted_once() {
        let known = WrongSecrets::default();
        let compared = |wrong| known.compared(ISSUER, &lanes("robot"), wrong, (0, WINDOW));
        assert_eq!(compared(Some("old")), Compared::Wrong);
        for _ in 0..20 {
            assert_eq!(compared(Some("old")), Compared::WrongAgain);
        }
        assert_eq!(compared(None), Compared::OthersWrong);
    }

    #[test]
    fn a_lane_that_others_filled_is_full_here() {
        let known = WrongSecrets::default();
        known.is_full(ISSUER, &("network".to_owned(), 5), 40);
        assert_eq!(
            known.compared(ISSUER, &lanes("robot"), None, (39, WINDOW)),
            Compared::Full(40)
        );
        assert_eq!(
            known.compared(ISSUER, &lanes("robot"), None, (40, WINDOW)),
            Compared::AllRight
        );
    }

    #[test]
    fn no_more_is_remembered_than_there_is_room_for() {
        let known = WrongSecrets::default();
        for n in 0..=MOST {
            let text = n.to_string();
            known.compared(ISSUER, &[(text.clone(), 3)], Some(&text), (0, WINDOW));
        }
        assert!(known.are_none("https://other.example"));
        let realms = known.lock();
        let memory = &realms[ISSUER];
        assert!(memory.lanes.len() <= MOST && memory.shown.len() <= MOST);
    }
}
