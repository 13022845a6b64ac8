mod new_browser;

use std::sync::Arc;

use protocol::Acr;

use super::*;
use crate::{session, test_realm::TestRealm};

fn refusal(result: Result<SignedIn, SignInRefusal>) -> &'static str {
    match result.err().unwrap() {
        SignInRefusal::WrongCredentials => WRONG,
        SignInRefusal::TooManyGuesses { .. } => TOO_MANY,
        SignInRefusal::Busy(_) => "busy",
        SignInRefusal::Fault(_) => "fault",
    }
}

const WRONG: &str = "wrong credentials";
const TOO_MANY: &str = "too many guesses";

/// Wrong guesses until the lane is full.
async fn fill_lane(test: &TestRealm, username: &str, device: Option<&str>) {
    for _ in 0..lane::LIMIT {
        assert_eq!(refusal(test.sign_in_as(username, "wrong", None, device).await), WRONG);
    }
    assert_eq!(
        refusal(test.sign_in_as(username, "wrong", None, device).await),
        TOO_MANY
    );
}

/// The mail that the realm owes, oldest first: to whom.
async fn owed_mail(test: &TestRealm) -> Vec<String> {
    let calls = test
        .realm()
        .store
        .outbox_of_realm(test.realm().issuer(), None, 100)
        .await
        .unwrap();
    assert!(calls.iter().all(|call| call.kind == "mail"));
    calls.into_iter().rev().map(|call| call.destination).collect()
}

#[tokio::test]
async fn the_right_password_makes_a_session() {
    let test = TestRealm::new().await;
    let alice = test.user("alice").await;
    let signed_in = test.sign_in(" ALICE ", "alice-password").await.ok().unwrap();
    let session = &signed_in.session;
    assert_eq!(signed_in.user.id, alice.id);
    let assurance = session.assurance(&alice, test.realm().now());
    assert_eq!((assurance.acr, assurance.amr), (Acr::Loa2, vec!["pwd".to_owned()]));
    assert_eq!(
        (session.flow_id.as_str(), session.user_agent.as_str()),
        ("a-flow", "A browser")
    );
    assert_eq!(session.auth_time, test.realm().now());
    let stored = test
        .realm()
        .store
        .find_session(test.realm().issuer(), &session.id)
        .await
        .unwrap();
    assert_eq!(stored.as_ref(), Some(session));
}

/// `alice`; `disabled`, who has a password; `bare`, who has none.
async fn people(test: &TestRealm) {
    test.user("alice").await;
    let disabled = test.user("disabled").await;
    let bare = crate::users::NewUser {
        username: "bare".into(),
        password: None,
        password_hash: None,
        claims: serde_json::Map::new(),
        groups: vec![],
        source: model::Source::File,
    };
    crate::users::create(test.realm(), &test.pool, bare).await.unwrap();
    let off = storage::user::set_enabled(test.realm().issuer(), &disabled.id, false, 0);
    assert_eq!(
        test.realm().store.commit(Change::new().then(off)).await.unwrap(),
        Outcome::Applied
    );
}

#[tokio::test]
async fn wrong_unknown_disabled_and_without_a_password_get_the_same_answer() {
    let test = TestRealm::new().await;
    people(&test).await;
    let unusual = "x".repeat(300);
    for (username, password) in [
        ("alice", "alice-passwore"),
        ("alice", ""),
        ("nobody", "nobody-password"),
        ("disabled", "disabled-password"),
        ("bare", ""),
        ("bare", "bare-password"),
        ("", ""),
        ("al\0ice", "alice-password"),
        (unusual.as_str(), "password"),
    ] {
        assert_eq!(refusal(test.sign_in(username, password).await), WRONG, "{username:?}");
    }
}

#[tokio::test]
async fn wrong_unknown_disabled_and_without_a_password_have_the_same_number_of_guesses() {
    let test = TestRealm::new().await;
    people(&test).await;
    for username in ["alice", "nobody", "disabled", "bare"] {
        fill_lane(&test, username, None).await;
    }
}

#[tokio::test]
async fn the_eleventh_guess_is_refused_even_when_right_until_the_window_has_passed() {
    let test = TestRealm::new().await;
    test.user("alice").await;
    fill_lane(&test, "alice", None).await;
    let refused = test.sign_in("alice", "alice-password").await.err().unwrap();
    assert!(
        matches!(refused, SignInRefusal::TooManyGuesses { retry_after: 900 }),
        "{refused}"
    );
    test.realm().clock.advance(lane::WINDOW - 1);
    let refused = test.sign_in("alice", "alice-password").await.err().unwrap();
    assert!(
        matches!(refused, SignInRefusal::TooManyGuesses { retry_after: 1 }),
        "{refused}"
    );
    test.realm().clock.advance(1);
    assert!(test.sign_in("alice", "alice-password").await.is_ok());
}

#[tokio::test]
async fn success_resets_the_count() {
    let test = TestRealm::new().await;
    test.user("alice").await;
    for _ in 1..lane::LIMIT {
        assert_eq!(refusal(test.sign_in("alice", "wrong").await), WRONG);
    }
    assert!(test.sign_in("alice", "alice-password").await.is_ok());
    fill_lane(&test, "alice", None).await;
}

#[tokio::test]
async fn a_stranger_cannot_lock_out_a_recognised_device() {
    let test = TestRealm::new().await;
    test.user("alice").await;
    test.user("mallory").await;
    let device = test.sign_in("alice", "alice-password").await.ok().unwrap().device;
    let stranger = test.sign_in("mallory", "mallory-password").await.ok().unwrap().device;

    fill_lane(&test, "alice", Some(&stranger)).await;
    assert_eq!(
        refusal(test.sign_in("alice", "alice-password").await),
        TOO_MANY,
        "the stranger shares the lane"
    );
    let again = test
        .sign_in_as("alice", "alice-password", None, Some(&device))
        .await
        .ok()
        .unwrap();

    // The device has ten guesses of its own, and stays the same device: signing in again earns no second lane.
    fill_lane(&test, "alice", Some(&device)).await;
    assert_eq!(
        refusal(
            test.sign_in_as("alice", "alice-password", None, Some(&again.device))
                .await
        ),
        TOO_MANY
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_parallel_guesses_reserve_ten() {
    let test = Arc::new(TestRealm::new().await);
    test.user("alice").await;
    let guesses: Vec<_> = (0..64)
        .map(|_| {
            let test = Arc::clone(&test);
            tokio::spawn(async move { refusal(test.sign_in("alice", "wrong").await) })
        })
        .collect();
    let mut counted = 0;
    for guess in guesses {
        match guess.await.unwrap() {
            WRONG => counted += 1,
            other => assert_eq!(other, TOO_MANY),
        }
    }
    assert_eq!(counted, lane::LIMIT);
}

#[tokio::test]
async fn signing_in_again_keeps_the_session_and_changes_its_secret() {
    let test = TestRealm::new().await;
    test.user("alice").await;
    let first = test.sign_in("alice", "alice-password").await.ok().unwrap();
    test.realm().clock.advance(60);
    let second = test
        .sign_in_as("alice", "alice-password", Some(&first.session), None)
        .await
        .ok()
        .unwrap();
    assert_eq!(second.session.id, first.session.id);
    assert_eq!(second.session.auth_time, first.session.auth_time + 60);
    assert_eq!(second.session.created_at, first.session.created_at);
    assert_ne!(second.cookie, first.cookie);
    assert!(
        session::find(test.realm(), &first.cookie).await.unwrap().is_none(),
        "the old secret is worth nothing"
    );
    let (found, _) = session::find(test.realm(), &second.cookie).await.unwrap().unwrap();
    assert_eq!(found, second.session);
}

#[tokio::test]
async fn somebody_else_signing_in_ends_the_former_session() {
    let test = TestRealm::new().await;
    test.user("alice").await;
    let bob = test.user("bob").await;
    let alices = test.sign_in("alice", "alice-password").await.ok().unwrap();

    assert_eq!(
        refusal(test.sign_in_as("bob", "wrong", Some(&alices.session), None).await),
        WRONG
    );
    assert!(
        session::find(test.realm(), &alices.cookie).await.unwrap().is_some(),
        "a wrong guess ends nothing"
    );

    let bobs = test
        .sign_in_as("bob", "bob-password", Some(&alices.session), None)
        .await
        .ok()
        .unwrap();
    assert_ne!(bobs.session.id, alices.session.id);
    assert!(session::find(test.realm(), &alices.cookie).await.unwrap().is_none());
    assert_eq!(
        session::find(test.realm(), &bobs.cookie).await.unwrap().unwrap().1.id,
        bob.id
    );
}

#[tokio::test]
async fn a_session_that_ended_in_the_meantime_is_not_brought_back() {
    let test = TestRealm::new().await;
    let alice = test.user("alice").await;
    test.user("bob").await;
    for username in ["alice", "bob"] {
        let former = test.sign_in("alice", "alice-password").await.ok().unwrap();
        assert!(session::end(test.realm(), &alice.id, &former.session.id).await.unwrap());
        let password = format!("{username}-password");
        let next = test
            .sign_in_as(username, &password, Some(&former.session), None)
            .await
            .ok()
            .unwrap();
        assert_ne!(next.session.id, former.session.id);
        assert!(session::find(test.realm(), &next.cookie).await.unwrap().is_some());
        assert!(session::find(test.realm(), &former.cookie).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn a_full_pool_answers_busy_counts_nothing_and_stops_nothing_else() {
    let mut test = TestRealm::new().await;
    test.user("alice").await;
    let signed_in = test.sign_in("alice", "alice-password").await.ok().unwrap();
    test.pool = PasswordPool::new(1, 1);
    let places = (test.pool.place().unwrap(), test.pool.place().unwrap());
    for _ in 0..20 {
        assert_eq!(refusal(test.sign_in("alice", "alice-password").await), "busy");
    }
    assert!(session::find(test.realm(), &signed_in.cookie).await.unwrap().is_some());
    drop(places);
    assert!(test.sign_in("alice", "alice-password").await.is_ok());
}

#[test]
fn texts_from_outside_are_cut_between_characters() {
    assert_eq!(cut("日本語", 7), "日本");
    assert_eq!(cut("日本語", 9), "日本語");
    assert_eq!(cut("a\r\nb", 100), "ab");
}

#[tokio::test]
async fn a_password_that_was_changed_while_it_was_verified_makes_no_session() {
    let test = TestRealm::new().await;
    let realm = test.realm();
    for (username, disabled) in [("alice", false), ("bob", true)] {
        let user = test.user_with_mail(username).await;
        let before = test
            .sign_in(username, &format!("{username}-password"))
            .await
            .ok()
            .unwrap();
        let change = if disabled {
            storage::user::set_enabled(realm.issuer(), &user.id, false, 0)
        } else {
            storage::user::set_password(realm.issuer(), &user.id, "$argon2id$another", 0)
        };
        assert_eq!(
            realm.store.commit(Change::new().then(change)).await.unwrap(),
            Outcome::Applied
        );

        for current in [None, Some(&before.session)] {
            let browser = Browser {
                flow_id: "a-flow",
                current,
                device: None,
                user_agent: "",
                address: "",
                is_remembered: false,
            };
            let always = always(realm, "a lane", &user);
            let device = Device::signing_in(realm, None, &user.id);
            let proof = Proof::of(Method::Password, realm.now());
            let refused = establish(realm, always, &user, (&browser, proof), Some(&device))
                .await
                .unwrap();
            assert!(refused.is_none());
        }
        let sessions = realm
            .store
            .sessions_of_user(realm.issuer(), &user.id, realm.now())
            .await
            .unwrap();
        assert_eq!(sessions, [before.session]);
    }
    assert!(owed_mail(&test).await.is_empty(), "mail goes with the session alone");
}

#[tokio::test]
async fn a_hash_made_elsewhere_is_replaced_at_the_first_right_sign_in() {
    let test = TestRealm::new().await;
    let imported = "$2b$04$xaJl0SqDmTOrO2LHLhueh.wEDmMl6bKHcZ5oNImrXGA0hIG9tL2hq";
    let new = crate::users::NewUser {
        username: "dora".into(),
        password: None,
        password_hash: Some(imported.into()),
        claims: serde_json::Map::new(),
        groups: vec![],
        source: model::Source::File,
    };
    let dora = crate::users::create(test.realm(), &test.pool, new).await.unwrap();
    let stored = || async {
        let user = test.realm().store.find_user(test.realm().issuer(), &dora.id).await;
        user.unwrap().unwrap().password_hash.unwrap()
    };
    assert_eq!(refusal(test.sign_in("dora", "passwörd").await), WRONG);
    assert_eq!(stored().await, imported);
    assert!(test.sign_in("dora", "pässwörd").await.is_ok());
    let replaced = stored().await;
    assert!(replaced.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{replaced}");
    assert!(test.sign_in("dora", "pässwörd").await.is_ok());
    assert_eq!(stored().await, replaced, "once");
    assert_eq!(refusal(test.sign_in("dora", "passwörd").await), WRONG);
}

#[tokio::test]
async fn a_full_pool_leaves_a_hash_as_it_is() {
    let test = TestRealm::new().await;
    let mut dora = test.user("dora").await;
    dora.password_hash = Some("$2b$04$xaJl0SqDmTOrO2LHLhueh.wEDmMl6bKHcZ5oNImrXGA0hIG9tL2hq".into());
    let pool = PasswordPool::new(1, 0);
    let _place = pool.place().unwrap();
    assert!(rehashed(&pool, &dora, &Secret::new("pässwörd")).await.is_none());
}

#[tokio::test]
async fn one_password_is_not_tried_on_all_accounts_from_one_network() {
    let test = TestRealm::new().await;
    let realm = test.realm();
    test.user("alice").await;
    let device = test.sign_in("alice", "alice-password").await.ok().unwrap().device;
    let network = lane::of_network("192.0.2.1").unwrap();
    for n in 0..lane::LIMIT_OF_NETWORK - 1 {
        let lane = format!("name {n}");
        let reserved = lane::reserve_both(realm, &lane, Some(&network)).await.unwrap();
        assert_eq!(reserved, Ok(()), "the right password was given back");
    }
    assert_eq!(refusal(test.sign_in("nobody", "wrong").await), WRONG);
    for username in ["alice", "nobody", "somebody-else"] {
        let refused = test.sign_in(username, "alice-password").await.err().unwrap();
        assert!(
            matches!(refused, SignInRefusal::TooManyGuesses { retry_after: 900 }),
            "{username}"
        );
    }
    let recognised = test.sign_in_as("alice", "alice-password", None, Some(&device)).await;
    assert!(
        recognised.is_ok(),
        "a browser that is recognised does not suffer for its neighbours"
    );
    realm.clock.advance(lane::WINDOW);
    assert!(test.sign_in("alice", "alice-password").await.is_ok());
}
