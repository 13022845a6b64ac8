//! In which lane a guess is counted.
//!
//! Two kinds of lane per account: each recognised device has its own, everyone else shares one, so that a stranger
//! cannot lock the owner out. Whoever is not recognised is counted by network as well, whatever names they try: one
//! password is not tried on all accounts. Names without an account share a table of fixed size: they are refused after as many
//! guesses as real ones, and nobody can fill the database by making names up.

use std::net::IpAddr;

use model::{User, username_key};
use realm::{RealmContext, refusals};
use storage::{Change, Outcome, Statement, StorageError, guess};

use crate::device::Device;

/// Guesses in a lane, within [`WINDOW`].
pub(crate) const LIMIT: i64 = 10;
/// Wrong guesses of a network, within [`WINDOW`]: an office of people who mistype shares one.
pub(crate) const LIMIT_OF_NETWORK: i64 = 500;
/// How long guesses count, in seconds from the first.
pub(crate) const WINDOW: i64 = 15 * 60;
/// Guesses of codes in a row, within [`LONG_WINDOW`].
pub(crate) const LONG_LIMIT: i64 = 100;
/// For how long they count, in seconds from the first.
pub(crate) const LONG_WINDOW: i64 = 30 * 24 * 3600;
/// Lanes of all names without an account together.
const UNKNOWN_LANES: u16 = 4096;

/// The lane of an attempt.
pub(crate) fn of(realm: &RealmContext, username: &str, user: Option<&User>, device: Option<&Device>) -> String {
    match (user, device) {
        (Some(user), Some(device)) => format!("password/{}/{}", user.id, device.id),
        _ => named(realm, "password", username, user),
    }
}

/// The lane in which something of a kind is counted for an account, or for a name that is nobody's.
pub(crate) fn named(realm: &RealmContext, kind: &str, username: &str, user: Option<&User>) -> String {
    match user {
        Some(user) => format!("{kind}/{}", user.id),
        None => format!("{kind}/?{}", unknown(realm, username)),
    }
}

/// The lane of a network (IPv4 /24, IPv6 /56). None for this machine: behind a proxy that the server was not told of, all
/// people seem to be here, and would lock each other out.
pub(crate) fn of_network(address: &str) -> Option<String> {
    let address: IpAddr = address.parse().ok()?;
    let is_here = address.to_canonical().is_loopback();
    (!is_here).then(|| format!("network/{}", refusals::network(address)))
}

/// Which names share a lane depends on a key: whoever could work it out would fill the lane of a name that is known to
/// be unknown, and see which others are refused with it.
fn unknown(realm: &RealmContext, username: &str) -> u16 {
    let seals = &realm.seals;
    // A key of its own, derived from the one secret of the realm that does not change daily.
    let root = seals.refresh_key_id().and_then(|id| seals.refresh_key(id));
    let key = jose::hmac_sha256(root.map_or(&[], |key| key.as_slice()), b"lanes of unknown user names");
    let [high, low, ..] = jose::hmac_sha256(&key, username_key(username).as_bytes());
    u16::from_be_bytes([high, low]) % UNKNOWN_LANES
}

/// Reserves a guess before the secret is looked at; `false` when the lane is full.
pub(crate) async fn reserve(realm: &RealmContext, lane: &str) -> Result<bool, StorageError> {
    let reserve = guess::reserve(realm.issuer(), lane, LIMIT, WINDOW, realm.now());
    Ok(realm.store.commit(Change::new().then(reserve)).await? == Outcome::Applied)
}

/// Reserves a guess in a lane and in that of its network, or in neither; then it answers the one that is full.
pub(crate) async fn reserve_both<'a>(
    realm: &RealmContext,
    lane: &'a str,
    network: Option<&'a str>,
) -> Result<Result<(), &'a str>, StorageError> {
    let (issuer, now) = (realm.issuer(), realm.now());
    let reserve = |lane, limit| guess::reserve(issuer, lane, limit, WINDOW, now);
    let change = Change::new()
        .then(reserve(lane, LIMIT))
        .then_all(network.map(|network| reserve(network, LIMIT_OF_NETWORK)));
    if realm.store.commit(change).await? == Outcome::Applied {
        return Ok(Ok(()));
    }
    let is_own = network.is_none() || realm.store.is_lane_full(issuer, lane, LIMIT, now).await?;
    Ok(Err(network.filter(|_| !is_own).unwrap_or(lane)))
}

/// The lane of everything but the password: an account has one of a kind, whatever the browser. Who gets that far knows
/// the password, and could make devices recognised as fast as they guess.
pub(crate) fn of_factors(user_id: &str) -> String {
    format!("factor/{user_id}")
}

/// Where the same guesses are counted for much longer.
fn of_factors_for_long(user_id: &str) -> String {
    format!("factor-long/{user_id}")
}

/// Reserves a guess of a code; otherwise says in how many seconds one may be made again. NIST SP 800-63B §5.2.2: "no more
/// than 100" in a row, whatever the pauses between them.
pub(crate) async fn reserve_for_factor(realm: &RealmContext, user_id: &str) -> Result<Result<(), i64>, StorageError> {
    let (issuer, now) = (realm.issuer(), realm.now());
    let (lane, long) = (of_factors(user_id), of_factors_for_long(user_id));
    let change = Change::new()
        .then(guess::reserve(issuer, &lane, LIMIT, WINDOW, now))
        .then(guess::reserve(issuer, &long, LONG_LIMIT, LONG_WINDOW, now));
    if realm.store.commit(change).await? == Outcome::Applied {
        return Ok(Ok(()));
    }
    // One of the two is full. What can be tried first tells which: the short one opens again soon.
    let is_short_full = !reserve(realm, &lane).await?;
    let full = if is_short_full { &lane } else { &long };
    Ok(Err(retry_after(realm, full).await?))
}

/// Forgets the guesses of codes: one was right, or the account was given back to its owner.
pub(crate) fn reset_factors(realm: &RealmContext, user_id: &str) -> [Statement; 2] {
    [of_factors(user_id), of_factors_for_long(user_id)].map(|lane| guess::reset(realm.issuer(), &lane))
}

/// In how many seconds, at least one, somebody may guess again in a lane that was full.
pub(crate) async fn retry_after(realm: &RealmContext, lane: &str) -> Result<i64, StorageError> {
    let end = realm.store.guesses_end_at(realm.issuer(), lane).await?;
    Ok(end.map_or(1, |end| (end - realm.now()).max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_realm::TestRealm;

    #[tokio::test]
    async fn unknown_names_share_4096_lanes_that_a_secret_spreads() {
        let (test, other) = (TestRealm::new().await, TestRealm::new().await);
        let lanes = |test: &TestRealm| -> Vec<u16> {
            (0..200)
                .map(|n| unknown(test.realm(), &format!("nobody-{n}")))
                .collect()
        };
        let mine = lanes(&test);
        assert!(mine.iter().all(|lane| *lane < UNKNOWN_LANES));
        assert_eq!(mine, lanes(&test), "a name keeps its lane");
        assert_ne!(mine, lanes(&other), "another key, other lanes");
        let mut distinct = mine;
        distinct.sort_unstable();
        distinct.dedup();
        assert!(distinct.len() > 150, "{}", distinct.len());
    }

    #[test]
    fn neighbours_share_the_lane_of_their_network_and_this_machine_has_none() {
        let lane = of_network("192.0.2.1");
        assert_eq!(lane.as_deref(), Some("network/192.0.2.0/24"));
        assert_eq!(of_network("::ffff:192.0.2.200"), lane);
        assert_eq!(of_network("2001:db8:0:1::1"), of_network("2001:db8:0:2::1"));
        assert_ne!(of_network("192.0.3.1"), lane);
        for none in ["127.0.0.1", "::1", "::ffff:127.0.0.1", "", "unknown"] {
            assert_eq!(of_network(none), None, "{none}");
        }
    }

    #[tokio::test]
    async fn a_guess_is_reserved_in_both_lanes_or_in_neither() {
        let test = TestRealm::new().await;
        let realm = test.realm();
        let reserve = async |lane| reserve_both(realm, lane, Some("network/n")).await.unwrap();
        for _ in 0..LIMIT {
            assert_eq!(reserve("alice").await, Ok(()));
        }
        assert_eq!(reserve("alice").await, Err("alice"));
        for n in 0..LIMIT_OF_NETWORK - LIMIT {
            assert_eq!(
                reserve_both(realm, &format!("user {n}"), Some("network/n"))
                    .await
                    .unwrap(),
                Ok(())
            );
        }
        assert_eq!(
            reserve("bob").await,
            Err("network/n"),
            "the refused guess of alice was not counted"
        );
        assert_eq!(reserve_both(realm, "bob", None).await.unwrap(), Ok(()));
        assert_eq!(reserve_both(realm, "bob", Some("network/other")).await.unwrap(), Ok(()));
        realm.clock.advance(WINDOW);
        assert_eq!(reserve("bob").await, Ok(()));
    }

    #[tokio::test]
    async fn the_ways_to_write_a_name_share_a_lane() {
        let test = TestRealm::new().await;
        let lane = |name| of(test.realm(), name, None, None);
        assert_eq!(lane("Nobody"), lane(" nobody "));
    }
}
