use super::*;
use crate::{session, test_realm::TestRealm};

fn new(username: &str) -> NewUser {
    NewUser {
        username: username.into(),
        password: None,
        password_hash: None,
        claims: Map::new(),
        groups: vec!["retail".into()],
        source: Source::File,
    }
}

#[tokio::test]
async fn a_user_is_made_once_however_the_name_is_written() {
    let test = TestRealm::new().await;
    let alice = create(test.realm(), &test.pool, new(" Alice ")).await.unwrap();
    assert_eq!(alice.username, "Alice");
    let stored = test
        .realm()
        .store
        .find_user_by_name(test.realm().issuer(), "alice")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (stored.id, stored.groups, stored.enabled),
        (alice.id, alice.groups, true)
    );
    let again = create(test.realm(), &test.pool, new("ALICE")).await;
    assert!(matches!(again, Err(CreateUserError::NameTaken)));
}

#[test]
fn names_have_1_to_255_characters_and_no_control_characters() {
    let (longest, too_long) = ("語".repeat(255), "a".repeat(256));
    for good in ["a", "alice@example.com", "山田 太郎", longest.as_str()] {
        assert!(is_username(good), "{good}");
    }
    for bad in ["", "   ", "a\nb", "a\0b", "a\u{85}b", too_long.as_str()] {
        assert!(!is_username(bad), "{bad:?}");
    }
}

#[test]
fn passwords_have_8_characters_to_1024_bytes() {
    for (good, text) in [
        (Ok(()), "12345678".to_owned()),
        (Ok(()), "日本語日本語日本".to_owned()),
        (Ok(()), "x".repeat(1024)),
        (Err(PasswordProblem::TooShort), "1234567".to_owned()),
        (Err(PasswordProblem::TooShort), "日本語日本語日".to_owned()),
        (Err(PasswordProblem::TooLong), "x".repeat(1025)),
    ] {
        assert_eq!(check_password(&Secret::new(text.as_str())), good, "{text}");
    }
}

#[tokio::test]
async fn a_user_with_an_unacceptable_name_password_or_hash_is_not_made() {
    let test = TestRealm::new().await;
    let refused = |new: NewUser| async { new_user(&test.pool, new, 0).await.unwrap_err().to_string() };
    assert!(refused(new("")).await.contains("1 to 255"));
    let short = NewUser {
        password: Some(Secret::new("short")),
        ..new("a")
    };
    assert!(refused(short).await.contains("fewer than 8"));
    let bcrypt = NewUser {
        password_hash: Some("$2b$12$abcdefghijklmnopqrstuv".into()),
        ..new("a")
    };
    assert!(refused(bcrypt).await.contains("of no kind that can be checked"));
    let twice = NewUser {
        password: Some(Secret::new("long enough")),
        password_hash: Some("$argon2id$".into()),
        ..new("a")
    };
    assert!(refused(twice).await.contains("not both"));
}

#[tokio::test]
async fn a_hash_made_elsewhere_signs_in() {
    let test = TestRealm::new().await;
    let phc = "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc";
    let imported = NewUser {
        password_hash: Some(phc.into()),
        ..new("alice")
    };
    create(test.realm(), &test.pool, imported).await.unwrap();
    assert!(test.sign_in("alice", "password").await.is_ok());
    assert!(test.sign_in("alice", "passwort").await.is_err());
}

#[tokio::test]
async fn a_new_password_replaces_the_old_one_and_lets_a_locked_out_user_in() {
    let test = TestRealm::new().await;
    let alice = test.user("alice").await;
    for _ in 0..=lane::LIMIT {
        assert!(test.sign_in("alice", "wrong").await.is_err());
    }
    set_password(test.realm(), &test.pool, &alice.id, &Secret::new("another one"))
        .await
        .unwrap();
    assert!(test.sign_in("alice", "alice-password").await.is_err());
    assert!(test.sign_in("alice", "another one").await.is_ok());

    let unknown = set_password(test.realm(), &test.pool, "nobody", &Secret::new("another one")).await;
    assert!(matches!(unknown, Err(SetPasswordError::UnknownUser)));
    let short = set_password(test.realm(), &test.pool, &alice.id, &Secret::new("short")).await;
    assert!(matches!(
        short,
        Err(SetPasswordError::UnacceptablePassword(PasswordProblem::TooShort))
    ));
}

// Conformance: BCP-15
#[tokio::test]
async fn a_new_password_ends_the_sessions_of_its_user_and_of_nobody_else() {
    let test = TestRealm::new().await;
    let alice = test.user("alice").await;
    test.user("bob").await;
    let mut cookies = vec![];
    for username in ["alice", "alice", "bob"] {
        let signed_in = test.sign_in(username, &format!("{username}-password")).await;
        cookies.push(signed_in.ok().unwrap().cookie);
    }
    let refused = set_password(test.realm(), &test.pool, &alice.id, &Secret::new("short")).await;
    assert!(refused.is_err());
    let mut living = vec![];
    for cookie in &cookies {
        living.push(session::find(test.realm(), cookie).await.unwrap().is_some());
    }
    assert_eq!(
        living,
        [true, true, true],
        "a password that is not accepted ends nothing"
    );

    set_password(test.realm(), &test.pool, &alice.id, &Secret::new("another one"))
        .await
        .unwrap();
    let mut living = vec![];
    for cookie in &cookies {
        living.push(session::find(test.realm(), cookie).await.unwrap().is_some());
    }
    assert_eq!(living, [false, false, true]);
}
