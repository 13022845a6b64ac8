//! Invitations: the operator hands a user a link. Who has no password yet sets the first one by it; for whoever has one,
//! what they enrol next counts at once.
//!
//! Spec: NIST SP 800-63B §6.1.1, §6.1.2 (what is bound later is vouched for by what was there, or by who runs this)
//!
//! An invitation proves nothing of its user but that the operator wanted them to come: it is no factor, and reaches no
//! level. It is used once: the first password is set once, and a session learns of it once. Nothing of it is stored.

use explanation::{
    Explain, Explanation,
    catalogue::{server, sign_in as catalogue},
};
use model::{AuditKind, Secret, Session, User};
use protocol::{Method, Proof};
use realm::{RealmContext, RealmError, audit};
use storage::{StorageError, outbox::NewCall, used_assertion, user};

use crate::{
    enrolment::RECENT,
    factors::FactorVerified,
    link::{self, UnverifiedLink},
    notice::{self, Content},
    password::{Busy, PasswordPool},
    prove::{self, ProveRefusal, Proved},
    sign_in::{Browser, SignedIn, without_password},
    users,
    weak_password::Weakness,
};

/// What the link is for; it is another one when the account has a password.
const INVITATION: &str = "invitation";
/// A used one is remembered for longer than it is good by this, in seconds: clocks of nodes differ a little.
const SLACK: i64 = 60;

/// Why an invitation is not taken.
#[derive(Debug, thiserror::Error)]
pub enum InvitationRefusal {
    /// It is none of ours, was used, or is over.
    #[error("the invitation was used, is over, or is not whole")]
    Over,
    /// The first password is not good enough.
    #[error(transparent)]
    Weak(#[from] Weakness),
    /// The password pool is full: answer 503 with `Retry-After`.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The database or a key does not work.
    #[error("invitations failed: {0}")]
    Fault(#[from] RealmError),
}

impl Explain for InvitationRefusal {
    fn explanation(&self) -> Explanation {
        match self {
            Self::Over => (&catalogue::INVITATION).into(),
            Self::Weak(_) => Explanation::from(&catalogue::SIGN_UP).found("the password"),
            Self::Busy(_) => (&catalogue::BUSY).into(),
            Self::Fault(_) => (&server::UNAVAILABLE).into(),
        }
    }
}

impl From<StorageError> for InvitationRefusal {
    fn from(error: StorageError) -> Self {
        Self::Fault(error.into())
    }
}

impl From<ProveRefusal> for InvitationRefusal {
    fn from(refusal: ProveRefusal) -> Self {
        match refusal {
            ProveRefusal::Fault(error) => Self::Fault(error),
            _ => Self::Over,
        }
    }
}

/// A new invitation.
pub struct Invitation {
    /// Where it leads.
    pub link: String,
    /// Until when it is good, unix seconds.
    pub until: i64,
}

/// Writes an invitation for a user, good for so many seconds.
pub fn write(realm: &RealmContext, user: &User, lifetime: i64) -> Result<Invitation, RealmError> {
    let until = realm.now() + lifetime;
    let token = link::write(realm, (INVITATION, &[relies_on(user)]), &user.id, until)?;
    Ok(Invitation {
        link: realm.url(&format!("/sign-in/invitation?t={token}")),
        until,
    })
}

/// The mail that brings it; `None` where no mail reaches the user.
pub fn mail(realm: &RealmContext, user: &User, invitation: &Invitation) -> Option<NewCall> {
    let content = Content::Invitation {
        link: invitation.link.clone(),
        until: invitation.until,
    };
    notice::tell_until(realm, user, content, invitation.until)
}

/// The invitation to a first password ends with it.
fn relies_on(user: &User) -> &'static str {
    match user.password_hash {
        Some(_) => "a further factor",
        None => "a first password",
    }
}

/// Whom an invitation is for, if it is good. Whether it was used is seen when it is used.
pub async fn open(realm: &RealmContext, token: &str) -> Result<User, InvitationRefusal> {
    let link = UnverifiedLink::read(realm, token).ok_or(InvitationRefusal::Over)?;
    let user = realm.store.find_user(realm.issuer(), &link.user_id).await?;
    let user = user.filter(|user| user.enabled && link.is_for(realm, INVITATION, &[relies_on(user)]));
    user.ok_or(InvitationRefusal::Over)
}

/// Whether a user must sign in again first: a browser that was left open is not to be invited in their place.
pub fn wants_sign_in(realm: &RealmContext, session: &Session) -> bool {
    realm.now() - session.auth_time > RECENT
}

/// Sets the first password of whom an invitation is for, and signs them in.
pub async fn set_first_password(
    realm: &RealmContext,
    pool: &PasswordPool,
    browser: &Browser<'_>,
    (token, new): (&str, &Secret),
) -> Result<SignedIn, InvitationRefusal> {
    let user = open(realm, token).await?;
    if user.password_hash.is_some() {
        return Err(InvitationRefusal::Over);
    }
    users::check_new_password(realm, &user.username, &user.claims, new)?;
    let hash = pool.hash(new).await?;
    let (issuer, now) = (realm.issuer(), realm.now());
    let event = audit::event(realm, AuditKind::UserPasswordChanged)
        .user(&user.id)
        .detail("by", INVITATION);
    let verified = FactorVerified {
        proof: Proof::of(Method::Password, now),
        guards: vec![
            user::still_has_no_password(issuer, &user.id),
            user::set_password(issuer, &user.id, &hash, now),
            event.into(),
        ],
    };
    let begun = without_password::begin(realm, (browser, user), verified, None).await?;
    let signed_in = begun.ok_or(InvitationRefusal::Over)?;
    let invited = accepted(realm, (&signed_in.session, &signed_in.user), token).await?;
    Ok(SignedIn {
        session: invited.session,
        cookie: invited.cookie,
        ..signed_in
    })
}

/// The session of whom an invitation is for learns of it: what is enrolled there counts at once.
pub async fn accept(
    realm: &RealmContext,
    (session, user): (&Session, &User),
    token: &str,
) -> Result<Proved, InvitationRefusal> {
    let invited = open(realm, token).await?;
    if invited.id != user.id || invited.password_hash.is_none() || wants_sign_in(realm, session) {
        return Err(InvitationRefusal::Over);
    }
    accepted(realm, (session, user), token).await
}

async fn accepted(realm: &RealmContext, whose: (&Session, &User), token: &str) -> Result<Proved, InvitationRefusal> {
    let link = UnverifiedLink::read(realm, token).ok_or(InvitationRefusal::Over)?;
    let id = jose::sha256(format!("{INVITATION}/{token}").as_bytes());
    let verified = FactorVerified {
        proof: Proof::of(Method::Invitation, realm.now()),
        guards: used_assertion::use_once(realm.issuer(), id, link.expires_at + SLACK).guarded,
    };
    Ok(prove::add(realm, whose, verified).await?)
}

#[cfg(test)]
mod tests {
    use model::Source;

    use super::*;
    use crate::{
        enrolment::{self, Counts},
        factors::totp,
        test_realm::TestRealm,
        users::NewUser,
    };

    const DAY: i64 = 24 * 3600;

    fn token(invitation: &Invitation) -> &str {
        invitation.link.split_once("?t=").unwrap().1
    }

    fn browser() -> Browser<'static> {
        Browser {
            flow_id: "f",
            current: None,
            device: None,
            user_agent: "A browser",
            address: "192.0.2.1",
            is_remembered: false,
        }
    }

    /// Zoe, whom the operator made without a password.
    async fn zoe(test: &TestRealm) -> User {
        let new = NewUser {
            username: "zoe".into(),
            password: None,
            password_hash: None,
            claims: serde_json::Map::new(),
            groups: vec![],
            source: Source::Api,
        };
        users::create(test.realm(), &test.pool, new).await.unwrap()
    }

    async fn first(test: &TestRealm, token: &str, password: &str) -> Result<SignedIn, InvitationRefusal> {
        let new = Secret::new(password);
        set_first_password(test.realm(), &test.pool, &browser(), (token, &new)).await
    }

    async fn counts(test: &TestRealm, (session, user): (&Session, &User)) -> Counts {
        let realm = test.realm();
        let offer = totp::begin(realm, (session, user)).unwrap();
        let secret = jose::base32::decode(&offer.secret).unwrap();
        let step = (realm.now() / 30).unsigned_abs();
        let code = jose::one_time_code(jose::OneTimeCodeHash::Sha1, &secret, step, 6);
        let counts = totp::confirm(realm, (session, user), &offer.sealed, &code).await;
        counts.ok().unwrap()
    }

    #[tokio::test]
    async fn a_first_password_is_set_once_and_a_factor_beside_it_counts_at_once() {
        let test = TestRealm::new().await;
        let user = zoe(&test).await;
        let invitation = write(test.realm(), &user, DAY).unwrap();
        let weak = first(&test, token(&invitation), "short").await;
        assert!(matches!(weak, Err(InvitationRefusal::Weak(_))));
        let signed_in = first(&test, token(&invitation), "seven purple lamps")
            .await
            .ok()
            .unwrap();
        let assurance = signed_in.session.assurance(&user, test.realm().now());
        assert_eq!(
            (assurance.acr, assurance.amr.join(" ").as_str()),
            (protocol::Acr::Loa2, "pwd invitation")
        );
        assert!(
            crate::session::find(test.realm(), &signed_in.cookie)
                .await
                .unwrap()
                .is_some()
        );
        assert!(test.sign_in("zoe", "seven purple lamps").await.is_ok());
        let again = first(&test, token(&invitation), "eight yellow bottles").await;
        assert!(matches!(again, Err(InvitationRefusal::Over)));
        let whose = (&signed_in.session, &signed_in.user);
        assert_eq!(counts(&test, whose).await, Counts::AtOnce);
    }

    #[tokio::test]
    async fn of_many_who_set_a_first_password_at_once_one_does() {
        let test = TestRealm::new().await;
        let user = zoe(&test).await;
        let invitation = write(test.realm(), &user, DAY).unwrap();
        let by = |password| first(&test, token(&invitation), password);
        let (one, two) = tokio::join!(by("seven purple lamps"), by("eight yellow bottles"));
        assert_eq!([one.is_ok(), two.is_ok()].iter().filter(|is_ok| **is_ok).count(), 1);
    }

    #[tokio::test]
    async fn who_has_a_password_is_invited_to_a_further_factor_once() {
        let test = TestRealm::new().await;
        let alice = test.user_with_mail("alice").await;
        test.user("bob").await;
        let invitation = write(test.realm(), &alice, DAY).unwrap();
        let token = token(&invitation);
        assert!(matches!(
            first(&test, token, "seven purple lamps").await,
            Err(InvitationRefusal::Over)
        ));
        let bob = test.sign_in("bob", "bob-password").await.ok().unwrap();
        let refused = accept(test.realm(), (&bob.session, &bob.user), token).await;
        assert!(matches!(refused, Err(InvitationRefusal::Over)), "it is somebody else's");
        let here = test.sign_in("alice", "alice-password").await.ok().unwrap();
        let invited = accept(test.realm(), (&here.session, &here.user), token)
            .await
            .ok()
            .unwrap();
        let there = test.sign_in("alice", "alice-password").await.ok().unwrap();
        let again = accept(test.realm(), (&there.session, &there.user), token).await;
        assert!(matches!(again, Err(InvitationRefusal::Over)), "once");
        assert!(matches!(
            counts(&test, (&there.session, &there.user)).await,
            Counts::WhenConfirmed(_)
        ));
        assert_eq!(counts(&test, (&invited.session, &here.user)).await, Counts::AtOnce);
        assert!(!enrolment::can_make_recovery_codes(
            &invited.session,
            test.realm().now()
        ));
    }

    #[tokio::test]
    async fn an_invitation_is_good_for_as_long_as_it_says_and_for_who_is_enabled() {
        let test = TestRealm::new().await;
        let user = zoe(&test).await;
        let realm = test.realm();
        let invitation = write(realm, &user, DAY).unwrap();
        assert_eq!(open(realm, token(&invitation)).await.ok().unwrap().id, user.id);
        let enable = async |enabled| {
            let change = user::set_enabled(realm.issuer(), &user.id, enabled, 0);
            let _ = realm.store.commit(storage::Change::new().then(change)).await.unwrap();
        };
        enable(false).await;
        assert!(open(realm, token(&invitation)).await.is_err());
        enable(true).await;
        realm.clock.advance(DAY - 1);
        assert!(open(realm, token(&invitation)).await.is_ok());
        realm.clock.advance(1);
        assert!(open(realm, token(&invitation)).await.is_err());
        assert!(open(realm, "").await.is_err());
    }
}
