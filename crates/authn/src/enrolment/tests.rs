use jose::OneTimeCodeHash;
use protocol::Proof;

use super::*;
use crate::{
    factors::{recovery_code, totp},
    notice::Letter,
    prove,
    sign_in::SignedIn,
    test_realm::TestRealm,
};

const DAY: i64 = 24 * 3600;

fn code(secret: &str, now: i64) -> String {
    let secret = jose::base32::decode(secret).unwrap();
    jose::one_time_code(OneTimeCodeHash::Sha1, &secret, (now / 30).unsigned_abs(), 6)
}

async fn alice(test: &TestRealm) -> SignedIn {
    test.user_with_mail("alice").await;
    test.sign_in("alice", "alice-password").await.ok().unwrap()
}

/// Enrolls an authenticator app: its secret, and when it counts.
async fn enrol(test: &TestRealm, session: &Session, user: &User) -> (String, Counts) {
    let realm = test.realm();
    let offer = totp::begin(realm, (session, user)).unwrap();
    let code = code(&offer.secret, realm.now());
    let counts = totp::confirm(realm, (session, user), &offer.sealed, &code).await;
    (offer.secret, counts.ok().unwrap())
}

/// The same session, of which these were proved.
fn proved(test: &TestRealm, session: &Session, methods: &[Method]) -> Session {
    let now = test.realm().now();
    Session {
        proofs: methods.iter().map(|method| Proof::of(*method, now)).collect(),
        ..session.clone()
    }
}

async fn only(test: &TestRealm, user: &User) -> Authenticator {
    let store = &test.realm().store;
    let all = store.authenticators_of_user(test.realm().issuer(), &user.id).await;
    let mut all = all.unwrap();
    assert_eq!(all.len(), 1);
    all.remove(0)
}

/// The token in the mail that is owed.
async fn token(test: &TestRealm) -> String {
    let realm = test.realm();
    let due = realm.store.lease_due(realm.now(), 60, 10).await.unwrap();
    let mut letters = due
        .iter()
        .filter_map(|call| Letter::unwrap(&realm.wrap, &call.realm, &call.id, &call.payload));
    let link = letters.find_map(|letter| match letter.content {
        Content::ConfirmFactor { link, .. } => Some(link),
        _ => None,
    });
    link.unwrap().split_once("token=").unwrap().1.to_owned()
}

#[tokio::test]
async fn a_stolen_password_gives_itself_no_second_factor() {
    let test = TestRealm::new().await;
    let SignedIn { session, user, .. } = alice(&test).await;
    let (realm, now) = (test.realm(), test.realm().now());
    let (secret, counts) = enrol(&test, &session, &user).await;
    assert_eq!(counts, Counts::WhenConfirmed(now + DAY));
    // The delay alone is not enough.
    realm.clock.advance(2 * DAY);
    let code = code(&secret, realm.now());
    let refused = prove::by_code(realm, (&session, &user), Method::Totp, &code).await;
    assert!(refused.is_err());
    assert_eq!(only(&test, &user).await.active_at, None);
}

#[tokio::test]
async fn the_owner_confirms_by_mail_and_waits() {
    let test = TestRealm::new().await;
    let SignedIn { session, user, .. } = alice(&test).await;
    let realm = test.realm();
    let (secret, _) = enrol(&test, &session, &user).await;
    let begun = realm.now();
    let token = token(&test).await;
    assert!(to_confirm(realm, "another").await.unwrap().is_none());
    let (found, _) = to_confirm(realm, &token).await.unwrap().unwrap();
    assert_eq!(confirm(realm, &found).await.unwrap(), Some(begun + DAY));
    assert!(to_confirm(realm, &token).await.unwrap().is_none(), "once");
    assert_eq!(confirm(realm, &found).await.unwrap(), None);

    let try_it = async || {
        let fresh = test.sign_in("alice", "alice-password").await.ok().unwrap().session;
        let code = code(&secret, realm.now());
        prove::by_code(realm, (&fresh, &user), Method::Totp, &code)
            .await
            .is_ok()
    };
    realm.clock.advance(DAY - 1);
    assert!(!try_it().await, "the confirmation alone is not enough");
    realm.clock.advance(1);
    assert!(try_it().await);
}

#[tokio::test]
async fn who_did_not_do_it_ends_it_and_every_session() {
    let test = TestRealm::new().await;
    let signed_in = alice(&test).await;
    enrol(&test, &signed_in.session, &signed_in.user).await;
    let token = token(&test).await;
    let (found, user) = to_confirm(test.realm(), &token).await.unwrap().unwrap();
    assert!(disown(test.realm(), (&found, &user)).await.unwrap());
    let session = crate::session::find(test.realm(), &signed_in.cookie).await.unwrap();
    assert!(session.is_none());
    assert!(to_confirm(test.realm(), &token).await.unwrap().is_none());
    assert!(!disown(test.realm(), (&found, &user)).await.unwrap());
}

#[tokio::test]
async fn without_a_mail_address_the_operator_has_the_word() {
    let test = TestRealm::new().await;
    test.user("bob").await;
    let SignedIn { session, user, .. } = test.sign_in("bob", "bob-password").await.ok().unwrap();
    let (_, counts) = enrol(&test, &session, &user).await;
    assert_eq!(counts, Counts::WhenApproved);
    let found = only(&test, &user).await;
    assert!(found.confirmation_hash.is_none());
    assert!(approve(test.realm(), &found).await.unwrap());
    assert!(only(&test, &user).await.is_active(test.realm().now()));
    assert!(!approve(test.realm(), &found).await.unwrap());
}

#[tokio::test]
async fn two_factors_or_a_recovery_code_make_the_next_one_count_at_once() {
    let test = TestRealm::new().await;
    let SignedIn { session, user, .. } = alice(&test).await;
    for (methods, expected) in [
        (&[Method::Password, Method::Totp][..], true),
        (&[Method::Password, Method::RecoveryCode], true),
        (&[Method::Password, Method::EmailCode], false),
        (&[Method::Password], false),
    ] {
        let session = proved(&test, &session, methods);
        let (_, counts) = enrol(&test, &session, &user).await;
        assert_eq!(counts == Counts::AtOnce, expected, "{methods:?}");
        let is_two = methods.contains(&Method::Totp);
        assert_eq!(
            can_make_recovery_codes(&session, test.realm().now()),
            is_two,
            "{methods:?}"
        );
    }
}

#[tokio::test]
async fn the_form_of_an_enrolment_is_good_once_for_this_session_and_half_an_hour() {
    let test = TestRealm::new().await;
    let SignedIn { session, user, .. } = alice(&test).await;
    let realm = test.realm();
    let offer = totp::begin(realm, (&session, &user)).unwrap();
    let right = code(&offer.secret, realm.now());
    let other = test.sign_in("alice", "alice-password").await.ok().unwrap().session;
    for (session, sealed, code) in [
        (&session, offer.sealed.as_str(), "000000"),
        (&session, "forged", &right),
        (&other, &offer.sealed, &right),
    ] {
        let refused = totp::confirm(realm, (session, &user), sealed, code).await;
        assert!(refused.is_err());
    }
    let confirm = async || totp::confirm(realm, (&session, &user), &offer.sealed, &right).await;
    assert!(confirm().await.is_ok());
    assert!(matches!(confirm().await, Err(EnrolRefusal::Again)));
    let late = totp::begin(realm, (&session, &user)).unwrap();
    realm.clock.advance(30 * 60);
    let code = code(&late.secret, realm.now());
    let refused = totp::confirm(realm, (&session, &user), &late.sealed, &code).await;
    assert!(matches!(refused, Err(EnrolRefusal::SignedOut)));
}

#[tokio::test]
async fn recovery_codes_are_good_once_each_and_a_new_set_replaces_the_old_one() {
    let test = TestRealm::new().await;
    let SignedIn { session, user, .. } = alice(&test).await;
    let realm = test.realm();
    let strong = proved(&test, &session, &[Method::Password, Method::Totp]);
    let make = async |session: &Session| {
        let offer = recovery_code::begin(realm, session).unwrap();
        let made = recovery_code::confirm(realm, (session, &user), &offer.sealed).await;
        made.map(|_| offer.codes)
    };
    let codes = make(&strong).await.ok().unwrap();
    assert_eq!(recovery_code::left(&only(&test, &user).await), 10);
    let by = async |code: &str| {
        let fresh = test.sign_in("alice", "alice-password").await.ok().unwrap().session;
        prove::by_code(realm, (&fresh, &user), Method::RecoveryCode, code).await
    };
    let typed = codes[3].to_lowercase();
    let recovered = by(&typed).await.ok().unwrap().session;
    let assurance = recovered.assurance(&user, realm.now());
    assert_eq!(
        (assurance.acr, assurance.amr.join(" ").as_str()),
        (Acr::Loa2, "pwd otp recovery")
    );
    assert!(by(&typed).await.is_err(), "once");
    assert_eq!(recovery_code::left(&only(&test, &user).await), 9);

    let others = make(&strong).await.ok().unwrap();
    assert!(by(&codes[4]).await.is_err());
    assert!(by(&others[4]).await.is_ok());
    assert!(make(&recovered).await.is_err(), "not by a recovery code");
}

#[tokio::test]
async fn a_change_needs_a_recent_sign_in_with_all_that_the_account_has() {
    let test = TestRealm::new().await;
    let SignedIn { session, user, .. } = alice(&test).await;
    let realm = test.realm();
    let of = async |session: &Session| hindrance(realm, (session, &user)).await.unwrap();
    assert_eq!(of(&session).await, None);
    let strong = proved(&test, &session, &[Method::Password, Method::Totp]);
    enrol(&test, &strong, &user).await;
    assert_eq!(of(&session).await, Some(Hindrance::ProveMore));
    assert_eq!(of(&strong).await, None);
    let recovered = proved(&test, &session, &[Method::Password, Method::RecoveryCode]);
    assert_eq!(of(&recovered).await, None);
    realm.clock.advance(RECENT + 1);
    assert_eq!(of(&strong).await, Some(Hindrance::SignInAgain));
}
