//! Guesses of the codes that devices show, counted before a code is looked up.
//!
//! Spec: RFC 8628 §5.1.
//!
//! Somebody who is signed in has a lane of their own; all others of a network address share one. A right code gives back
//! its own guess and no other: whoever guesses can have right codes of devices of their own, as many as they like.

use std::net::IpAddr;

use model::User;
use realm::RealmContext;
use storage::{Change, StorageError, guess};

use crate::lane;

/// A guess that may be made.
#[must_use]
pub struct ReservedGuess {
    lane: String,
}

impl ReservedGuess {
    /// The code was right: the guess does not count.
    pub async fn give_back(self, realm: &RealmContext) -> Result<(), StorageError> {
        let give_back = guess::give_back(realm.issuer(), &self.lane);
        let _ = realm.store.commit(Change::new().then(give_back)).await?;
        Ok(())
    }
}

/// Reserves a guess; otherwise says in how many seconds one may be made again.
pub async fn reserve(
    realm: &RealmContext,
    user: Option<&User>,
    address: IpAddr,
) -> Result<Result<ReservedGuess, i64>, StorageError> {
    let lane = match user {
        Some(user) => format!("user-code/{}", user.id),
        None => format!("user-code/?{}", network(address)),
    };
    if lane::reserve(realm, &lane).await? {
        Ok(Ok(ReservedGuess { lane }))
    } else {
        Ok(Err(lane::retry_after(realm, &lane).await?))
    }
}

/// What one subscriber has: an IPv4 address, or the first half of an IPv6 address.
pub(crate) fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{lane::LIMIT, test_realm::TestRealm};

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_subscriber_has_one_lane_whatever_addresses_they_take() {
        assert_eq!(network(address("192.0.2.7")), network(address("::ffff:192.0.2.7")));
        assert_ne!(network(address("192.0.2.7")), network(address("192.0.2.8")));
        assert_eq!(network(address("2001:db8::1")), network(address("2001:db8::ffff:2")));
        assert_ne!(network(address("2001:db8::1")), network(address("2001:db8:0:1::1")));
    }

    #[tokio::test]
    async fn a_right_code_gives_back_its_own_guess_alone() {
        let test = TestRealm::new().await;
        let (realm, here) = (test.realm(), address("192.0.2.7"));
        for _ in 0..LIMIT - 1 {
            let _ = reserve(realm, None, here).await.unwrap().unwrap();
        }
        for _ in 0..3 {
            let right = reserve(realm, None, here).await.unwrap().unwrap();
            right.give_back(realm).await.unwrap();
        }
        let _ = reserve(realm, None, here).await.unwrap().unwrap();
        let wait = reserve(realm, None, here).await.unwrap().err();
        assert_eq!(wait, Some(lane::WINDOW));
        assert!(reserve(realm, None, address("192.0.2.8")).await.unwrap().is_ok());
        realm.clock.advance(lane::WINDOW);
        assert!(reserve(realm, None, here).await.unwrap().is_ok());
    }
}
