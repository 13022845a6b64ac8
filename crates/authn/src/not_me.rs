//! The link in the mail about a new browser: whoever did not sign in ends what began there, without signing in.
//!
//! It names the session and the device, sealed; nothing is stored for it. Mail programs and their scanners open links, so
//! opening it shows a page, and only its button acts. It acts once: a session ends once.

use model::AuditKind;
use realm::{Purpose, RealmContext, RealmError, audit};
use serde::{Deserialize, Serialize};
use storage::{Change, Outcome, Statement, StorageError};

/// How long the link works, in seconds.
const LIFETIME: i64 = 7 * 24 * 3600;
/// Longer values were not made here.
const MAX_BYTES: usize = 1024;

/// What a link ends. Its members keep it apart from the cookies that are sealed for the same purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotMe {
    /// Whose.
    of_user: String,
    /// The session that began.
    session: String,
    /// The device that would be recognised from now on.
    device: String,
    /// When the mail was written, unix seconds.
    written_at: i64,
}

impl NotMe {
    /// For a session that just began.
    pub(crate) fn of(realm: &RealmContext, user_id: &str, session_id: &str, device_id: &str) -> Self {
        Self {
            of_user: user_id.to_owned(),
            session: session_id.to_owned(),
            device: device_id.to_owned(),
            written_at: realm.now(),
        }
    }

    /// The URL.
    pub(crate) fn link(&self, realm: &RealmContext) -> Result<String, RealmError> {
        let sealed = realm.seal(Purpose::Device, self).map(jose::b64::encode)?;
        Ok(format!("{}?t={sealed}", realm.url("/not-me")))
    }

    /// What a link of this realm names, if it is not too old.
    pub fn open(realm: &RealmContext, sealed: &str) -> Option<Self> {
        if sealed.len() > MAX_BYTES {
            return None;
        }
        let link: Self = realm.open(Purpose::Device, &jose::b64::decode(sealed)?)?;
        (realm.now() < link.written_at + LIFETIME).then_some(link)
    }

    /// Ends the session, and forgets the device. `false`: the session was over already.
    pub async fn end(&self, realm: &RealmContext) -> Result<bool, StorageError> {
        let issuer = realm.issuer();
        let forget = storage::device::forget(issuer, &self.of_user, &self.device);
        // It may be forgotten already: that is no reason to leave the session alone.
        let forget = Statement::new(forget.sql, forget.params);
        let event = audit::event(realm, AuditKind::SessionEnded)
            .user(&self.of_user)
            .detail("session", self.session.as_str())
            .detail("reason", "its user says by mail that it was somebody else");
        let change = Change::new()
            .then_all(storage::session::end(issuer, &self.of_user, &self.session, realm.now()))
            .then(forget.clone())
            .then(event)
            .or_else(forget);
        Ok(realm.store.commit(change).await? == Outcome::Applied)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{device, session, test_realm::TestRealm};

    #[tokio::test]
    async fn a_link_ends_its_session_once_and_forgets_its_device() {
        let test = TestRealm::new().await;
        let realm = test.realm();
        test.user("alice").await;
        let theirs = test.sign_in("alice", "alice-password").await.ok().unwrap();
        let mine = test.sign_in("alice", "alice-password").await.ok().unwrap();
        let device = device::id_of(realm, &theirs.device, &theirs.user.id).unwrap();
        let link = NotMe::of(realm, &theirs.user.id, &theirs.session.id, &device);
        let url = link.link(realm).unwrap();
        let sealed = url.strip_prefix("https://id.example.com/not-me?t=").unwrap();
        let opened = NotMe::open(realm, sealed).unwrap();
        assert_eq!(opened, link);

        assert!(
            session::find(realm, &theirs.cookie).await.unwrap().is_some(),
            "opening it does nothing"
        );
        assert!(opened.end(realm).await.unwrap());
        assert!(session::find(realm, &theirs.cookie).await.unwrap().is_none());
        assert!(session::find(realm, &mine.cookie).await.unwrap().is_some());
        let devices = realm
            .store
            .devices_of_user(realm.issuer(), &theirs.user.id, realm.now())
            .await
            .unwrap();
        assert!(devices.iter().all(|known| known.id != device) && devices.len() == 1);
        assert!(!opened.end(realm).await.unwrap(), "once");
    }

    #[tokio::test]
    async fn a_link_is_a_link_of_this_realm_for_a_week() {
        let test = TestRealm::new().await;
        let realm = test.realm();
        test.user("alice").await;
        let signed_in = test.sign_in("alice", "alice-password").await.ok().unwrap();
        let link = NotMe::of(realm, &signed_in.user.id, &signed_in.session.id, "d");
        let sealed = link.link(realm).unwrap().split_once("t=").unwrap().1.to_owned();
        assert!(
            NotMe::open(realm, &signed_in.device).is_none(),
            "a device's cookie is no link"
        );
        assert!(
            device::id_of(realm, &sealed, &signed_in.user.id).is_none(),
            "and a link no device's cookie"
        );
        for wrong in ["", "x", &sealed[1..], &"A".repeat(2000)] {
            assert!(NotMe::open(realm, wrong).is_none(), "{wrong}");
        }
        let other = TestRealm::new().await;
        assert!(NotMe::open(other.realm(), &sealed).is_none());
        realm.clock.advance(LIFETIME - 1);
        assert!(NotMe::open(realm, &sealed).is_some());
        realm.clock.advance(1);
        assert!(NotMe::open(realm, &sealed).is_none());
    }
}
