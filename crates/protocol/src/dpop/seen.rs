//! The proofs that one process took a moment ago, so that none is taken twice.
//!
//! Spec: RFC 9449 §11.1
//!
//! Two sets: what came since the last turn, and what came in the turn before. A turn lasts as long as a proof can be used,
//! so what is forgotten could not be used any more, and forgetting costs nothing per proof. When it is full, nothing more
//! is taken until the next turn: to forget the oldest would let whoever floods it replay what he caught.

use std::collections::HashSet;

use super::{Proof, WINDOW};

/// What became of a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unseen {
    /// It had not been seen, and is remembered.
    Now,
    /// It was used before.
    Before,
    /// It cannot be remembered: too many were used in the last minutes.
    Full,
}

/// A memory of proofs, bounded in size.
#[derive(Debug)]
pub struct SeenProofs {
    capacity: usize,
    turned_at: i64,
    recent: HashSet<[u8; 16]>,
    older: HashSet<[u8; 16]>,
}

impl SeenProofs {
    /// Remembers this many at most.
    pub fn new(capacity: usize) -> Self {
        Self {
            capacity,
            turned_at: i64::MIN,
            recent: HashSet::new(),
            older: HashSet::new(),
        }
    }

    /// Whether a proof was used before; it is not remembered by this.
    pub fn contains(&self, proof: &Proof) -> bool {
        let id = short(proof);
        self.recent.contains(&id) || self.older.contains(&id)
    }

    /// Whether nothing is remembered that could be used again at `now`.
    pub fn is_empty(&mut self, now: i64) -> bool {
        self.turn(now);
        self.recent.is_empty() && self.older.is_empty()
    }

    /// Remembers a proof that is used at `now`, unless it was used before.
    pub fn remember(&mut self, proof: &Proof, now: i64) -> Unseen {
        self.turn(now);
        if self.contains(proof) {
            return Unseen::Before;
        }
        if self.recent.len() + self.older.len() >= self.capacity {
            return Unseen::Full;
        }
        self.recent.insert(short(proof));
        Unseen::Now
    }

    /// A proof that is used at some moment can be used until [`WINDOW`] later, and is remembered for that long or longer.
    fn turn(&mut self, now: i64) {
        let turns = now.saturating_sub(self.turned_at) / (WINDOW + 1);
        if turns < 1 {
            return;
        }
        self.older = std::mem::take(&mut self.recent);
        if turns > 1 {
            self.older = HashSet::new();
        }
        self.turned_at = now;
    }
}

/// 128 bits: nobody can aim at somebody else's proof, whose key is hashed too.
fn short(proof: &Proof) -> [u8; 16] {
    let mut id = [0; 16];
    id.copy_from_slice(proof.id().split_at(16).0);
    id
}
