use super::*;
use crate::test_realm::TestRealm;

#[tokio::test]
async fn a_cookie_stands_for_its_session_and_user() {
    let test = TestRealm::new().await;
    let alice = test.user("alice").await;
    let signed_in = test.sign_in("alice", "alice-password").await.ok().unwrap();
    let (session, user) = find(test.realm(), &signed_in.cookie).await.unwrap().unwrap();
    assert_eq!(session, signed_in.session);
    assert_eq!(user.id, alice.id);
    assert!(
        !signed_in.cookie.contains(&jose::b64::encode(&session.secret_hash)),
        "the hash is not the secret"
    );
}

#[tokio::test]
async fn a_tampered_cookie_stands_for_nothing() {
    let test = TestRealm::new().await;
    test.user("alice").await;
    let one = test.sign_in("alice", "alice-password").await.ok().unwrap();
    let two = test.sign_in("alice", "alice-password").await.ok().unwrap();
    let secret = |cookie: &str| cookie.split_once('.').unwrap().1.to_owned();
    let id = &one.session.id;
    for wrong in [
        format!("{id}.{}", secret(&two.cookie)),
        format!("{id}.{}", jose::random_token()),
        format!("{id}.{}", jose::b64::encode(&one.session.secret_hash)),
        format!("{id}."),
        format!("{id}.{}.", secret(&one.cookie)),
        format!("{id}.{} ", secret(&one.cookie)),
        format!("{}.{}", jose::random_token(), secret(&one.cookie)),
        format!(".{}", secret(&one.cookie)),
        format!("{id}\0.{}", secret(&one.cookie)),
        format!("{}{}", "a".repeat(1000), one.cookie),
        id.clone(),
        String::new(),
    ] {
        assert_eq!(
            find(test.realm(), &wrong).await.unwrap().map(|(session, _)| session.id),
            None,
            "{wrong}"
        );
    }
    assert!(find(test.realm(), &one.cookie).await.unwrap().is_some());
}

#[tokio::test]
async fn a_session_ends_by_itself_and_by_its_user_alone() {
    let test = TestRealm::new().await;
    let alice = test.user("alice").await;
    let bob = test.user("bob").await;
    let one = test.sign_in("alice", "alice-password").await.ok().unwrap();
    let two = test.sign_in("alice", "alice-password").await.ok().unwrap();

    assert!(!end(test.realm(), &bob.id, &one.session.id).await.unwrap());
    assert!(find(test.realm(), &one.cookie).await.unwrap().is_some());
    assert!(end(test.realm(), &alice.id, &one.session.id).await.unwrap());
    assert!(!end(test.realm(), &alice.id, &one.session.id).await.unwrap());
    assert!(find(test.realm(), &one.cookie).await.unwrap().is_none());

    test.realm().clock.advance(test.realm().realm.lifetimes.session - 1);
    assert!(find(test.realm(), &two.cookie).await.unwrap().is_some());
    test.realm().clock.advance(1);
    assert!(find(test.realm(), &two.cookie).await.unwrap().is_none());
}

#[tokio::test]
async fn the_sessions_of_a_disabled_user_stand_for_nothing_while_disabled() {
    let test = TestRealm::new().await;
    let alice = test.user("alice").await;
    let signed_in = test.sign_in("alice", "alice-password").await.ok().unwrap();
    for (enabled, is_found) in [(false, false), (true, true)] {
        let statement = storage::user::set_enabled(test.realm().issuer(), &alice.id, enabled, test.realm().now());
        assert_eq!(
            test.realm().store.commit(Change::new().then(statement)).await.unwrap(),
            Outcome::Applied
        );
        assert_eq!(find(test.realm(), &signed_in.cookie).await.unwrap().is_some(), is_found);
    }
}

#[test]
fn a_form_belongs_to_one_cookie() {
    let cookie = CookieSecret::new().cookie("one");
    let other = CookieSecret::new().cookie("one");
    assert!(is_csrf(&cookie, &csrf(&cookie)));
    assert!(!is_csrf(&cookie, &csrf(&other)));
    assert!(!is_csrf(&cookie, ""));
    assert!(!cookie.contains(&csrf(&cookie)));
    for malformed in ["", "one", "one.", "one.short"] {
        assert!(!is_csrf(malformed, &csrf(malformed)), "{malformed}");
    }
}

/// A realm whose sessions end when nothing happens for half an hour.
async fn impatient() -> TestRealm {
    let mut test = TestRealm::new().await;
    test.settings_mut().lifetimes.session_idle = Some(1800);
    test.settings_mut().remember_me = true;
    test
}

#[tokio::test]
async fn a_session_in_which_nothing_happens_ends_where_the_realm_says_so() {
    let test = impatient().await;
    test.user("alice").await;
    let signed_in = test.sign_in("alice", "alice-password").await.ok().unwrap();
    let is_alive = async || find(test.realm(), &signed_in.cookie).await.unwrap().is_some();
    for _ in 0..5 {
        test.realm().clock.advance(1799);
        assert!(is_alive().await, "each page begins the time anew");
    }
    test.realm().clock.advance(1800);
    assert!(!is_alive().await);
    let patient = TestRealm::new().await;
    patient.user("alice").await;
    let signed_in = patient.sign_in("alice", "alice-password").await.ok().unwrap();
    patient.realm().clock.advance(1800);
    assert!(find(patient.realm(), &signed_in.cookie).await.unwrap().is_some());
}

#[tokio::test]
async fn a_page_costs_a_write_once_in_a_while() {
    let test = impatient().await;
    test.user("alice").await;
    let signed_in = test.sign_in("alice", "alice-password").await.ok().unwrap();
    let seen_at = async || {
        let (session, _) = find(test.realm(), &signed_in.cookie).await.unwrap().unwrap();
        let stored = test
            .realm()
            .store
            .find_session(test.realm().issuer(), &session.id)
            .await;
        stored.unwrap().unwrap().seen_at - signed_in.session.created_at
    };
    let mut seen = Vec::new();
    for _ in 0..4 {
        test.realm().clock.advance(25);
        seen.push(seen_at().await);
    }
    assert_eq!(seen, [0, 0, 75, 75]);
}

#[tokio::test]
async fn a_user_stays_signed_in_where_the_realm_lets_them() {
    for (test, expected) in [(TestRealm::new().await, false), (impatient().await, true)] {
        test.user("alice").await;
        let signed_in = test.sign_in("alice", "alice-password").await.ok().unwrap();
        assert_eq!(signed_in.session.is_remembered, expected);
        let (found, _) = find(test.realm(), &signed_in.cookie).await.unwrap().unwrap();
        assert_eq!(found.is_remembered, expected);
    }
}
