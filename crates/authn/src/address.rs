//! Whether a mail address is its user's: a code is sent there, and typed at the account page.
//!
//! Spec: OpenID Connect Core §5.1 (`email_verified`), NIST SP 800-63A §4.4.1.6 (confirming an address)
//!
//! Only for accounts that people made themselves: what files say of users belongs to the files. Mail to an address that is
//! not verified may reach a stranger, so few are sent: by account, and by address.

use model::{AuditKind, Session, Source, User};
use realm::{RealmContext, RealmError, audit};
use serde_json::Value;
use storage::{Change, Outcome, StorageError, guess};

use crate::{
    by_mail, email_code, lane,
    notice::{self, Content},
};

/// Why an address is as it was.
#[derive(Debug, thiserror::Error)]
pub enum AddressRefusal {
    /// There is nothing to verify.
    #[error("there is no address to be verified")]
    Nothing,
    /// The code is wrong, or too old.
    #[error("the code is wrong, or too old")]
    Wrong,
    /// Too many codes were sent, or guessed.
    #[error("too many codes: try again in {retry_after} seconds")]
    TooMany {
        /// After how many seconds.
        retry_after: i64,
    },
    /// The database or a key does not work.
    #[error("the address cannot be verified: {0}")]
    Fault(#[from] RealmError),
}

impl From<StorageError> for AddressRefusal {
    fn from(error: StorageError) -> Self {
        Self::Fault(error.into())
    }
}

/// The address of a user that waits to be verified.
pub fn unverified(user: &User) -> Option<&str> {
    let is_verified = user.claims.get("email_verified") == Some(&Value::Bool(true));
    let email = user.claims.get("email").and_then(Value::as_str);
    email.filter(|email| user.source == Source::Api && !is_verified && !email.is_empty())
}

/// Sends a code to it.
pub async fn send(realm: &RealmContext, user: &User, session: &Session) -> Result<(), AddressRefusal> {
    let email = unverified(user).ok_or(AddressRefusal::Nothing)?;
    let code = email_code::now(realm, &what_for(user, session, email)).ok_or_else(no_key)?;
    let minutes = email_code::MINUTES;
    let expires_at = realm.now() + minutes * 60;
    let mail = notice::to_address(realm, user, email, Content::VerifyAddress { code, minutes }, expires_at);
    let sent = by_mail::send_to_user(realm, &send_lanes(user, email), mail).await?;
    sent.map_err(|retry_after| AddressRefusal::TooMany { retry_after })
}

/// Takes the code: the address is the user's.
pub async fn verify(realm: &RealmContext, user: &User, session: &Session, typed: &str) -> Result<(), AddressRefusal> {
    let email = unverified(user).ok_or(AddressRefusal::Nothing)?;
    let lane = format!("address-code/{}", user.id);
    if !lane::reserve(realm, &lane).await? {
        let retry_after = lane::retry_after(realm, &lane).await?;
        return Err(AddressRefusal::TooMany { retry_after });
    }
    if !email_code::is_right(realm, &what_for(user, session, email), typed) {
        return Err(AddressRefusal::Wrong);
    }
    let mut verified = user.clone();
    verified.claims.insert("email_verified".to_owned(), Value::Bool(true));
    let issuer = realm.issuer();
    let change = Change::new()
        .then(storage::user::update(issuer, &verified, realm.now())?)
        .then(storage::session::still_alive(issuer, &session.id))
        .then(guess::reset(issuer, &lane))
        .then(audit::event(realm, AuditKind::AddressVerified).user(&user.id));
    match realm.store.commit(change).await? {
        Outcome::Applied => Ok(()),
        Outcome::Missed => Err(AddressRefusal::Wrong),
    }
}

fn what_for(user: &User, session: &Session, email: &str) -> String {
    format!("address {} {} {email}", user.id, session.id)
}

/// By account, and by address: one person does not fill another's mailbox through many accounts.
fn send_lanes(user: &User, email: &str) -> [String; 2] {
    [format!("address/{}", user.id), by_mail::lane_to(email)]
}

fn no_key() -> AddressRefusal {
    AddressRefusal::Fault(RealmError::Key("there is no key for codes yet".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{by_mail::SENDS, notice::Letter, sign_in::SignedIn, test_realm::TestRealm};

    const ADDRESS: &str = "alice@example.com";

    /// Alice, whose address nobody verified, signed in.
    async fn alice(test: &TestRealm, username: &str) -> SignedIn {
        test.user(username).await;
        let password = format!("{username}-password");
        let mut signed_in = test.sign_in(username, &password).await.ok().unwrap();
        signed_in.user.claims.insert("email".into(), ADDRESS.into());
        signed_in
    }

    /// The code in the newest mail.
    async fn code(test: &TestRealm) -> String {
        let realm = test.realm();
        let owed = realm.store.lease_due(realm.now(), 1, 10).await.unwrap();
        let call = owed.last().unwrap();
        assert_eq!(call.destination, ADDRESS);
        let letter = Letter::unwrap(&realm.wrap, realm.issuer(), &call.id, &call.payload).unwrap();
        match letter.content {
            Content::VerifyAddress { code, .. } => code,
            _ => panic!("another letter"),
        }
    }

    #[tokio::test]
    async fn who_reads_the_mail_verifies_the_address_in_that_session() {
        let test = TestRealm::new().await;
        let realm = test.realm();
        let alice = alice(&test, "alice").await;
        send(realm, &alice.user, &alice.session).await.unwrap();
        let code = code(&test).await;
        let elsewhere = test.sign_in("alice", "alice-password").await.ok().unwrap();
        for (session, typed) in [(&elsewhere.session, code.as_str()), (&alice.session, "00000000")] {
            let refused = verify(realm, &alice.user, session, typed).await;
            assert!(matches!(refused, Err(AddressRefusal::Wrong)));
        }
        verify(realm, &alice.user, &alice.session, &code).await.unwrap();
        let user = realm
            .store
            .find_user(realm.issuer(), &alice.user.id)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            (notice::verified_email(&user), unverified(&user)),
            (Some(ADDRESS), None)
        );
    }

    #[tokio::test]
    async fn codes_are_guessed_ten_times_and_sent_five_times() {
        let test = TestRealm::new().await;
        let realm = test.realm();
        let alice = alice(&test, "alice").await;
        for _ in 0..SENDS {
            send(realm, &alice.user, &alice.session).await.unwrap();
        }
        let refused = send(realm, &alice.user, &alice.session).await;
        assert!(matches!(refused, Err(AddressRefusal::TooMany { retry_after: 900 })));
        let code = code(&test).await;
        for _ in 0..lane::LIMIT {
            let refused = verify(realm, &alice.user, &alice.session, "1").await;
            assert!(matches!(refused, Err(AddressRefusal::Wrong)));
        }
        let refused = verify(realm, &alice.user, &alice.session, &code).await;
        assert!(matches!(refused, Err(AddressRefusal::TooMany { .. })));
    }

    #[tokio::test]
    async fn nobody_fills_a_mailbox_through_many_accounts() {
        let test = TestRealm::new().await;
        let realm = test.realm();
        for n in 0..SENDS {
            let one = alice(&test, &format!("alice-{n}")).await;
            send(realm, &one.user, &one.session).await.unwrap();
        }
        let another = alice(&test, "another").await;
        let refused = send(realm, &another.user, &another.session).await;
        assert!(matches!(refused, Err(AddressRefusal::TooMany { .. })));
    }

    #[tokio::test]
    async fn what_files_say_and_what_is_verified_is_left_alone() {
        let test = TestRealm::new().await;
        let mut alice = alice(&test, "alice").await;
        assert_eq!(unverified(&alice.user), Some(ADDRESS));
        alice.user.source = Source::File;
        let refused = send(test.realm(), &alice.user, &alice.session).await;
        assert!(matches!(refused, Err(AddressRefusal::Nothing)));
        let bob = test.user_with_mail("bob").await;
        assert_eq!(unverified(&bob), None);
    }
}
