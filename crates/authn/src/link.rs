//! Links that are good for one thing, and for a while: sent by mail, or handed over by the operator.
//!
//! Nothing of a link is stored. It names its user and its end, with an HMAC of both, of what it is for, and of what must not
//! have changed since, under a key of the realm. Whoever acts on it guards that, or that it was not used before.

use jose::b64;
use realm::{RealmContext, RealmError};

/// Longer ones were not made here.
const LONGEST: usize = 1024;

/// What a link carries; whether it was made here is yet to be seen.
pub(crate) struct UnverifiedLink {
    pub(crate) user_id: String,
    pub(crate) expires_at: i64,
    tag: Vec<u8>,
}

/// What a new link carries.
pub(crate) fn write(
    realm: &RealmContext,
    (what_for, relies_on): (&str, &[&str]),
    user_id: &str,
    expires_at: i64,
) -> Result<String, RealmError> {
    let tag = tag(realm, (what_for, relies_on), user_id, expires_at);
    let tag = tag.ok_or_else(|| RealmError::Key("there is no key for links yet".to_owned()))?;
    Ok(format!("{}.{expires_at}.{}", b64::encode(user_id), b64::encode(tag)))
}

impl UnverifiedLink {
    /// Reads what a link carries; `None`: it is no link, or it is over.
    pub(crate) fn read(realm: &RealmContext, carried: &str) -> Option<Self> {
        if carried.len() > LONGEST {
            return None;
        }
        let mut parts = carried.split('.');
        let (user_id, expires_at, tag) = (parts.next()?, parts.next()?, parts.next()?);
        let link = Self {
            user_id: String::from_utf8(b64::decode(user_id)?).ok()?,
            expires_at: expires_at.parse().ok()?,
            tag: b64::decode(tag)?,
        };
        (parts.next().is_none() && realm.now() < link.expires_at).then_some(link)
    }

    /// Whether it was made here, for this, and what it relies on is still so.
    pub(crate) fn is_for(&self, realm: &RealmContext, what_for: &str, relies_on: &[&str]) -> bool {
        let expected = tag(realm, (what_for, relies_on), &self.user_id, self.expires_at);
        expected.is_some_and(|tag| jose::constant_time_eq(&tag, &self.tag))
    }
}

fn tag(
    realm: &RealmContext,
    (what_for, relies_on): (&str, &[&str]),
    user_id: &str,
    expires_at: i64,
) -> Option<[u8; 32]> {
    let seals = &realm.seals;
    let root = seals.refresh_key(seals.refresh_key_id()?)?;
    let key = jose::hmac_sha256(root, b"links");
    // As JSON, so that no part can say what another one means.
    let text = serde_json::to_string(&(realm.issuer(), what_for, user_id, expires_at, relies_on)).ok()?;
    Some(jose::hmac_sha256(&key, text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_realm::TestRealm;

    #[tokio::test]
    async fn a_link_is_good_for_what_it_says_until_its_end() {
        let test = TestRealm::new().await;
        let realm = test.realm();
        let end = realm.now() + 60;
        let carried = write(realm, ("reset", &["hash"]), "alice", end).unwrap();
        let link = UnverifiedLink::read(realm, &carried).unwrap();
        assert_eq!((link.user_id.as_str(), link.expires_at), ("alice", end));
        assert!(link.is_for(realm, "reset", &["hash"]));
        assert!(!link.is_for(realm, "invitation", &["hash"]) && !link.is_for(realm, "reset", &["another"]));
        assert!(!link.is_for(TestRealm::new().await.realm(), "reset", &["hash"]));
        let later = carried.replace(&end.to_string(), &(end + 1).to_string());
        let bob = carried.replacen(&b64::encode("alice"), &b64::encode("bob"), 1);
        for forged in [later, bob] {
            let link = UnverifiedLink::read(realm, &forged).unwrap();
            assert!(!link.is_for(realm, "reset", &["hash"]), "{forged}");
        }
        for none in ["", "a.b.c", &format!("{carried}.x"), &carried[..20], &"A".repeat(2000)] {
            assert!(UnverifiedLink::read(realm, none).is_none(), "{none}");
        }
        realm.clock.advance(60);
        assert!(UnverifiedLink::read(realm, &carried).is_none());
    }
}
