use jose::OneTimeCodeHash;
use storage::authenticator;

use super::*;
use crate::{factors::totp::TotpSecret, notice::Letter, test_realm::TestRealm};

const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const NEW: &str = "seven purple lamps";

/// The newest link that was mailed.
async fn token(test: &TestRealm) -> Option<String> {
    let realm = test.realm();
    let due = realm.store.lease_due(realm.now(), 1, 100).await.unwrap();
    let letters = due
        .iter()
        .filter_map(|call| Letter::unwrap(&realm.wrap, realm.issuer(), &call.id, &call.payload));
    let links = letters.filter_map(|letter| match letter.content {
        Content::ResetPassword { link, .. } => Some(link),
        _ => None,
    });
    let link = links.last()?;
    let token = link.strip_prefix("https://id.example.com/sign-in/reset?t=").unwrap();
    Some(token.split('&').next().unwrap().to_owned())
}

async fn asked(test: &TestRealm, typed: &str) -> Option<String> {
    send_link(test.realm(), ("f", "192.0.2.1"), typed).await.unwrap();
    token(test).await
}

async fn by(test: &TestRealm, token: &str, new: &str, code: &str) -> Result<User, ResetRefusal> {
    reset(test.realm(), &test.pool, token, (&Secret::new(new), code)).await
}

async fn has(test: &TestRealm, user: &User, method: Method) {
    let realm = test.realm();
    let mut one = TotpSecret::from_base32(SECRET)
        .unwrap()
        .authenticator(&realm.wrap, realm.issuer(), &user.id);
    one.method = method;
    one.active_at = Some(realm.now());
    let insert = authenticator::insert(realm.issuer(), &one).unwrap();
    assert_eq!(
        realm.store.commit(Change::new().then(insert)).await.unwrap(),
        Outcome::Applied
    );
}

fn code(test: &TestRealm) -> String {
    let secret = jose::base32::decode(SECRET).unwrap();
    let step = (test.realm().now() / 30).unsigned_abs();
    jose::one_time_code(OneTimeCodeHash::Sha1, &secret, step, 6)
}

#[tokio::test]
async fn a_link_sets_a_new_password_once_and_ends_what_was() {
    let test = TestRealm::new().await;
    test.user_with_mail("alice").await;
    let before = test.sign_in("alice", "alice-password").await.ok().unwrap();
    let first = asked(&test, "alice").await.unwrap();
    test.realm().clock.advance(2);
    let second = asked(&test, "Alice@Example.com").await.unwrap();
    let weak = by(&test, &first, "alice123", "").await;
    assert!(matches!(weak, Err(ResetRefusal::Weak(_))));
    by(&test, &first, NEW, "").await.unwrap();
    assert!(
        crate::session::find(test.realm(), &before.cookie)
            .await
            .unwrap()
            .is_none()
    );
    assert!(test.sign_in("alice", "alice-password").await.is_err());
    assert!(test.sign_in("alice", NEW).await.is_ok());
    for used in [&first, &second] {
        let refused = by(&test, used, "eight yellow bottles", "").await;
        assert!(
            matches!(refused, Err(ResetRefusal::Over)),
            "all links end with the password"
        );
    }
}

#[tokio::test]
async fn of_many_who_use_a_link_at_once_one_sets_the_password() {
    let test = TestRealm::new().await;
    test.user_with_mail("alice").await;
    let token = asked(&test, "alice").await.unwrap();
    let passwords = ["seven purple lamps", "eight yellow bottles", "nine grey umbrellas"];
    let tries = passwords.map(|new| by(&test, &token, new, ""));
    let [one, two, three] = tries;
    let ended = tokio::join!(one, two, three);
    let set = [ended.0.is_ok(), ended.1.is_ok(), ended.2.is_ok()];
    assert_eq!(set.iter().filter(|is_set| **is_set).count(), 1);
}

#[tokio::test]
async fn who_reads_the_mail_still_needs_the_second_factor_and_it_stays() {
    let test = TestRealm::new().await;
    let alice = test.user_with_mail("alice").await;
    has(&test, &alice, Method::Totp).await;
    let token = asked(&test, "alice").await.unwrap();
    assert!(open(test.realm(), &token).await.unwrap().wants_code);
    for wrong in ["", "000000"] {
        let refused = by(&test, &token, NEW, wrong).await;
        assert!(matches!(refused, Err(ResetRefusal::WrongCode)), "{wrong}");
    }
    assert!(test.sign_in("alice", "alice-password").await.is_ok());
    by(&test, &token, NEW, &code(&test)).await.unwrap();
    let store = &test.realm().store;
    let all = store.authenticators_of_user(test.realm().issuer(), &alice.id).await;
    assert_eq!(all.unwrap().len(), 1);

    test.realm().clock.advance(2);
    let token = asked(&test, "alice").await.unwrap();
    let replayed = by(&test, &token, "eight yellow bottles", &code(&test)).await;
    assert!(matches!(replayed, Err(ResetRefusal::WrongCode)), "a code is good once");
    for _ in 1..lane::LIMIT {
        let refused = by(&test, &token, NEW, "000000").await;
        assert!(matches!(refused, Err(ResetRefusal::WrongCode)));
    }
    let refused = by(&test, &token, NEW, "000000").await;
    assert!(matches!(refused, Err(ResetRefusal::TooMany { .. })));
}

#[tokio::test]
async fn a_second_factor_that_cannot_be_typed_is_not_passed_over() {
    let test = TestRealm::new().await;
    let alice = test.user_with_mail("alice").await;
    has(&test, &alice, Method::Passkey).await;
    let token = asked(&test, "alice").await.unwrap();
    let refused = by(&test, &token, NEW, "").await;
    assert!(matches!(refused, Err(ResetRefusal::NoCode)));
}

#[tokio::test]
async fn a_link_is_good_for_half_an_hour_and_for_the_address_that_got_it() {
    let test = TestRealm::new().await;
    let alice = test.user_with_mail("alice").await;
    let token = asked(&test, "alice").await.unwrap();
    for wrong in ["", "x", &token[1..], &format!("{token}A")] {
        assert!(
            matches!(by(&test, wrong, NEW, "").await, Err(ResetRefusal::Over)),
            "{wrong}"
        );
    }
    let mut moved = alice.clone();
    moved.claims.insert("email".into(), "other@example.com".into());
    let update = user::update(test.realm().issuer(), &moved, 1).unwrap();
    let _ = test.realm().store.commit(Change::new().then(update)).await.unwrap();
    assert!(matches!(by(&test, &token, NEW, "").await, Err(ResetRefusal::Over)));
    let update = user::update(test.realm().issuer(), &alice, 1).unwrap();
    let _ = test.realm().store.commit(Change::new().then(update)).await.unwrap();
    assert!(open(test.realm(), &token).await.is_ok());
    test.realm().clock.advance(MINUTES * 60);
    assert!(matches!(by(&test, &token, NEW, "").await, Err(ResetRefusal::Over)));
}

#[tokio::test]
async fn nobody_who_cannot_be_reached_is_sent_a_link() {
    let test = TestRealm::new().await;
    test.user("alice").await;
    for typed in ["alice", "nobody", "nobody@example.com", ""] {
        assert_eq!(asked(&test, typed).await, None, "{typed}");
    }
    for _ in 0..by_mail::SENDS {
        let _ = asked(&test, "somebody").await;
    }
    let refused = send_link(test.realm(), ("f", "192.0.2.1"), "somebody").await;
    assert!(matches!(refused, Err(ResetRefusal::TooMany { retry_after: 900 })));
}
