//! What is counted under one name: the last minutes for the page, and all for the metrics.

use std::{
    sync::{Mutex, OnceLock, PoisonError},
    time::Duration,
};

use metrics::{Counter, Histogram, Label};

use crate::{
    Outcome,
    ring::{Ring, Slot},
};

/// The name of the histogram of latencies.
pub const LATENCY: &str = "sekisho_api_call_seconds";
const CLASSES: [&str; 6] = ["other", "1xx", "2xx", "3xx", "4xx", "5xx"];
const OUTCOMES: usize = 3;

/// Calls under one name. Its counters are looked up once: labels cost more than counting.
pub(crate) struct Series {
    ring: Mutex<Ring>,
    name: &'static str,
    labels: Vec<Label>,
    counters: [OnceLock<Counter>; OUTCOMES * CLASSES.len()],
    latency: Option<Histogram>,
}

impl Series {
    /// Calls of a route of an API, with their latencies.
    pub(crate) fn of_route(api: &str, route: &str) -> Self {
        let labels = vec![Label::new("api", api.to_owned()), Label::new("route", route.to_owned())];
        let latency = metrics::histogram!(LATENCY, labels.clone());
        Self::new("sekisho_api_calls_total", labels, Some(latency))
    }

    /// Calls of a client at an API.
    pub(crate) fn of_client(api: &str, client: &str) -> Self {
        let labels = vec![
            Label::new("api", api.to_owned()),
            Label::new("client", client.to_owned()),
        ];
        Self::new("sekisho_api_client_calls_total", labels, None)
    }

    fn new(name: &'static str, labels: Vec<Label>, latency: Option<Histogram>) -> Self {
        Self {
            ring: Mutex::default(),
            name,
            labels,
            counters: Default::default(),
            latency,
        }
    }

    pub(crate) fn note(&self, now: i64, outcome: Outcome, status: u16, took: Duration) {
        self.ring
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .add(now, outcome, took);
        let kind = match outcome {
            Outcome::Permitted => 0,
            Outcome::Refused(_) => 1,
            Outcome::Failed(_) => 2,
        };
        let class = usize::from(status / 100);
        let class = if class < CLASSES.len() { class } else { 0 };
        if let Some(counter) = self.counters.get(kind * CLASSES.len() + class) {
            counter.get_or_init(|| self.counter(outcome, class)).increment(1);
        }
        if let Some(latency) = self.latency.as_ref().filter(|_| kind != 1) {
            latency.record(took.as_secs_f64());
        }
    }

    fn counter(&self, outcome: Outcome, class: usize) -> Counter {
        let mut labels = self.labels.clone();
        labels.push(Label::new("outcome", outcome.as_str()));
        labels.push(Label::new("status", CLASSES.get(class).copied().unwrap_or("other")));
        metrics::counter!(self.name, labels)
    }

    pub(crate) fn slots(&self, now: i64) -> Vec<Slot> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner).slots(now)
    }
}
