//! Guesses of what a client calls an API with: its secret by HTTP Basic, or an API key.
//!
//! Spec: RFC 6749 §2.3.1
//!
//! "Since this client authentication method involves a password, the authorization server MUST protect any endpoint utilizing
//! it against brute force attacks."
//!
//! A guess is reserved before the secret is looked at, and given back when it was right, so that of many at once no more are
//! looked at than may be. It counts for the name from this network, and for the network whatever the names: a stranger
//! elsewhere locks nobody out. What came from this network lately and was right is not reserved, so that a client at work costs
//! no write. Its secret is compared all the same, and where guesses are used up it is refused like any other: otherwise who
//! guesses would see the right one.
//!
//! Known and unknown names are counted alike, in lanes by their hash, so that an answer tells nothing, and rows are few.

use std::net::IpAddr;

use realm::{ProvenLately, RealmContext, Remembered, refusals, trail};
use storage::{Change, Outcome, guess};
use tokio::sync::MutexGuard;

use crate::Fault;

/// Wrong secrets for a name from a network, within [`WINDOW`]: as for the password of a user.
const LIMIT: i64 = 10;
/// Wrong secrets and keys of a network, within [`WINDOW`].
const LIMIT_OF_NETWORK: i64 = 500;
/// How long they count, in seconds from the first.
const WINDOW: i64 = 15 * 60;
/// Lanes of all names of a network together.
const LANES: u16 = 4096;

/// Why nothing was looked at.
#[derive(Debug, thiserror::Error)]
pub enum GuessRefusal {
    /// Too many were wrong.
    #[error("too many wrong secrets: the next one is looked at in {retry_after} seconds")]
    TooMany {
        /// In seconds.
        retry_after: i64,
    },
    /// A failure of this server.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// A guess that may be made.
pub struct Guess<'a> {
    realm: &'a RealmContext,
    credentials: Remembered,
    /// Those in which it is reserved; none: it was right lately.
    lanes: Vec<(String, i64)>,
    /// Held until it is known whether it was right.
    _alone: Option<MutexGuard<'a, ()>>,
}

impl<'a> Guess<'a> {
    /// Reserves it. `shown`: what was sent; `name`: for whom, where that is told from the secret.
    pub async fn reserve(realm: &'a RealmContext, shown: &str, name: Option<&str>) -> Result<Self, GuessRefusal> {
        let proven: &ProvenLately = &realm.node.proven;
        let network = network(trail::so_far().address);
        let from = network.as_deref().unwrap_or_default();
        let credentials = proven.of(realm.issuer(), &format!("{from} {shown}"));
        let lanes = lanes(name, network.as_deref());
        let guess = |lanes, alone| Self {
            realm,
            credentials,
            lanes,
            _alone: alone,
        };
        let is_proven = || proven.contains(&credentials, realm.now());
        let alone = if is_proven() {
            None
        } else {
            Some(proven.alone(&credentials).await)
        };
        if is_proven() {
            // Nobody guesses 256 random bits: for a key it need not be looked whether somebody tried.
            if name.is_some()
                && let Some(retry_after) = full_for(realm, &lanes).await?
            {
                return Err(GuessRefusal::TooMany { retry_after });
            }
            return Ok(guess(Vec::new(), None));
        }
        let reserve = |(lane, limit): &(String, i64)| guess::reserve(realm.issuer(), lane, *limit, WINDOW, realm.now());
        let change = Change::new().then_all(lanes.iter().map(reserve));
        if lanes.is_empty() || realm.store.commit(change).await.map_err(Fault::from)? == Outcome::Applied {
            return Ok(guess(lanes, alone));
        }
        let retry_after = full_for(realm, &lanes).await?.unwrap_or(1);
        Err(GuessRefusal::TooMany { retry_after })
    }

    /// It was right: it says nothing about the others.
    pub async fn was_right(self) -> Result<(), Fault> {
        let realm = self.realm;
        realm.node.proven.remember(self.credentials, realm.now());
        if !self.lanes.is_empty() {
            let give_back = |(lane, _): &(String, i64)| guess::give_back(realm.issuer(), lane);
            let change = Change::new().then_all(self.lanes.iter().map(give_back));
            // None of it is a guard: it cannot miss.
            let _ = realm.store.commit(change).await?;
        }
        Ok(())
    }
}

/// None for this machine: behind a proxy that the server was not told of, all clients seem to be here.
fn network(address: Option<IpAddr>) -> Option<String> {
    let address = address.filter(|address| !address.to_canonical().is_loopback());
    address.map(refusals::network)
}

fn lanes(name: Option<&str>, network: Option<&str>) -> Vec<(String, i64)> {
    let of_name = name.map(|name| {
        let [high, low, ..] = jose::sha256(name.as_bytes());
        let lane = u16::from_be_bytes([high, low]) % LANES;
        (format!("client/{lane}/{}", network.unwrap_or_default()), LIMIT)
    });
    let of_network = network.map(|network| (format!("client-network/{network}"), LIMIT_OF_NETWORK));
    of_name.into_iter().chain(of_network).collect()
}

/// In how many seconds all lanes have room again, if one is full.
async fn full_for(realm: &RealmContext, lanes: &[(String, i64)]) -> Result<Option<i64>, Fault> {
    let (issuer, now, mut wait) = (realm.issuer(), realm.now(), None);
    for (lane, limit) in lanes {
        if realm.store.is_lane_full(issuer, lane, *limit, now).await? {
            let end = realm.store.guesses_end_at(issuer, lane).await?;
            wait = wait.max(Some(end.map_or(1, |end| (end - now).max(1))));
        }
    }
    Ok(wait)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_a_lane_for_each_network_and_each_network_one_of_its_own() {
        let lanes = |name, address: &str| lanes(name, network(address.parse().ok()).as_deref());
        let [own, network] = &lanes(Some("robot"), "192.0.2.1")[..] else {
            panic!("two lanes");
        };
        assert_eq!((own.1, network.1), (LIMIT, LIMIT_OF_NETWORK));
        assert_eq!(lanes(Some("robot"), "192.0.2.99"), [own.clone(), network.clone()]);
        assert_ne!(&lanes(Some("robot"), "192.0.3.1")[0], own);
        assert_eq!(
            &lanes(None, "192.0.2.1")[..],
            std::slice::from_ref(network),
            "a key names nobody"
        );
        assert_eq!(lanes(Some("robot"), "127.0.0.1").len(), 1);
        assert!(lanes(None, "::1").is_empty());
    }
}
