//! Which upstream takes a request: of those in service, one of those with the fewest exchanges going on, in turn.

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::task::coop::unconstrained;

use crate::{Settings, host::Host};

/// How often it is looked which connections are of no use any more.
const SWEEP: Duration = Duration::from_secs(5);

/// The upstreams of an API.
pub(crate) struct Upstreams {
    pub settings: Settings,
    pub hosts: Vec<Arc<Host>>,
    turn: AtomicUsize,
}

impl Upstreams {
    pub fn new(settings: Settings) -> Self {
        let hosts = settings.upstreams.iter().cloned();
        Self {
            hosts: hosts.map(|place| Arc::new(Host::new(place))).collect(),
            settings,
            turn: AtomicUsize::new(0),
        }
    }

    /// Begins to give up connections that are of no use any more; ends when the upstreams are gone, and all exchanges with them.
    pub fn sweep(&self) {
        let mut hosts: Vec<Weak<Host>> = self.hosts.iter().map(Arc::downgrade).collect();
        // Each connection is looked at, however many there are.
        tokio::spawn(unconstrained(async move {
            while !hosts.is_empty() {
                hosts.retain(|host| host.upgrade().map(|host| host.sweep()).is_some());
                tokio::time::sleep(SWEEP).await;
            }
        }));
    }

    /// The one that takes the next request; after a failure, another than the one that failed.
    pub fn choose(&self, failed: Option<&Arc<Host>>) -> Option<Arc<Host>> {
        let is_other = |host: &&Arc<Host>| failed.is_none_or(|failed| !Arc::ptr_eq(failed, host));
        if let [only] = self.hosts.as_slice() {
            return Some(only).filter(is_other).cloned();
        }
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let in_turn = self
            .hosts
            .iter()
            .cycle()
            .skip(turn % self.hosts.len().max(1))
            .take(self.hosts.len());
        let candidates = || in_turn.clone().filter(is_other);
        candidates()
            .filter(|host| host.standing.is_in_service())
            .min_by_key(|host| host.in_flight())
            .or_else(|| candidates().min_by_key(|host| host.standing.out_until()))
            .cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Upstream, host::Lease};

    fn upstreams(count: u16) -> Upstreams {
        let places = (0..count).map(|n| Upstream::parse(&format!("http://127.0.0.1:{}", 9000 + n)).unwrap());
        Upstreams::new(Settings::new(places.collect(), "api.example".parse().unwrap()))
    }

    fn port(host: Option<&Arc<Host>>) -> u16 {
        host.unwrap().place.port
    }

    #[test]
    fn requests_go_around_in_turn_and_away_from_who_is_busy() {
        let upstreams = upstreams(3);
        let mut seen: Vec<u16> = (0..3).map(|_| port(upstreams.choose(None).as_ref())).collect();
        seen.sort_unstable();
        assert_eq!(seen, [9000, 9001, 9002]);
        let _busy = [0, 1].map(|at| Lease::new(Arc::clone(&upstreams.hosts[at]), None));
        for _ in 0..3 {
            assert_eq!(port(upstreams.choose(None).as_ref()), 9002);
        }
    }

    #[test]
    fn who_is_out_of_service_gets_nothing_unless_all_are() {
        let upstreams = upstreams(2);
        upstreams.hosts[0].standing.checked(false);
        for _ in 0..3 {
            assert_eq!(port(upstreams.choose(None).as_ref()), 9001);
        }
        upstreams.hosts[1].standing.checked(false);
        assert!(upstreams.choose(None).is_some());
    }

    #[test]
    fn after_a_failure_another_is_tried_if_there_is_one() {
        let (two, one) = (upstreams(2), upstreams(1));
        assert_eq!(port(two.choose(Some(&two.hosts[0])).as_ref()), 9001);
        assert!(one.choose(Some(&one.hosts[0])).is_none());
    }
}
