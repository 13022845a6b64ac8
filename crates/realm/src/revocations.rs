//! Who is told at once what may make access tokens worth less, and the telling.
//!
//! Nodes share only the database, so each reads there what all have committed, while somebody listens at it; a node at
//! which nobody listens does nothing. Whoever cannot be told everything is told nothing more: the stream ends, and who
//! listened asks about each token until there is another.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use protocol::revocation_events::{Event, MOST_TAGS, Tags};
use storage::{
    StorageError,
    revocation::{Ended, Revocation},
};
use tokio::{
    sync::{Notify, mpsc, watch},
    time::{Instant, sleep},
};

use crate::Realms;

/// How often it is read what was committed.
const EVERY: Duration = Duration::from_millis(250);
/// How often something is said at least. Who listens waits three times as long.
const SAID_EVERY: Duration = Duration::from_millis(750);
/// How long a stream waits before it begins: until every node has read the settings as they were when it was asked for.
const SETTLED: Duration = Duration::from_secs(2);
/// How many streams there are at most, in all and for one client.
const STREAMS: usize = 1024;
const STREAMS_OF_CLIENT: usize = 32;
/// How many events may wait for one that reads slowly.
const WAITING: usize = 64;

/// Who listens at this node.
#[derive(Default)]
pub struct Revocations {
    listeners: Mutex<Vec<Listener>>,
    someone_came: Notify,
}

/// Who listens, and to what.
pub struct Subscriber {
    /// The issuer.
    pub issuer: String,
    /// The client.
    pub client_id: String,
    /// The APIs whose tokens it may ask about.
    pub apis: HashSet<String>,
}

struct Listener {
    who: Subscriber,
    since: Instant,
    /// How far it has come.
    stage: Stage,
    events: mpsc::Sender<Event>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// It has heard nothing.
    New,
    /// It was told what was revoked of late, and hears what is revoked now.
    Told,
    /// It was told that it hears everything.
    Begun,
}

impl Revocations {
    /// A new stream; none when there are too many.
    pub fn listen(&self, who: Subscriber) -> Option<mpsc::Receiver<Event>> {
        let (events, received) = mpsc::channel(WAITING);
        let mut listeners = self.listeners();
        listeners.retain(|listener| !listener.events.is_closed());
        let is_same =
            |listener: &&Listener| listener.who.client_id == who.client_id && listener.who.issuer == who.issuer;
        if listeners.len() >= STREAMS || listeners.iter().filter(is_same).count() >= STREAMS_OF_CLIENT {
            return None;
        }
        listeners.push(Listener {
            who,
            since: Instant::now(),
            stage: Stage::New,
            events,
        });
        drop(listeners);
        self.someone_came.notify_one();
        Some(received)
    }

    fn listeners(&self) -> MutexGuard<'_, Vec<Listener>> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has_new(&self) -> bool {
        self.listeners().iter().any(|listener| listener.stage == Stage::New)
    }

    /// Tells those who listen already what is new.
    fn tell(&self, new: &[Revocation]) {
        self.listeners()
            .retain(|listener| listener.stage == Stage::New || (!listener.is_over(new) && listener.tell(new)));
    }

    /// Tells those who are new what was revoked before.
    fn tell_newcomers(&self, before: &[Revocation]) {
        self.listeners().retain_mut(|listener| {
            let is_new = listener.stage == Stage::New;
            if is_new {
                listener.stage = Stage::Told;
            }
            !is_new || listener.tell(before)
        });
    }

    /// All that was committed so far was told: says so.
    fn say(&self, now: i64) {
        self.listeners().retain_mut(|listener| match listener.stage {
            Stage::New => true,
            Stage::Told if listener.since.elapsed() < SETTLED => !listener.events.is_closed(),
            Stage::Told => {
                listener.stage = Stage::Begun;
                listener.events.try_send(Event::Begin { at: now }).is_ok()
            }
            Stage::Begun => listener.events.try_send(Event::Alive).is_ok(),
        });
    }

    /// Ends all streams.
    fn end(&self) {
        self.listeners().clear();
    }
}

impl Listener {
    /// Whether what it may hear, or what was kept by whoever hears it, may be another by what is new.
    fn is_over(&self, new: &[Revocation]) -> bool {
        let mut own = new.iter().filter(|revocation| revocation.realm == self.who.issuer);
        own.any(|revocation| match &revocation.ended {
            Ended::Settings => true,
            Ended::Client(id) => *id == self.who.client_id,
            _ => false,
        })
    }

    /// Whether it could be told: it goes on.
    fn tell(&self, revocations: &[Revocation]) -> bool {
        let concerns = |revocation: &&Revocation| {
            let mut apis = revocation.audience.iter().flatten();
            let may_hear = revocation.audience.is_none() || apis.any(|api| self.who.apis.contains(api));
            revocation.realm == self.who.issuer && may_hear
        };
        let named: Vec<String> = revocations
            .iter()
            .filter(concerns)
            .filter_map(|revocation| tag(&self.who.issuer, &revocation.ended))
            .collect();
        let mut events = named.chunks(MOST_TAGS).map(|tags| Event::Revoked(tags.to_vec()));
        events.all(|event| self.events.try_send(event).is_ok())
    }
}

fn tag(issuer: &str, ended: &Ended) -> Option<String> {
    let tags = Tags::of(issuer);
    match ended {
        Ended::Token(id) => Some(tags.token(id)),
        Ended::Authorization(id) => Some(tags.authorization(id)),
        Ended::Client(id) => Some(tags.client(id)),
        Ended::Settings => None,
    }
}

/// How far it was read what was committed.
#[derive(Default)]
struct Position {
    next: i64,
    /// What was read last: some of it may be read again.
    read: HashSet<i64>,
}

impl Realms {
    /// Tells what is revoked, until `stop` says so.
    pub async fn tell_revocations(&self, mut stop: watch::Receiver<bool>) {
        let streams = &self.node().revocations;
        let mut position = Position::default();
        let mut said = Instant::now();
        loop {
            if streams.listeners().is_empty() {
                position = Position::default();
                tokio::select! {
                    () = streams.someone_came.notified() => {}
                    _ = stop.changed() => return,
                }
            }
            match self.tell_what_is_new(&mut position).await {
                Ok(()) if said.elapsed() >= SAID_EVERY => {
                    said = Instant::now();
                    streams.say(self.clock.now());
                }
                Ok(()) => {}
                // Nothing is said meanwhile, and whoever listens notices.
                Err(error) => tracing::warn!(%error, "it cannot be read what was revoked"),
            }
            tokio::select! {
                () = sleep(EVERY) => {}
                _ = stop.changed() => return streams.end(),
            }
        }
    }

    /// Reads on, and tells. Who is new is told what was revoked in the last minutes, and hears from then on what is new.
    async fn tell_what_is_new(&self, position: &mut Position) -> Result<(), StorageError> {
        let streams = &self.node().revocations;
        let mut read = self.store.revocations(position.next).await?;
        let ids = read.revocations.iter().map(|revocation| revocation.id).collect();
        read.revocations
            .retain(|revocation| !position.read.contains(&revocation.id));
        *position = Position {
            next: read.next,
            read: ids,
        };
        if read.is_too_much {
            tracing::warn!("more was revoked at once than can be told: whoever listens begins anew");
            streams.end();
        }
        streams.tell(&read.revocations);
        if streams.has_new() {
            let before = self.store.revocations(0).await?;
            if before.is_too_much {
                streams.end();
            }
            streams.tell_newcomers(&before.revocations);
        }
        Ok(())
    }
}
