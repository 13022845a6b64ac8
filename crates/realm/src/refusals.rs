//! The refusals of the last while, so that each can be explained to whoever has its id.
//!
//! In memory, all of them: so many of each client that has proved who it is, and so many of all others together, so that
//! nobody pushes out others'. Those of proven clients are also written down, a moment later and together
//! (`sekisho/src/serving/refusals.rs`); those of others never are, since anybody can cause as many as they like.

mod told;

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use explanation::{ErrorCode, Refusal};
use tokio::sync::Notify;

pub use told::{Place, Told};

/// How many are remembered in all.
const MOST: usize = 10_000;
/// How many of a client that has proved who it is.
const MOST_OF_CLIENT: usize = 200;
/// How many of all those who only say which client they are, and of those who do not say.
const MOST_OF_OTHERS: usize = 2_000;
/// How many wait to be written down.
const MOST_UNWRITTEN: usize = 1_000;

/// Whose refusals push out whose.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Lane {
    /// Those of a client that has proved who it is, in its realm.
    Proven(Option<String>, String),
    /// Those of whoever says to be some client.
    Said,
    /// Those of everybody else.
    Nobody,
    /// Answers that clients wait for or work through: each poll is one, and none is a mistake.
    Routine,
}

impl Lane {
    fn of(refusal: &Refusal) -> Self {
        match &refusal.client_id {
            _ if matches!(refusal.error, ErrorCode::AuthorizationPending | ErrorCode::UseDpopNonce) => Self::Routine,
            Some(client_id) if refusal.client_is_proven => Self::Proven(refusal.issuer.clone(), client_id.clone()),
            Some(_) => Self::Said,
            None => Self::Nobody,
        }
    }

    const fn most(&self) -> usize {
        match self {
            Self::Proven(..) => MOST_OF_CLIENT,
            Self::Said | Self::Nobody | Self::Routine => MOST_OF_OTHERS,
        }
    }
}

/// The refusals that this process remembers.
#[derive(Debug, Default)]
pub struct Refusals {
    memory: Mutex<Memory>,
    news: Notify,
}

#[derive(Debug, Default)]
struct Memory {
    count: u64,
    by_age: BTreeMap<u64, Arc<Refusal>>,
    by_id: HashMap<String, u64>,
    lanes: HashMap<Lane, VecDeque<u64>>,
    unwritten: VecDeque<Arc<Refusal>>,
    lost: u64,
}

impl Memory {
    fn remember(&mut self, refusal: &Arc<Refusal>) {
        self.count += 1;
        let (number, lane) = (self.count, Lane::of(refusal));
        self.by_age.insert(number, Arc::clone(refusal));
        self.by_id.insert(refusal.id.clone(), number);
        let most = lane.most();
        let numbers = self.lanes.entry(lane).or_default();
        numbers.push_back(number);
        let oldest_of_lane = (numbers.len() > most).then(|| numbers.front().copied()).flatten();
        let oldest = || self.by_age.keys().next().copied().filter(|_| self.by_age.len() > MOST);
        if let Some(number) = oldest_of_lane.or_else(oldest) {
            self.forget(number);
        }
    }

    /// What is forgotten is the oldest of all, or of its lane: either way it is the first of its lane.
    fn forget(&mut self, number: u64) {
        let Some(refusal) = self.by_age.remove(&number) else {
            return;
        };
        if self.by_id.get(&refusal.id) == Some(&number) {
            self.by_id.remove(&refusal.id);
        }
        let lane = Lane::of(&refusal);
        if let Some(numbers) = self.lanes.get_mut(&lane) {
            numbers.pop_front();
            if numbers.is_empty() {
                self.lanes.remove(&lane);
            }
        }
    }
}

impl Refusals {
    /// Remembers a refusal. Every refusal of the server comes by here.
    pub fn refused(&self, refusal: Refusal) {
        let is_proven = matches!(Lane::of(&refusal), Lane::Proven(..));
        let refusal = Arc::new(refusal);
        let mut memory = self.lock();
        memory.remember(&refusal);
        if !is_proven {
            return;
        }
        if memory.unwritten.len() < MOST_UNWRITTEN {
            memory.unwritten.push_back(refusal);
        } else {
            memory.lost += 1;
        }
        drop(memory);
        self.news.notify_one();
    }

    /// The refusal with this id, to the letter, if this process remembers it.
    pub fn find(&self, id: &str) -> Option<Arc<Refusal>> {
        let memory = self.lock();
        memory.by_age.get(memory.by_id.get(id)?).map(Arc::clone)
    }

    /// Waits until there is something to write down.
    pub async fn news(&self) {
        self.news.notified().await;
    }

    /// What is to be written down, and how many more there were than could wait for it.
    pub fn take_unwritten(&self) -> (Vec<Arc<Refusal>>, u64) {
        let mut memory = self.lock();
        let lost = std::mem::take(&mut memory.lost);
        (memory.unwritten.drain(..).collect(), lost)
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        // Nothing in here is half done when a thread panics.
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The network of an address: enough to tell one's own calls from others', and no more of anybody.
pub fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(address) => {
            let network = u128::from(address) & (u128::MAX << 72);
            format!("{}/56", std::net::Ipv6Addr::from(network))
        }
    }
}

#[cfg(test)]
mod tests {
    use explanation::catalogue;

    use super::*;

    fn refusal(id: &(impl ToString + ?Sized), client: Option<&str>, is_proven: bool) -> Refusal {
        Refusal {
            id: id.to_string(),
            at: 0,
            issuer: Some("https://a".into()),
            method: "POST".into(),
            path: "/token".into(),
            status: 400,
            error: ErrorCode::InvalidGrant,
            description: String::new(),
            client_id: client.map(str::to_owned),
            client_is_proven: is_proven,
            network: None,
            trace_id: None,
            passed: Vec::new(),
            failed: (&catalogue::server::UNAVAILABLE).into(),
        }
    }

    #[test]
    fn a_noisy_client_pushes_out_its_own_alone() {
        let refusals = Refusals::default();
        refusals.refused(refusal("quiet", Some("quiet"), true));
        refusals.refused(refusal("nobody", None, false));
        for n in 0..=MOST_OF_CLIENT {
            refusals.refused(refusal(&n, Some("noisy"), true));
        }
        assert!(refusals.find("0").is_none() && refusals.find("1").is_some());
        assert!(refusals.find("quiet").is_some() && refusals.find("nobody").is_some());
    }

    #[test]
    fn strangers_who_name_a_client_push_out_none_of_those_that_it_proved() {
        let refusals = Refusals::default();
        refusals.refused(refusal("proven", Some("app"), true));
        for n in 0..=MOST_OF_OTHERS {
            refusals.refused(refusal(&n, Some("app"), false));
        }
        assert!(refusals.find("proven").is_some() && refusals.find("0").is_none());
        // Nobody can have the database filled, either.
        let (unwritten, lost) = refusals.take_unwritten();
        assert_eq!((unwritten.len(), lost), (1, 0));
    }

    #[test]
    fn polls_push_out_no_mistakes_and_are_not_written_down() {
        let refusals = Refusals::default();
        refusals.refused(refusal("mistake", Some("tv"), true));
        for n in 0..=MOST_OF_CLIENT {
            refusals.refused(Refusal {
                error: ErrorCode::AuthorizationPending,
                ..refusal(&n, Some("tv"), true)
            });
        }
        assert!(refusals.find("mistake").is_some() && refusals.find("0").is_some());
        assert_eq!(refusals.take_unwritten().0.len(), 1);
    }

    #[test]
    fn memory_and_what_waits_to_be_written_are_bounded() {
        let refusals = Refusals::default();
        for n in 0..MOST + 500 {
            refusals.refused(refusal(&n, Some(&format!("client-{}", n / 100)), true));
        }
        assert!(refusals.find("499").is_none() && refusals.find("500").is_some());
        let memory = refusals.lock();
        assert_eq!((memory.by_age.len(), memory.by_id.len()), (MOST, MOST));
        assert_eq!(memory.lanes.values().map(VecDeque::len).sum::<usize>(), MOST);
        assert_eq!(memory.lanes.len(), MOST / 100);
        drop(memory);
        let (unwritten, lost) = refusals.take_unwritten();
        assert_eq!(unwritten.len() + usize::try_from(lost).unwrap(), MOST + 500);
        assert_eq!(unwritten.len(), MOST_UNWRITTEN);
        assert_eq!(refusals.take_unwritten().1, 0);
    }

    #[test]
    fn of_an_address_only_the_network_is_remembered() {
        let network = |text: &str| network(text.parse().unwrap());
        assert_eq!(network("192.0.2.77"), "192.0.2.0/24");
        assert_eq!(network("::ffff:192.0.2.77"), "192.0.2.0/24");
        assert_eq!(network("2001:db8:1:2ff:3::4"), "2001:db8:1:200::/56");
    }
}
