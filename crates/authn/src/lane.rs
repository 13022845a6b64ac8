//! In which lane a guess is counted.
//!
//! Two kinds of lane per account: each recognised device has its own, everyone else shares one, so that a stranger
//! cannot lock the owner out. Names without an account share a table of fixed size: they are refused after as many
//! guesses as real ones, and nobody can fill the database by making names up.

use model::{User, username_key};
use realm::RealmContext;
use storage::{Change, Outcome, StorageError, guess};

use crate::device::Device;

/// Guesses in a lane, within [`WINDOW`].
pub(crate) const LIMIT: i64 = 10;
/// How long guesses count, in seconds from the first.
pub(crate) const WINDOW: i64 = 15 * 60;
/// Lanes of all names without an account together.
const UNKNOWN_LANES: u16 = 4096;

/// The lane of an attempt.
pub(crate) fn of(realm: &RealmContext, username: &str, user: Option<&User>, device: Option<&Device>) -> String {
    match (user, device) {
        (Some(user), Some(device)) => format!("password/{}/{}", user.id, device.id),
        (Some(user), None) => format!("password/{}", user.id),
        (None, _) => format!("password/?{}", unknown(realm, username)),
    }
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

    #[tokio::test]
    async fn the_ways_to_write_a_name_share_a_lane() {
        let test = TestRealm::new().await;
        let lane = |name| of(test.realm(), name, None, None);
        assert_eq!(lane("Nobody"), lane(" nobody "));
    }
}
