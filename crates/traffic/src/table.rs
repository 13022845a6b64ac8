//! All series, found by name without making any: once a name is known, a call costs no memory.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use metrics::Counter;
use model::Clock;
use serde::Serialize;

use crate::{AccessLog, Call, ring::Ring, series::Series};

/// What is counted under no name of its own.
pub(crate) const OTHER: &str = "other";
/// How many names of each kind are counted apart; all others together are [`OTHER`]. Operators give them, but the number of
/// series must not be in the hands of whoever registers clients.
const MOST_APIS: usize = 200;
const MOST_ROUTES: usize = 200;
const MOST_CLIENTS: usize = 100;
/// How many refusals are listed.
const MOST_RECENT: usize = 50;

/// What is known of the calls of this process.
pub struct Traffic {
    pub(crate) clock: Clock,
    pub(crate) apis: RwLock<HashMap<String, Arc<ApiTraffic>>>,
    pub(crate) recent: Mutex<VecDeque<RecentRefusal>>,
    log: Option<AccessLog>,
}

/// What is known of one API.
#[derive(Default)]
pub(crate) struct ApiTraffic {
    pub(crate) routes: RwLock<HashMap<String, Arc<Series>>>,
    pub(crate) clients: RwLock<HashMap<String, Arc<Series>>>,
    /// Why not, by the reasons of the catalogue.
    pub(crate) reasons: Mutex<HashMap<&'static str, (Counter, Ring)>>,
}

/// A refusal, so that it can be asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecentRefusal {
    /// When, in unix seconds.
    pub at: i64,
    /// By which it can be explained.
    pub id: String,
    /// The API.
    pub api: String,
    /// The route.
    pub route: String,
    /// The client, if it is known.
    pub client: Option<String>,
    /// The reason.
    pub reason: &'static str,
    /// What was answered.
    pub status: u16,
    /// The trace that it belongs to.
    pub trace_id: String,
}

impl Traffic {
    /// Nothing was called so far. `log`: where each call is written to.
    pub fn new(clock: Clock, log: Option<AccessLog>) -> Self {
        Self {
            clock,
            apis: RwLock::default(),
            recent: Mutex::default(),
            log,
        }
    }

    /// A call has ended.
    pub fn note(&self, call: &Call<'_>) {
        let now = self.clock.now();
        let (name, api) = named(&self.apis, call.api, MOST_APIS, |_| ApiTraffic::default());
        let (_, route) = named(&api.routes, call.route, MOST_ROUTES, |route| {
            Series::of_route(name, route)
        });
        let (_, client) = named(&api.clients, call.client, MOST_CLIENTS, |client| {
            Series::of_client(name, client)
        });
        route.note(now, call.outcome, call.status, call.took);
        client.note(now, call.outcome, call.status, call.took);
        if let Some(reason) = call.outcome.reason() {
            api.because(name, reason, now, call);
            self.remember(now, name, reason, call);
        }
        if let Some(log) = &self.log {
            log.write(now, call);
        }
    }

    fn remember(&self, now: i64, api: &str, reason: &'static str, call: &Call<'_>) {
        let refusal = RecentRefusal {
            at: now,
            id: call.id.to_owned(),
            api: api.to_owned(),
            route: call.route.unwrap_or(OTHER).to_owned(),
            client: call.client.map(str::to_owned),
            reason,
            status: call.status,
            trace_id: call.trace.trace_id().to_owned(),
        };
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.truncate(MOST_RECENT - 1);
        recent.push_front(refusal);
    }

    /// Writes what the access log was told and has not written yet. To be called when no call comes any more.
    pub fn flush(&self) {
        if let Some(log) = &self.log {
            log.flush();
        }
    }
}

impl ApiTraffic {
    fn because(&self, api: &str, reason: &'static str, now: i64, call: &Call<'_>) {
        let mut reasons = self.reasons.lock().unwrap_or_else(PoisonError::into_inner);
        let (counter, ring) = reasons.entry(reason).or_insert_with(|| {
            let counter = metrics::counter!("sekisho_api_refusals_total", "api" => api.to_owned(), "reason" => reason);
            (counter, Ring::default())
        });
        counter.increment(1);
        ring.add(now, call.outcome, call.took);
    }
}

/// The entry of a name, made if there is still room for it; else that of all others. Answers under which name.
fn named<'n, T>(
    entries: &RwLock<HashMap<String, Arc<T>>>,
    name: Option<&'n str>,
    most: usize,
    make: impl Fn(&str) -> T,
) -> (&'n str, Arc<T>) {
    let name = name.unwrap_or(OTHER);
    {
        let entries = entries.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = entries.get(name) {
            return (name, Arc::clone(entry));
        }
        if let Some(others) = entries.get(OTHER).filter(|_| entries.len() >= most) {
            return (OTHER, Arc::clone(others));
        }
    }
    let mut entries = entries.write().unwrap_or_else(PoisonError::into_inner);
    let name = if entries.contains_key(name) || entries.len() < most {
        name
    } else {
        OTHER
    };
    let entry = entries.entry(name.to_owned()).or_insert_with(|| Arc::new(make(name)));
    (name, Arc::clone(entry))
}
