//! Mail about a sign-in by a browser that is not recognised.

use super::*;

#[tokio::test]
async fn a_browser_that_is_not_recognised_owes_mail_except_at_the_first_sign_in() {
    let test = TestRealm::new().await;
    test.user_with_mail("alice").await;
    let first = test.sign_in("alice", "alice-password").await.ok().unwrap();
    assert!(owed_mail(&test).await.is_empty(), "the first sign-in");
    for device in [None, Some("made up")] {
        assert!(test.sign_in_as("alice", "alice-password", None, device).await.is_ok());
    }
    assert_eq!(owed_mail(&test).await, ["alice@example.com"; 2]);

    assert_eq!(refusal(test.sign_in("alice", "wrong").await), WRONG);
    let known = test
        .sign_in_as("alice", "alice-password", None, Some(&first.device))
        .await;
    assert!(known.is_ok());
    let again = test
        .sign_in_as("alice", "alice-password", Some(&first.session), None)
        .await;
    assert!(again.is_ok());
    assert_eq!(
        owed_mail(&test).await.len(),
        2,
        "nothing new: a wrong guess, a known device, the same session"
    );
}

#[tokio::test]
async fn the_device_and_the_session_of_somebody_else_are_not_recognised() {
    let test = TestRealm::new().await;
    test.user_with_mail("alice").await;
    test.user("mallory").await;
    let mallory = test.sign_in("mallory", "mallory-password").await.ok().unwrap();
    let alice = test.sign_in("alice", "alice-password").await.ok().unwrap();
    assert!(owed_mail(&test).await.is_empty());
    let by_mallory = test
        .sign_in_as("alice", "alice-password", Some(&mallory.session), Some(&mallory.device))
        .await;
    assert!(by_mallory.is_ok());
    assert_eq!(owed_mail(&test).await, ["alice@example.com"]);

    // A session that is over recognises nobody either.
    test.realm().clock.advance(test.realm().realm.lifetimes.session);
    let later = test
        .sign_in_as("alice", "alice-password", Some(&alice.session), None)
        .await;
    assert!(later.is_ok());
    assert_eq!(owed_mail(&test).await, ["alice@example.com"; 2]);
}

#[tokio::test]
async fn a_user_without_a_verified_address_gets_no_mail() {
    let test = TestRealm::new().await;
    test.user("alice").await;
    for _ in 0..2 {
        assert!(test.sign_in("alice", "alice-password").await.is_ok());
    }
    assert!(owed_mail(&test).await.is_empty());
}

#[tokio::test]
async fn the_mail_about_a_new_browser_ends_what_began_there() {
    let test = TestRealm::new().await;
    let realm = test.realm();
    test.user_with_mail("alice").await;
    let mine = test.sign_in("alice", "alice-password").await.ok().unwrap();
    let theirs = test.sign_in("alice", "alice-password").await.ok().unwrap();
    let owed = realm.store.lease_due(realm.now(), 60, 10).await.unwrap();
    let letter = notice::Letter::unwrap(&realm.wrap, realm.issuer(), &owed[0].id, &owed[0].payload).unwrap();
    let notice::Content::NewSignIn { link, .. } = letter.content else {
        panic!("another letter");
    };
    let link = NotMe::open(realm, link.split_once("?t=").unwrap().1).unwrap();
    assert!(link.end(realm).await.unwrap());
    assert!(session::find(realm, &theirs.cookie).await.unwrap().is_none());
    assert!(session::find(realm, &mine.cookie).await.unwrap().is_some());
    let again = test
        .sign_in_as("alice", "alice-password", None, Some(&theirs.device))
        .await;
    assert!(again.is_ok());
    assert_eq!(
        owed_mail(&test).await.len(),
        2,
        "the browser is not recognised any more"
    );
}

#[tokio::test]
async fn a_device_is_written_down_once_and_seen_again() {
    let test = TestRealm::new().await;
    let realm = test.realm();
    test.user("alice").await;
    let first = test.sign_in("alice", "alice-password").await.ok().unwrap();
    realm.clock.advance(60);
    let again = test
        .sign_in_as("alice", "alice-password", None, Some(&first.device))
        .await;
    assert!(again.is_ok());
    let devices = realm
        .store
        .devices_of_user(realm.issuer(), &first.user.id, realm.now())
        .await
        .unwrap();
    assert_eq!(devices.len(), 1);
    let device = &devices[0];
    assert_eq!(
        (device.seen_at - device.created_at, device.network.as_str()),
        (60, "192.0.2.0/24")
    );
}
