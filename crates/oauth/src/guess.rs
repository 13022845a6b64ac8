//! Guesses of clients' secrets, wherever a client authenticates with one, and of API keys.
//!
//! Spec: RFC 6749 §2.3.1
//!
//! "Since this client authentication method involves a password, the authorization server MUST protect any endpoint utilizing
//! it against brute force attacks."
//!
//! Wrong ones count for the name from this network, and for the network whatever the names: a stranger elsewhere locks nobody
//! out. Where guesses are used up, the right one is refused like any other: otherwise who guesses would see it. To compare is a
//! matter of a microsecond, so it is done first, and what came of it is told only if it may be.
//!
//! The same wrong secret again is no guess: a program that was left behind when a secret was replaced takes nothing from the
//! others beside it.
//!
//! Who knows the secret pays nothing for it: each node remembers where wrong ones came from, and asks the database, which
//! counts for all nodes, only there. So a node looks at one more before it learns that a lane is full.
//!
//! Known and unknown names are counted alike, in lanes by their hash, so that an answer tells nothing, and rows are few.
//!
//! Deliberately not: MACs by `client_secret_jwt`. Such a secret is a key (RFC 7518 §3.2), and whoever has seen one assertion
//! tries out as many as they like without asking here.

use std::net::IpAddr;

use explanation::catalogue::client_access::TOO_MANY_GUESSES;
use model::AuditKind;
use realm::{Compared, Lane, RealmContext, audit, refusals, trail};
use storage::{Change, Outcome, guess};

use crate::Fault;

/// Wrong secrets for a name from a network, within [`WINDOW`]: as for the password of a user.
const LIMIT: i64 = 10;
/// Wrong secrets and keys of a network, within [`WINDOW`].
const LIMIT_OF_NETWORK: i64 = 500;
/// How long they count, in seconds from the first.
const WINDOW: i64 = 15 * 60;
/// Lanes of all names of a network together.
const LANES: u16 = 4096;

/// Why it is not told what came of comparing.
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

/// A secret was compared: counts it if it was wrong, and says whether it may be told. `name`: for whom, where that is told from
/// the secret.
pub async fn compared(
    realm: &RealmContext,
    (name, shown): (Option<&str>, &str),
    is_right: bool,
) -> Result<(), GuessRefusal> {
    let (known, now) = (&realm.node.wrong_secrets, realm.now());
    let issuer = realm.issuer();
    if is_right && known.are_none(issuer) {
        return Ok(());
    }
    let lanes = lanes(name, network(trail::read(|trail| trail.address)).as_deref());
    if lanes.is_empty() {
        return Ok(());
    }
    let wrong = (!is_right).then(|| format!("{}\n{shown}", name.unwrap_or_default()));
    match known.compared(issuer, &lanes, wrong.as_deref(), (now, WINDOW)) {
        Compared::AllRight | Compared::WrongAgain => Ok(()),
        Compared::Full(until) => Err(too_many(realm, until)),
        Compared::OthersWrong => match full_until(realm, &lanes).await? {
            None => Ok(()),
            Some(until) => Err(too_many(realm, until)),
        },
        Compared::Wrong => {
            let reserve = |(lane, most): &Lane| guess::reserve(issuer, lane, *most, WINDOW, now);
            let change = Change::new().then_all(lanes.iter().map(reserve));
            if realm.store.commit(change).await.map_err(Fault::from)? == Outcome::Applied {
                return Ok(());
            }
            let until = full_until(realm, &lanes).await?;
            Err(too_many(realm, until.unwrap_or(now)))
        }
    }
}

/// Told here, since its error code tells of failures of the server too, which are no refusals.
fn too_many(realm: &RealmContext, until: i64) -> GuessRefusal {
    audit::refused_anonymously(realm, AuditKind::RequestRefused, TOO_MANY_GUESSES.name);
    GuessRefusal::TooMany {
        retry_after: (until - realm.now()).max(1),
    }
}

/// None for this machine: behind a proxy that the server was not told of, all clients seem to be here.
fn network(address: Option<IpAddr>) -> Option<String> {
    let address = address.filter(|address| !address.to_canonical().is_loopback());
    address.map(refusals::network)
}

fn lanes(name: Option<&str>, network: Option<&str>) -> Vec<Lane> {
    let of_name = name.map(|name| {
        let [high, low, ..] = jose::sha256(name.as_bytes());
        let lane = u16::from_be_bytes([high, low]) % LANES;
        (format!("client/{lane}/{}", network.unwrap_or_default()), LIMIT)
    });
    let of_network = network.map(|network| (format!("client-network/{network}"), LIMIT_OF_NETWORK));
    of_name.into_iter().chain(of_network).collect()
}

/// Until when there is no room in one of the lanes, as all nodes know; from now on this one does.
async fn full_until(realm: &RealmContext, lanes: &[Lane]) -> Result<Option<i64>, Fault> {
    let (issuer, now, mut until) = (realm.issuer(), realm.now(), None);
    for lane in lanes {
        let (name, most) = lane;
        if realm.store.is_lane_full(issuer, name, *most, now).await? {
            let end = realm.store.guesses_end_at(issuer, name).await?.unwrap_or(now);
            realm.node.wrong_secrets.is_full(issuer, lane, end);
            until = until.max(Some(end));
        }
    }
    Ok(until)
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
