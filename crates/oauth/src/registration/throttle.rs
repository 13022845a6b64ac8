//! How often clients may be registered and changed: counted before anything is done (RFC 7591 §5: "the authorization
//! server […] MAY rate-limit").

use std::net::IpAddr;

use realm::RealmContext;
use storage::{Change, Outcome, guess};

use super::RegistrationRefusal;

/// Requests in a lane, within [`WINDOW`].
pub const LIMIT: i64 = 60;
/// How long requests count, in seconds from the first.
pub const WINDOW: i64 = 60;

/// The lane of a network address. Who has one IPv6 address has all of its /64.
pub(super) fn lane_of_address(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => format!("register/{address}"),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("register/{a:x}:{b:x}:{c:x}:{d:x}")
        }
    }
}

/// The lane of a client that changes its registration.
pub(super) fn lane_of_client(client_id: &str) -> String {
    format!("register/client/{client_id}")
}

/// Counts a request; refuses it when the lane is full.
pub(super) async fn reserve(realm: &RealmContext, lane: &str) -> Result<(), RegistrationRefusal> {
    let reserve = guess::reserve(realm.issuer(), lane, LIMIT, WINDOW, realm.now());
    if realm.store.commit(Change::new().then(reserve)).await? == Outcome::Applied {
        return Ok(());
    }
    let end = realm.store.guesses_end_at(realm.issuer(), lane).await?;
    let retry_after = end.map_or(1, |end| (end - realm.now()).max(1));
    Err(RegistrationRefusal::TooMany { retry_after })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_household_is_one_lane() {
        let lane = |text: &str| lane_of_address(text.parse().unwrap());
        assert_eq!(lane("192.0.2.7"), "register/192.0.2.7");
        assert_eq!(lane("::ffff:192.0.2.7"), "register/192.0.2.7");
        assert_eq!(lane("2001:db8:1:2::1"), lane("2001:db8:1:2:ffff::9"));
        assert_ne!(lane("2001:db8:1:2::1"), lane("2001:db8:1:3::1"));
    }
}
