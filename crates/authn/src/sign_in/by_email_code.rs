//! Sign-in with a code that is sent to the user's verified address, where the realm lets them: in the place of a password.
//!
//! Spec: NIST SP 800-63B §5.1.3.1 (mail shows no device, so it is no factor), §5.2.2
//!
//! To send it:
//! 1. Whom does what was typed stand for, and may a mail be sent there? Nobody learns ([`by_mail`]).
//! 2. The code follows from the flow, the user, the address and the moment; nothing of it is stored. What it hangs on is
//!    sealed into the form.
//!
//! To take it:
//! 1. What the form carries is of this flow, and ten minutes old at most.
//! 2. Reserve a guess at this very code, and one of the network's.
//! 3. Compare. A name that is nobody's has a code as well, which nobody was sent.
//! 4. Commit at once, as after a passkey: the code is used, the owner still enabled, the session begins.

use explanation::{
    Explain, Explanation,
    catalogue::{server, sign_in as catalogue},
};
use jose::{b64, sha256};
use model::{User, new_id};
use protocol::{Method, Proof};
use realm::{Purpose, RealmContext, RealmError};
use serde::{Deserialize, Serialize};
use storage::{StorageError, guess, used_assertion};

use super::{Browser, SignedIn, refused, without_password};
use crate::{
    by_mail::{self, Sending},
    email_code::{self, MINUTES},
    factors::FactorVerified,
    lane,
    notice::{self, Content},
};

/// A used code is remembered for longer than it is good by this, in seconds: clocks of nodes differ a little.
const SLACK: i64 = 60;

/// Why nobody is signed in by a code.
#[derive(Debug, thiserror::Error)]
pub enum EmailCodeRefusal {
    /// The code is of another page, or over: another one must be sent.
    #[error("the code is of another page, or older than {MINUTES} minutes")]
    Over,
    /// It is not the one that was sent, if one was sent at all; or it was used before: nobody is told which.
    #[error("the code is wrong, or was used before")]
    Wrong,
    /// Too many were sent, or guessed: answer 429 with `Retry-After`.
    #[error("too many codes: try again in {retry_after} seconds")]
    TooMany {
        /// After how many seconds.
        retry_after: i64,
    },
    /// The database or a key does not work.
    #[error("codes by mail failed: {0}")]
    Fault(#[from] RealmError),
}

impl Explain for EmailCodeRefusal {
    fn explanation(&self) -> Explanation {
        let reason = match self {
            Self::Over => &catalogue::FLOW_LOST,
            Self::Wrong => &catalogue::WRONG_FACTOR,
            Self::TooMany { .. } => &catalogue::TOO_MANY_GUESSES,
            Self::Fault(_) => &server::UNAVAILABLE,
        };
        reason.into()
    }
}

impl From<StorageError> for EmailCodeRefusal {
    fn from(error: StorageError) -> Self {
        Self::Fault(error.into())
    }
}

/// What a code hangs on. It holds nothing of whom it was sent to, so that its length tells nothing.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ticket {
    code_of: String,
    in_flow: String,
    typed: String,
    sent_at: i64,
}

impl Ticket {
    fn open(realm: &RealmContext, flow_id: &str, carried: &str) -> Option<Self> {
        let ticket: Self = realm.open(Purpose::Flow, &b64::decode(carried)?)?;
        let is_over = realm.now() >= ticket.sent_at + MINUTES * 60;
        (ticket.in_flow == flow_id && !is_over).then_some(ticket)
    }

    /// The code; of nobody, there is one as well.
    fn code(&self, realm: &RealmContext, user: Option<&User>) -> Option<String> {
        let id = user.map_or("", |user| &user.id);
        let email = user.and_then(notice::verified_email).unwrap_or_default();
        email_code::of(realm, &format!("sign-in {} {id} {email}", self.code_of))
    }
}

/// Sends a code to whom `typed` stands for, a user name or a mail address; answers what the form must bring back with it.
/// `from` is the network address of who asks.
pub async fn send_email_code(
    realm: &RealmContext,
    (flow_id, from): (&str, &str),
    typed: &str,
) -> Result<String, EmailCodeRefusal> {
    // Step 1
    let user = by_mail::find(realm, typed).await?;
    let ticket = Ticket {
        code_of: new_id(),
        in_flow: flow_id.to_owned(),
        typed: typed.to_owned(),
        sent_at: realm.now(),
    };

    // Step 2
    let code = ticket
        .code(realm, user.as_ref())
        .ok_or_else(|| RealmError::Key("there is no key for codes yet".to_owned()))?;
    let mail = user.as_ref().and_then(|user| {
        let content = Content::Code { code, minutes: MINUTES };
        notice::tell_until(realm, user, content, ticket.sent_at + MINUTES * 60)
    });
    let sending = Sending {
        typed,
        user: user.as_ref(),
        from,
        mail,
    };
    if let Err(retry_after) = by_mail::send(realm, sending).await? {
        return Err(EmailCodeRefusal::TooMany { retry_after });
    }
    Ok(realm.seal(Purpose::Flow, &ticket).map(b64::encode)?)
}

/// Signs in whoever types the code that was sent. `carried` is what the form brought back.
pub async fn sign_in_by_email_code(
    realm: &RealmContext,
    browser: &Browser<'_>,
    (carried, typed): (&str, &str),
) -> Result<SignedIn, EmailCodeRefusal> {
    // Step 1
    let ticket = Ticket::open(realm, browser.flow_id, carried).ok_or(EmailCodeRefusal::Over)?;

    // Step 2
    let lane = format!("mail-code/{}", ticket.code_of);
    let network = lane::of_network(browser.address);
    if let Err(full) = lane::reserve_both(realm, &lane, network.as_deref()).await? {
        let retry_after = lane::retry_after(realm, full).await?;
        return Err(EmailCodeRefusal::TooMany { retry_after });
    }

    // Step 3
    let user = by_mail::find(realm, &ticket.typed).await?;
    let is_right = email_code::is(ticket.code(realm, user.as_ref()).as_deref(), typed);
    let Some(owner) = user.clone().filter(|_| is_right) else {
        tracing::info!(realm = realm.issuer(), "sign-in by a code refused: it is wrong");
        refused(realm, user.as_ref(), "wrong code by mail");
        return Err(EmailCodeRefusal::Wrong);
    };

    // Step 4
    let id = sha256(format!("code by mail/{}", ticket.code_of).as_bytes());
    let mut guards = used_assertion::use_once(realm.issuer(), id, ticket.sent_at + MINUTES * 60 + SLACK).guarded;
    guards.push(guess::reset(realm.issuer(), &lane));
    guards.push(by_mail::reset(realm, &owner));
    let verified = FactorVerified {
        proof: Proof::of(Method::EmailCode, realm.now()),
        guards,
    };
    let give_back = network.map(|network| guess::give_back(realm.issuer(), &network));
    let signed_in = without_password::begin(realm, (browser, owner), verified, give_back).await?;
    signed_in.ok_or_else(|| {
        refused(realm, user.as_ref(), "the code was used before, or the user disabled");
        EmailCodeRefusal::Wrong
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{notice::Letter, test_realm::TestRealm};

    fn browser(flow_id: &str) -> Browser<'_> {
        Browser {
            flow_id,
            current: None,
            device: None,
            user_agent: "A browser",
            address: "192.0.2.1",
            is_remembered: false,
        }
    }

    /// The codes in the mails that are owed, the newest last.
    async fn codes(test: &TestRealm) -> Vec<String> {
        let realm = test.realm();
        let due = realm.store.lease_due(realm.now(), 1, 100).await.unwrap();
        let letters = due
            .iter()
            .filter_map(|call| Letter::unwrap(&realm.wrap, realm.issuer(), &call.id, &call.payload));
        letters
            .filter_map(|letter| match letter.content {
                Content::Code { code, .. } => Some(code),
                _ => None,
            })
            .collect()
    }

    async fn send(test: &TestRealm, flow: &str, typed: &str) -> Result<String, EmailCodeRefusal> {
        send_email_code(test.realm(), (flow, "192.0.2.1"), typed).await
    }

    #[tokio::test]
    async fn a_code_signs_its_owner_in_once_at_the_lowest_level() {
        let test = TestRealm::new().await;
        let alice = test.user_with_mail("alice").await;
        for typed in ["alice", " ALICE@example.com "] {
            let carried = send(&test, "f", typed).await.unwrap();
            let code = codes(&test).await.pop().unwrap();
            let form = (carried.as_str(), code.as_str());
            let signed_in = sign_in_by_email_code(test.realm(), &browser("f"), form)
                .await
                .ok()
                .unwrap();
            assert_eq!(signed_in.user.id, alice.id);
            let assurance = signed_in.session.assurance(&alice, test.realm().now());
            assert_eq!(
                (assurance.acr, assurance.amr.join(" ").as_str()),
                (protocol::Acr::Loa1, "otp email")
            );
            let again = sign_in_by_email_code(test.realm(), &browser("f"), form).await;
            assert!(matches!(again, Err(EmailCodeRefusal::Wrong)), "once");
            test.realm().clock.advance(2);
        }
    }

    #[tokio::test]
    async fn a_code_belongs_to_its_flow_and_its_form_for_ten_minutes() {
        let test = TestRealm::new().await;
        test.user_with_mail("alice").await;
        test.user_with_mail("bob").await;
        let realm = test.realm();
        let carried = send(&test, "f", "alice").await.unwrap();
        let code = codes(&test).await.pop().unwrap();
        let of_bob = send(&test, "f", "bob").await.unwrap();
        let another = send(&test, "f", "alice").await.unwrap();
        for (flow, carried) in [("other", carried.as_str()), ("f", ""), ("f", "forged")] {
            let refused = sign_in_by_email_code(realm, &browser(flow), (carried, &code)).await;
            assert!(matches!(refused, Err(EmailCodeRefusal::Over)), "{flow} {carried}");
        }
        for carried in [&of_bob, &another] {
            let refused = sign_in_by_email_code(realm, &browser("f"), (carried, &code)).await;
            assert!(matches!(refused, Err(EmailCodeRefusal::Wrong)));
        }
        realm.clock.advance(MINUTES * 60 - 1);
        let wrong = sign_in_by_email_code(realm, &browser("f"), (&carried, "00000000")).await;
        assert!(matches!(wrong, Err(EmailCodeRefusal::Wrong)));
        realm.clock.advance(1);
        let late = sign_in_by_email_code(realm, &browser("f"), (&carried, &code)).await;
        assert!(matches!(late, Err(EmailCodeRefusal::Over)));
    }

    #[tokio::test]
    async fn of_a_code_ten_guesses_are_looked_at_and_five_codes_are_sent() {
        let test = TestRealm::new().await;
        test.user_with_mail("alice").await;
        let realm = test.realm();
        let carried = send(&test, "f", "alice").await.unwrap();
        let code = codes(&test).await.pop().unwrap();
        for _ in 0..lane::LIMIT {
            let refused = sign_in_by_email_code(realm, &browser("f"), (&carried, "1")).await;
            assert!(matches!(refused, Err(EmailCodeRefusal::Wrong)));
        }
        let refused = sign_in_by_email_code(realm, &browser("f"), (&carried, &code)).await;
        assert!(matches!(refused, Err(EmailCodeRefusal::TooMany { retry_after: 900 })));
        for _ in 1..by_mail::SENDS {
            assert!(send(&test, "f", "Alice").await.is_ok());
        }
        let refused = send(&test, "f", "alice").await;
        assert!(matches!(refused, Err(EmailCodeRefusal::TooMany { retry_after: 900 })));
        // By her address, an answer tells nothing of what was sent by the name; but no further mail is.
        realm.clock.advance(2);
        let before = codes(&test).await.len();
        realm.clock.advance(2);
        assert!(send(&test, "f", "alice@example.com").await.is_ok());
        assert_eq!((before, codes(&test).await.len()), (5, 5));
    }

    #[tokio::test]
    async fn who_cannot_be_reached_gets_the_same_answers_and_no_mail() {
        let test = TestRealm::new().await;
        test.user("alice").await;
        let off = test.user_with_mail("disabled").await;
        let off = storage::user::set_enabled(test.realm().issuer(), &off.id, false, 0);
        let _ = test
            .realm()
            .store
            .commit(storage::Change::new().then(off))
            .await
            .unwrap();
        for typed in ["alice", "nobody", "disabled", "disabled@example.com", "", "a\nb"] {
            let carried = send(&test, "f", typed).await.unwrap();
            for _ in 0..lane::LIMIT {
                let refused = sign_in_by_email_code(test.realm(), &browser("f"), (&carried, "00000000")).await;
                assert!(matches!(refused, Err(EmailCodeRefusal::Wrong)), "{typed}");
            }
            let refused = sign_in_by_email_code(test.realm(), &browser("f"), (&carried, "00000000")).await;
            assert!(matches!(refused, Err(EmailCodeRefusal::TooMany { .. })), "{typed}");
            assert!(codes(&test).await.is_empty(), "{typed}");
        }
    }
}
