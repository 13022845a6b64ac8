use std::{future::Future as _, pin::pin, task, time::Duration};

use super::{phc::StoredHash, *};

fn secret(text: &str) -> Secret {
    Secret::new(text)
}

/// A hash at a cost of one's own choice.
fn cheap(password: &str, m: u32, t: u32, p: u32) -> String {
    use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, Version};
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(m, t, p, None).unwrap())
        .hash_password_with_salt(password.as_bytes(), b"0123456789abcdef")
        .unwrap()
        .to_string()
}

#[tokio::test]
async fn a_hash_verifies_with_its_password_alone() {
    let pool = PasswordPool::new(2, 8);
    let phc = pool.hash(&secret("correct horse")).await.unwrap();
    assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
    assert_eq!(pool.verify(Some(&phc), &secret("correct horse")).await, Ok(true));
    assert_eq!(pool.verify(Some(&phc), &secret("correct horsf")).await, Ok(false));
    assert_ne!(pool.hash(&secret("correct horse")).await.unwrap(), phc);
}

/// The test vectors of the reference implementation (`src/test.c`).
#[tokio::test]
async fn hashes_of_the_reference_implementation_verify() {
    let pool = PasswordPool::new(1, 1);
    for phc in [
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
        "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA",
        "$argon2i$m=65536,t=2,p=1$c29tZXNhbHQ$9sTbSlTio3Biev89thdrlKKiCaYsjjYVJxGAL3swxpQ",
    ] {
        assert_eq!(pool.verify(Some(phc), &secret("password")).await, Ok(true), "{phc}");
        assert_eq!(pool.verify(Some(phc), &secret("Password")).await, Ok(false), "{phc}");
    }
}

#[test]
fn strings_that_would_stop_the_pool_or_cannot_be_checked_are_refused() {
    assert!(is_usable(&cheap("x", 8, 1, 1)));
    assert!(is_usable(
        "$argon2id$v=19$m=102400,t=2,p=8$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
    ));
    let rest = "c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    for start in [
        "$argon2id$v=19$m=4194304,t=1,p=1",
        "$argon2id$v=19$m=8,t=4000000000,p=1",
        "$argon2id$v=19$m=131072,t=16,p=1",
        "$argon2id$v=19$m=4096,t=1,p=500",
        "$argon2id$v=19$m=65536,t=2,p=1,keyid=AAAA",
        "$argon2id$v=18$m=65536,t=2,p=1",
        "$argon2id$v=19$m=65536,t=2",
        "$argon2id$v=19",
        "$bcrypt$v=19$m=65536,t=2,p=1",
    ] {
        assert!(!is_usable(&format!("{start}${rest}")), "{start}");
    }
    assert!(is_usable(
        "$2b$04$xaJl0SqDmTOrO2LHLhueh.wEDmMl6bKHcZ5oNImrXGA0hIG9tL2hq"
    ));
    for bad in [
        "",
        "secret",
        "$argon2id$v=19$m=65536,t=2,p=1",
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFQ",
    ] {
        assert!(!is_usable(bad), "{bad}");
    }
}

#[tokio::test]
async fn without_a_usable_hash_the_answer_is_no_after_the_same_work() {
    let pool = PasswordPool::new(1, 1);
    assert_eq!(pool.verify(None, &secret("")).await, Ok(false));
    assert_eq!(pool.verify(Some("$2b$12$abc"), &secret("abc")).await, Ok(false));
    let mut memory = Memory::new();
    assert!(!phc::verify(None, b"", &mut memory));
    assert_eq!(memory.len(), 19 * 1024, "the dummy has the cost of a real one");
}

#[tokio::test]
async fn a_password_over_1024_bytes_is_wrong_even_when_it_is_right() {
    let pool = PasswordPool::new(1, 1);
    for (length, expected) in [(MAX_BYTES, true), (MAX_BYTES + 1, false)] {
        let long = "x".repeat(length);
        assert_eq!(
            pool.verify(Some(&cheap(&long, 8, 1, 1)), &secret(&long)).await,
            Ok(expected),
            "{length}"
        );
    }
    assert_eq!(
        pool.verify(Some(&cheap("", 8, 1, 1)), &secret(&"x".repeat(MAX_BYTES + 1)))
            .await,
        Ok(false)
    );
}

#[tokio::test]
async fn a_full_pool_says_so_at_once_and_recovers() {
    let pool = PasswordPool::new(1, 1);
    let places = (pool.place().unwrap(), pool.place().unwrap());
    assert_eq!(pool.verify(None, &secret("x")).await, Err(Busy));
    assert_eq!(pool.hash(&secret("x")).await, Err(Busy));
    drop(places);
    assert_eq!(pool.verify(None, &secret("x")).await, Ok(false));
}

#[tokio::test]
async fn whoever_got_an_answer_finds_a_place_again() {
    let pool = PasswordPool::new(1, 0);
    let phc = cheap("right", 8, 1, 1);
    for _ in 0..200 {
        assert_eq!(pool.verify(Some(&phc), &secret("right")).await, Ok(true));
    }
}

#[tokio::test]
async fn a_job_whose_asker_went_away_gives_its_place_back() {
    let pool = PasswordPool::new(1, 1);
    for _ in 0..2 {
        let secret = secret("x");
        let mut asked = pin!(pool.verify(None, &secret));
        let first = asked.as_mut().poll(&mut task::Context::from_waker(task::Waker::noop()));
        assert!(first.is_pending() || first == task::Poll::Ready(Ok(false)));
    }
    let all = tokio::time::timeout(Duration::from_mins(1), pool.places.acquire_many(2)).await;
    assert_eq!(all.expect("both places come back").unwrap().num_permits(), 2);
}

#[test]
fn a_queued_job_whose_asker_is_gone_is_skipped() {
    let pool = PasswordPool::new(1, 0);
    let (answer, answered) = oneshot::channel();
    let skipped = job(pool.place().unwrap(), |memory| phc::verify(None, b"x", memory), answer);
    assert!(pool.place().is_err());
    drop(answered);
    let mut memory = Memory::new();
    skipped(&mut memory);
    assert!(memory.is_empty(), "nothing was computed");
    assert!(pool.place().is_ok());
}

#[tokio::test]
async fn a_job_that_panics_costs_neither_thread_nor_place() {
    let pool = PasswordPool::new(1, 0);
    let failed: Result<(), Busy> = pool.run(pool.place().unwrap(), |_| panic!("on purpose")).await;
    assert_eq!(failed, Err(Busy));
    let place = tokio::time::timeout(Duration::from_mins(1), pool.places.acquire()).await;
    drop(place.expect("the place comes back").unwrap());
    assert_eq!(pool.verify(None, &secret("x")).await, Ok(false));
}

#[test]
fn memory_beyond_the_usual_is_given_back() {
    let mut memory = Memory::new();
    let large = StoredHash::parse(&cheap("right", 40 * 1024, 1, 1)).unwrap();
    assert!(phc::verify(Some(&large), b"right", &mut memory));
    assert_eq!(memory.len(), 40 * 1024);
    phc::trim(&mut memory);
    assert_eq!(memory.len(), 19 * 1024);
    let usual = StoredHash::parse(&phc::hash(b"right", &mut memory).unwrap()).unwrap();
    assert!(phc::verify(Some(&usual), b"right", &mut memory));
}

#[tokio::test]
async fn the_same_letters_are_the_same_password_however_they_are_written() {
    let pool = PasswordPool::new(2, 8);
    let hash = pool.hash(&secret("パスワード é 123")).await.unwrap();
    for written in [
        "パスワード é 123",
        "ﾊﾟｽﾜｰﾄﾞ é １２３",
        "ハ\u{309a}スワート\u{3099} e\u{301} 123",
    ] {
        assert_eq!(pool.verify(Some(&hash), &secret(written)).await, Ok(true), "{written}");
    }
    assert_eq!(pool.verify(Some(&hash), &secret("パスワード e 123")).await, Ok(false));
}

#[tokio::test]
async fn hashes_of_the_bytes_that_browsers_sent_verify_too() {
    let pool = PasswordPool::new(1, 1);
    let of_bytes = cheap("e\u{301}-word", 8, 1, 1);
    assert_eq!(pool.verify(Some(&of_bytes), &secret("e\u{301}-word")).await, Ok(true));
    assert_eq!(pool.verify(Some(&of_bytes), &secret("é-word")).await, Ok(false));
    assert_eq!(forms("word"), ["word"]);
    assert_eq!(forms("e\u{301}"), ["é", "e\u{301}"]);
}

#[tokio::test]
async fn hashes_of_other_programs_verify_and_are_outdated() {
    let pool = PasswordPool::new(1, 1);
    let bcrypt = "$2b$04$xaJl0SqDmTOrO2LHLhueh.wEDmMl6bKHcZ5oNImrXGA0hIG9tL2hq";
    assert_eq!(pool.verify(Some(bcrypt), &secret("pässwörd")).await, Ok(true));
    assert_eq!(pool.verify(Some(bcrypt), &secret("passwörd")).await, Ok(false));
    let django = format!("argon2{}", cheap("x", 8, 1, 1));
    assert_eq!(pool.verify(Some(&django), &secret("x")).await, Ok(true));
    for outdated in [bcrypt, &django, &cheap("x", 8, 1, 1), &cheap("x", 64 * 1024, 1, 1)] {
        assert!(is_outdated(outdated), "{outdated}");
    }
    let made_here = pool.hash(&secret("x")).await.unwrap();
    for current in [made_here.as_str(), &cheap("x", 64 * 1024, 3, 1), "unreadable"] {
        assert!(!is_outdated(current), "{current}");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn threads_that_hash_stand_back_and_others_do_not() {
    let nice = || rustix::process::getpriority_process(None).unwrap();
    let pool = PasswordPool::new(1, 0);
    let own = nice();
    let of_pool = pool.run(pool.place().unwrap(), move |_| nice()).await;
    assert!(of_pool.unwrap() >= NICE);
    assert_eq!(nice(), own);
}
