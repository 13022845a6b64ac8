use super::*;
use crate::{session, test_realm::TestRealm, users::PasswordProblem};

/// What `alice` types in a flow.
fn application<'a>(username: &'a str, password: &'a Secret, flow_id: &'a str) -> Application<'a> {
    Application {
        username,
        password,
        email: "",
        name: "",
        browser: Browser {
            flow_id,
            current: None,
            device: None,
            user_agent: "A browser",
            address: "192.0.2.1",
            is_remembered: false,
        },
    }
}

fn good() -> Secret {
    Secret::new("four rivers meet here")
}

async fn sign_up_as(test: &TestRealm, username: &str, flow_id: &str) -> Result<SignedIn, SignUpRefusal> {
    sign_up(test.realm(), &test.pool, application(username, &good(), flow_id)).await
}

fn refusal(result: Result<SignedIn, SignUpRefusal>) -> SignUpRefusal {
    result.err().unwrap()
}

#[tokio::test]
async fn an_account_appears_with_a_session_and_its_password_works() {
    let test = TestRealm::new().await;
    let password = good();
    let application = Application {
        email: " alice@example.com ",
        name: "Alice Example",
        ..application(" Alice ", &password, "a-flow")
    };
    let signed_up = sign_up(test.realm(), &test.pool, application).await.ok().unwrap();
    let user = &signed_up.user;
    assert_eq!((user.username.as_str(), user.source), ("Alice", Source::Api));
    assert_eq!(
        Value::Object(user.claims.clone()),
        serde_json::json!({"email": "alice@example.com", "email_verified": false, "name": "Alice Example"})
    );
    let (found, of) = session::find(test.realm(), &signed_up.cookie).await.unwrap().unwrap();
    assert_eq!((found.flow_id.as_str(), &of.id), ("a-flow", &user.id));
    assert!(test.sign_in("alice", "four rivers meet here").await.is_ok());
    let recognised = Device::recognise(test.realm(), &signed_up.device, &user.id).await;
    assert!(recognised.unwrap().is_some());
}

#[tokio::test]
async fn a_name_that_is_taken_in_any_spelling_is_refused() {
    let test = TestRealm::new().await;
    let alice = test.user("alice").await;
    for spelling in ["alice", "ALICE", " Alice "] {
        let refused = refusal(sign_up_as(&test, spelling, "a-flow").await);
        assert!(matches!(refused, SignUpRefusal::UsernameTaken), "{spelling}: {refused}");
    }
    let store = &test.realm().store;
    let found = store.find_user_by_name(test.realm().issuer(), "alice").await.unwrap();
    assert_eq!(found.unwrap().password_hash, alice.password_hash);
    assert!(
        store
            .sessions_of_user(test.realm().issuer(), &alice.id, test.realm().now())
            .await
            .unwrap()
            .is_empty()
    );
    assert!(sign_up_as(&test, "alice2", "a-flow").await.is_ok(), "the flow goes on");
}

#[tokio::test]
async fn a_flow_makes_one_account() {
    let test = TestRealm::new().await;
    assert!(sign_up_as(&test, "alice", "a-flow").await.is_ok());
    for username in ["alice", "alice2"] {
        let refused = refusal(sign_up_as(&test, username, "a-flow").await);
        assert!(matches!(refused, SignUpRefusal::FlowUsed), "{username}: {refused}");
    }
    assert!(sign_up_as(&test, "alice2", "another-flow").await.is_ok());
}

#[tokio::test]
async fn of_many_at_once_in_a_flow_one_makes_an_account() {
    let test = TestRealm::new().await;
    let results = tokio::join!(
        sign_up_as(&test, "one", "a-flow"),
        sign_up_as(&test, "two", "a-flow"),
        sign_up_as(&test, "three", "a-flow"),
        sign_up_as(&test, "four", "a-flow"),
    );
    let results = [results.0, results.1, results.2, results.3];
    let made = results.iter().filter(|result| result.is_ok()).count();
    assert_eq!(made, 1);
    let users = test.realm().store.users(test.realm().issuer(), "", 10).await.unwrap();
    assert_eq!(users.len(), 1);
}

#[tokio::test]
async fn a_flow_that_was_answered_makes_no_account() {
    let test = TestRealm::new().await;
    let realm = test.realm();
    let used = storage::session::use_flow(realm.issuer(), "a-flow", realm.now() + 60);
    assert_eq!(
        realm.store.commit(Change::new().then(used)).await.unwrap(),
        Outcome::Applied
    );
    assert!(matches!(
        refusal(sign_up_as(&test, "alice", "a-flow").await),
        SignUpRefusal::FlowUsed
    ));
}

#[tokio::test]
async fn a_network_gets_so_many_attempts_and_no_more_for_a_while() {
    let test = TestRealm::new().await;
    test.user("taken").await;
    for attempt in 0..lane::LIMIT {
        let name = if attempt % 2 == 0 {
            "taken".to_owned()
        } else {
            format!("user{attempt}")
        };
        let _ = sign_up_as(&test, &name, &format!("flow-{attempt}")).await;
    }
    let refused = refusal(sign_up_as(&test, "eleventh", "flow-11").await);
    assert!(matches!(refused, SignUpRefusal::TooMany { retry_after } if retry_after == lane::WINDOW));
    let password = good();
    let mut elsewhere = application("eleventh", &password, "flow-12");
    elsewhere.browser.address = "192.0.2.2";
    assert!(sign_up(test.realm(), &test.pool, elsewhere).await.is_ok());
    test.realm().clock.advance(lane::WINDOW);
    assert!(sign_up_as(&test, "twelfth", "flow-13").await.is_ok());
}

#[test]
fn a_network_is_an_address_or_what_a_subscriber_has() {
    assert_eq!(lane_of("192.0.2.1"), lane_of("::ffff:192.0.2.1"));
    assert_ne!(lane_of("192.0.2.1"), lane_of("192.0.2.2"));
    assert_eq!(lane_of("2001:db8:0:1::1"), lane_of("2001:db8:0:1:ffff::2"));
    assert_ne!(lane_of("2001:db8:0:1::1"), lane_of("2001:db8:0:2::1"));
}

#[tokio::test]
async fn a_full_pool_counts_and_makes_nothing() {
    let test = TestRealm::new().await;
    let pool = PasswordPool::new(1, 0);
    let place = pool.place().unwrap();
    let refused = refusal(sign_up(test.realm(), &pool, application("alice", &good(), "a-flow")).await);
    assert!(matches!(refused, SignUpRefusal::Busy(_)));
    let issuer = test.realm().issuer();
    let counted = test.realm().store.guesses_end_at(issuer, &lane_of("192.0.2.1")).await;
    assert_eq!(counted.unwrap(), None);
    drop(place);
    assert!(
        sign_up(test.realm(), &pool, application("alice", &good(), "a-flow"))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn the_session_of_somebody_else_in_this_browser_ends() {
    let test = TestRealm::new().await;
    test.user("bob").await;
    let bob = test.sign_in("bob", "bob-password").await.ok().unwrap();
    let password = good();
    let with = |username, flow_id| {
        let mut application = application(username, &password, flow_id);
        application.browser.current = Some(&bob.session);
        application
    };
    let signed_up = sign_up(test.realm(), &test.pool, with("alice", "a-flow")).await;
    assert!(signed_up.is_ok());
    assert!(session::find(test.realm(), &bob.cookie).await.unwrap().is_none());
    // It has ended meanwhile: that is no reason against an account.
    assert!(sign_up(test.realm(), &test.pool, with("carol", "b-flow")).await.is_ok());
}

#[tokio::test]
async fn names_that_look_like_others_cannot_be_chosen() {
    let test = TestRealm::new().await;
    for name in [
        "",
        "   ",
        "two words",
        "ali\u{200b}ce",
        "alice\u{202e}",
        "alice\u{3164}",
        "<script>",
        "a/b",
        &"a".repeat(256),
    ] {
        let refused = refusal(sign_up_as(&test, name, "a-flow").await);
        assert!(matches!(refused, SignUpRefusal::UnacceptableUsername), "{name:?}");
    }
    for name in ["alice.example+x@mail.example", "花子", "Zoë_1"] {
        assert!(sign_up_as(&test, name, name).await.is_ok(), "{name}");
    }
}

#[tokio::test]
async fn weak_passwords_and_what_is_no_address_or_name_is_refused() {
    let test = TestRealm::new().await;
    for (password, weakness) in [
        ("short", Weakness::Length(PasswordProblem::TooShort)),
        ("password1", Weakness::Common),
        ("12345678", Weakness::Pattern),
        ("marguerite1", Weakness::Personal),
    ] {
        let password = Secret::new(password);
        let refused = refusal(sign_up(test.realm(), &test.pool, application("marguerite", &password, "f")).await);
        assert!(
            matches!(refused, SignUpRefusal::WeakPassword(found) if found == weakness),
            "{refused}"
        );
    }
    let password = good();
    for email in ["alice", "@example.com", "alice@", "a@b@c", "a b@c.example", "a@b..c"] {
        let application = Application {
            email,
            ..application("alice", &password, "f")
        };
        let refused = refusal(sign_up(test.realm(), &test.pool, application).await);
        assert!(matches!(refused, SignUpRefusal::UnacceptableEmail), "{email}");
    }
    for name in ["a\u{7}", &"x".repeat(201)] {
        let application = Application {
            name,
            ..application("alice", &password, "f")
        };
        let refused = refusal(sign_up(test.realm(), &test.pool, application).await);
        assert!(matches!(refused, SignUpRefusal::UnacceptableName));
    }
    assert!(
        test.realm()
            .store
            .users(test.realm().issuer(), "", 10)
            .await
            .unwrap()
            .is_empty()
    );
}
