//! Recognised devices: browsers in which a user signed in before.
//!
//! A sealed cookie names the device; its row says that it is still recognised, so that its owner can have it forgotten. It
//! proves nothing and opens nothing. Its effects are a lane of its own for counting guesses, so that a stranger who
//! guesses cannot lock the owner out, and that nobody is written to when it is used.

use model::RecognisedDevice;
use realm::{Purpose, RealmContext, RealmError, refusals};
use serde::{Deserialize, Serialize};
use storage::{Statement, StorageError};

use crate::sign_in::Browser;

/// How long a device is recognised after the last sign-in, in seconds.
const LIFETIME: i64 = 90 * 24 * 3600;
/// Longer values were not made here; they are not even opened.
const MAX_BYTES: usize = 1024;
/// How much of a `User-Agent` is kept, in characters.
const USER_AGENT: usize = 256;

/// A browser in which a user signed in, as its cookie says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Device {
    pub(crate) user_id: String,
    pub(crate) id: String,
    signed_in_at: i64,
}

impl Device {
    /// The device that a cookie names, if it is this user's, the last sign-in is not too long ago, and nobody had it
    /// forgotten.
    pub(crate) async fn recognise(
        realm: &RealmContext,
        cookie: &str,
        user_id: &str,
    ) -> Result<Option<Self>, StorageError> {
        let Some(device) = Self::open(realm, cookie).filter(|device| device.user_id == user_id) else {
            return Ok(None);
        };
        let is_recognised = realm
            .store
            .is_recognised(realm.issuer(), user_id, &device.id, realm.now())
            .await?;
        Ok(is_recognised.then_some(device))
    }

    fn open(realm: &RealmContext, cookie: &str) -> Option<Self> {
        if cookie.len() > MAX_BYTES {
            return None;
        }
        let device: Self = realm.open(Purpose::Device, &jose::b64::decode(cookie)?)?;
        (realm.now() < device.signed_in_at + LIFETIME).then_some(device)
    }

    /// The device of somebody who signs in: the same as before, or a new one.
    pub(crate) fn signing_in(realm: &RealmContext, before: Option<Self>, user_id: &str) -> Self {
        let id = before.map_or_else(|| jose::b64::encode(jose::random_bytes::<16>()), |device| device.id);
        Self {
            user_id: user_id.to_owned(),
            id,
            signed_in_at: realm.now(),
        }
    }

    /// The value of its cookie.
    pub(crate) fn cookie(&self, realm: &RealmContext) -> Result<String, RealmError> {
        realm.seal(Purpose::Device, self).map(jose::b64::encode)
    }

    /// What is written down of it. `is_new`: nobody signed in there before.
    pub(crate) fn seen(&self, realm: &RealmContext, browser: &Browser<'_>, is_new: bool) -> Vec<Statement> {
        let device = RecognisedDevice {
            id: self.id.clone(),
            user_id: self.user_id.clone(),
            user_agent: browser.user_agent.chars().take(USER_AGENT).collect(),
            network: browser.address.parse().map(refusals::network).unwrap_or_default(),
            created_at: self.signed_in_at,
            seen_at: self.signed_in_at,
            expires_at: self.signed_in_at + LIFETIME,
        };
        if is_new {
            storage::device::insert(realm.issuer(), &device).into()
        } else {
            vec![storage::device::seen(realm.issuer(), &device)]
        }
    }
}

/// The id of the device that a cookie of this user's browser names; for the eye alone.
pub fn id_of(realm: &RealmContext, cookie: &str, user_id: &str) -> Option<String> {
    let device = Device::open(realm, cookie)?;
    (device.user_id == user_id).then_some(device.id)
}

#[cfg(test)]
mod tests {
    use storage::Change;

    use super::*;
    use crate::test_realm::TestRealm;

    /// A device of a user, written down: the value of its cookie.
    async fn device(test: &TestRealm, user_id: &str) -> String {
        let realm = test.realm();
        let device = Device::signing_in(realm, None, user_id);
        let _ = realm
            .store
            .commit(Change::new().then_all(device.seen(realm, &browser(), true)))
            .await
            .unwrap();
        device.cookie(realm).unwrap()
    }

    fn browser() -> Browser<'static> {
        Browser {
            flow_id: "a-flow",
            current: None,
            device: None,
            user_agent: "A browser",
            address: "192.0.2.1",
            is_remembered: false,
        }
    }

    async fn recognised(test: &TestRealm, cookie: &str, user_id: &str) -> Option<Device> {
        Device::recognise(test.realm(), cookie, user_id).await.unwrap()
    }

    #[tokio::test]
    async fn a_device_is_recognised_for_its_user_until_ninety_days_after_the_last_sign_in() {
        let test = TestRealm::new().await;
        let realm = test.realm();
        let cookie = device(&test, "alice").await;
        let first = recognised(&test, &cookie, "alice").await.unwrap();
        assert_eq!(recognised(&test, &cookie, "bob").await, None);

        realm.clock.advance(LIFETIME - 1);
        let again = Device::signing_in(realm, recognised(&test, &cookie, "alice").await, "alice");
        let seen = again.seen(realm, &browser(), false);
        let _ = realm.store.commit(Change::new().then_all(seen)).await.unwrap();
        realm.clock.advance(1);
        assert_eq!(recognised(&test, &cookie, "alice").await, None);
        let renewed = again.cookie(realm).unwrap();
        assert_eq!(recognised(&test, &renewed, "alice").await.unwrap().id, first.id);
        assert_eq!(id_of(realm, &renewed, "alice"), Some(first.id));
        assert_eq!(id_of(realm, &renewed, "bob"), None);
    }

    #[tokio::test]
    async fn a_device_that_was_forgotten_is_not_recognised_whatever_its_cookie_says() {
        let test = TestRealm::new().await;
        let realm = test.realm();
        let cookie = device(&test, "alice").await;
        let id = recognised(&test, &cookie, "alice").await.unwrap().id;
        let forget = storage::device::forget(realm.issuer(), "alice", &id);
        let _ = realm.store.commit(Change::new().then(forget)).await.unwrap();
        assert_eq!(recognised(&test, &cookie, "alice").await, None);
    }

    #[tokio::test]
    async fn what_was_not_sealed_as_a_device_is_not_one() {
        let test = TestRealm::new().await;
        let realm = test.realm();
        let cookie = device(&test, "alice").await;
        let device = recognised(&test, &cookie, "alice").await.unwrap();
        let elsewhere = jose::b64::encode(realm.seal(Purpose::Flow, &device).unwrap());
        let mut tampered = jose::b64::decode(&cookie).unwrap();
        *tampered.last_mut().unwrap() ^= 1;
        for wrong in [&elsewhere, &jose::b64::encode(tampered), &"A".repeat(2000), "", "%"] {
            assert_eq!(recognised(&test, wrong, "alice").await, None, "{wrong}");
        }
    }
}
