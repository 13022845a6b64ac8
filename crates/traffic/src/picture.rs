//! The last minutes as a page shows them.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use serde::Serialize;

use crate::{RecentRefusal, Traffic, ring::Slot, series::Series, table::ApiTraffic};

/// How long calls took, in seconds: an upper bound of half of them, of 19 in 20, of 99 in 100.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Latency {
    /// Half.
    pub p50: Option<f64>,
    /// 95 %.
    pub p95: Option<f64>,
    /// 99 %.
    pub p99: Option<f64>,
}

impl Latency {
    /// Those of a slot.
    pub fn of(slot: &Slot) -> Self {
        Self {
            p50: slot.within(0.5),
            p95: slot.within(0.95),
            p99: slot.within(0.99),
        }
    }
}

/// One name with its calls in the last minutes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The name of a route, a client or a reason.
    pub name: String,
    /// How many calls reached the API.
    pub permitted: u32,
    /// How many were refused.
    pub refused: u32,
    /// How many could not be passed on.
    pub failed: u32,
    /// How long they took.
    pub latency: Latency,
}

impl Row {
    fn new(name: &str, slots: &[Slot]) -> Self {
        let sum = sum(slots);
        Self {
            name: name.to_owned(),
            permitted: sum.permitted,
            refused: sum.refused,
            failed: sum.failed,
            latency: Latency::of(&sum),
        }
    }

    /// All calls.
    pub const fn calls(&self) -> u32 {
        self.permitted.saturating_add(self.refused).saturating_add(self.failed)
    }
}

/// One API in the last minutes.
#[derive(Debug, Clone)]
pub struct ApiPicture {
    /// The identifier, with all its calls.
    pub all: Row,
    /// Slot by slot, the oldest first.
    pub slots: Vec<Slot>,
    /// Its routes, the busiest first.
    pub routes: Vec<Row>,
    /// Its clients, the busiest first.
    pub clients: Vec<Row>,
    /// Why calls were refused or failed, the most frequent first.
    pub reasons: Vec<Row>,
}

/// All APIs in the last minutes.
#[derive(Debug, Clone)]
pub struct Picture {
    /// When it was taken, in unix seconds.
    pub at: i64,
    /// Those that were called, the busiest first.
    pub apis: Vec<ApiPicture>,
    /// The newest refusals, the newest first.
    pub recent: Vec<RecentRefusal>,
}

impl Traffic {
    /// What is to be seen now.
    pub fn picture(&self) -> Picture {
        let now = self.clock.now();
        let apis = self.apis.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut apis: Vec<ApiPicture> = apis.iter().map(|(name, api)| of_api(name, api, now)).collect();
        apis.retain(|api| api.all.calls() > 0);
        apis.sort_by(|a, b| order(&a.all, &b.all));
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        Picture {
            at: now,
            apis,
            recent: recent.iter().cloned().collect(),
        }
    }
}

fn of_api(name: &str, api: &ApiTraffic, now: i64) -> ApiPicture {
    let routes = api.routes.read().unwrap_or_else(PoisonError::into_inner).clone();
    let slots = routes.values().fold(Vec::new(), |sum: Vec<Slot>, series| {
        let slots = series.slots(now);
        if sum.is_empty() {
            return slots;
        }
        sum.into_iter().zip(&slots).map(|(sum, slot)| sum.plus(slot)).collect()
    });
    let reasons = api.reasons.lock().unwrap_or_else(PoisonError::into_inner);
    let reasons = reasons
        .iter()
        .map(|(reason, (_, ring))| Row::new(reason, &ring.slots(now)));
    ApiPicture {
        all: Row::new(name, &slots),
        slots,
        reasons: sorted(reasons.collect()),
        routes: rows(&api.routes, now),
        clients: rows(&api.clients, now),
    }
}

fn rows(series: &RwLock<HashMap<String, Arc<Series>>>, now: i64) -> Vec<Row> {
    let series = series.read().unwrap_or_else(PoisonError::into_inner);
    sorted(
        series
            .iter()
            .map(|(name, series)| Row::new(name, &series.slots(now)))
            .collect(),
    )
}

/// The busiest first; those that were not called are left out.
fn sorted(mut rows: Vec<Row>) -> Vec<Row> {
    rows.retain(|row| row.calls() > 0);
    rows.sort_by(order);
    rows
}

fn order(a: &Row, b: &Row) -> std::cmp::Ordering {
    b.calls().cmp(&a.calls()).then_with(|| a.name.cmp(&b.name))
}

fn sum(slots: &[Slot]) -> Slot {
    slots.iter().fold(Slot::default(), Slot::plus)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::Version;
    use model::Clock;

    use super::*;
    use crate::{Call, Outcome, SLOT, SLOTS, Through, TraceContext};

    fn call<'a>(trace: &'a TraceContext, client: Option<&'a str>, outcome: Outcome) -> Call<'a> {
        Call {
            through: Through::Gateway,
            api: Some("https://api.example"),
            route: Some("/accounts/**"),
            client,
            subject: None,
            method: "GET",
            target: "/accounts?x=1",
            version: Version::HTTP_11,
            status: if outcome == Outcome::Permitted { 200 } else { 401 },
            outcome,
            took: Duration::from_millis(3),
            bytes: None,
            address: None,
            user_agent: None,
            referer: None,
            id: "some-id",
            trace,
        }
    }

    #[test]
    fn calls_are_told_by_api_route_client_and_reason() {
        let (clock, trace) = (Clock::frozen(1_000), TraceContext::begin());
        let traffic = Traffic::new(clock.clone(), None);
        for _ in 0..3 {
            traffic.note(&call(&trace, Some("app"), Outcome::Permitted));
        }
        traffic.note(&call(&trace, None, Outcome::Refused("token.expired")));
        clock.advance(SLOT);
        traffic.note(&call(&trace, Some("app"), Outcome::Failed("gateway.unreachable")));
        let picture = traffic.picture();
        let api = &picture.apis[0];
        assert_eq!((api.all.name.as_str(), api.all.calls()), ("https://api.example", 5));
        assert_eq!((api.all.permitted, api.all.refused, api.all.failed), (3, 1, 1));
        assert_eq!(api.all.latency.p99, Some(0.005));
        assert_eq!(api.slots[SLOTS - 1].failed, 1);
        let names = |rows: &[Row]| {
            rows.iter()
                .map(|row| format!("{} {}", row.name, row.calls()))
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&api.routes), ["/accounts/** 5"]);
        assert_eq!(names(&api.clients), ["app 4", "other 1"]);
        assert_eq!(names(&api.reasons), ["gateway.unreachable 1", "token.expired 1"]);
        let recent = &picture.recent[1];
        assert_eq!(
            (recent.id.as_str(), recent.reason, recent.status),
            ("some-id", "token.expired", 401)
        );
        assert_eq!(recent.trace_id, trace.trace_id());
    }

    #[test]
    fn what_is_long_ago_is_gone() {
        let (clock, trace) = (Clock::frozen(1_000), TraceContext::begin());
        let traffic = Traffic::new(clock.clone(), None);
        traffic.note(&call(&trace, None, Outcome::Permitted));
        clock.advance(SLOT * i64::try_from(SLOTS).unwrap());
        assert!(traffic.picture().apis.is_empty());
    }

    #[test]
    fn however_many_names_there_are_so_many_are_counted() {
        let trace = TraceContext::begin();
        let traffic = Traffic::new(Clock::frozen(1_000), None);
        for number in 0..1_000 {
            let client = format!("client-{number}");
            traffic.note(&call(&trace, Some(&client), Outcome::Refused("scope.insufficient")));
        }
        let picture = traffic.picture();
        let clients = &picture.apis[0].clients;
        assert_eq!(clients.len(), 101);
        assert_eq!((clients[0].name.as_str(), clients[0].calls()), ("other", 900));
        assert_eq!(picture.recent.len(), 50);
    }
}
