//! A user who is signed in changes their password.
//!
//! Spec: NIST SP 800-63B §5.1.1.2, §6.1.4 (a user who changes an authenticator proves the old one), §6.1 (they are told)
//!
//! 1. Check the new password. This costs nothing and tells nothing.
//! 2. Take a place in the password pool, then reserve a guess: whoever finds a browser open does not guess there freely.
//! 3. Verify the old password.
//! 4. Hash the new one.
//! 5. Commit at once: the old one is still the password, the new one takes its place, other sessions end if that was
//!    wanted, and mail is owed.

use explanation::{
    Explain, Explanation,
    catalogue::{server, sign_in as catalogue},
};
use model::{AuditKind, Secret, Session, User};
use realm::{RealmContext, RealmError, audit};
use storage::{Change, Outcome, Statement, StorageError, guess, outbox};

use crate::{
    device::Device,
    lane,
    notice::{self, Content},
    password::{Busy, PasswordPool},
    users,
    weak_password::Weakness,
};

/// What somebody wants.
pub struct PasswordChange<'a> {
    /// Whose password.
    pub user: &'a User,
    /// The session in which it is changed.
    pub session: &'a Session,
    /// The value of the device cookie, if any.
    pub device: Option<&'a str>,
    /// The password so far.
    pub old: &'a Secret,
    /// The one to be.
    pub new: &'a Secret,
    /// Whether other browsers are signed out.
    pub ends_others: bool,
}

/// Why a password stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum ChangeRefusal {
    /// The new one is not good enough.
    #[error(transparent)]
    Weak(#[from] Weakness),
    /// The old one is wrong, or there is none.
    #[error("the password so far is wrong")]
    Wrong,
    /// The lane is full: answer 429 with `Retry-After`.
    #[error("too many guesses: try again in {retry_after} seconds")]
    TooManyGuesses {
        /// After how many seconds the lane is empty again.
        retry_after: i64,
    },
    /// The password pool is full: answer 503 with `Retry-After`.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The database or a key does not work.
    #[error("the password was not changed: {0}")]
    Fault(#[from] RealmError),
}

impl Explain for ChangeRefusal {
    fn explanation(&self) -> Explanation {
        match self {
            Self::Weak(_) => Explanation::from(&catalogue::SIGN_UP).found("the password"),
            Self::Wrong => (&catalogue::WRONG_CREDENTIALS).into(),
            Self::TooManyGuesses { .. } => (&catalogue::TOO_MANY_GUESSES).into(),
            Self::Busy(_) => (&catalogue::BUSY).into(),
            Self::Fault(_) => (&server::UNAVAILABLE).into(),
        }
    }
}

impl From<StorageError> for ChangeRefusal {
    fn from(error: StorageError) -> Self {
        Self::Fault(error.into())
    }
}

/// Changes a password, or says why not.
pub async fn change(
    realm: &RealmContext,
    pool: &PasswordPool,
    wanted: PasswordChange<'_>,
) -> Result<(), ChangeRefusal> {
    let user = wanted.user;

    // Step 1
    users::check_new_password(realm, &user.username, &user.claims, wanted.new)?;

    // Step 2
    let device = match wanted.device {
        Some(cookie) => Device::recognise(realm, cookie, &user.id).await?,
        None => None,
    };
    let lane = lane::of(realm, &user.username, Some(user), device.as_ref());
    let place = pool.place()?;
    if !lane::reserve(realm, &lane).await? {
        return Err(ChangeRefusal::TooManyGuesses {
            retry_after: lane::retry_after(realm, &lane).await?,
        });
    }

    // Step 3
    let old = user.password_hash.as_deref();
    if !pool.verify_in(place, old, wanted.old).await? {
        audit::event(realm, AuditKind::SignInFailed)
            .user(&user.id)
            .detail("reason", "wrong password at its change")
            .soon(realm);
        return Err(ChangeRefusal::Wrong);
    }

    // Step 4
    let new = pool.hash(wanted.new).await?;

    // Step 5
    let others = if wanted.ends_others {
        end_others(realm, wanted.session).await?
    } else {
        Vec::new()
    };
    let (issuer, now) = (realm.issuer(), realm.now());
    let mail = notice::tell(realm, user, Content::PasswordChanged { when: now });
    let change = Change::new()
        .then(storage::user::still_has_password(
            issuer,
            &user.id,
            old.unwrap_or_default(),
        ))
        .then(storage::user::set_password(issuer, &user.id, &new, now))
        .then(storage::session::still_alive(issuer, &wanted.session.id))
        .then(guess::reset(issuer, &lane))
        .then_all(others)
        .then_all(mail.map(|mail| outbox::enqueue(mail, now)))
        .then(audit::event(realm, AuditKind::UserPasswordChanged).user(&user.id));
    match realm.store.commit(change).await? {
        Outcome::Applied => Ok(()),
        // Somebody else was faster: what was proved is not the password any more.
        Outcome::Missed => Err(ChangeRefusal::Wrong),
    }
}

/// Ends the other sessions of a user, as far as they have not ended by themselves meanwhile.
async fn end_others(realm: &RealmContext, this: &Session) -> Result<Vec<Statement>, StorageError> {
    let (issuer, now) = (realm.issuer(), realm.now());
    let sessions = realm.store.sessions_of_user(issuer, &this.user_id, now).await?;
    Ok(sessions
        .iter()
        .filter(|session| session.id != this.id)
        .flat_map(|session| storage::session::end(issuer, &session.user_id, &session.id, now))
        .map(|statement| Statement::new(statement.sql, statement.params))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{sign_in::SignedIn, test_realm::TestRealm};

    const NEW: &str = "seven purple lamps";

    async fn attempt(
        test: &TestRealm,
        signed_in: &SignedIn,
        (old, new): (&str, &str),
        ends_others: bool,
    ) -> Result<(), ChangeRefusal> {
        let user = test
            .realm()
            .store
            .find_user(test.realm().issuer(), &signed_in.user.id)
            .await;
        let wanted = PasswordChange {
            user: &user.unwrap().unwrap(),
            session: &signed_in.session,
            device: Some(&signed_in.device),
            old: &Secret::new(old),
            new: &Secret::new(new),
            ends_others,
        };
        change(test.realm(), &test.pool, wanted).await
    }

    async fn sessions(test: &TestRealm, signed_in: &SignedIn) -> usize {
        let realm = test.realm();
        let sessions = realm
            .store
            .sessions_of_user(realm.issuer(), &signed_in.user.id, realm.now());
        sessions.await.unwrap().len()
    }

    #[tokio::test]
    async fn who_knows_the_old_password_sets_a_new_one_and_is_told() {
        let test = TestRealm::new().await;
        test.user_with_mail("alice").await;
        let here = test.sign_in("alice", "alice-password").await.ok().unwrap();
        attempt(&test, &here, ("alice-password", NEW), false).await.unwrap();
        assert!(test.sign_in("alice", "alice-password").await.is_err());
        assert!(test.sign_in_as("alice", NEW, None, Some(&here.device)).await.is_ok());
        let owed = test
            .realm()
            .store
            .outbox_of_realm(test.realm().issuer(), None, 10)
            .await
            .unwrap();
        assert_eq!(owed.len(), 1);
    }

    #[tokio::test]
    async fn other_sessions_end_if_that_is_wanted_and_this_one_stays() {
        let test = TestRealm::new().await;
        test.user("alice").await;
        let here = test.sign_in("alice", "alice-password").await.ok().unwrap();
        let _ = test.sign_in("alice", "alice-password").await.ok().unwrap();
        attempt(&test, &here, ("alice-password", NEW), false).await.unwrap();
        assert_eq!(sessions(&test, &here).await, 2);
        attempt(&test, &here, (NEW, "eight yellow bottles"), true)
            .await
            .unwrap();
        assert_eq!(sessions(&test, &here).await, 1);
        let alive = crate::session::find(test.realm(), &here.cookie).await.unwrap();
        assert!(alive.is_some());
    }

    #[tokio::test]
    async fn a_wrong_old_password_is_a_guess_and_a_weak_new_one_is_not() {
        let test = TestRealm::new().await;
        test.user("alice").await;
        let here = test.sign_in("alice", "alice-password").await.ok().unwrap();
        for weak in ["short", "alice123", "spongebob1", "aaaaaaaaaa"] {
            let refused = attempt(&test, &here, ("alice-password", weak), false).await;
            assert!(matches!(refused, Err(ChangeRefusal::Weak(_))), "{weak}");
        }
        for _ in 0..lane::LIMIT {
            let refused = attempt(&test, &here, ("wrong", NEW), false).await;
            assert!(matches!(refused, Err(ChangeRefusal::Wrong)));
        }
        let refused = attempt(&test, &here, ("alice-password", NEW), false).await;
        assert!(matches!(refused, Err(ChangeRefusal::TooManyGuesses { .. })));
        assert!(
            test.sign_in("alice", "alice-password").await.is_ok(),
            "elsewhere it is still the password"
        );
    }

    #[tokio::test]
    async fn a_session_that_has_ended_changes_nothing() {
        let test = TestRealm::new().await;
        test.user("alice").await;
        let here = test.sign_in("alice", "alice-password").await.ok().unwrap();
        assert!(
            crate::session::end(test.realm(), &here.user.id, &here.session.id)
                .await
                .unwrap()
        );
        let refused = attempt(&test, &here, ("alice-password", NEW), false).await;
        assert!(matches!(refused, Err(ChangeRefusal::Wrong)));
        assert!(test.sign_in("alice", "alice-password").await.is_ok());
    }
}
