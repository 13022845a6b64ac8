//! The last minutes, in slots of some seconds. What is older is overwritten: it takes no more room than it had at first.

use std::time::Duration;

use crate::Outcome;

/// How long a slot is, in seconds.
pub const SLOT: i64 = 10;
/// How many slots are remembered: fifteen minutes.
pub const SLOTS: usize = 90;
const LENGTH: i64 = 90;
/// The upper bounds of the classes of latency, in seconds; one class more is above them all.
pub const BOUNDS: [f64; 14] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// What happened in one slot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Slot {
    /// Calls that reached the API.
    pub permitted: u32,
    /// Calls that were refused.
    pub refused: u32,
    /// Calls that could not be passed on.
    pub failed: u32,
    /// How many took how long: by the classes of [`BOUNDS`]. Refused ones are not among them: they say nothing of the API.
    pub took: [u32; BOUNDS.len() + 1],
}

impl Slot {
    /// All calls.
    pub const fn calls(&self) -> u32 {
        self.permitted.saturating_add(self.refused).saturating_add(self.failed)
    }

    /// The two together.
    #[must_use]
    pub fn plus(mut self, other: &Self) -> Self {
        self.permitted = self.permitted.saturating_add(other.permitted);
        self.refused = self.refused.saturating_add(other.refused);
        self.failed = self.failed.saturating_add(other.failed);
        for (sum, more) in self.took.iter_mut().zip(&other.took) {
            *sum = sum.saturating_add(*more);
        }
        self
    }

    fn add(&mut self, outcome: Outcome, took: Duration) {
        let count = match outcome {
            Outcome::Permitted => &mut self.permitted,
            Outcome::Refused(_) => &mut self.refused,
            Outcome::Failed(_) => &mut self.failed,
        };
        *count = count.saturating_add(1);
        if !matches!(outcome, Outcome::Refused(_)) {
            let seconds = took.as_secs_f64();
            let class = BOUNDS.iter().take_while(|bound| seconds > **bound).count();
            if let Some(count) = self.took.get_mut(class) {
                *count = count.saturating_add(1);
            }
        }
    }

    /// The bound, in seconds, that this share of the calls stayed within; `None` without calls. What took longer than
    /// every bound is told as the last one.
    pub fn within(&self, share: f64) -> Option<f64> {
        let all: u32 = self.took.iter().sum();
        if all == 0 {
            return None;
        }
        let wanted = f64::from(all) * share;
        let mut seen = 0.0;
        for (count, bound) in self.took.iter().zip(BOUNDS) {
            seen += f64::from(*count);
            if seen >= wanted {
                return Some(bound);
            }
        }
        BOUNDS.last().copied()
    }
}

/// The slots of one series.
#[derive(Debug)]
pub(crate) struct Ring {
    slots: Vec<(i64, Slot)>,
}

impl Default for Ring {
    fn default() -> Self {
        Self {
            slots: vec![(i64::MIN, Slot::default()); SLOTS],
        }
    }
}

impl Ring {
    pub(crate) fn add(&mut self, now: i64, outcome: Outcome, took: Duration) {
        let number = now.div_euclid(SLOT);
        if let Some((at, slot)) = self.slots.get_mut(place(number)) {
            if *at != number {
                (*at, *slot) = (number, Slot::default());
            }
            slot.add(outcome, took);
        }
    }

    /// The slots up to now, the oldest first.
    pub(crate) fn slots(&self, now: i64) -> Vec<Slot> {
        let last = now.div_euclid(SLOT);
        let first = last - (LENGTH - 1);
        let slot = |number: i64| match self.slots.get(place(number)) {
            Some((at, slot)) if *at == number => *slot,
            _ => Slot::default(),
        };
        (first..=last).map(slot).collect()
    }
}

fn place(number: i64) -> usize {
    usize::try_from(number.rem_euclid(LENGTH)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn the_oldest_slot_gives_its_place_to_the_newest() {
        let mut ring = Ring::default();
        ring.add(1_000, Outcome::Permitted, MS);
        ring.add(1_009, Outcome::Refused("token.expired"), MS);
        ring.add(1_010, Outcome::Failed("gateway.unreachable"), MS);
        let slots = ring.slots(1_010);
        assert_eq!(slots.len(), SLOTS);
        let counts = |slot: &Slot| (slot.permitted, slot.refused, slot.failed);
        assert_eq!(counts(&slots[SLOTS - 2]), (1, 1, 0));
        assert_eq!(counts(&slots[SLOTS - 1]), (0, 0, 1));
        let later = 1_000 + SLOT * LENGTH;
        assert_eq!(ring.slots(later)[0].failed, 1, "just remembered");
        assert_eq!(ring.slots(later).iter().map(Slot::calls).sum::<u32>(), 1);
        ring.add(later, Outcome::Permitted, MS);
        assert_eq!(
            counts(&ring.slots(later)[SLOTS - 1]),
            (1, 0, 0),
            "nothing of what was there"
        );
        assert_eq!(ring.slots(later + 100_000).iter().map(Slot::calls).sum::<u32>(), 0);
    }

    #[test]
    fn a_share_of_the_calls_stays_within_a_bound() {
        let mut slot = Slot::default();
        assert_eq!(slot.within(0.5), None);
        for _ in 0..98 {
            slot.add(Outcome::Permitted, MS);
        }
        slot.add(Outcome::Permitted, Duration::from_millis(200));
        slot.add(Outcome::Failed("x"), Duration::from_mins(1));
        slot.add(Outcome::Refused("x"), Duration::from_mins(1));
        assert_eq!((slot.within(0.5), slot.within(0.99)), (Some(0.001), Some(0.25)));
        assert_eq!(slot.within(1.0), Some(10.0));
        assert_eq!(slot.plus(&slot).within(0.99), Some(0.25));
    }
}
