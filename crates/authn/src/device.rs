//! Recognised devices: a sealed cookie that says who signed in here before.
//!
//! It proves nothing and opens nothing. Its one effect is a lane of its own for counting guesses, so that a stranger
//! who guesses cannot lock the owner out.

use realm::{Purpose, RealmContext, RealmError};
use serde::{Deserialize, Serialize};

/// How long a device is recognised after the last sign-in, in seconds.
const LIFETIME: i64 = 90 * 24 * 3600;
/// Longer values were not made here; they are not even opened.
const MAX_BYTES: usize = 1024;

/// A browser in which a user signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Device {
    pub(crate) user_id: String,
    pub(crate) id: String,
    signed_in_at: i64,
}

impl Device {
    /// The device that a cookie names, if it is this user's and the last sign-in is not too long ago.
    pub(crate) fn recognise(realm: &RealmContext, cookie: &str, user_id: &str) -> Option<Self> {
        if cookie.len() > MAX_BYTES {
            return None;
        }
        let device: Self = realm.open(Purpose::Device, &jose::b64::decode(cookie)?)?;
        (device.user_id == user_id && realm.now() < device.signed_in_at + LIFETIME).then_some(device)
    }

    /// The value of the cookie after a sign-in: the same device as before, or a new one.
    pub(crate) fn cookie(realm: &RealmContext, before: Option<Self>, user_id: &str) -> Result<String, RealmError> {
        let id = before.map_or_else(|| jose::b64::encode(jose::random_bytes::<16>()), |device| device.id);
        let device = Self {
            user_id: user_id.to_owned(),
            id,
            signed_in_at: realm.now(),
        };
        realm.seal(Purpose::Device, &device).map(jose::b64::encode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_realm::TestRealm;

    #[tokio::test]
    async fn a_device_is_recognised_for_its_user_until_ninety_days_after_the_last_sign_in() {
        let test = TestRealm::new().await;
        let realm = test.realm();
        let cookie = Device::cookie(realm, None, "alice").unwrap();
        let device = Device::recognise(realm, &cookie, "alice").unwrap();
        assert_eq!(Device::recognise(realm, &cookie, "bob"), None);

        realm.clock.advance(LIFETIME - 1);
        let renewed = Device::cookie(realm, Device::recognise(realm, &cookie, "alice"), "alice").unwrap();
        realm.clock.advance(1);
        assert_eq!(Device::recognise(realm, &cookie, "alice"), None);
        assert_eq!(Device::recognise(realm, &renewed, "alice").unwrap().id, device.id);
    }

    #[tokio::test]
    async fn what_was_not_sealed_as_a_device_is_not_one() {
        let test = TestRealm::new().await;
        let realm = test.realm();
        let cookie = Device::cookie(realm, None, "alice").unwrap();
        let device = Device::recognise(realm, &cookie, "alice").unwrap();
        let elsewhere = jose::b64::encode(realm.seal(Purpose::Flow, &device).unwrap());
        let mut tampered = jose::b64::decode(&cookie).unwrap();
        *tampered.last_mut().unwrap() ^= 1;
        for wrong in [&elsewhere, &jose::b64::encode(tampered), &"A".repeat(2000), "", "%"] {
            assert_eq!(Device::recognise(realm, wrong, "alice"), None, "{wrong}");
        }
    }
}
