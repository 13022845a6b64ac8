//! Who is served when: leases what is due, gives each destination a few places, and records the end of each attempt.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use model::Clock;
use storage::{
    Change, Store,
    outbox::{self, OutboxItem},
};
use tokio::{
    sync::watch,
    task::{Id, JoinSet},
    time::MissedTickBehavior,
};

use super::courier::{Courier, Undelivered, destination, kind};

/// How often the outbox is looked at.
const PERIOD: Duration = Duration::from_secs(1);
/// How long one attempt may take, in seconds.
const ATTEMPT: u32 = 20;
/// For how long a call is leased, in seconds. One that gets no place in time is due again afterwards.
const LEASE: i64 = 120;
/// Calls leased at once.
const BATCH: i64 = 64;
/// Attempts at once.
const PLACES: usize = 64;
/// Attempts at once at one destination.
const PLACES_EACH: usize = 2;
/// Leased calls that wait for a place.
const MAX_WAITING: usize = 1024;
/// Leased calls of one destination that wait for a place.
const MAX_WAITING_EACH: usize = 256;
/// How much of an error is logged, in characters.
const LOGGED: usize = 200;

/// Delivers what a store says is due.
pub(super) struct Worker {
    store: Store,
    clock: Clock,
    courier: Arc<Courier>,
    waiting: VecDeque<Waiting>,
    running: JoinSet<()>,
    /// Which destination an attempt keeps busy.
    busy: HashMap<Id, String>,
}

/// A leased call without a place yet.
struct Waiting {
    item: OutboxItem,
    destination: String,
    /// When (unix seconds) it is too late to begin within the lease.
    begin_before: i64,
}

impl Worker {
    pub fn new(store: Store, clock: Clock, courier: Courier) -> Self {
        Self {
            store,
            clock,
            courier: Arc::new(courier),
            waiting: VecDeque::new(),
            running: JoinSet::new(),
            busy: HashMap::new(),
        }
    }

    /// Works until `stop` says so, then waits for the attempts in progress. Calls that wait are due again when their
    /// lease is over, here or at another node.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut look = tokio::time::interval(PERIOD);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !*stop.borrow() {
            tokio::select! {
                _ = look.tick() => self.lease().await,
                () = self.ended(), if !self.running.is_empty() => {}
                changed = stop.changed() => {
                    if changed.is_err() {
                        break;
                    }
                }
            }
        }
        while !self.running.is_empty() {
            self.running.join_next().await;
        }
    }

    /// Leases what is due, as much as can wait, and begins what has a place.
    pub(super) async fn lease(&mut self) {
        loop {
            self.begin();
            let room = i64::try_from(MAX_WAITING.saturating_sub(self.waiting.len())).unwrap_or(BATCH);
            let limit = room.min(BATCH);
            let now = self.clock.now();
            let leased = match self.store.lease_due(now, LEASE, limit).await {
                Ok(leased) => leased,
                Err(error) => {
                    tracing::warn!(%error, "the outbox cannot be read");
                    return;
                }
            };
            let is_all = leased.len() < usize::try_from(limit).unwrap_or_default() || leased.is_empty();
            let begin_before = now + LEASE - i64::from(ATTEMPT);
            for item in leased {
                self.wait(item, begin_before);
            }
            if is_all {
                self.begin();
                return;
            }
        }
    }

    /// Puts a call in the queue. One too many of a destination is left aside: its lease keeps it out of the way of
    /// others, and it is due again afterwards.
    fn wait(&mut self, item: OutboxItem, begin_before: i64) {
        let destination = destination(&item);
        let before = self
            .waiting
            .iter()
            .filter(|waiting| waiting.destination == destination)
            .count();
        if before < MAX_WAITING_EACH {
            self.waiting.push_back(Waiting {
                item,
                destination,
                begin_before,
            });
        }
    }

    /// Begins what waits and has a place, the oldest first. What waited for too long is forgotten: it is due again.
    fn begin(&mut self) {
        let now = self.clock.now();
        let in_time = |waiting: &Waiting| now < waiting.begin_before;
        for waiting in std::mem::take(&mut self.waiting).into_iter().filter(in_time) {
            let at_destination = self.busy.values().filter(|busy| **busy == waiting.destination).count();
            if self.busy.len() >= PLACES || at_destination >= PLACES_EACH {
                self.waiting.push_back(waiting);
            } else {
                let attempt = attempt(
                    self.store.clone(),
                    self.clock.clone(),
                    Arc::clone(&self.courier),
                    waiting.item,
                );
                let id = self.running.spawn(attempt).id();
                self.busy.insert(id, waiting.destination);
            }
        }
    }

    /// Waits for the end of an attempt; its place goes to the next.
    pub(super) async fn ended(&mut self) {
        let id = match self.running.join_next_with_id().await {
            Some(Ok((id, ()))) => id,
            Some(Err(error)) => error.id(),
            None => return,
        };
        self.busy.remove(&id);
        self.begin();
    }

    /// Attempts in progress.
    #[cfg(test)]
    pub(super) fn running(&self) -> usize {
        self.running.len()
    }
}

/// Tries once and records what became of it.
async fn attempt(store: Store, clock: Clock, courier: Arc<Courier>, item: OutboxItem) {
    let item = Arc::new(item);
    let to_deliver = Arc::clone(&item);
    let result = contained(async move { courier.deliver(&to_deliver).await }).await;
    let outcome = match &result {
        Ok(()) => "delivered",
        Err(Undelivered::ForNow(_)) => "failed",
        Err(Undelivered::Never(_)) => "refused",
    };
    let kind = kind(&item);
    metrics::counter!("sekisho_deliveries_total", "kind" => kind, "result" => outcome).increment(1);
    let record = match &result {
        Ok(()) => {
            tracing::debug!(id = item.id, kind, "delivered");
            outbox::delivered(&item.id, clock.now())
        }
        Err(why @ (Undelivered::ForNow(error) | Undelivered::Never(error))) => {
            // Others had a hand in this text: it must not look like a line of ours.
            let logged: String = error
                .chars()
                .filter(|character| !character.is_control())
                .take(LOGGED)
                .collect();
            tracing::warn!(
                id = item.id,
                kind,
                attempts = item.attempts,
                error = logged,
                "not delivered"
            );
            match why {
                Undelivered::ForNow(_) => outbox::failed(&item, clock.now(), error),
                Undelivered::Never(_) => outbox::refused(&item, clock.now(), error),
            }
        }
    };
    if let Err(error) = store.commit(Change::new().then(record)).await {
        tracing::warn!(id = item.id, kind, %error, "what became of a delivery cannot be recorded: it will be repeated");
    }
}

/// Delivers in a task of its own and within its time: neither a panic nor a destination that does not answer gets out.
async fn contained(
    delivery: impl Future<Output = Result<(), Undelivered>> + Send + 'static,
) -> Result<(), Undelivered> {
    let limit = Duration::from_secs(ATTEMPT.into());
    match tokio::spawn(tokio::time::timeout(limit, delivery)).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(Undelivered::ForNow(format!("not done within {ATTEMPT} seconds"))),
        Err(_) => Err(Undelivered::ForNow(
            "the delivery broke off: a defect of this program, see its log".to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_a_failure() {
        assert!(contained(async { Ok(()) }).await.is_ok());
        let broken = contained(async { panic!("as a defect would") }).await.unwrap_err();
        assert!(
            matches!(&broken, Undelivered::ForNow(error) if error.contains("broke off")),
            "{broken:?}"
        );
    }
}
