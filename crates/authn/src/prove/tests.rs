use std::sync::Arc;

use protocol::Acr;
use storage::authenticator;

use super::*;
use crate::{
    factors::totp::TotpSecret,
    notice::{Content, Letter},
    session,
    sign_in::SignedIn,
    test_realm::TestRealm,
};

const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

fn code(now: i64) -> String {
    let secret = jose::base32::decode(SECRET).unwrap();
    jose::one_time_code(jose::OneTimeCodeHash::Sha1, &secret, (now / 30).unsigned_abs(), 6)
}

/// Alice, signed in by her password, with an authenticator app that counts.
async fn alice(test: &TestRealm) -> SignedIn {
    let alice = test.user("alice").await;
    let realm = test.realm();
    let secret = TotpSecret::from_base32(SECRET).unwrap();
    let app = Authenticator {
        active_at: Some(realm.now()),
        ..secret.authenticator(&realm.wrap, realm.issuer(), &alice.id)
    };
    let insert = authenticator::insert(realm.issuer(), &app).unwrap();
    assert_eq!(
        realm.store.commit(Change::new().then(insert)).await.unwrap(),
        Outcome::Applied
    );
    test.sign_in("alice", "alice-password").await.ok().unwrap()
}

async fn prove(test: &TestRealm, of: (&Session, &User), code: &str) -> Result<Proved, ProveRefusal> {
    by_code(test.realm(), of, Method::Totp, code).await
}

#[tokio::test]
async fn a_right_code_raises_the_level_and_keeps_the_session() {
    let test = TestRealm::new().await;
    let SignedIn {
        session, user, cookie, ..
    } = alice(&test).await;
    test.realm().clock.advance(60);
    let now = test.realm().now();
    let proved = prove(&test, (&session, &user), &code(now)).await.ok().unwrap();
    let assurance = proved.session.assurance(&user, now);
    assert_eq!(
        (assurance.acr, assurance.amr.join(" ").as_str()),
        (Acr::Loa3, "pwd otp mfa")
    );
    assert_eq!(
        (&proved.session.id, proved.session.auth_time, proved.session.expires_at),
        (&session.id, now, session.expires_at)
    );
    let found = session::find(test.realm(), &proved.cookie).await.unwrap().unwrap();
    assert_eq!(found.0, proved.session);
    let former = session::find(test.realm(), &cookie).await.unwrap();
    assert!(former.is_none(), "the cookie of before opens nothing");
}

#[tokio::test]
async fn a_code_is_taken_once_and_a_wrong_one_never() {
    let test = TestRealm::new().await;
    let SignedIn { session, user, .. } = alice(&test).await;
    let now = test.realm().now();
    let right = format!(" {} {}", &code(now)[..3], &code(now)[3..]);
    let proved = prove(&test, (&session, &user), &right).await.ok().unwrap();
    let again = prove(&test, (&proved.session, &user), &code(now)).await;
    assert!(matches!(again, Err(ProveRefusal::Wrong)));
    let other_browser = test.sign_in("alice", "alice-password").await.ok().unwrap();
    for bad in [code(now).as_str(), "000000", "", "not a code"] {
        let refused = prove(&test, (&other_browser.session, &user), bad).await;
        assert!(matches!(refused, Err(ProveRefusal::Wrong)), "{bad}");
    }
}

#[tokio::test]
async fn sixty_four_guesses_at_once_are_ten_and_the_right_one_then_comes_too_late() {
    let test = Arc::new(TestRealm::new().await);
    let signed_in = alice(&test).await;
    let guesses = (0..64).map(|n| {
        let (test, session, user) = (Arc::clone(&test), signed_in.session.clone(), signed_in.user.clone());
        tokio::spawn(async move { prove(&test, (&session, &user), &format!("{n:06}")).await.err() })
    });
    let mut looked_at = 0;
    for guess in guesses.collect::<Vec<_>>() {
        match guess.await.unwrap() {
            Some(ProveRefusal::Wrong) => looked_at += 1,
            Some(ProveRefusal::TooManyGuesses { retry_after }) => assert_eq!(retry_after, lane::WINDOW),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(looked_at, lane::LIMIT);
    let right = code(test.realm().now());
    let other_browser = test.sign_in("alice", "alice-password").await.ok().unwrap();
    let refused = prove(&test, (&other_browser.session, &signed_in.user), &right).await;
    assert!(matches!(refused, Err(ProveRefusal::TooManyGuesses { .. })));
    test.realm().clock.advance(lane::WINDOW);
    let right = code(test.realm().now());
    let proved = prove(&test, (&other_browser.session, &signed_in.user), &right).await;
    assert!(proved.is_ok());
}

#[tokio::test]
async fn a_hundred_wrong_codes_in_a_row_are_the_last_however_long_they_take() {
    let test = TestRealm::new().await;
    let SignedIn { session, user, .. } = alice(&test).await;
    for _ in 0..lane::LONG_LIMIT / lane::LIMIT {
        for _ in 0..lane::LIMIT {
            assert!(matches!(
                prove(&test, (&session, &user), "000000").await,
                Err(ProveRefusal::Wrong)
            ));
        }
        test.realm().clock.advance(lane::WINDOW);
    }
    let refused = prove(&test, (&session, &user), &code(test.realm().now())).await;
    let Err(ProveRefusal::TooManyGuesses { retry_after }) = refused else {
        panic!("it was looked at");
    };
    assert!(retry_after > 29 * 24 * 3600, "{retry_after}");
}

#[tokio::test]
async fn nothing_is_proved_in_a_session_that_ended() {
    let test = TestRealm::new().await;
    let SignedIn { session, user, .. } = alice(&test).await;
    assert!(session::end(test.realm(), &user.id, &session.id).await.unwrap());
    let refused = prove(&test, (&session, &user), &code(test.realm().now())).await;
    assert!(matches!(refused, Err(ProveRefusal::Wrong)));
}

#[tokio::test]
async fn to_sign_in_again_renews_the_password_and_keeps_what_else_was_proved() {
    let test = TestRealm::new().await;
    let SignedIn { session, user, .. } = alice(&test).await;
    let proved = prove(&test, (&session, &user), &code(test.realm().now()))
        .await
        .ok()
        .unwrap();
    test.realm().clock.advance(60);
    let again = test
        .sign_in_as("alice", "alice-password", Some(&proved.session), None)
        .await
        .ok()
        .unwrap();
    let now = test.realm().now();
    assert_eq!(again.session.id, session.id);
    assert_eq!(again.session.assurance(&user, now).acr, Acr::Loa3);
    let times: Vec<_> = again
        .session
        .proofs
        .iter()
        .map(|proof| (proof.method, proof.at))
        .collect();
    assert_eq!(times, [(Method::Totp, now - 60), (Method::Password, now)]);
}

/// The code in the newest mail that is owed.
async fn mailed(test: &TestRealm) -> String {
    let realm = test.realm();
    let due = realm.store.lease_due(realm.now(), 1, 100).await.unwrap();
    let call = due.last().unwrap();
    let letter = Letter::unwrap(&realm.wrap, realm.issuer(), &call.id, &call.payload).unwrap();
    match letter.content {
        Content::Code { code, .. } => code,
        _ => panic!("another letter"),
    }
}

async fn by_mail(test: &TestRealm, of: &SignedIn, code: &str) -> Result<Proved, ProveRefusal> {
    by_code(test.realm(), (&of.session, &of.user), Method::EmailCode, code).await
}

#[tokio::test]
async fn a_code_by_mail_counts_once_in_its_session_and_raises_no_level() {
    let test = TestRealm::new().await;
    test.user_with_mail("alice").await;
    let here = test.sign_in("alice", "alice-password").await.ok().unwrap();
    let there = test.sign_in("alice", "alice-password").await.ok().unwrap();
    send_code(test.realm(), (&here.session, &here.user)).await.ok().unwrap();
    let code = mailed(&test).await;
    for (of, code) in [(&here, "00000000"), (&there, code.as_str())] {
        assert!(matches!(by_mail(&test, of, code).await, Err(ProveRefusal::Wrong)));
    }
    let (first, second) = tokio::join!(by_mail(&test, &here, &code), by_mail(&test, &here, &code));
    assert_eq!(
        [first.is_ok(), second.is_ok()].iter().filter(|is_ok| **is_ok).count(),
        1
    );
    let proved = first.or(second).ok().unwrap();
    let assurance = proved.session.assurance(&here.user, test.realm().now());
    assert_eq!(
        (assurance.acr, assurance.amr.join(" ").as_str()),
        (Acr::Loa2, "pwd otp email")
    );
    let now = SignedIn {
        session: proved.session,
        ..here
    };
    assert!(
        matches!(by_mail(&test, &now, &code).await, Err(ProveRefusal::Wrong)),
        "once"
    );
    send_code(test.realm(), (&now.session, &now.user)).await.ok().unwrap();
    let code = mailed(&test).await;
    test.realm().clock.advance(crate::email_code::MINUTES * 60 + 120);
    assert!(
        matches!(by_mail(&test, &now, &code).await, Err(ProveRefusal::Wrong)),
        "late"
    );
}

#[tokio::test]
async fn five_codes_are_mailed_and_ten_guesses_looked_at_apart_from_those_of_factors() {
    let test = TestRealm::new().await;
    let mut alice = alice(&test).await;
    let claims = &mut alice.user.claims;
    claims.insert("email".into(), "alice@example.com".into());
    claims.insert("email_verified".into(), true.into());
    let whose = (&alice.session, &alice.user);
    for _ in 0..lane::LIMIT {
        assert!(matches!(prove(&test, whose, "000000").await, Err(ProveRefusal::Wrong)));
    }
    for _ in 0..5 {
        send_code(test.realm(), whose).await.ok().unwrap();
    }
    let refused = send_code(test.realm(), whose).await;
    assert!(matches!(refused, Err(ProveRefusal::TooManySent { retry_after: 900 })));
    let code = mailed(&test).await;
    for _ in 0..lane::LIMIT - 1 {
        assert!(matches!(by_mail(&test, &alice, "1").await, Err(ProveRefusal::Wrong)));
    }
    let proved = by_mail(&test, &alice, &code).await.ok().unwrap();
    // What was mailed gives no guesses at the factor back.
    let now = test.realm().now();
    let refused = prove(&test, (&proved.session, &alice.user), &self::code(now)).await;
    assert!(matches!(refused, Err(ProveRefusal::TooManyGuesses { .. })));
}
