//! Events that cost no row when they happen: those that are alike are counted, the others wait to be written together.
//!
//! However many requests there are, what is kept here and what is written in a minute is bounded; beyond that, events are
//! counted with less said of them. What cannot be written is kept while there is room. What is lost then is counted, in a
//! metric, and by an event as soon as one can be written.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, Hash, RandomState},
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
};

use model::{Actor, AuditEvent, AuditKind, new_id};
use serde_json::Map;
use storage::{Change, StorageError, Store, audit_event};

/// For how long events are counted, in seconds.
const MINUTE: i64 = 60;
/// How many events of one client or user are written by themselves in a minute; the others are counted.
const SINGLES: u32 = 60;
/// How many kinds of events that are alike are told apart in a minute.
const APART: usize = 1000;
/// How many events wait to be written, at most.
const WAITING: usize = 10_000;
/// How many are written in one change.
const BATCH: usize = 200;

/// What is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// What waits, and what was counted for a minute.
    Now,
    /// Everything: nothing more comes.
    All,
}

/// What this process has not written yet.
#[derive(Debug, Default)]
pub struct Tally {
    state: Mutex<State>,
    /// One writes at a time: whoever looks at the events afterwards sees what was told before.
    writing: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    waiting: Vec<AuditEvent>,
    /// By the hash of what they have in common.
    counted: HashMap<u64, AuditEvent>,
    hasher: RandomState,
    /// How many events of somebody were taken since `begun_at`.
    taken: HashMap<Somebody, u32>,
    begun_at: i64,
    /// By issuer, how many are lost.
    lost: HashMap<String, i64>,
}

/// What events have in common that are counted together.
fn alike(event: &AuditEvent) -> impl Hash + PartialEq {
    let AuditEvent {
        realm,
        kind,
        user_id,
        client_id,
        address,
        details,
        ..
    } = event;
    (realm, kind, user_id, client_id, address, details)
}

/// What events of somebody have in common.
type Somebody = (String, AuditKind, Option<String>, Option<String>);

fn somebody(event: &AuditEvent) -> Somebody {
    (
        event.realm.clone(),
        event.kind,
        event.user_id.clone(),
        event.client_id.clone(),
    )
}

impl State {
    fn count(&mut self, mut event: AuditEvent) {
        if self.counted.len() >= APART && self.find(&event).is_none() {
            // Too many that differ: there is one place more for each realm and kind.
            event.user_id = None;
            event.client_id = None;
            event.address = None;
            event.details = Map::from_iter([("others".to_owned(), true.into())]);
        }
        if let Some(counted) = self.find(&event) {
            counted.count += event.count;
            counted.explanation_id = event.explanation_id;
        } else {
            self.counted.insert(self.hasher.hash_one(alike(&event)), event);
        }
    }

    fn find(&mut self, event: &AuditEvent) -> Option<&mut AuditEvent> {
        let hash = self.hasher.hash_one(alike(event));
        self.counted
            .get_mut(&hash)
            .filter(|counted| alike(counted) == alike(event))
    }

    fn add(&mut self, event: AuditEvent) {
        let taken = self.taken.entry(somebody(&event)).or_default();
        if *taken < SINGLES && self.waiting.len() < WAITING {
            *taken += 1;
            self.waiting.push(event);
        } else {
            // From where is not told apart: somebody is known, and may come from everywhere.
            self.count(AuditEvent { address: None, ..event });
        }
    }

    /// What is to be written now, ready to be.
    fn take(&mut self, due: Due, now: i64) -> Vec<AuditEvent> {
        let mut events = mem::take(&mut self.waiting);
        if due == Due::All || now >= self.begun_at + MINUTE {
            self.begun_at = now;
            self.taken.clear();
            events.extend(self.counted.drain().map(|(_, event)| finished(event, now)));
        }
        let lost = mem::take(&mut self.lost);
        events.extend(lost.into_iter().map(|(realm, count)| dropped(realm, count, now)));
        events
    }

    /// Keeps what could not be written; what finds no room is lost, and what never can be written too.
    fn keep(&mut self, events: Vec<AuditEvent>, error: &StorageError) {
        let room = if matches!(error, StorageError::Corrupt(_)) {
            0
        } else {
            WAITING
        };
        for event in events {
            if event.kind == AuditKind::EventsDropped {
                *self.lost.entry(event.realm).or_default() += event.count;
            } else if self.waiting.len() < room {
                self.waiting.push(event);
            } else {
                metrics::counter!("sekisho_audit_dropped_total").increment(event.count.unsigned_abs());
                *self.lost.entry(event.realm).or_default() += event.count;
            }
        }
    }
}

/// What was counted, as it is written: at the end of its time, so that who follows the events does not miss it.
fn finished(mut event: AuditEvent, now: i64) -> AuditEvent {
    event.details.insert("since".to_owned(), event.at.into());
    AuditEvent {
        id: new_id(),
        at: now,
        ..event
    }
}

fn dropped(realm: String, count: i64, now: i64) -> AuditEvent {
    AuditEvent {
        id: new_id(),
        realm,
        at: now,
        kind: AuditKind::EventsDropped,
        actor: Actor::Server,
        user_id: None,
        client_id: None,
        address: None,
        explanation_id: None,
        count,
        details: Map::new(),
    }
}

impl Tally {
    /// Counts an event with those that are alike.
    pub(super) fn count(&self, event: AuditEvent) {
        self.state().count(event);
    }

    /// Takes an event that is to be written by itself.
    pub(super) fn add(&self, event: AuditEvent) {
        self.state().add(event);
    }

    /// Writes what is due. What cannot be written is kept for the next time.
    pub async fn write(&self, store: &Store, due: Due, now: i64) -> Result<(), StorageError> {
        let _one_at_a_time = self.writing.lock().await;
        let mut events = self.state().take(due, now);
        while !events.is_empty() {
            let rest = events.split_off(events.len().min(BATCH));
            let change = Change::new().then_all(events.iter().map(audit_event::insert));
            if let Err(error) = store.commit(change).await {
                events.extend(rest);
                self.state().keep(events, &error);
                return Err(error);
            }
            events = rest;
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
