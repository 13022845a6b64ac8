//! This process among those that share a database: which proofs it took, and the nonces that it gives out for them.
//!
//! Spec: RFC 9449 §8, §9, §11.1 and §11.3
//!
//! A proof is used once, and nothing durable grows with calls: each node remembers in memory the proofs that it took, and
//! a proof can be used at one node alone. A proof with a nonce can be used at the node that gave the nonce out
//! ([`NonceKey`]). A proof without one can be used at the node that holds the lease of its realm
//! (`storage/src/proof_lease.rs`): one row, which only one node at a time can have, and which outlives the node by as long
//! as what it took could be used. Whoever does not hold it asks for a nonce.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use model::new_id;
use protocol::dpop::{NonceKey, NonceUse, Proof, SeenProofs, Unseen, WINDOW};
use storage::{Outcome, StorageError, Store, proof_lease};

use crate::{CertificateOwners, Limits, Revocations, WrongSecrets, audit::Tally};

/// For how long a lease is taken, in seconds. It is kept while proofs without a nonce come.
const LEASE: i64 = 60;
/// How long a node that did not get the lease waits before it tries again, in seconds.
const PAUSE: i64 = 10;
/// How many proofs are remembered; each takes some 30 bytes.
const REMEMBERED: usize = 1 << 20;

/// What a process knows of the lease of a realm.
#[derive(Debug, Clone, Copy)]
enum Lease {
    Held { ends_at: i64 },
    AnotherHas { asked_at: i64 },
}

/// One process. It is made at start, and nothing of it is stored but its name in a lease.
pub struct Node {
    id: String,
    nonces: NonceKey,
    seen: Mutex<SeenProofs>,
    /// By issuer.
    leases: Mutex<HashMap<String, Lease>>,
    /// What happened and is not written yet.
    pub tally: Tally,
    /// How many calls of APIs get through.
    pub limits: Limits,
    /// Whose certificates they are.
    pub certificates: CertificateOwners,
    /// Which secrets of clients were wrong lately.
    pub wrong_secrets: WrongSecrets,
    /// Who is told what was revoked.
    pub revocations: Revocations,
}

impl Default for Node {
    fn default() -> Self {
        Self {
            id: new_id(),
            nonces: NonceKey::new(jose::random_bytes()),
            seen: Mutex::new(SeenProofs::new(REMEMBERED)),
            leases: Mutex::default(),
            tally: Tally::default(),
            limits: Limits::default(),
            certificates: CertificateOwners::default(),
            wrong_secrets: WrongSecrets::default(),
            revocations: Revocations::default(),
        }
    }
}

impl Node {
    /// A nonce for proofs that are sent to this node.
    pub fn nonce(&self, issuer: &str, what_for: NonceUse, now: i64) -> String {
        self.nonces.give(issuer, what_for, now)
    }

    /// Whether this node gave a nonce out, not long ago.
    pub fn gave(&self, issuer: &str, what_for: NonceUse, nonce: &str, now: i64) -> bool {
        self.nonces.is_mine(issuer, what_for, nonce, now)
    }

    /// Whether proofs need a nonce, as far as is known: then each answer brings the next one.
    pub fn wants_nonces(&self, issuer: &str) -> bool {
        matches!(lock(&self.leases).get(issuer), Some(Lease::AnotherHas { .. }))
    }

    /// Whether this node took a proof before.
    pub fn has_seen(&self, proof: &Proof) -> bool {
        lock(&self.seen).contains(proof)
    }

    /// Remembers a proof that is used now.
    pub fn remember(&self, proof: &Proof, now: i64) -> Unseen {
        lock(&self.seen).remember(proof, now)
    }

    /// Whether this node may take proofs without a nonce: asks for the lease where it must.
    pub async fn holds_lease(&self, store: &Store, issuer: &str, now: i64) -> Result<bool, StorageError> {
        let known = lock(&self.leases).get(issuer).copied();
        match known {
            Some(Lease::Held { ends_at }) if now < ends_at - LEASE / 2 => return Ok(true),
            Some(Lease::AnotherHas { asked_at }) if now < asked_at + PAUSE => return Ok(false),
            _ => {}
        }
        let ends_at = now + LEASE;
        let take = proof_lease::take(issuer, &self.id, ends_at, now, WINDOW);
        let is_mine = store.commit(take).await? == Outcome::Applied;
        let lease = if is_mine {
            Lease::Held { ends_at }
        } else {
            Lease::AnotherHas { asked_at: now }
        };
        lock(&self.leases).insert(issuer.to_owned(), lease);
        Ok(is_mine)
    }

    /// Gives all leases back, so that the next process need not ask for nonces: at once if nothing was taken that could be
    /// used again. To be called when nothing is taken any more.
    pub async fn give_back(&self, store: &Store, now: i64) -> Result<(), StorageError> {
        let ends_at = if lock(&self.seen).is_empty(now) { 0 } else { now };
        let held: Vec<String> = lock(&self.leases)
            .drain()
            .filter(|(_, lease)| matches!(lease, Lease::Held { .. }))
            .map(|(issuer, _)| issuer)
            .collect();
        for issuer in held {
            let _ = store.commit(proof_lease::give_back(&issuer, &self.id, ends_at)).await?;
        }
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
