//! Codes that are sent by mail: whoever reads the mail types them where they were asked for.
//!
//! Spec: NIST SP 800-63B §5.1.3.1 (mail shows no device)
//!
//! Nothing of a code is stored: it is an HMAC of what it is for and of the time, under a key of the realm. What it is for
//! names the user and the session or flow, so it is worth nothing elsewhere. Guesses are counted by whoever asks for it, and
//! so is whether it was used.

use realm::RealmContext;

/// For how many minutes a code is good, at least.
pub const MINUTES: i64 = 10;
/// The digits of a code: of a hundred million at most six are right.
const DIGITS: usize = 8;
/// A new code begins so often, in seconds.
const PERIOD: i64 = 120;
/// So many are good at once: this one and those before it.
const AT_ONCE: i64 = MINUTES * 60 / PERIOD + 1;

/// The code of this moment; `None` while the realm has no key for it.
pub(crate) fn now(realm: &RealmContext, what_for: &str) -> Option<String> {
    of_period(realm, what_for, realm.now() / PERIOD)
}

/// Whether somebody typed a code that is still good. White space does not matter.
pub(crate) fn is_right(realm: &RealmContext, what_for: &str, typed: &str) -> bool {
    let current = realm.now() / PERIOD;
    // All are looked at, so that the time does not tell which one it was.
    (current + 1 - AT_ONCE..=current).fold(false, |found, period| {
        found | is(of_period(realm, what_for, period).as_deref(), typed)
    })
}

fn of_period(realm: &RealmContext, what_for: &str, period: i64) -> Option<String> {
    of(realm, &format!("{period} {what_for}"))
}

/// Whether somebody typed this code; compared in constant time.
pub(crate) fn is(expected: Option<&str>, typed: &str) -> bool {
    let letters = typed.chars().filter(|letter| !letter.is_whitespace());
    let typed: String = letters.take(DIGITS + 1).collect();
    expected.is_some_and(|code| jose::constant_time_eq(code.as_bytes(), typed.as_bytes()))
}

/// The code of a text that says what it is for, and when it was sent.
pub(crate) fn of(realm: &RealmContext, text: &str) -> Option<String> {
    let seals = &realm.seals;
    let root = seals.refresh_key(seals.refresh_key_id()?)?;
    let key = jose::hmac_sha256(root, b"codes by mail");
    let mac = jose::hmac_sha256(&key, text.as_bytes());
    let number = u64::from_be_bytes(*mac.first_chunk()?) % 100_000_000;
    Some(format!("{number:08}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_realm::TestRealm;

    #[tokio::test]
    async fn a_code_is_good_for_ten_minutes_for_what_it_is_for() {
        let test = TestRealm::new().await;
        let realm = test.realm();
        let code = now(realm, "alice").unwrap();
        assert!(code.len() == DIGITS && code.bytes().all(|byte| byte.is_ascii_digit()));
        assert!(
            is_right(realm, "alice", &code) && is_right(realm, "alice", &format!(" {} {}", &code[..4], &code[4..]))
        );
        for wrong in ["", "00000000x", &code[1..], &format!("{code}0"), "１２３４５６７８"] {
            assert!(!is_right(realm, "alice", wrong), "{wrong}");
        }
        assert!(!is_right(realm, "bob", &code));
        assert!(!is_right(TestRealm::new().await.realm(), "alice", &code));
        realm.clock.advance(MINUTES * 60);
        assert!(is_right(realm, "alice", &code));
        realm.clock.advance(PERIOD);
        assert!(!is_right(realm, "alice", &code));
        assert_ne!(now(realm, "alice").unwrap(), code);
    }
}
